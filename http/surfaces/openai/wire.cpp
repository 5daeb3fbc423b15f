#include "http/surfaces/openai/wire.hpp"

#include <sodium.h>

#include <algorithm>
#include <bit>

#include "events/defaults.hpp"

namespace troupe::http::openai {
namespace {

using actors::llm::ChatAnswer;
using actors::llm::ChatMessage;
using actors::llm::ChatRequest;
using actors::llm::EmbeddingRequest;
using actors::llm::Embeddings;
using actors::llm::Tool;
using actors::llm::ToolCall;
using actors::llm::Usage;

/// Passed on to providers that know them.
constexpr const char* kPassedOn[] = {
    "top_p",           "stop",      "seed",     "presence_penalty", "frequency_penalty",
    "logit_bias",      "verbosity", "metadata", "response_format",  "parallel_tool_calls",
    "reasoning_effort"};

tl::unexpected<Error> bad(const std::string& field, const std::string& why) {
  return fail(Errc::invalid, field + " " + why, field);
}

/// Missing, null or a string.
Expected<std::string> text_in(const Json& object, const char* name, const std::string& path, bool required) {
  const auto found = object.find(name);
  const std::string field = path + "." + name;
  if (found == object.end() || found->is_null()) {
    if (required) return bad(field, "is required");
    return std::string();
  }
  if (!found->is_string()) return bad(field, "must be a string");
  return found->get<std::string>();
}

Expected<std::string> content_of(const Json& message, const std::string& path, bool required) {
  const auto found = message.find("content");
  const std::string field = path + ".content";
  if (found == message.end() || found->is_null()) {
    if (required) return bad(field, "is required");
    return std::string();
  }
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_array()) return bad(field, "must be a string or an array of parts");
  std::string text;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const Json& part = (*found)[i];
    const std::string at = field + "[" + std::to_string(i) + "]";
    if (!part.is_object()) return bad(at, "must be an object");
    const auto type = text_in(part, "type", at, true);
    if (!type) return type;
    if (*type != "text") return bad(at + ".type", "must be text: nothing else is understood here");
    const auto piece = text_in(part, "text", at, true);
    if (!piece) return piece;
    text += (i == 0 ? "" : "\n") + *piece;
  }
  return text;
}

Expected<std::vector<ToolCall>> tool_calls_of(const Json& message, const std::string& path) {
  std::vector<ToolCall> calls;
  const auto found = message.find("tool_calls");
  if (found == message.end() || found->is_null()) return calls;
  const std::string field = path + ".tool_calls";
  if (!found->is_array()) return bad(field, "must be an array");
  for (std::size_t i = 0; i < found->size(); ++i) {
    const Json& call = (*found)[i];
    const std::string at = field + "[" + std::to_string(i) + "]";
    const auto function = call.is_object() ? call.find("function") : call.end();
    if (!call.is_object() || function == call.end() || !function->is_object())
      return bad(at, "must be an object with a function");
    const auto id = text_in(call, "id", at, true);
    if (!id) return tl::unexpected(id.error());
    const auto name = text_in(*function, "name", at + ".function", true);
    if (!name) return tl::unexpected(name.error());
    const auto arguments = text_in(*function, "arguments", at + ".function", true);
    if (!arguments) return tl::unexpected(arguments.error());
    ToolCall parsed;
    parsed.id = *id;
    parsed.name = *name;
    parsed.arguments = *arguments;
    calls.push_back(std::move(parsed));
  }
  return calls;
}

Expected<ChatMessage> message_of(const Json& message, const std::string& path) {
  if (!message.is_object()) return bad(path, "must be an object");
  auto role = text_in(message, "role", path, true);
  if (!role) return tl::unexpected(role.error());
  if (*role == "developer") role = "system";
  const bool of_tool = *role == "tool";
  const bool of_assistant = *role == "assistant";
  if (*role != "system" && *role != "user" && !of_assistant && !of_tool)
    return bad(path + ".role", "must be system, developer, user, assistant or tool");
  ChatMessage parsed;
  parsed.role = *role;
  if (of_assistant) {
    auto calls = tool_calls_of(message, path);
    if (!calls) return tl::unexpected(calls.error());
    parsed.tool_calls = std::move(*calls);
  }
  if (of_tool) {
    auto id = text_in(message, "tool_call_id", path, true);
    if (!id) return tl::unexpected(id.error());
    parsed.tool_call_id = std::move(*id);
  }
  auto content = content_of(message, path, parsed.tool_calls.empty());
  if (!content) return tl::unexpected(content.error());
  parsed.content = std::move(*content);
  return parsed;
}

