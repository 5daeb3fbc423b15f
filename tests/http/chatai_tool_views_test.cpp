#include <gtest/gtest.h>

#include "http/surfaces/chatai/tool_views.hpp"

namespace troupe::http::chatai {
namespace {

TEST(AskedCall, HasItsNameAndArgumentsInEitherForm) {
  const auto first = asked_call({{"name", " now "}, {"args", {{"a", 1}}}});
  EXPECT_EQ(first->tool, "now");
  EXPECT_EQ(first->arguments["a"], 1);
  const auto second = asked_call({{"toolName", "now"}, {"arguments", {{"a", 2}}}});
  EXPECT_EQ(second->tool, "now");
  EXPECT_EQ(second->arguments["a"], 2);
  EXPECT_EQ(asked_call({{"name", "other"}}, "now")->tool, "now") << "the path comes first";
  EXPECT_EQ(asked_call({{"name", "now"}, {"args", nullptr}})->arguments, Json::object());
}

TEST(AskedCall, IsRefusedByWhatIsWrongWithIt) {
  EXPECT_EQ(asked_call(Json::object()).error().field, "name");
  EXPECT_EQ(asked_call({{"name", 7}}).error().field, "name");
  EXPECT_EQ(asked_call({{"name", "now"}, {"args", {1}}}).error().field, "INVALID_ARGS");
  EXPECT_EQ(asked_call("now").error().field, "calls");
}

TEST(CallOutcome, HasACodeOfTheDialect) {
  const auto error = [](const char* outcome, bool fits = true) { return *error_of({"id", outcome, "why", 0}, fits); };
  EXPECT_FALSE(error_of({"id", "succeeded", "", 0}, true));
  EXPECT_EQ(error("refused").field, "TOOL_DISABLED");
  EXPECT_EQ(error("refused").code, Errc::forbidden);
  EXPECT_EQ(error("failed", false).field, "INVALID_ARGS");
  EXPECT_EQ(error("failed").field, "EXECUTION_ERROR");
  EXPECT_EQ(error("timed_out").code, Errc::timed_out);
  EXPECT_LE(error_of({"id", "failed", std::string(5000, 'x'), 0}, true)->message.size(), 250u);
}

TEST(CallView, ShowsWhatTheLogHas) {
  projections::ToolCallRow row;
  row.id = "one";
  row.arguments = R"({"a":1})";
  row.started_at = 1'769'860'800'000'000;
  auto view = call_view(row);
  EXPECT_EQ(view["outcome"], "running");
  EXPECT_TRUE(view["success"].is_null());
  EXPECT_EQ(view["args"]["a"], 1);
  EXPECT_EQ(view["timestamp"], 1'769'860'800'000);
  row.ended_at = row.started_at + 5000;
  row.outcome = "failed";
  row.reason = "the tool reports an error";
  row.result = "boom";
  row.took = 5000;
  row.arguments = "no JSON";
  view = call_view(row);
  EXPECT_EQ(view["success"], false);
  EXPECT_EQ(view["error"], "the tool reports an error");
  EXPECT_EQ(view["result"], "boom");
  EXPECT_EQ(view["duration"], 5);
  EXPECT_EQ(view["args"], "no JSON");
  row.arguments = "";  // of someone who is forgotten
  EXPECT_TRUE(call_view(row)["args"].is_null());
}

TEST(FiguresView, CountsWhatFailed) {
  const auto view = figures_view({"now", 4, 1, 8000});
  EXPECT_EQ(view["success"], 3);
  EXPECT_EQ(view["successRate"], 0.75);
  EXPECT_EQ(view["avgDuration"], 2);
  EXPECT_EQ(figures_view({})["successRate"], 0.0);
}

TEST(Fit, CountsWordsOfNamesAndDescriptions) {
  actors::OfferedTool tool;
  tool.description = "Tells the Weather of a city; 查询天气预报";
  EXPECT_EQ(fit(tool, "weather_now", "weather"), 4u);
  EXPECT_EQ(fit(tool, "weather_now", "What is the weather in this city?"), 6u) << "weather, the, city";
  EXPECT_EQ(fit(tool, "forecast", "今天的天气怎么样"), 1u);
  EXPECT_EQ(fit(tool, "forecast", "wea"), 1u) << "the beginning of a word";
  EXPECT_EQ(fit(tool, "forecast", "eather a t"), 0u) << "no other part of one, and no single letter";
  EXPECT_EQ(fit(tool, "forecast", "music"), 0u);
  EXPECT_EQ(fit(tool, "forecast", ""), 0u);
}

TEST(KindOfSource, LeavesOutWhoOffersTheTool) {
  EXPECT_EQ(kind_of_source("mcp:files"), "mcp");
  EXPECT_EQ(kind_of_source("plugin:dice"), "plugin");
  EXPECT_EQ(kind_of_source("memory"), "builtin");
  EXPECT_EQ(kind_of_source("custom"), "custom");
}

}  // namespace
}  // namespace troupe::http::chatai
