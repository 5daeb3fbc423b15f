// Anthropic's Messages (docs.anthropic.com/en/api/messages and /messages-streaming): the system prompt stands apart,
// content comes in numbered blocks, and usage in two parts, at the start and with the stop reason.
#include <algorithm>

#include "actors/llm/foreign_json.hpp"
#include "actors/llm/wire.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::llm {
namespace {

constexpr const char* kVersion = "anthropic-version: 2023-06-01";
/// Theirs ends at 1, where others have 2.
constexpr double kHottest = 1;

/// The blocks of one message; none for a message without content, which would be refused.
Json blocks_of(const ChatMessage& message) {
  Json blocks = Json::array();
  if (message.role == "tool")
    return {{{"type", "tool_result"}, {"tool_use_id", message.tool_call_id}, {"content", message.content}}};
  if (!message.content.empty()) blocks.push_back({{"type", "text"}, {"text", message.content}});
  for (const auto& call : message.tool_calls)
    blocks.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", object_or_empty(call.arguments)}});
  return blocks;
}

/// Null where nothing is said.
Json tool_choice_of(const Json& choice) {
  if (choice == "none" || choice == "auto") return {{"type", choice}};
  if (choice == "required") return {{"type", "any"}};
  if (!choice.is_object()) return nullptr;
  return {{"type", "tool"}, {"name", choice["function"]["name"]}};
}

HttpRequest chat(const Provider& provider, const std::string& key, const ChatRequest& request) {
  Json body = {{"model", request.model.empty() ? provider.model : request.model},
               {"max_tokens", request.max_tokens.value_or(defaults::kModelAnswerTokens)},
               {"messages", Json::array()},
               {"stream", true}};
  std::string system;
  Json& messages = body["messages"];
  for (const auto& message : request.messages) {
    if (message.role == "system") {
      system += (system.empty() ? "" : "\n\n") + message.content;
      continue;
    }
    const char* role = message.role == "assistant" ? "assistant" : "user";
    Json blocks = blocks_of(message);
    if (blocks.empty()) continue;
    // Turns alternate, so that several messages of one side are one turn.
    if (messages.empty() || messages.back()["role"] != role)
      messages.push_back({{"role", role}, {"content", Json::array()}});
    for (auto& block : blocks) messages.back()["content"].push_back(std::move(block));
  }
  if (!system.empty()) body["system"] = system;
  if (request.temperature) body["temperature"] = std::min(*request.temperature, kHottest);
  for (const auto& tool : request.tools)
    body["tools"].push_back(
        {{"name", tool.name}, {"description", tool.description}, {"input_schema", tool.parameters}});
  if (auto choice = tool_choice_of(request.tool_choice); !choice.is_null()) body["tool_choice"] = std::move(choice);
  std::vector<std::string> headers = {kVersion};
  if (!key.empty()) headers.push_back("x-api-key: " + key);
  return {url_of(provider.base_url, "/messages"), std::move(headers), body_of(body)};
}

std::string finish_reason_of(const std::string& reason) {
  if (reason.empty()) return {};
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return "length";
  if (reason == "tool_use") return "tool_calls";
  return reason == "refusal" ? "content_filter" : "stop";
}

/// What was read from a cache, or put there, counts too.
std::optional<std::int64_t> prompt_tokens_in(const Json& usage) {
  auto tokens = count_in(usage, "input_tokens");
  for (const char* cached : {"cache_creation_input_tokens", "cache_read_input_tokens"})
    if (tokens) *tokens += count_in(usage, cached).value_or(0);
  return tokens;
}

Expected<Delta> delta(std::string_view text) {
  const auto event = parse_object(text);
  if (!event) return tl::unexpected(event.error());
  const std::string type = text_in(*event, "type");
  if (type == "error") {
    auto complaint = complaint_in(*event);
    return fail(Errc::upstream_failed, std::move(complaint.words), std::move(complaint.kind));
  }
  if (type.empty()) return fail(Errc::corrupt, "an event without a type");
  Delta delta;
  const auto index = static_cast<std::size_t>(integer_in(*event, "index").value_or(0));
  if (type == "message_start") {
    const Json& message = field_of(*event, "message");
    delta.model = text_in(message, "model");
    delta.prompt_tokens = prompt_tokens_in(field_of(message, "usage"));
  } else if (type == "content_block_start") {
    const Json& block = field_of(*event, "content_block");
    delta.text = text_in(block, "text");
    if (text_in(block, "type") == "tool_use")
      delta.tool_calls.push_back({index, {text_in(block, "id"), text_in(block, "name"), ""}});
  } else if (type == "content_block_delta") {
    const Json& piece = field_of(*event, "delta");
    delta.text = text_in(piece, "text");
    if (text_in(piece, "type") == "input_json_delta")
      delta.tool_calls.push_back({index, {"", "", text_in(piece, "partial_json")}});
  } else if (type == "message_delta") {
    delta.finish_reason = finish_reason_of(text_in(field_of(*event, "delta"), "stop_reason"));
    const Json& usage = field_of(*event, "usage");
    delta.prompt_tokens = prompt_tokens_in(usage);
    delta.completion_tokens = count_in(usage, "output_tokens");
  } else if (type == "message_stop") {
    delta.last = true;
  }
  return delta;
}

}  // namespace

const Wire kAnthropicWire{chat, delta, nullptr, nullptr};

}  // namespace troupe::actors::llm