bool is_tool_name(std::string_view name) {
  constexpr std::size_t kMaxLength = 64;  // OpenAI's own limit, and that of the others
  return !name.empty() && name.size() <= kMaxLength && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Expected<Tool> tool_of(const Json& json, const std::string& path) {
  const auto function = json.is_object() ? json.find("function") : json.end();
  if (!json.is_object() || json.value("type", Json()) != "function" || function == json.end() || !function->is_object())
    return bad(path, "must be an object of type function, with a function");
  const auto name = text_in(*function, "name", path + ".function", true);
  if (!name) return tl::unexpected(name.error());
  if (!is_tool_name(*name)) return bad(path + ".function.name", "must have 1 to 64 letters, digits, '_' or '-'");
  const auto description = text_in(*function, "description", path + ".function", false);
  if (!description) return tl::unexpected(description.error());
  Tool tool;
  tool.name = *name;
  tool.description = *description;
  if (const auto parameters = function->find("parameters"); parameters != function->end() && !parameters->is_null()) {
    if (!parameters->is_object()) return bad(path + ".function.parameters", "must be an object");
    tool.parameters = *parameters;
  }
  return tool;
}

Expected<Json> tool_choice_of(const Json& body, const std::vector<Tool>& tools) {
  const auto found = body.find("tool_choice");
  if (found == body.end() || found->is_null()) return Json(nullptr);
  constexpr const char* kField = "tool_choice";
  if (tools.empty()) return bad(kField, "needs tools");
  if (*found == "none" || *found == "auto" || *found == "required") return *found;
  const auto function = found->is_object() ? found->find("function") : found->end();
  const bool shaped = found->is_object() && function != found->end() && function->is_object();
  const auto name = shaped ? text_in(*function, "name", "tool_choice.function", true) : Expected<std::string>();
  const bool known =
      shaped && name && std::any_of(tools.begin(), tools.end(), [&](const Tool& tool) { return tool.name == *name; });
  if (!known) return bad(kField, "must be none, auto, required, or name a function among the tools");
  return Json{{"type", "function"}, {"function", {{"name", *name}}}};
}

OrderedJson calls_view(const std::vector<ToolCall>& calls, bool numbered) {
  OrderedJson list = OrderedJson::array();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    OrderedJson call = numbered ? OrderedJson{{"index", i}} : OrderedJson::object();
    call["id"] = calls[i].id;
    call["type"] = "function";
    call["function"] = {{"name", calls[i].name}, {"arguments", calls[i].arguments}};
    list.push_back(std::move(call));
  }
  return list;
}

