#include "actors/mcp/serving.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

const McpServing kServing("1.2.3");

std::vector<std::shared_ptr<const Tool>> tools() {
  OfferedTool offered;
  offered.name = "add";
  offered.description = "Adds";
  offered.parameters = {{"type", "object"}, {"required", {"a"}}};
  return {std::make_shared<Tool>(Tool{"add", "builtin", offered})};
}

McpServing::Handled handled(const char* text) { return kServing.handle(Json::parse(text), tools(), {}); }
Json answer(const char* text) { return handled(text).answer.value_or("no answer"); }

TEST(McpServing, ShakesHandsInTheClientsRevisionWhereItKnowsIt) {
  const auto asked = [](const char* revision) {
    return kServing.handle({{"jsonrpc", "2.0"},
                            {"id", 1},
                            {"method", "initialize"},
                            {"params", {{"protocolVersion", revision}, {"capabilities", Json::object()}}}},
                           tools(), {});
  };
  EXPECT_EQ((*asked("2024-11-05").answer)["result"]["protocolVersion"], "2024-11-05");
  const Json newest = (*asked("2099-01-01").answer)["result"];
  EXPECT_EQ(newest["protocolVersion"], std::string(mcp::kRevisions[0]));
  EXPECT_EQ(newest["serverInfo"]["version"], "1.2.3");
  EXPECT_TRUE(newest["capabilities"]["tools"].is_object());
}

TEST(McpServing, ListsTheTools) {
  const Json list = answer(R"({"jsonrpc":"2.0","id":"l","method":"tools/list"})");
  EXPECT_EQ(list["id"], "l");
  EXPECT_EQ(list["result"]["tools"][0]["name"], "add");
  EXPECT_EQ(list["result"]["tools"][0]["inputSchema"]["required"][0], "a");
}

TEST(McpServing, HandsCallsOn) {
  const auto called =
      handled(R"({"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"add","arguments":{"a":1}}})");
  ASSERT_TRUE(called.call);
  EXPECT_FALSE(called.answer);
  EXPECT_EQ(called.call->tool, "add");
  EXPECT_EQ(called.call->arguments, R"({"a":1})");
  const Json told = McpServing::answer(*called.call, {"2", false});
  EXPECT_EQ(told["id"], 5);
  EXPECT_EQ(told["result"]["content"][0]["text"], "2");
  EXPECT_EQ(told["result"]["isError"], false);
}

TEST(McpServing, TellsWhichCallNobodyWaitsForAnyMore) {
  const auto taken_back = [](const char* id) {
    return handled((R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" + std::string(id) +
                    "}}")
                       .c_str())
        .cancelled;
  };
  EXPECT_EQ(taken_back("7"), Json(7));
  EXPECT_EQ(taken_back(R"("seven")"), Json("seven"));
  EXPECT_FALSE(taken_back("null"));
  EXPECT_FALSE(taken_back("[7]"));
  EXPECT_FALSE(handled(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").cancelled);
}

TEST(McpServing, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":1,"method":"resources/list"})")["error"]["code"], mcp::kMethodNotFound);
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sub"}})")["error"]["code"],
            mcp::kInvalidParams);
  EXPECT_EQ(
      answer(
          R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":[1]}})")["error"]["code"],
      mcp::kInvalidParams);
  const Json bad = answer(R"({"id":1,"method":"ping"})");
  EXPECT_EQ(bad["error"]["code"], mcp::kInvalidRequest);
  EXPECT_EQ(bad["id"], 1);
  EXPECT_EQ(answer("7")["id"], nullptr);
}

TEST(McpServing, AnswersNothingToNotificationsAndAnswers) {
  for (const char* text :
       {R"({"jsonrpc":"2.0","method":"notifications/initialized"})", R"({"jsonrpc":"2.0","id":1,"result":{}})"}) {
    const auto nothing = handled(text);
    EXPECT_FALSE(nothing.answer);
    EXPECT_FALSE(nothing.call);
  }
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":1,"method":"ping"})")["result"], Json::object());
}

}  // namespace
}  // namespace troupe::actors
