#include "actors/pipeline.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

using events::BotSettings;

constexpr Micros kSecond = 1'000'000;
constexpr Micros kNow = 1'000 * kSecond;

HeardMessage in_private(std::string text) { return {false, "7", "", std::move(text), false}; }
HeardMessage in_group(std::string text, bool to_the_bot = false) {
  return {true, "7", "100", std::move(text), to_the_bot};
}

Verdict judged(const BotSettings& settings, const HeardMessage& message, bool is_command = false, double dice = 0.5) {
  return judge(settings, message, is_command, dice);
}

TEST(Pipeline, AnswersEveryPrivateMessageByItself) {
  const auto verdict = judged({}, in_private(" hello "));
  EXPECT_EQ(verdict.step, Step::model);
  EXPECT_EQ(verdict.reason, "private");
  EXPECT_EQ(verdict.text, "hello");
}

TEST(Pipeline, SleepsInAGroupUntilItIsSpokenTo) {
  EXPECT_EQ(judged({}, in_group("hello")).step, Step::wake);
  EXPECT_EQ(judged({}, in_group("hello", true)).reason, "at");
  const auto by_prefix = judged({}, in_group("#chat how are you"));
  EXPECT_EQ(by_prefix.reason, "prefix");
  EXPECT_EQ(by_prefix.text, "how are you");
}

TEST(Pipeline, WakesByKeywordAndByChanceOnlyWhereThatIsSet) {
  BotSettings settings;
  settings.wake.keywords = {"Weather"};
  settings.wake.random_rate = 0.6;
  EXPECT_EQ(judged(settings, in_group("the weather!")).step, Step::wake);
  settings.wake.random = true;
  EXPECT_EQ(judged(settings, in_group("the weather!")).reason, "random");
  EXPECT_EQ(judged(settings, in_group("the weather!"), false, 0.6).step, Step::wake);
  settings.wake.keyword = true;
  EXPECT_EQ(judged(settings, in_group("the weather!")).reason, "keyword");
}

TEST(Pipeline, HearsNobodyInPrivateWhereThatIsOff) {
  BotSettings settings;
  settings.wake.in_private = "off";
  EXPECT_EQ(judged(settings, in_private("#chat hello")).step, Step::wake);
  settings.wake.in_private = "prefix";
  EXPECT_EQ(judged(settings, in_private("hello")).step, Step::wake);
  EXPECT_EQ(judged(settings, in_private("#chat hello")).text, "hello");
}

TEST(Pipeline, LetsNobodyInWhoIsBlockedEvenWhereHeIsAllowed) {
  BotSettings settings;
  settings.lists.allow_only = true;
  EXPECT_EQ(judged(settings, in_private("hello")).step, Step::lists);
  settings.lists.allowed_users = {"7"};
  EXPECT_EQ(judged(settings, in_private("hello")).step, Step::model);
  settings.lists.blocked_users = {"7"};
  EXPECT_EQ(judged(settings, in_private("hello")).step, Step::lists);
  EXPECT_EQ(judged(settings, in_private("/ping"), true).step, Step::lists);
}

TEST(Pipeline, HearsAnAllowedGroupButNotABlockedOne) {
  BotSettings settings;
  settings.lists.allow_only = true;
  settings.lists.allowed_groups = {"100"};
  EXPECT_EQ(judged(settings, in_group("hello", true)).step, Step::model);
  settings.lists.blocked_groups = {"100"};
  EXPECT_EQ(judged(settings, in_group("hello", true)).step, Step::lists);
}

TEST(Pipeline, CountsOnlyWhatIsInTheWindowOfTheRate) {
  const events::RateRules rate{true, 2, 60};
  EXPECT_FALSE(too_fast(rate, std::vector<Micros>{kNow - 61 * kSecond, kNow - kSecond}, kNow));
  EXPECT_TRUE(too_fast(rate, std::vector<Micros>{kNow - 2 * kSecond, kNow - kSecond}, kNow));
  EXPECT_FALSE(too_fast({false, 2, 60}, std::vector<Micros>{kNow - 2 * kSecond, kNow - kSecond}, kNow));
}

TEST(Pipeline, StopsAtWordsThatAreNotAllowedWhateverTheirCase) {
  BotSettings settings;
  settings.safety.words = {"Bomb", ""};
  EXPECT_EQ(judged(settings, in_private("a bomb")).step, Step::model);
  settings.safety.enabled = true;
  EXPECT_EQ(judged(settings, in_private("a bomb")).step, Step::safety);
  EXPECT_EQ(judged(settings, in_private("a flower")).step, Step::model);
}

TEST(Pipeline, KeepsToTheConversationsThatAreEnabled) {
  BotSettings settings;
  settings.conversations.only_listed = true;
  EXPECT_EQ(judged(settings, in_private("hello")).step, Step::conversation);
  settings.conversations.listed = {"private_7"};
  EXPECT_EQ(judged(settings, in_private("hello")).step, Step::model);
  EXPECT_EQ(judged(settings, in_group("hello", true)).step, Step::conversation);
}

TEST(Pipeline, TakesACommandWithoutAnythingThatWakesIt) {
  BotSettings settings;
  settings.wake.in_groups = false;
  EXPECT_EQ(judged(settings, in_group("/ping"), true).step, Step::command);
}

TEST(Pipeline, AnswersNoQuestionWithoutWords) { EXPECT_EQ(judged({}, in_group("#chat", true)).step, Step::wake); }

TEST(SpokenCommand, HasANameAndTheRest) {
  const auto command = command_in({}, "  /weather  Oslo tomorrow ");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->name, "weather");
  EXPECT_EQ(command->arguments, "Oslo tomorrow");
  EXPECT_EQ(command_in({}, "#ai管理面板 永久")->name, "管理面板");
  EXPECT_FALSE(command_in({}, "weather"));
  EXPECT_FALSE(command_in({}, "/ "));
}

TEST(Decoration, StandsAroundAReplyWhereItIsOn) {
  BotSettings settings;
  settings.decoration = {false, "[bot] ", " ~"};
  EXPECT_EQ(decorated(settings, "hi"), "hi");
  settings.decoration.enabled = true;
  EXPECT_EQ(decorated(settings, "hi"), "[bot] hi ~");
}

TEST(Administrators, AreNamedByTheirPlatformOrItsType) {
  events::BotSettings settings;
  settings.admins = {"aiocqhttp:7", "AbCd:8", "webhook:9"};
  EXPECT_TRUE(is_administrator(settings, "any", "aiocqhttp", "7"));
  EXPECT_TRUE(is_administrator(settings, "AbCd", "webhook", "8"));
  EXPECT_FALSE(is_administrator(settings, "other", "webhook", "8"));
  EXPECT_FALSE(is_administrator(settings, "any", "webhook", "9")) << "its sender says who speaks";
  EXPECT_FALSE(is_administrator(settings, "", "", "7"));
}

}  // namespace
}  // namespace troupe::actors
