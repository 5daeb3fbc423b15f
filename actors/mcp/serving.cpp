#include "actors/mcp/serving.hpp"

#include <algorithm>

#include "actors/llm/foreign_json.hpp"

namespace troupe::actors {
namespace {

using llm::field_of;
using llm::text_in;

Json error(Json id, std::int64_t code, std::string message) {
  return mcp::json_of(mcp::ErrorResponse{std::move(id), code, std::move(message)});
}

Json initialized(const mcp::Request& request, const std::string& version) {
  // The client's revision where it is known here, or the newest: then the client decides.
  std::string revision = text_in(request.params, "protocolVersion");
  if (!mcp::is_known_revision(revision)) revision = mcp::kRevisions[0];
  return {{"protocolVersion", revision},
          {"capabilities", {{"tools", {{"listChanged", false}}}}},
          {"serverInfo", {{"name", "troupe"}, {"version", version}}}};
}

/// The request that a notification takes back.
std::optional<Json> cancelled_by(const mcp::Message& message) {
  const auto* notification = std::get_if<mcp::Notification>(&message);
  if (!notification || notification->method != "notifications/cancelled") return std::nullopt;
  const Json& id = field_of(notification->params, "requestId");
  return id.is_string() || id.is_number_integer() ? std::optional(id) : std::nullopt;
}

}  // namespace

McpServing::Handled McpServing::handle(const Json& json, const std::vector<std::shared_ptr<const Tool>>& tools,
                                       const events::ToolRules& rules) const {
  const auto message = mcp::message_of(json);
  if (!message) {
    const Json& id = field_of(json, "id");
    return {error(id.is_string() || id.is_number_integer() ? id : Json(nullptr), mcp::kInvalidRequest,
                  message.error().message)};
  }
  const auto* request = std::get_if<mcp::Request>(&*message);
  if (!request) return {std::nullopt, std::nullopt, cancelled_by(*message)};
  const auto respond = [&](Json result) {
    return Handled{mcp::json_of(mcp::Response{request->id, std::move(result)})};
  };
  if (request->method == "initialize") return respond(initialized(*request, version_));
  if (request->method == "ping") return respond(Json::object());
  if (request->method == "tools/list") {
    Json list = Json::array();
    for (const auto& tool : tools) list.push_back(mcp::listed(*tool, is_dangerous(*tool, rules)));
    return respond({{"tools", std::move(list)}});
  }
  if (request->method != "tools/call")
    return {error(request->id, mcp::kMethodNotFound, "there is no method " + request->method)};
  const std::string name = text_in(request->params, "name");
  const bool is_there = std::any_of(tools.begin(), tools.end(), [&](const auto& tool) { return tool->name == name; });
  if (!is_there) return {error(request->id, mcp::kInvalidParams, "Unknown tool: " + name)};
  const Json& arguments = field_of(request->params, "arguments");
  if (!arguments.is_null() && !arguments.is_object())
    return {error(request->id, mcp::kInvalidParams, "arguments must be an object")};
  return {std::nullopt, Call{request->id, name, arguments.is_null() ? "{}" : json_text(arguments)}};
}

Json McpServing::answer(const Call& call, const ToolResult& result) {
  return mcp::json_of(mcp::Response{call.id, mcp::result_json(result)});
}

}  // namespace troupe::actors
