// The wire formats: requests as the providers' references show them, and streams as they send them.
#include <gtest/gtest.h>

#include "actors/llm/gathered_answer.hpp"
#include "actors/llm/wire.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::llm {
namespace {

const Provider kOpenAi{"o", "http://host/v1/", {}, "gpt", Format::openai, "embedder"};
const Provider kAnthropic{"a", "http://host/v1", {}, "claude", Format::anthropic};
const Provider kGemini{"g", "http://host/v1beta", {}, "gemini", Format::gemini, "embedder"};

ChatRequest conversation() {
  ChatRequest request;
  request.messages = {{"system", "Be brief."},
                      {"user", "Weather in Rome?"},
                      {"assistant", "", {{"c1", "weather", R"({"city":"Rome"})", "sig"}}},
                      {"tool", R"({"sky":"blue"})", {}, "c1"},
                      {"user", "And?"}};
  request.temperature = 1.5;
  request.max_tokens = 9;
  request.tools = {{"weather", "Tells it", {{"type", "object"}}}};
  return request;
}

Json sent(const HttpRequest& request) { return Json::parse(request.body); }

ChatAnswer answer_of(const Provider& provider, const std::vector<std::string>& events,
                     const ChatRequest& request = {}) {
  GatheredAnswer gathered;
  for (const auto& event : events) {
    const auto delta = wire_of(provider.format).delta(event);
    EXPECT_TRUE(delta) << event << (delta ? "" : delta.error().message);
    if (!delta) continue;
    EXPECT_TRUE(gathered.add(*delta));
  }
  EXPECT_TRUE(gathered.is_complete());
  return gathered.answer(provider, request);
}

Error error_of(const Provider& provider, const std::string& event) {
  const auto delta = wire_of(provider.format).delta(event);
  EXPECT_FALSE(delta) << event;
  return delta ? Error{} : delta.error();
}

// Requests

TEST(Formats, TellWhichToolIsToBeCalled) {
  const auto chosen = [](const Provider& provider, const Json& choice) {
    auto request = conversation();
    request.tool_choice = choice;
    return sent(wire_of(provider.format).chat(provider, "k", request));
  };
  const Json named = {{"type", "function"}, {"function", {{"name", "weather"}}}};
  EXPECT_FALSE(chosen(kOpenAi, nullptr).contains("tool_choice"));
  EXPECT_EQ(chosen(kOpenAi, named)["tool_choice"], named);
  EXPECT_EQ(chosen(kAnthropic, "auto")["tool_choice"], Json::parse(R"({"type":"auto"})"));
  EXPECT_EQ(chosen(kAnthropic, "required")["tool_choice"], Json::parse(R"({"type":"any"})"));
  EXPECT_EQ(chosen(kAnthropic, named)["tool_choice"], Json::parse(R"({"type":"tool","name":"weather"})"));
  EXPECT_FALSE(chosen(kAnthropic, nullptr).contains("tool_choice"));
  EXPECT_EQ(chosen(kGemini, "none")["toolConfig"]["functionCallingConfig"], Json::parse(R"({"mode":"NONE"})"));
  EXPECT_EQ(chosen(kGemini, named)["toolConfig"]["functionCallingConfig"],
            Json::parse(R"({"mode":"ANY","allowedFunctionNames":["weather"]})"));
}

TEST(OpenAiFormat, IsToldOtherParametersButNotItsOwnAnew) {
  auto request = conversation();
  request.parameters = {{"top_p", 0.5}, {"stream", false}};
  const auto body = sent(kOpenAiWire.chat(kOpenAi, "k", request));
  EXPECT_EQ(body["top_p"], 0.5);
  EXPECT_EQ(body["stream"], true);
  EXPECT_FALSE(sent(kAnthropicWire.chat(kAnthropic, "k", request)).contains("top_p"));
}

TEST(OpenAiFormat, AsksForAStreamWithUsage) {
  const auto request = kOpenAiWire.chat(kOpenAi, "k", conversation());
  EXPECT_EQ(request.url, "http://host/v1/chat/completions");
  EXPECT_EQ(request.headers, std::vector<std::string>{"Authorization: Bearer k"});
  EXPECT_EQ(sent(request), Json::parse(R"({
    "model": "gpt", "stream": true, "stream_options": {"include_usage": true}, "temperature": 1.5, "max_tokens": 9,
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "Weather in Rome?"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Rome\"}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "{\"sky\":\"blue\"}"},
      {"role": "user", "content": "And?"}],
    "tools": [{"type": "function", "function": {
      "name": "weather", "description": "Tells it", "parameters": {"type": "object"}}}]})"));
}

