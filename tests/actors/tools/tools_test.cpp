// Calls of tools on a real store: what they answer, what the log says of them, and what a crash leaves.
#include "actors/tools/tools.hpp"

#include "actors/tools/house_tools.hpp"
#include "events/codec.hpp"
#include "events/tool.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/session_keys.hpp"
#include "tests/actors/tools/house.hpp"

namespace troupe::actors {
namespace {

using testing::wait;
using namespace std::chrono_literals;

class ToolsTest : public testing::HouseTest {
 protected:
  projections::ToolCallRow logged(const Expected<ToolOutcome>& outcome) {
    return outcome ? system_->tools().log().call(outcome->id).value_or(projections::ToolCallRow{})
                   : projections::ToolCallRow{};
  }
};

TEST_F(ToolsTest, AnswerAndAreInTheLogByThen) {
  system_->tools().offer("test", {saying("say")});
  const auto outcome = call("say", R"({"a":7})");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(outcome->succeeded());
  EXPECT_EQ(outcome->text, "say 7");
  const auto row = logged(outcome);
  EXPECT_EQ(row.tool, "say");
  EXPECT_EQ(row.source, "test");
  EXPECT_EQ(row.asker, kAda);
  EXPECT_EQ(row.through, "panel");
  EXPECT_EQ(row.arguments, R"({"a":7})");
  EXPECT_EQ(row.outcome, "succeeded");
  EXPECT_EQ(row.result, "say 7");
  EXPECT_GT(row.ended_at, 0);
}

TEST_F(ToolsTest, AreDurableBeforeTheyRun) {
  std::promise<std::size_t> open;
  system_->tools().offer("test",
                         {tool("look", [&](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
                           open.set_value(system_->tools().log().open_calls().size());
                           answer(ToolResult{"seen"});
                           return {};
                         })});
  EXPECT_TRUE(call("look"));
  EXPECT_EQ(open.get_future().get(), 1u);
  EXPECT_TRUE(system_->tools().log().open_calls().empty());
}

TEST_F(ToolsTest, AreNotCalledWithArgumentsThatDoNotFit) {
  bool was_called = false;
  system_->tools().offer("test",
                         {tool("say", [&](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
                           was_called = true;
                           answer(ToolResult{});
                           return {};
                         })});
  for (const char* arguments : {R"({"a":"x"})", "[1]", "{", "\xff"}) {
    const auto outcome = call("say", arguments);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->outcome, "failed") << arguments;
    EXPECT_EQ(logged(outcome).outcome, "failed");
  }
  const auto too_long = call("say", "{\"b\":\"" + std::string(defaults::kMaxToolArgumentsBytes, 'x') + "\"}");
  EXPECT_EQ(too_long->outcome, "failed");
  EXPECT_FALSE(was_called);
}

TEST_F(ToolsTest, AreRefusedByTheSwitchesAndTheRefusalIsLogged) {
  auto dangerous = saying("wipe");
  dangerous.dangerous = true;
  system_->tools().offer("test", {dangerous});
  const auto refused = call("wipe");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->outcome, "refused");
  EXPECT_EQ(logged(refused).outcome, "refused");
  EXPECT_EQ(system_->tools().all().size() - system_->tools().allowed(true).size(), 2u) << "send_message and wipe";
  set_tool_rules({{"allow_dangerous", true}});
  EXPECT_TRUE(call("wipe")->succeeded());
  EXPECT_EQ(call("nothing of the kind")->outcome, "refused");
}

