// Questions that a model answers with the help of tools, with a model behind a real socket.
#include "actors/tools/loop.hpp"

#include "tests/actors/tools/house.hpp"

namespace troupe::actors {
namespace {

using llm::testing::Exchange;
using testing::wait;
using namespace std::chrono_literals;

/// An answer that calls tools: `name arguments` each.
std::function<void(const Exchange&)> calls(std::vector<std::pair<std::string, std::string>> tools,
                                           const std::string& text = "") {
  return [tools = std::move(tools), text](const Exchange& exchange) {
    Json calls = Json::array();
    for (std::size_t i = 0; i < tools.size(); ++i)
      calls.push_back({{"index", i},
                       {"id", "call_" + std::to_string(i)},
                       {"function", {{"name", tools[i].first}, {"arguments", tools[i].second}}}});
    Json delta = {{"tool_calls", calls}};
    if (!text.empty()) delta["content"] = text;
    exchange.stream({Json{{"choices", Json::array({Json{{"delta", delta}}})}}.dump(),
                     R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})",
                     R"({"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3}})", "[DONE]"});
  };
}

std::function<void(const Exchange&)> says(const std::string& text) {
  return [text](const Exchange& exchange) {
    exchange.stream({Json{{"choices", Json::array({Json{{"delta", {{"content", text}}}}})}}.dump(),
                     R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
                     R"({"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":5}})", "[DONE]"});
  };
}

class ToolLoopTest : public testing::HouseTest {
 protected:
  std::shared_ptr<std::promise<Expected<Outcome>>> begin_to_ask(bool tools = true, std::function<bool()> gone = {}) {
    auto settled = std::make_shared<std::promise<Expected<Outcome>>>();
    AskModel question;
    question.session = kSession;
    question.asker = kAda;
    question.text = "what now?";
    question.tools = tools;
    question.gone = std::move(gone);
    const auto asked = wait<testing::RecordPtr>([&](auto answer) {
      system_->conversations().ask_model(std::move(question), cause(), answer, [settled](Expected<Outcome> outcome) {
        settled->set_value(std::move(outcome));
      });
    });
    EXPECT_TRUE(asked) << asked.error().message;
    return settled;
  }
  Expected<Outcome> ask(bool tools = true) {
    auto outcome = begin_to_ask(tools)->get_future();
    if (outcome.wait_for(20s) != std::future_status::ready) return fail(Errc::timed_out, "no outcome in 20 s");
    return outcome.get();
  }
  Json request(std::size_t number) const { return Json::parse(fake_.seen().at(number).body); }
  std::vector<std::string> tools_in(std::size_t number) const {
    std::vector<std::string> names;
    for (const auto& tool : request(number).value("tools", Json::array()))
      names.push_back(tool["function"]["name"].get<std::string>());
    return names;
  }
};

TEST_F(ToolLoopTest, TellsTheModelWhatItsToolsAnswered) {
  system_->tools().offer("test", {saying("say"), saying("tell")});
  fake_.then(calls({{"say", R"({"a":1})"}, {"tell", R"({"a":2})"}}, "Let me see."));
  fake_.then(says("It is done."));
  const auto outcome = ask();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->answer.text, "It is done.");
  EXPECT_EQ(outcome->answer.usage.prompt_tokens, 30);
  EXPECT_EQ(outcome->answer.usage.completion_tokens, 8);
  const Json messages = request(1)["messages"];
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[1]["tool_calls"].size(), 2u);
  EXPECT_EQ(messages[2]["role"], "tool");
  EXPECT_EQ(messages[2]["tool_call_id"], "call_0");
  EXPECT_EQ(messages[2]["content"], "say 1");
  EXPECT_EQ(messages[3]["content"], "tell 2");
  const auto logged = system_->tools().log().calls({"say"}, 0, 1);
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_EQ(logged[0].session, kSession);
  EXPECT_EQ(logged[0].number, 1);
  EXPECT_EQ(logged[0].through, "model");
}

TEST_F(ToolLoopTest, OffersToolsOnlyWhereTheyAreAskedFor) {
  fake_.then(says("a"));
  fake_.then(says("b"));
  ASSERT_TRUE(ask(false));
  ASSERT_TRUE(ask(true));
  EXPECT_TRUE(tools_in(0).empty());
  EXPECT_EQ(tools_in(1), (std::vector<std::string>{"current_time", "search_conversation"}));
}

TEST_F(ToolLoopTest, NeitherOffersNorCallsDangerousToolsUnlessTheyAreAllowed) {
  std::atomic<int> wiped{0};
  auto wipe = tool("wipe", [&](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
    ++wiped;
    answer(ToolResult{"wiped"});
    return {};
  });
  wipe.dangerous = true;
  system_->tools().offer("test", {wipe});
  fake_.then(calls({{"wipe", "{}"}}));
  fake_.then(says("I may not."));
  EXPECT_EQ(ask()->answer.text, "I may not.");
  EXPECT_EQ(wiped, 0);
  EXPECT_TRUE(request(1)["messages"].back()["content"].get<std::string>().starts_with("Error: "));
  EXPECT_EQ(system_->tools().log().calls({"wipe"}, 0, 1).at(0).outcome, "refused");
  set_tool_rules({{"allow_dangerous", true}});
  fake_.then(calls({{"wipe", "{}"}}));
  fake_.then(says("Done."));
  EXPECT_EQ(ask()->answer.text, "Done.");
  EXPECT_EQ(wiped, 1);
}

