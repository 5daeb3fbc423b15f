// Skills: tools and their servers in one view, found by what they are for. Calls and switches are those of the tools, servers
// those of MCP.
#pragma once

#include "http/surfaces/chatai/mcp_servers.hpp"
#include "http/surfaces/chatai/tools.hpp"

namespace troupe::http::chatai {

class Skills {
 public:
  Skills(const Tools& tools, const McpServers& servers) : tools_(tools), servers_(servers) {}

  void status(const CallPtr& call);
  /// `includeBuiltin=false` and `includeMcp=false` leave those out.
  void list(const CallPtr& call);
  void search(const CallPtr& call);
  void discover(const CallPtr& call);
  void recommend(const CallPtr& call);

 private:
  /// Those that fit a text, the best first; with an empty one, all.
  OrderedJson ranked(std::string_view text, const std::optional<std::string>& category,
                     const std::optional<std::string>& source, std::size_t limit) const;

  const Tools& tools_;
  const McpServers& servers_;
};

}  // namespace troupe::http::chatai