TEST(OpenAiFormat, SendsNothingThatAuthenticatesWithoutAKeyAndTheModelThatIsNamed) {
  ChatRequest request;
  request.model = "other";
  const auto sent_request = kOpenAiWire.chat(kOpenAi, "", request);
  EXPECT_TRUE(sent_request.headers.empty());
  EXPECT_EQ(sent(sent_request)["model"], "other");
}

TEST(OpenAiFormat, LimitsTheAnswerOfOpenAiItselfByItsNewName) {
  Provider real = kOpenAi;
  real.base_url = "https://api.openai.com/v1";
  const Json body = sent(kOpenAiWire.chat(real, "k", conversation()));
  EXPECT_EQ(body["max_completion_tokens"], 9);
  EXPECT_FALSE(body.contains("max_tokens"));
}

TEST(AnthropicFormat, KeepsTheSystemPromptApartAndTurnsAlternating) {
  const auto request = kAnthropicWire.chat(kAnthropic, "k", conversation());
  EXPECT_EQ(request.url, "http://host/v1/messages");
  EXPECT_EQ(request.headers, (std::vector<std::string>{"anthropic-version: 2023-06-01", "x-api-key: k"}));
  EXPECT_EQ(sent(request), Json::parse(R"({
    "model": "claude", "stream": true, "system": "Be brief.", "temperature": 1.0, "max_tokens": 9,
    "messages": [
      {"role": "user", "content": [{"type": "text", "text": "Weather in Rome?"}]},
      {"role": "assistant", "content": [
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Rome"}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "c1", "content": "{\"sky\":\"blue\"}"}, {"type": "text", "text": "And?"}]}],
    "tools": [{"name": "weather", "description": "Tells it", "input_schema": {"type": "object"}}]})"));
}

TEST(AnthropicFormat, AlwaysSetsTheLimitThatItMustHave) {
  EXPECT_EQ(sent(kAnthropicWire.chat(kAnthropic, "k", {}))["max_tokens"], defaults::kModelAnswerTokens);
}

TEST(GeminiFormat, NamesTheModelInThePathAndTheToolInItsAnswer) {
  const auto request = kGeminiWire.chat(kGemini, "k", conversation());
  EXPECT_EQ(request.url, "http://host/v1beta/models/gemini:streamGenerateContent?alt=sse");
  EXPECT_EQ(request.headers, std::vector<std::string>{"x-goog-api-key: k"});
  EXPECT_EQ(sent(request), Json::parse(R"({
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "generationConfig": {"temperature": 1.5, "maxOutputTokens": 9},
    "contents": [
      {"role": "user", "parts": [{"text": "Weather in Rome?"}]},
      {"role": "model", "parts": [
        {"functionCall": {"name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "sig"}]},
      {"role": "user", "parts": [
        {"functionResponse": {"name": "weather", "response": {"sky": "blue"}}}, {"text": "And?"}]}],
    "tools": [{"functionDeclarations": [
      {"name": "weather", "description": "Tells it", "parametersJsonSchema": {"type": "object"}}]}]})"));
}

TEST(GeminiFormat, LetsNoModelNameLeaveItsPlaceInThePath) {
  ChatRequest request;
  request.model = "models/../x?key=1#ä";
  EXPECT_EQ(kGeminiWire.chat(kGemini, "k", request).url,
            "http://host/v1beta/models/..%2Fx%3Fkey%3D1%23%C3%A4:streamGenerateContent?alt=sse");
}

// Streams

TEST(OpenAiFormat, ReadsPiecesAndTheUsageBehindThem) {
  const auto answer = answer_of(
      kOpenAi, {R"({"model":"gpt-x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})",
                R"({"choices":[{"index":0,"delta":{"content":"Hel"}}]})",
                R"({"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"length"}],"usage":null})",
                R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})", "[DONE]"});
  EXPECT_EQ(answer.text, "Hello");
  EXPECT_EQ(answer.finish_reason, "length");
  EXPECT_EQ(answer.provider, "o");
  EXPECT_EQ(answer.model, "gpt-x");
  EXPECT_EQ(answer.usage.prompt_tokens, 3);
  EXPECT_EQ(answer.usage.completion_tokens, 2);
  EXPECT_FALSE(answer.usage.estimated);
}

TEST(OpenAiFormat, PutsTheCallsOfToolsTogether) {
  const auto answer = answer_of(
      kOpenAi,
      {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":""}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"g"}},{"index":0,"function":{"arguments":":1}"}}]}}]})",
       R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})"});
  ASSERT_EQ(answer.tool_calls.size(), 2u);
  EXPECT_EQ(answer.tool_calls[0].id, "c1");
  EXPECT_EQ(answer.tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(answer.tool_calls[1].id, "call_2");
  EXPECT_EQ(answer.tool_calls[1].name, "g");
  EXPECT_EQ(answer.tool_calls[1].arguments, "{}");
  EXPECT_EQ(answer.finish_reason, "tool_calls");
  EXPECT_EQ(answer.model, "gpt");
  EXPECT_TRUE(answer.usage.estimated);
  EXPECT_GT(answer.usage.completion_tokens, 0);
}