OrderedJson usage_view(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

std::string base64_of(const std::vector<float>& vector) {
  static_assert(std::endian::native == std::endian::little);
  const std::size_t bytes = vector.size() * sizeof(float);
  std::string text(sodium_base64_ENCODED_LEN(bytes, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(vector.data()), bytes,
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

OrderedJson envelope(const AnswerHead& head, const char* object, OrderedJson choices) {
  return {{"id", head.id},
          {"object", object},
          {"created", head.created_at / 1'000'000},
          {"model", head.model},
          {"choices", std::move(choices)}};
}

OrderedJson chunk(const AnswerHead& head, OrderedJson delta, const OrderedJson& finish_reason = nullptr) {
  const OrderedJson choice = {{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", finish_reason}};
  return envelope(head, "chat.completion.chunk", OrderedJson::array({choice}));
}

}  // namespace

Expected<ChatRequest> chat_request_of(const Json& body) {
  ChatRequest request;
  const Json& messages = body["messages"];
  if (messages.empty()) return bad("messages", "must not be empty");
  if (messages.size() > defaults::kMaxCompletionMessages)
    return bad("messages", "must be at most " + std::to_string(defaults::kMaxCompletionMessages));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto message = message_of(messages[i], "messages[" + std::to_string(i) + "]");
    if (!message) return tl::unexpected(message.error());
    request.messages.push_back(std::move(*message));
  }
  if (const auto tools = body.find("tools"); tools != body.end() && !tools->is_null()) {
    if (tools->size() > defaults::kMaxTools)
      return bad("tools", "must be at most " + std::to_string(defaults::kMaxTools));
    for (std::size_t i = 0; i < tools->size(); ++i) {
      auto tool = tool_of((*tools)[i], "tools[" + std::to_string(i) + "]");
      if (!tool) return tl::unexpected(tool.error());
      request.tools.push_back(std::move(*tool));
    }
  }
  auto choice = tool_choice_of(body, request.tools);
  if (!choice) return tl::unexpected(choice.error());
  request.tool_choice = std::move(*choice);
  const auto is_set = [&](const char* name) { return body.contains(name) && !body[name].is_null(); };
  if (is_set("n") && body["n"] != 1) return bad("n", "must be 1: one answer is given at a time");
  if (is_set("functions")) return bad("functions", "has been replaced by tools");
  if (is_set("temperature")) request.temperature = body["temperature"].get<double>();
  for (const char* name : {"max_tokens", "max_completion_tokens"})
    if (is_set(name)) request.max_tokens = body[name].get<std::int64_t>();
  for (const char* name : kPassedOn)
    if (is_set(name)) request.parameters[name] = body[name];
  return request;
}

OrderedJson completion_view(const AnswerHead& head, const ChatAnswer& answer) {
  OrderedJson message = {{"role", "assistant"}, {"content", answer.text}, {"refusal", nullptr}};
  if (!answer.tool_calls.empty()) {
    if (answer.text.empty()) message["content"] = nullptr;
    message["tool_calls"] = calls_view(answer.tool_calls, false);
  }
  const OrderedJson choice = {
      {"index", 0}, {"message", std::move(message)}, {"logprobs", nullptr}, {"finish_reason", answer.finish_reason}};
  OrderedJson view = envelope(head, "chat.completion", OrderedJson::array({choice}));
  view["usage"] = usage_view(answer.usage);
  return view;
}

OrderedJson first_chunk(const AnswerHead& head) { return chunk(head, {{"role", "assistant"}, {"content", ""}}); }

OrderedJson text_chunk(const AnswerHead& head, std::string_view text) { return chunk(head, {{"content", text}}); }

OrderedJson tool_calls_chunk(const AnswerHead& head, const std::vector<ToolCall>& calls) {
  return chunk(head, {{"tool_calls", calls_view(calls, true)}});
}

OrderedJson last_chunk(const AnswerHead& head, std::string_view finish_reason) {
  return chunk(head, OrderedJson::object(), finish_reason);
}

OrderedJson usage_chunk(const AnswerHead& head, const Usage& usage) {
  OrderedJson view = envelope(head, "chat.completion.chunk", OrderedJson::array());
  view["usage"] = usage_view(usage);
  return view;
}

Expected<EmbeddingRequest> embedding_request_of(const Json& body) {
  EmbeddingRequest request;
  const Json& input = body["input"];
  const auto unsuitable = [] { return bad("input", "must be a text or an array of texts, none of them empty"); };
  if (!input.is_string() && !input.is_array()) return unsuitable();
  for (const Json& text : input.is_string() ? Json::array({input}) : input) {
    if (!text.is_string() || text.get_ref<const std::string&>().empty()) return unsuitable();
    request.texts.push_back(text.get<std::string>());
  }
  if (request.texts.empty()) return unsuitable();
  if (request.texts.size() > defaults::kMaxEmbeddingTexts)
    return bad("input", "must be at most " + std::to_string(defaults::kMaxEmbeddingTexts) + " texts");
  if (body.contains("dimensions") && !body["dimensions"].is_null())
    return bad("dimensions", "cannot be chosen: they are the model's");
  return request;
}

OrderedJson embeddings_view(const std::string& model, const Embeddings& embeddings, bool base64) {
  OrderedJson list = OrderedJson::array();
  for (std::size_t i = 0; i < embeddings.vectors.size(); ++i) {
    const auto& vector = embeddings.vectors[i];
    list.push_back({{"object", "embedding"},
                    {"index", i},
                    {"embedding", base64 ? OrderedJson(base64_of(vector)) : OrderedJson(vector)}});
  }
  return {
      {"object", "list"},
      {"data", std::move(list)},
      {"model", model},
      {"usage", {{"prompt_tokens", embeddings.usage.prompt_tokens}, {"total_tokens", embeddings.usage.prompt_tokens}}}};
}

}  // namespace troupe::http::openai
