// Gemini's generateContent (ai.google.dev/api/generate-content, /api/embeddings): the model stands in the path, the
// system prompt apart, a call of a tool comes whole, and the stream ends with the response.
#include "actors/llm/foreign_json.hpp"
#include "actors/llm/wire.hpp"

namespace troupe::actors::llm {
namespace {

std::vector<std::string> headers_with(const std::string& key) {
  return key.empty() ? std::vector<std::string>{} : std::vector<std::string>{"x-goog-api-key: " + key};
}

/// `models/…`, percent-encoded (RFC 3986, section 2.3): a model's name may come from a client.
std::string path_of(std::string_view model) {
  constexpr std::string_view kModels = "models/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (model.starts_with(kModels)) model.remove_prefix(kModels.size());
  std::string path = "/models/";
  for (const unsigned char c : model) {
    if (std::isalnum(c) || std::string_view("-._~").find(static_cast<char>(c)) != std::string_view::npos)
      path += static_cast<char>(c);
    else
      (path += '%').append({kDigits[c >> 4], kDigits[c & 15]});
  }
  return path;
}

/// A tool's answer names the tool, where others name the call.
std::string tool_called(const ChatRequest& request, const std::string& call_id) {
  for (const auto& message : request.messages)
    for (const auto& call : message.tool_calls)
      if (call.id == call_id) return call.name;
  return call_id;
}

Json parts_of(const ChatMessage& message, const ChatRequest& request) {
  Json parts = Json::array();
  if (message.role == "tool") {
    Json answer = object_or_empty(message.content);
    if (answer.empty()) answer["result"] = message.content;
    parts.push_back({{"functionResponse",
                      {{"name", tool_called(request, message.tool_call_id)}, {"response", std::move(answer)}}}});
    return parts;
  }
  if (!message.content.empty()) parts.push_back({{"text", message.content}});
  for (const auto& call : message.tool_calls) {
    parts.push_back({{"functionCall", {{"name", call.name}, {"args", object_or_empty(call.arguments)}}}});
    if (!call.signature.empty()) parts.back()["thoughtSignature"] = call.signature;
  }
  return parts;
}

/// Null where nothing is said.
Json calling_of(const Json& choice) {
  if (choice == "none") return {{"mode", "NONE"}};
  if (choice == "auto") return {{"mode", "AUTO"}};
  if (choice == "required") return {{"mode", "ANY"}};
  if (!choice.is_object()) return nullptr;
  return {{"mode", "ANY"}, {"allowedFunctionNames", Json::array({choice["function"]["name"]})}};
}

HttpRequest chat(const Provider& provider, const std::string& key, const ChatRequest& request) {
  Json body = {{"contents", Json::array()}};
  Json& contents = body["contents"];
  for (const auto& message : request.messages) {
    if (message.role == "system") {
      body["systemInstruction"]["parts"].push_back({{"text", message.content}});
      continue;
    }
    const char* role = message.role == "assistant" ? "model" : "user";
    Json parts = parts_of(message, request);
    if (parts.empty()) continue;
    // The answers of all tools that one turn called must stand in one turn too.
    if (contents.empty() || contents.back()["role"] != role)
      contents.push_back({{"role", role}, {"parts", Json::array()}});
    for (auto& part : parts) contents.back()["parts"].push_back(std::move(part));
  }
  if (request.temperature) body["generationConfig"]["temperature"] = *request.temperature;
  if (request.max_tokens) body["generationConfig"]["maxOutputTokens"] = *request.max_tokens;
  Json functions = Json::array();
  for (const auto& tool : request.tools)
    functions.push_back(
        {{"name", tool.name}, {"description", tool.description}, {"parametersJsonSchema", tool.parameters}});
  if (auto calling = calling_of(request.tool_choice); !calling.is_null())
    body["toolConfig"] = {{"functionCallingConfig", std::move(calling)}};
  if (!functions.empty()) body["tools"] = {{{"functionDeclarations", std::move(functions)}}};
  const auto path = path_of(request.model.empty() ? provider.model : request.model) + ":streamGenerateContent?alt=sse";
  return {url_of(provider.base_url, path), headers_with(key), body_of(body)};
}

/// The rest of their reasons (SAFETY, RECITATION, BLOCKLIST, PROHIBITED_CONTENT, …) say that the text was withheld.
std::string finish_reason_of(const std::string& reason) {
  if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED") return {};
  if (reason == "STOP") return "stop";
  return reason == "MAX_TOKENS" ? "length" : "content_filter";
}

Expected<Delta> delta(std::string_view event) {
  const auto chunk = parse_object(event);
  if (!chunk) return tl::unexpected(chunk.error());
  if (chunk->contains("error")) {
    auto complaint = complaint_in(*chunk);
    return fail(Errc::upstream_failed, std::move(complaint.words), std::move(complaint.kind));
  }
  const Json& usage = field_of(*chunk, "usageMetadata");
  const bool is_blocked = field_of(*chunk, "promptFeedback").contains("blockReason");
  if (!chunk->contains("candidates") && usage.is_null() && !is_blocked)
    return fail(Errc::corrupt, "a chunk without candidates");
  Delta delta;
  const Json& candidate = first_of(field_of(*chunk, "candidates"));
  for (const Json& part : field_of(field_of(candidate, "content"), "parts")) {
    const Json& thought = field_of(part, "thought");
    if (thought.is_boolean() && thought.get<bool>()) continue;  // not part of the answer
    delta.text += text_in(part, "text");
    const Json& call = field_of(part, "functionCall");
    if (!call.is_object()) continue;
    const Json& arguments = field_of(call, "args");
    delta.tool_calls.push_back(
        {ToolCallPiece::kNew,
         {text_in(call, "id"), text_in(call, "name"), arguments.is_object() ? body_of(arguments) : "{}",
          text_in(part, "thoughtSignature")}});
  }
  delta.finish_reason = is_blocked ? "content_filter" : finish_reason_of(text_in(candidate, "finishReason"));
  delta.model = text_in(*chunk, "modelVersion");
  delta.prompt_tokens = count_in(usage, "promptTokenCount");
  delta.completion_tokens = count_in(usage, "candidatesTokenCount");
  // What it thought is paid for as well.
  if (const auto thoughts = count_in(usage, "thoughtsTokenCount"))
    delta.completion_tokens = delta.completion_tokens.value_or(0) + *thoughts;
  return delta;
}

HttpRequest embed(const Provider& provider, const std::string& key, const EmbeddingRequest& request) {
  const auto path = path_of(request.model.empty() ? provider.embedding_model : request.model);
  Json requests = Json::array();
  for (const auto& text : request.texts)
    requests.push_back({{"model", path.substr(1)}, {"content", {{"parts", Json::array({{{"text", text}}})}}}});
  return {url_of(provider.base_url, path + ":batchEmbedContents"), headers_with(key),
          body_of({{"requests", std::move(requests)}})};
}

Expected<Embeddings> embeddings(std::string_view body, std::size_t texts) {
  const auto answer = parse_object(body);
  if (!answer) return tl::unexpected(answer.error());
  Embeddings embeddings;
  for (const Json& embedding : field_of(*answer, "embeddings"))
    embeddings.vectors.push_back(floats_in(field_of(embedding, "values")));
  return checked(std::move(embeddings), texts);
}

}  // namespace

const Wire kGeminiWire{chat, delta, embed, embeddings};

}  // namespace troupe::actors::llm
