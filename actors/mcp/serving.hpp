// The house's own tools as a server of the Model Context Protocol: what a message from a client is answered, whatever it
// came by. Pure, and without sessions: every message stands alone.
//
// Format: as of actors/mcp/message.hpp; Streamable HTTP without streams (2025-06-18, section Transports).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/mcp/message.hpp"
#include "events/settings.hpp"

namespace troupe::actors {

class McpServing {
 public:
  /// `version` is the program's.
  explicit McpServing(std::string version) : version_(std::move(version)) {}

  /// A tool is to be called; `answer` has the text for what comes of it.
  struct Call {
    Json id;
    std::string tool;
    std::string arguments;  ///< JSON
  };
  /// What follows of one message: an answer, a call, a call that nobody waits for any more, or nothing (it was another
  /// notification or an answer).
  struct Handled {
    std::optional<Json> answer;
    std::optional<Call> call;
    std::optional<Json> cancelled;  ///< the id of its request
  };

  /// `tools` are those that the caller may call, by `rules`.
  Handled handle(const Json& message, const std::vector<std::shared_ptr<const Tool>>& tools,
                 const events::ToolRules& rules) const;

  static Json answer(const Call& call, const ToolResult& result);

 private:
  std::string version_;
};

}  // namespace troupe::actors
