// Servers of the Model Context Protocol, whose tools the models may call.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

/// The entry that a body describes; its fields may stand in `config` or beside it. Errors: invalid, with the field's name.
Expected<events::McpServer> mcp_server_in(const Json& body, const actors::Secrets& secrets);

class McpServers {
 public:
  explicit McpServers(Context& context) : context_(context), entries_(context.services.store) {}

  void list(const CallPtr& call);
  void add(const CallPtr& call);
  void remove(const CallPtr& call);

 private:
  Context& context_;
  projections::McpServerQueries entries_;
};

}  // namespace troupe::http::nekobot
