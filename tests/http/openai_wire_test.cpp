#include <gtest/gtest.h>

#include "events/defaults.hpp"
#include "http/surfaces/openai/wire.hpp"

namespace troupe::http::openai {
namespace {

using namespace actors::llm;

const AnswerHead kHead{"chatcmpl-x", 5'000'000, "helper"};

Json with(const char* more) {
  Json body = Json::parse(R"({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})");
  body.update(Json::parse(more));
  return body;
}

TEST(OpenAiWire, ReadsEveryRoleAndPartsOfText) {
  const auto request = chat_request_of(with(R"({"messages": [
    {"role": "system", "content": "s"}, {"role": "developer", "content": "d"},
    {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
    {"role": "assistant", "content": null,
     "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "42"}]})"));
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->messages.size(), 5u);
  EXPECT_EQ(request->messages[1].role, "system");
  EXPECT_EQ(request->messages[2].content, "one\ntwo");
  EXPECT_EQ(request->messages[3].tool_calls[0].name, "f");
  EXPECT_EQ(request->messages[4].tool_call_id, "c1");
}

TEST(OpenAiWire, ReadsParametersAndTools) {
  const auto request = chat_request_of(with(R"({"temperature": 1, "max_tokens": 5, "max_completion_tokens": 7,
    "stop": ["x"], "top_p": 0.5, "unheard_of": true, "n": 1,
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}}})"));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->temperature, 1.0);
  EXPECT_EQ(request->max_tokens, 7);
  EXPECT_EQ(request->parameters, Json::parse(R"({"stop": ["x"], "top_p": 0.5})"));
  EXPECT_EQ(request->tools.at(0).parameters["type"], "object");
  EXPECT_EQ(request->tool_choice["function"]["name"], "f");
}

TEST(OpenAiWire, NamesThePathOfWhatIsWrong) {
  const std::pair<const char*, const char*> bad[] = {
      {R"({"messages": []})", "messages"},
      {R"({"messages": ["hi"]})", "messages[0]"},
      {R"({"messages": [{"content": "hi"}]})", "messages[0].role"},
      {R"({"messages": [{"role": "king", "content": "hi"}]})", "messages[0].role"},
      {R"({"messages": [{"role": "user"}]})", "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": 7}]})", "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]})",
       "messages[0].content[0].type"},
      {R"({"messages": [{"role": "user", "content": [{"type": "text"}]}]})", "messages[0].content[0].text"},
      {R"({"messages": [{"role": "tool", "content": "42"}]})", "messages[0].tool_call_id"},
      {R"({"messages": [{"role": "assistant", "tool_calls": [{}]}]})", "messages[0].tool_calls[0]"},
      {R"({"n": 2})", "n"},
      {R"({"functions": []})", "functions"},
      {R"({"tools": [{"type": "retrieval"}]})", "tools[0]"},
      {R"({"tools": [{"type": "function", "function": {"name": "a b"}}]})", "tools[0].function.name"},
      {R"({"tool_choice": "auto"})", "tool_choice"},
      {R"({"tools": [{"type": "function", "function": {"name": "f"}}],
           "tool_choice": {"type": "function", "function": {"name": "g"}}})",
       "tool_choice"},
  };
  for (const auto& [body, field] : bad) {
    const auto request = chat_request_of(with(body));
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, Errc::invalid);
    EXPECT_EQ(request.error().field, field) << body;
  }
  Json many = with("{}");
  many["messages"] = Json(defaults::kMaxCompletionMessages + 1, many["messages"][0]);
  EXPECT_EQ(chat_request_of(many).error().field, "messages");
  Json tools = with("{}");
  tools["tools"] = Json(defaults::kMaxTools + 1, Json::parse(R"({"type": "function", "function": {"name": "f"}})"));
  EXPECT_EQ(chat_request_of(tools).error().field, "tools");
}

TEST(OpenAiWire, ShowsAnAnswerAsOpenAiDoes) {
  ChatAnswer answer;
  answer.text = "Hello";
  answer.usage = {3, 2, false};
  const auto view = completion_view(kHead, answer);
  EXPECT_EQ(view["object"], "chat.completion");
  EXPECT_EQ(view["created"], 5);
  EXPECT_EQ(view["model"], "helper");
  EXPECT_EQ(view["choices"][0]["message"]["content"], "Hello");
  EXPECT_EQ(view["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(view["usage"]["total_tokens"], 5);
}

TEST(OpenAiWire, ShowsCallsOfToolsWholeAndInAChunk) {
  ChatAnswer answer;
  ToolCall call;
  call.id = "c1";
  call.name = "f";
  call.arguments = "{}";
  answer.tool_calls = {call};
  answer.finish_reason = "tool_calls";
  const auto view = completion_view(kHead, answer);
  EXPECT_TRUE(view["choices"][0]["message"]["content"].is_null());
  EXPECT_EQ(view["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "f");
  EXPECT_FALSE(view["choices"][0]["message"]["tool_calls"][0].contains("index"));
  EXPECT_EQ(tool_calls_chunk(kHead, answer.tool_calls)["choices"][0]["delta"]["tool_calls"][0]["index"], 0);
  EXPECT_EQ(last_chunk(kHead, "tool_calls")["choices"][0]["finish_reason"], "tool_calls");
  EXPECT_TRUE(usage_chunk(kHead, {1, 1, false})["choices"].empty());
}

TEST(OpenAiWire, ReadsTextsAndShowsVectorsInBothForms) {
  EXPECT_EQ(embedding_request_of({{"input", "one"}})->texts, std::vector<std::string>{"one"});
  EXPECT_EQ(embedding_request_of({{"input", {"one", "two"}}})->texts.size(), 2u);
  for (const Json& bad : {Json(""), Json(7), Json::array(), Json{1, 2}, Json{""}})
    EXPECT_EQ(embedding_request_of({{"input", bad}}).error().field, "input") << bad;
  const Json many(defaults::kMaxEmbeddingTexts + 1, "x");
  EXPECT_EQ(embedding_request_of({{"input", many}}).error().field, "input");
  EXPECT_EQ(embedding_request_of({{"input", "x"}, {"dimensions", 3}}).error().field, "dimensions");
  Embeddings embeddings;
  embeddings.vectors = {{1.0F, -2.0F}};
  EXPECT_EQ(embeddings_view("m", embeddings, false)["data"][0]["embedding"], OrderedJson::parse("[1.0,-2.0]"));
  EXPECT_EQ(embeddings_view("m", embeddings, true)["data"][0]["embedding"], "AACAPwAAAMA=");
}

TEST(OpenAiWire, ShowsHalfACharacterWithoutFailing) {
  EXPECT_NE(json_text(text_chunk(kHead, "\xe4\xbd")).find("\xef\xbf\xbd"), std::string::npos);
}

}  // namespace
}  // namespace troupe::http::openai
