// OpenAI's chat completions and embeddings (platform.openai.com/docs/api-reference), and what others serve in their
// image: `choices[0].delta` a piece, tool calls in parts by index, `usage` in a last chunk of its own, `[DONE]`.
#include <algorithm>

#include "actors/llm/foreign_json.hpp"
#include "actors/llm/wire.hpp"

namespace troupe::actors::llm {
namespace {

std::vector<std::string> headers_with(const std::string& key) {
  return key.empty() ? std::vector<std::string>{} : std::vector<std::string>{"Authorization: Bearer " + key};
}

Json message_json(const ChatMessage& message) {
  Json json = {{"role", message.role}, {"content", message.content}};
  if (!message.tool_call_id.empty()) json["tool_call_id"] = message.tool_call_id;
  if (message.tool_calls.empty()) return json;
  if (message.content.empty()) json["content"] = nullptr;
  for (const auto& call : message.tool_calls)
    json["tool_calls"].push_back(
        {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  return json;
}

HttpRequest chat(const Provider& provider, const std::string& key, const ChatRequest& request) {
  Json body = {{"model", request.model.empty() ? provider.model : request.model},
               {"messages", Json::array()},
               {"stream", true},
               {"stream_options", {{"include_usage", true}}}};
  for (const auto& message : request.messages) body["messages"].push_back(message_json(message));
  if (request.temperature) body["temperature"] = *request.temperature;
  // OpenAI's newer models refuse the old name, and the imitations know only that one.
  const bool is_openai = provider.base_url.find("//api.openai.com/") != std::string::npos;
  if (request.max_tokens) body[is_openai ? "max_completion_tokens" : "max_tokens"] = *request.max_tokens;
  for (const auto& tool : request.tools)
    body["tools"].push_back(
        {{"type", "function"},
         {"function", {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}}}});
  if (!request.tool_choice.is_null()) body["tool_choice"] = request.tool_choice;
  for (const auto& [name, value] : request.parameters.items()) body.emplace(name, value);
  return {url_of(provider.base_url, "/chat/completions"), headers_with(key), body_of(body)};
}

std::string finish_reason_of(const std::string& reason) {
  if (reason == "function_call") return "tool_calls";
  return reason.empty() || reason == "length" || reason == "tool_calls" || reason == "content_filter" ? reason : "stop";
}

Expected<Delta> delta(std::string_view event) {
  if (event == "[DONE]") {
    Delta done;
    done.last = true;
    return done;
  }
  const auto chunk = parse_object(event);
  if (!chunk) return tl::unexpected(chunk.error());
  if (chunk->contains("error")) {
    auto complaint = complaint_in(*chunk);
    return fail(Errc::upstream_failed, std::move(complaint.words), std::move(complaint.kind));
  }
  if (!field_of(*chunk, "choices").is_array()) return fail(Errc::corrupt, "a chunk without choices");
  Delta delta;
  const Json& choice = first_of((*chunk)["choices"]);
  const Json& piece = field_of(choice, "delta");
  delta.text = text_in(piece, "content") + text_in(piece, "refusal");
  if (const Json& calls = field_of(piece, "tool_calls"); calls.is_array())
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Json& function = field_of(calls[i], "function");
      const auto index = integer_in(calls[i], "index").value_or(static_cast<std::int64_t>(i));
      delta.tool_calls.push_back(
          {static_cast<std::size_t>(index),
           {text_in(calls[i], "id"), text_in(function, "name"), text_in(function, "arguments")}});
    }
  delta.finish_reason = finish_reason_of(text_in(choice, "finish_reason"));
  delta.model = text_in(*chunk, "model");
  const Json& usage = field_of(*chunk, "usage");
  delta.prompt_tokens = count_in(usage, "prompt_tokens");
  delta.completion_tokens = count_in(usage, "completion_tokens");
  return delta;
}

HttpRequest embed(const Provider& provider, const std::string& key, const EmbeddingRequest& request) {
  const Json body = {{"model", request.model.empty() ? provider.embedding_model : request.model},
                     {"input", request.texts},
                     {"encoding_format", "float"}};
  return {url_of(provider.base_url, "/embeddings"), headers_with(key), body_of(body)};
}

Expected<Embeddings> embeddings(std::string_view body, std::size_t texts) {
  const auto answer = parse_object(body);
  if (!answer) return tl::unexpected(answer.error());
  const Json& list = field_of(*answer, "data");
  if (!list.is_array()) return fail(Errc::corrupt, "an answer without embeddings");
  Embeddings embeddings;
  embeddings.vectors.resize(texts);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto index = static_cast<std::size_t>(integer_in(list[i], "index").value_or(static_cast<std::int64_t>(i)));
    if (index >= texts) return fail(Errc::corrupt, "an embedding of no text");
    embeddings.vectors[index] = floats_in(field_of(list[i], "embedding"));
  }
  embeddings.model = text_in(*answer, "model");
  if (const auto tokens = count_in(field_of(*answer, "usage"), "prompt_tokens")) embeddings.usage = {*tokens, 0, false};
  return checked(std::move(embeddings), texts);
}

}  // namespace

const Wire kOpenAiWire{chat, delta, embed, embeddings};

}  // namespace troupe::actors::llm