TEST_F(ToolsTest, NeedSomeoneWhoAsks) {
  const auto outcome =
      wait<ToolOutcome>([&](auto answer) { system_->tools().call("current_time", "", {}, std::move(answer)); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().field, "asker");
}

TEST_F(ToolsTest, HaveFailedWhenTheyThrowOrSaySo) {
  system_->tools().offer(
      "test",
      {tool("throw",
            [](const Json&, const ToolContext&, const ToolAnswer&) -> StopTool { throw std::runtime_error("broken"); }),
       tool("fail", [](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
         answer(ToolResult{"no such city", true});
         return {};
       })});
  EXPECT_EQ(call("throw")->outcome, "failed");
  const auto failed = call("fail");
  EXPECT_EQ(failed->outcome, "failed");
  EXPECT_EQ(failed->text, "no such city");
}

TEST_F(ToolsTest, AreStoppedWhenTheyTakeTooLong) {
  std::promise<void> stopped;
  auto slow = tool("slow", [&](const Json&, const ToolContext&, const ToolAnswer&) -> StopTool {
    return [&] { stopped.set_value(); };
  });
  slow.timeout = 10ms;
  system_->tools().offer("test", {slow});
  EXPECT_EQ(call("slow")->outcome, "timed_out");
  EXPECT_EQ(stopped.get_future().wait_for(5s), std::future_status::ready);
}

TEST_F(ToolsTest, AreCancelledOnceAndTheirLateAnswersAreNobodys) {
  ToolAnswer late;
  std::promise<void> begun, stopped;
  system_->tools().offer("test", {tool("slow", [&](const Json&, const ToolContext&, ToolAnswer answer) -> StopTool {
                           late = std::move(answer);
                           begun.set_value();
                           return [&] { stopped.set_value(); };
                         })});
  std::promise<Expected<ToolOutcome>> ended;
  const auto id = system_->tools().call("slow", "", ToolContext{kAda},
                                        [&](Expected<ToolOutcome> outcome) { ended.set_value(std::move(outcome)); });
  begun.get_future().wait();
  eventually([&] { return system_->tools().under_way() == 1; }, "it runs");
  system_->tools().cancel(id);
  EXPECT_EQ(ended.get_future().get()->outcome, "cancelled");
  late(ToolResult{"too late"});
  system_->tools().cancel(id);
  EXPECT_EQ(system_->tools().log().call(id)->outcome, "cancelled");
}

TEST_F(ToolsTest, CutWhatIsTooLongAndMendWhatIsNoText) {
  system_->tools().offer("test",
                         {tool("long",
                               [](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
                                 answer(ToolResult{std::string(1 << 20, 'x')});
                                 return {};
                               }),
                          tool("bytes", [](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
                            answer(ToolResult{"a\xff"});
                            return {};
                          })});
  EXPECT_LT(call("long")->text.size(), defaults::kMaxToolResultBytes + 100);
  EXPECT_EQ(call("bytes")->text, "a\xEF\xBF\xBD");
}

TEST_F(ToolsTest, AreInterruptedWhereACrashLeftThemOpen) {
  system_->tools().offer(
      "test", {tool("slow", [](const Json&, const ToolContext&, const ToolAnswer&) -> StopTool { return {}; })});
  const auto id = system_->tools().call("slow", "", ToolContext{kAda}, [](const Expected<ToolOutcome>&) {});
  eventually([&] { return system_->tools().log().open_calls().size() == 1; }, "the call is open");
  restart();
  eventually([&] { return system_->tools().log().open_calls().empty(); }, "the call has ended");
  EXPECT_EQ(system_->tools().log().call(id)->outcome, "interrupted");
}

TEST_F(ToolsTest, AreOnlySoManyAtATime) {
  std::vector<ToolAnswer> answers;
  system_->tools().offer("test", {tool("slow", [&](const Json&, const ToolContext&, ToolAnswer answer) -> StopTool {
                           answers.push_back(std::move(answer));
                           return {};
                         })});
  std::atomic<std::size_t> ended{0};
  for (std::size_t i = 0; i < defaults::kMaxToolCalls; ++i)
    system_->tools().call("slow", "", ToolContext{kAda}, [&](const Expected<ToolOutcome>&) { ++ended; });
  EXPECT_EQ(call("slow").error().code, Errc::overloaded);
  eventually([&] { return system_->tools().log().open_calls().size() == defaults::kMaxToolCalls; }, "all are open");
  stop();
  EXPECT_EQ(ended, 0u) << "those under way have no outcome when the house ends";
}

TEST_F(ToolsTest, AreListedNewestFirstAndCountedByDay) {
  system_->tools().offer("test", {saying("say"), saying("tell")});
  const auto first = call("say"), second = call("tell"), third = call("say", R"({"a":"x"})");
  ASSERT_TRUE(first && second && third);
  const auto& log = system_->tools().log();
  const auto ids = [](const std::vector<projections::ToolCallRow>& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids(log.calls({}, 0, 10)), (Ids{third->id, second->id, first->id}));
  EXPECT_EQ(ids(log.calls({}, 1, 1)), (Ids{second->id}));
  EXPECT_EQ(ids(log.calls({"say"}, 0, 10)), (Ids{third->id, first->id}));
  EXPECT_EQ(ids(log.calls({"tell", "test", kAda}, 0, 10)), (Ids{second->id}));
  EXPECT_EQ(ids(log.calls({"", "test"}, 0, 10)).size(), 3u);
  EXPECT_TRUE(log.calls({"", "", kAda + 1}, 0, 10).empty());
  EXPECT_EQ(log.count({"say"}), 2u);
  projections::ToolCallFilter filter;
  filter.succeeded = false;
  EXPECT_EQ(log.count(filter), 1u);
  filter.succeeded = true;
  EXPECT_EQ(log.count(filter), 2u);
  filter.groups = std::vector<AccountId>{kAda + 1};
  EXPECT_EQ(log.count(filter), 0u);
  filter.groups = std::vector<AccountId>{kAda + 1, 0};
  EXPECT_EQ(log.count(filter), 2u) << "in no group";
  const auto today = projections::day_of(now_micros());
  const auto figures = log.figures(today - 1, today);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].tool, "say");
  EXPECT_EQ(figures[0].calls, 2);
  EXPECT_EQ(figures[0].failures, 1);
  EXPECT_TRUE(log.figures(today + 1, today + 5).empty());
  const auto days = log.by_day(today - 1, today);
  ASSERT_EQ(days.size(), 1u);
  EXPECT_EQ(days[0].tool, std::to_string(today));
  EXPECT_EQ(days[0].calls, 3);
  EXPECT_EQ(days[0].failures, 1);
}