TEST(AnthropicFormat, ReadsBlocksAndUsageInTwoParts) {
  const auto answer = answer_of(
      kAnthropic,
      {R"({"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})", R"({"type":"ping"})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}})",
       R"({"type":"content_block_stop","index":1})",
       R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})",
       R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})",
       R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":":1}"}})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":12}})",
       R"({"type":"message_stop"})"});
  EXPECT_EQ(answer.text, "Hello");
  ASSERT_EQ(answer.tool_calls.size(), 1u);
  EXPECT_EQ(answer.tool_calls[0].id, "t1");
  EXPECT_EQ(answer.tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(answer.finish_reason, "tool_calls");
  EXPECT_EQ(answer.model, "claude-x");
  EXPECT_EQ(answer.usage.prompt_tokens, 7);
  EXPECT_EQ(answer.usage.completion_tokens, 12);
  EXPECT_FALSE(answer.usage.estimated);
}

TEST(GeminiFormat, ReadsPartsWithoutThoughtsAndWholeCalls) {
  const auto answer = answer_of(
      kGemini,
      {R"({"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"Hel"}]}}],"modelVersion":"gemini-x"})",
       R"({"candidates":[{"content":{"parts":[{"text":"lo"}]}}],"usageMetadata":{"promptTokenCount":3}})",
       R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"s"},{"functionCall":{"name":"g"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":5,"thoughtsTokenCount":7}})"});
  EXPECT_EQ(answer.text, "Hello");
  ASSERT_EQ(answer.tool_calls.size(), 2u);
  EXPECT_EQ(answer.tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(answer.tool_calls[0].signature, "s");
  EXPECT_EQ(answer.tool_calls[1].id, "call_2");
  EXPECT_EQ(answer.tool_calls[1].arguments, "{}");
  EXPECT_EQ(answer.finish_reason, "tool_calls");
  EXPECT_EQ(answer.model, "gemini-x");
  EXPECT_EQ(answer.usage.prompt_tokens, 3);
  EXPECT_EQ(answer.usage.completion_tokens, 12);
}

TEST(GeminiFormat, SaysWhenSomethingWasWithheld) {
  EXPECT_EQ(answer_of(kGemini, {R"({"candidates":[{"finishReason":"SAFETY"}]})"}).finish_reason, "content_filter");
  EXPECT_EQ(answer_of(kGemini, {R"({"promptFeedback":{"blockReason":"OTHER"}})"}).finish_reason, "content_filter");
  EXPECT_EQ(answer_of(kGemini, {R"({"candidates":[{"finishReason":"MAX_TOKENS"}]})"}).finish_reason, "length");
}

TEST(Formats, TellAnErrorInTheStreamFromWhatCannotBeRead) {
  for (const auto& [provider, event, kind] : {
           std::tuple{kOpenAi, R"({"error":{"message":"too much","type":"server_error","code":"overloaded"}})",
                      "overloaded"},
           std::tuple{kAnthropic, R"({"type":"error","error":{"type":"overloaded_error","message":"too much"}})",
                      "overloaded_error"},
           std::tuple{kGemini, R"({"error":{"code":503,"message":"too much","status":"UNAVAILABLE"}})", "UNAVAILABLE"},
       }) {
    const auto error = error_of(provider, event);
    EXPECT_EQ(error.code, Errc::upstream_failed);
    EXPECT_EQ(error.message, "too much");
    EXPECT_EQ(error.field, kind);
    for (const char* junk : {"", "nonsense", "[]", "{", R"({"choices":1})", "[DONE"})
      EXPECT_EQ(error_of(provider, junk).code, Errc::corrupt) << provider.name << " " << junk;
    EXPECT_EQ(error_of(provider, "{\"a\":" + std::string(100, '[')).code, Errc::corrupt);
  }
}

TEST(Formats, PassOverFieldsOfAnotherTypeThanExpected) {
  const auto openai = kOpenAiWire.delta(
      R"({"model":7,"choices":[{"delta":{"content":["x"],"tool_calls":{"a":1}},"finish_reason":5}],"usage":[]})");
  ASSERT_TRUE(openai);
  EXPECT_TRUE(openai->text.empty());
  ASSERT_TRUE(kOpenAiWire.delta(R"({"choices":[null]})"));
  ASSERT_TRUE(kAnthropicWire.delta(R"({"type":"content_block_delta","index":"x","delta":[]})"));
  ASSERT_TRUE(kGeminiWire.delta(R"({"candidates":{"content":1},"usageMetadata":7})"));
  ASSERT_TRUE(kGeminiWire.delta(R"({"candidates":[{"content":{"parts":["x",{"functionCall":"f"}]}}]})"));
}

