#include "actors/mcp/message.hpp"

#include <algorithm>

#include "actors/decider.hpp"
#include "actors/llm/foreign_json.hpp"
#include "events/json_depth.hpp"

namespace troupe::actors::mcp {
namespace {

using llm::field_of;
using llm::integer_in;
using llm::text_in;

bool is_id(const Json& id) { return id.is_string() || id.is_number_integer(); }

Json params_of(const Json& json) {
  const Json& params = field_of(json, "params");
  return params.is_object() ? params : Json::object();
}

/// What a part of a result says to who can only read.
std::string text_of_part(const Json& part) {
  const std::string type = text_in(part, "type");
  if (type == "text") return text_in(part, "text");
  if (type == "image" || type == "audio") return "[" + type + ": " + text_in(part, "mimeType") + "]";
  if (type == "resource_link") return "[resource: " + text_in(part, "uri") + "]";
  if (type != "resource") return {};
  const Json& resource = field_of(part, "resource");
  const std::string text = text_in(resource, "text");
  return text.empty() ? "[resource: " + text_in(resource, "uri") + "]" : text;
}

}  // namespace

bool is_known_revision(std::string_view revision) {
  return std::find(std::begin(kRevisions), std::end(kRevisions), revision) != std::end(kRevisions);
}

Expected<Message> message_of(const Json& json) {
  const auto bad = [](const char* why) { return fail(Errc::invalid, std::string("a message ") + why); };
  if (!json.is_object() || text_in(json, "jsonrpc") != "2.0") return bad("must be an object of JSON-RPC 2.0");
  const auto id = json.find("id");
  if (json.contains("method")) {
    if (!json["method"].is_string()) return bad("has a method that is no text");
    if (id == json.end()) return Message(Notification{json["method"].get<std::string>(), params_of(json)});
    if (!is_id(*id)) return bad("has an id that is neither text nor an integer");
    return Message(Request{*id, json["method"].get<std::string>(), params_of(json)});
  }
  if (id == json.end()) return bad("has neither a method nor an id");
  if (json.contains("result")) return Message(Response{*id, json["result"]});
  const Json& error = field_of(json, "error");
  if (!error.is_object()) return bad("has neither a method nor a result nor an error");
  return Message(ErrorResponse{*id, integer_in(error, "code").value_or(kInternalError), text_in(error, "message")});
}

Expected<std::vector<Message>> parse(std::string_view text) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return fail(Errc::corrupt, "JSON is nested too deep");
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(Errc::corrupt, "not JSON");
  std::vector<Message> messages;
  const Json batch = json.is_array() ? json : Json::array({json});
  if (batch.empty()) return fail(Errc::invalid, "a batch must have messages");
  for (const Json& one : batch) {
    auto message = message_of(one);
    if (!message) return tl::unexpected(message.error());
    messages.push_back(std::move(*message));
  }
  return messages;
}

Json json_of(const Message& message) {
  Json json = {{"jsonrpc", "2.0"}};
  std::visit(Overloaded{
                 [&](const Request& m) {
                   json["id"] = m.id;
                   json["method"] = m.method;
                   if (!m.params.empty()) json["params"] = m.params;
                 },
                 [&](const Notification& m) {
                   json["method"] = m.method;
                   if (!m.params.empty()) json["params"] = m.params;
                 },
                 [&](const Response& m) {
                   json["id"] = m.id;
                   json["result"] = m.result;
                 },
                 [&](const ErrorResponse& m) {
                   json["id"] = m.id;
                   json["error"] = {{"code", m.code}, {"message", m.message}};
                 },
             },
             message);
  return json;
}

std::string text_of(const Message& message) { return json_text(json_of(message)); }

Expected<OfferedTool> tool_of(const Json& listed) {
  OfferedTool tool;
  tool.name = text_in(listed, "name");
  const Json& schema = field_of(listed, "inputSchema");
  if (tool.name.empty() || !schema.is_object()) return fail(Errc::corrupt, "a tool without a name or a schema");
  tool.description = text_in(listed, "description");
  tool.category = "mcp";
  tool.parameters = schema;
  const Json& hints = field_of(listed, "annotations");
  tool.dangerous = field_of(hints, "destructiveHint") == true && field_of(hints, "readOnlyHint") != true;
  return tool;
}

Json listed(const Tool& tool, bool is_dangerous) {
  return {{"name", tool.name},
          {"description", tool.offered.description},
          {"inputSchema", tool.offered.parameters},
          {"annotations", {{"destructiveHint", is_dangerous}}}};
}

ToolResult result_of(const Json& result) {
  ToolResult told;
  told.failed = field_of(result, "isError") == true;
  const Json& content = field_of(result, "content");
  if (content.is_array())
    for (const Json& part : content)
      if (const auto text = text_of_part(part); !text.empty()) told.text += (told.text.empty() ? "" : "\n") + text;
  if (const Json& structured = field_of(result, "structuredContent"); told.text.empty() && structured.is_object())
    told.text = json_text(structured);
  return told;
}

Json result_json(const ToolResult& result) {
  return {{"content", Json::array({Json{{"type", "text"}, {"text", result.text}}})}, {"isError", result.failed}};
}

}  // namespace troupe::actors::mcp