TEST_F(ToolsTest, KeepWhatWasSaidUnderTheAskersKey) {
  system_->tools().offer("test", {saying("say")});
  const auto outcome = call("say", R"({"a":41424344})");
  ASSERT_TRUE(outcome);
  bool found = false;
  store_->read(1, [&](const storage::Record& record) {
    for (const auto& event : record.events)
      if (event.type == events::ToolCallStarted::type) {
        found = true;
        EXPECT_EQ(event.payload.find("41424344"), std::string::npos);
        EXPECT_EQ(record.owner, kAda);
      }
    return true;
  });
  EXPECT_TRUE(found);
  const auto erased = wait<storage::RecordPtr>([&](auto answer) { system_->erase_account(kAda, cause(), answer); });
  ASSERT_TRUE(erased) << erased.error().message;
  const auto row = system_->tools().log().call(outcome->id);
  ASSERT_TRUE(row) << "that there was a call stays known";
  EXPECT_EQ(row->arguments, "");
  EXPECT_EQ(row->result, "");
}

TEST_F(ToolsTest, OfASourceComeAndGoTogether) {
  system_->tools().offer("mcp:a", {saying("say")});
  system_->tools().offer("mcp:b", {saying("say"), saying("current_time")});
  EXPECT_TRUE(system_->tools().find("a__say"));
  EXPECT_TRUE(system_->tools().find("b__current_time"));
  EXPECT_FALSE(system_->tools().find("say"));
  system_->tools().withdraw("mcp:a");
  EXPECT_TRUE(system_->tools().find("say"));
  system_->tools().withdraw("mcp:b");
  EXPECT_FALSE(system_->tools().find("say"));
}

TEST_F(ToolsTest, LeaveOutWhatIsNoTool) {
  auto nameless = saying("");
  auto huge = saying("huge");
  huge.parameters["description"] = std::string(defaults::kMaxToolSchemaBytes, 'x');
  std::vector<OfferedTool> many = {nameless, huge, saying("twice"), saying("twice")};
  for (std::size_t i = 0; i < defaults::kMaxToolsPerSource + 5; ++i) many.push_back(saying("t" + std::to_string(i)));
  const auto before = system_->tools().all().size();
  system_->tools().offer("test", many);
  EXPECT_EQ(system_->tools().all().size(), before + defaults::kMaxToolsPerSource);
  EXPECT_FALSE(system_->tools().find("huge"));
}

TEST_F(ToolsTest, TellTheTimeInAZone) {
  constexpr Micros kWinter = 1'769'860'800'000'000;  // 2026-01-31T12:00:00Z
  EXPECT_EQ(*time_in_zone(kWinter, "UTC"), "2026-01-31T12:00:00+00:00 (Saturday)");
  EXPECT_EQ(*time_in_zone(kWinter, "Europe/Rome"), "2026-01-31T13:00:00+01:00 (Saturday)");
  EXPECT_EQ(*time_in_zone(kWinter, "Asia/Shanghai"), "2026-01-31T20:00:00+08:00 (Saturday)");
  EXPECT_EQ(time_in_zone(kWinter, "Mars/Olympus").error().field, "timezone");
  EXPECT_TRUE(call("current_time", R"({"timezone":"Europe/Rome"})")->succeeded());
  EXPECT_EQ(call("current_time", R"({"timezone":"Mars/Olympus"})")->outcome, "failed");
}

TEST_F(ToolsTest, SendNoMessageWhereThereIsNoPlatform) {
  EXPECT_EQ(call("send_message", R"({"text":"hi"})")->outcome, "refused");
  set_tool_rules({{"allow_dangerous", true}});
  EXPECT_EQ(call("send_message", R"({"text":"hi"})")->outcome, "failed");
}

}  // namespace
}  // namespace troupe::actors