TEST_F(ToolLoopTest, EndsAfterSoManyRounds) {
  set_tool_rules({{"max_rounds", 2}});
  system_->tools().offer("test", {saying("say")});
  for (int round = 0; round < 3; ++round) fake_.then(calls({{"say", "{}"}}));
  const auto outcome = ask();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::upstream_failed);
  EXPECT_EQ(fake_.requests, 3);
  EXPECT_EQ(request(1).contains("tool_choice"), false);
  EXPECT_EQ(request(2)["tool_choice"], "none");
  EXPECT_EQ(system_->tools().log().count({"say"}), 2u);
}

TEST_F(ToolLoopTest, TakesWhatTheModelSaysBesideItsLastCalls) {
  set_tool_rules({{"max_rounds", 1}});
  system_->tools().offer("test", {saying("say")});
  fake_.then(calls({{"say", "{}"}}));
  fake_.then(calls({{"say", "{}"}}, "Well, then."));
  EXPECT_EQ(ask()->answer.text, "Well, then.");
}

TEST_F(ToolLoopTest, MakesOnlySoManyCallsAtOnce) {
  system_->tools().offer("test", {saying("say")});
  fake_.then(calls(std::vector<std::pair<std::string, std::string>>(defaults::kMaxToolCallsAtOnce + 2, {"say", "{}"})));
  fake_.then(says("Done."));
  ASSERT_TRUE(ask());
  const Json messages = request(1)["messages"];
  EXPECT_EQ(messages.size(), 2 + defaults::kMaxToolCallsAtOnce + 2);
  EXPECT_TRUE(messages.back()["content"].get<std::string>().starts_with("Error: too many"));
  EXPECT_EQ(system_->tools().log().count({"say"}), defaults::kMaxToolCallsAtOnce);
}

TEST_F(ToolLoopTest, TellsTheModelOnlySoMuch) {
  system_->tools().offer("test",
                         {tool("long", [](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
                           answer(ToolResult{std::string(defaults::kMaxToolResultBytes, 'x')});
                           return {};
                         })});
  constexpr std::size_t kFit = defaults::kMaxToolResultsBytes / defaults::kMaxToolResultBytes;
  fake_.then(calls(std::vector<std::pair<std::string, std::string>>(kFit + 1, {"long", "{}"})));
  fake_.then(says("Enough."));
  ASSERT_TRUE(ask());
  const Json messages = request(1)["messages"];
  EXPECT_EQ(messages[1 + kFit]["content"].get<std::string>().size(), defaults::kMaxToolResultBytes);
  EXPECT_TRUE(messages.back()["content"].get<std::string>().starts_with("Error: the results"));
}

TEST_F(ToolLoopTest, StopsToolsWhenNobodyWaitsAnyMore) {
  std::promise<void> stopped;
  std::atomic<bool> gone{false};
  system_->tools().offer("test", {tool("slow", [&](const Json&, const ToolContext&, const ToolAnswer&) -> StopTool {
                           gone = true;
                           return [&] { stopped.set_value(); };
                         })});
  fake_.then(calls({{"slow", "{}"}}));
  auto outcome = begin_to_ask(true, [&] { return gone.load(); })->get_future();
  ASSERT_EQ(outcome.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(outcome.get().error().code, Errc::cancelled);
  EXPECT_EQ(stopped.get_future().wait_for(5s), std::future_status::ready);
  EXPECT_EQ(system_->tools().log().calls({}, 0, 1).at(0).outcome, "cancelled");
  EXPECT_EQ(fake_.requests, 1);
}

TEST_F(ToolLoopTest, IsBegunAnewAfterARestart) {
  std::atomic<bool> begun{false};
  system_->tools().offer("test", {tool("slow", [&](const Json&, const ToolContext&, const ToolAnswer&) -> StopTool {
                           begun = true;
                           return {};
                         })});
  fake_.then(calls({{"slow", "{}"}}));
  begin_to_ask();
  eventually([&] { return begun.load(); }, "the tool runs");
  fake_.then(says("Here I am again."));
  restart();
  system_->conversations().take_up_open_questions();
  const projections::SessionQueries sessions(*store_);
  eventually([&] { return sessions.open_questions().empty(); }, "the question has its answer");
  EXPECT_EQ(sessions.message(kSession, 1)->status, "complete");
  EXPECT_EQ(system_->tools().log().calls({}, 0, 1).at(0).outcome, "interrupted");
  EXPECT_FALSE(tools_in(1).empty()) << "the flag is part of the question";
}

TEST_F(ToolLoopTest, SearchesTheConversationBeforeTheQuestion) {
  fake_.then(says("The harbour is BLUE."));
  ASSERT_TRUE(ask());
  fake_.then(calls({{"search_conversation", R"({"query":"blue"})"}}));
  fake_.then(says("Found."));
  ASSERT_TRUE(ask());
  const auto found = Json::parse(request(2)["messages"].back()["content"].get<std::string>());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["text"], "The harbour is BLUE.");
}

}  // namespace
}  // namespace troupe::actors