// Answers

TEST(GatheredAnswer, TakesTextAndToolsUpToTheirLimitsAndNoMore) {
  GatheredAnswer text;
  Delta delta;
  delta.text = std::string(defaults::kMaxModelAnswerBytes, 'x');
  ASSERT_TRUE(text.add(delta));
  delta.text = "x";
  EXPECT_EQ(text.add(delta).error().code, Errc::too_large);

  GatheredAnswer tools;
  Delta call;
  call.tool_calls = {{ToolCallPiece::kNew, {"", "f", ""}}};
  for (std::size_t i = 0; i < defaults::kMaxModelToolCalls; ++i) ASSERT_TRUE(tools.add(call));
  EXPECT_EQ(tools.add(call).error().code, Errc::too_large);
}

TEST(GatheredAnswer, RefusesAPartOfACallThatDidNotBegin) {
  Delta delta;
  delta.tool_calls = {{3, {"", "", "{}"}}};
  EXPECT_EQ(GatheredAnswer().add(delta).error().code, Errc::corrupt);
}

TEST(GatheredAnswer, EstimatesWhatTheProviderDidNotCount) {
  ChatRequest request;
  request.messages = {{"user", "four by four byte"}};
  const auto answer = answer_of(
      kAnthropic, {R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}})"},
      request);
  EXPECT_EQ(answer.usage.prompt_tokens, 5);
  EXPECT_EQ(answer.usage.completion_tokens, 9);
  EXPECT_TRUE(answer.usage.estimated);
}

// Embeddings

TEST(OpenAiFormat, MakesEmbeddingsInTheOrderOfTheTexts) {
  const auto request = kOpenAiWire.embed(kOpenAi, "k", {"", "", {"a", "b"}});
  EXPECT_EQ(request.url, "http://host/v1/embeddings");
  EXPECT_EQ(sent(request), Json::parse(R"({"model":"embedder","input":["a","b"],"encoding_format":"float"})"));
  const auto embeddings = kOpenAiWire.embeddings(
      R"({"model":"e-x","data":[{"index":1,"embedding":[2,3]},{"index":0,"embedding":[0.5,1]}],"usage":{"prompt_tokens":4}})",
      2);
  ASSERT_TRUE(embeddings);
  EXPECT_EQ(embeddings->vectors, (std::vector<std::vector<float>>{{0.5F, 1}, {2, 3}}));
  EXPECT_EQ(embeddings->usage.prompt_tokens, 4);
  EXPECT_FALSE(embeddings->usage.estimated);
}

TEST(GeminiFormat, MakesEmbeddingsInABatch) {
  const auto request = kGeminiWire.embed(kGemini, "k", {"", "", {"a", "b"}});
  EXPECT_EQ(request.url, "http://host/v1beta/models/embedder:batchEmbedContents");
  EXPECT_EQ(sent(request), Json::parse(R"({"requests":[
    {"model":"models/embedder","content":{"parts":[{"text":"a"}]}},
    {"model":"models/embedder","content":{"parts":[{"text":"b"}]}}]})"));
  const auto embeddings = kGeminiWire.embeddings(R"({"embeddings":[{"values":[1]},{"values":[2]}]})", 2);
  ASSERT_TRUE(embeddings);
  EXPECT_EQ(embeddings->vectors, (std::vector<std::vector<float>>{{1}, {2}}));
  EXPECT_TRUE(embeddings->usage.estimated);
}

TEST(Formats, RefuseEmbeddingsThatAreNotOneForEachText) {
  for (const char* body : {"nonsense", "{}", R"({"data":[]})", R"({"data":[{"index":0,"embedding":[1]}]})",
                           R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})",
                           R"({"data":[{"index":0,"embedding":[1]},{"index":-1,"embedding":[1]}]})",
                           R"({"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]})",
                           R"({"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":["x"]}]})"})
    EXPECT_EQ(kOpenAiWire.embeddings(body, 2).error().code, Errc::corrupt) << body;
  for (const char* body : {"{}", R"({"embeddings":[{"values":[1]}]})", R"({"embeddings":[{"values":[1]},{}]})"})
    EXPECT_EQ(kGeminiWire.embeddings(body, 2).error().code, Errc::corrupt) << body;
  EXPECT_EQ(kAnthropicWire.embed, nullptr);
}

}  // namespace
}  // namespace troupe::actors::llm
