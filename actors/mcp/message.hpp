// Messages of the Model Context Protocol: JSON-RPC 2.0 in UTF-8. Pure.
//
// Format: https://modelcontextprotocol.io/specification (revisions 2024-11-05, 2025-03-26 and 2025-06-18), and
// https://www.jsonrpc.org/specification
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/tools/tool.hpp"
#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors::mcp {

/// Newest first.
inline constexpr std::string_view kRevisions[] = {"2025-06-18", "2025-03-26", "2024-11-05"};
bool is_known_revision(std::string_view revision);

struct Request {
  Json id;  ///< text or an integer
  std::string method;
  Json params = Json::object();
};
struct Notification {
  std::string method;
  Json params = Json::object();
};
struct Response {
  Json id;
  Json result = Json::object();
};
struct ErrorResponse {
  Json id;  ///< null: the request was not understood
  std::int64_t code = 0;
  std::string message;
};
using Message = std::variant<Request, Notification, Response, ErrorResponse>;

// Codes of JSON-RPC
inline constexpr std::int64_t kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601,
                              kInvalidParams = -32602, kInternalError = -32603;

/// One message, or a batch of them as the revision 2025-03-26 has it. Errors: corrupt (no JSON, or nested deeper than
/// kMaxJsonDepth), invalid (JSON that is no message; an empty batch).
Expected<std::vector<Message>> parse(std::string_view text);
Expected<Message> message_of(const Json& json);

/// On one line.
std::string text_of(const Message& message);
Json json_of(const Message& message);

// What tools look like on the wire

/// A tool as a server lists it, without `run`. It is dangerous when its server says that it destroys something. Errors:
/// corrupt (no name, or no schema of an object).
Expected<OfferedTool> tool_of(const Json& listed);
Json listed(const Tool& tool, bool is_dangerous);

/// The text of a tool's result: its texts one below the other, a note for each image, sound and file, and the structured
/// content where there is nothing else.
ToolResult result_of(const Json& result);
Json result_json(const ToolResult& result);

}  // namespace troupe::actors::mcp
