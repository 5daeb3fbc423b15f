#include "actors/mcp/message.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::mcp {
namespace {

template <class M>
M only(std::string_view text) {
  const auto messages = parse(text);
  EXPECT_TRUE(messages) << (messages ? "" : messages.error().message);
  if (!messages || messages->size() != 1 || !std::holds_alternative<M>(messages->front())) {
    ADD_FAILURE() << "not the one message that was expected: " << text;
    return {};
  }
  return std::get<M>(messages->front());
}

TEST(McpMessage, IsReadByWhatItHas) {
  EXPECT_EQ(only<Request>(R"({"jsonrpc":"2.0","id":"a","method":"ping"})").id, "a");
  EXPECT_EQ(only<Request>(R"({"jsonrpc":"2.0","id":7,"method":"x","params":{"a":1}})").params["a"], 1);
  EXPECT_EQ(only<Notification>(R"({"jsonrpc":"2.0","method":"notifications/x"})").method, "notifications/x");
  EXPECT_EQ(only<Response>(R"({"jsonrpc":"2.0","id":7,"result":{"a":1}})").result["a"], 1);
  const auto error = only<ErrorResponse>(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}})");
  EXPECT_EQ(error.code, kParseError);
  EXPECT_EQ(error.message, "no");
}

TEST(McpMessage, ComesInBatchesAsWell) {
  const auto messages = parse(R"([{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":1,"result":{}}])");
  ASSERT_TRUE(messages);
  EXPECT_EQ(messages->size(), 2u);
}

TEST(McpMessage, IsRefusedWhereItIsNone) {
  for (const char* text : {"", "hello", "{", "\xff\xfe", "nul"})
    EXPECT_EQ(parse(text).error().code, Errc::corrupt) << text;
  for (const char* text :
       {"[]", "7", "{}", R"({"jsonrpc":"1.0","method":"a"})", R"({"jsonrpc":"2.0"})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":{},"method":"a"})", R"({"jsonrpc":"2.0","id":1,"method":7})",
        R"({"jsonrpc":"2.0","id":1,"error":"no"})", "[[]]"})
    EXPECT_EQ(parse(text).error().code, Errc::invalid) << text;
  EXPECT_EQ(parse(std::string(100'000, '[')).error().code, Errc::corrupt);
}

TEST(McpMessage, IsWrittenAsItIsRead) {
  for (const char* text : {R"({"id":1,"jsonrpc":"2.0","method":"m","params":{"a":[1,"\n"]}})",
                           R"({"jsonrpc":"2.0","method":"m"})", R"({"id":"x","jsonrpc":"2.0","result":{"b":null}})",
                           R"({"error":{"code":-32601,"message":"no"},"id":null,"jsonrpc":"2.0"})"})
    EXPECT_EQ(text_of(parse(text)->front()), text);
}

TEST(McpTool, IsDangerousWhenItsServerSaysSo) {
  Json listed = {{"name", "write"}, {"description", "Writes"}, {"inputSchema", {{"type", "object"}}}};
  EXPECT_FALSE(tool_of(listed)->dangerous);
  listed["annotations"] = {{"destructiveHint", true}};
  EXPECT_TRUE(tool_of(listed)->dangerous);
  listed["annotations"] = {{"destructiveHint", true}, {"readOnlyHint", true}};
  EXPECT_FALSE(tool_of(listed)->dangerous);
}

TEST(McpTool, NeedsANameAndASchema) {
  EXPECT_FALSE(tool_of({{"inputSchema", Json::object()}}));
  EXPECT_FALSE(tool_of({{"name", "x"}}));
  EXPECT_FALSE(tool_of("x"));
}

TEST(McpResult, IsToldAsText) {
  const Json result = Json::parse(R"({"content":[{"type":"text","text":"one"},{"type":"image","mimeType":"image/png",
    "data":"AAAA"},{"type":"resource","resource":{"uri":"a://b","text":"two"}},{"type":"resource_link","uri":"c://d"},
    {"type":"strange"},7],"isError":true})");
  const auto told = result_of(result);
  EXPECT_EQ(told.text, "one\n[image: image/png]\ntwo\n[resource: c://d]");
  EXPECT_TRUE(told.failed);
  EXPECT_EQ(result_of({{"structuredContent", {{"a", 1}}}}).text, R"({"a":1})");
  EXPECT_EQ(result_of("nothing").text, "");
}

}  // namespace
}  // namespace troupe::actors::mcp
