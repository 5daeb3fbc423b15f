#include "actors/group_overlay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/pipeline.hpp"

namespace troupe::actors {
namespace {

using events::BotSettings;
using events::GroupSettings;
using ::testing::ElementsAre;

constexpr const char* kGroup = "100";

HeardMessage from(std::string user, std::string text = "#chat hi") { return {true, user, kGroup, text, false}; }
Step step_of(const BotSettings& house, const GroupSettings& group, const HeardMessage& message) {
  return judge(settings_for(house, group, kGroup), message, false, 0.5).step;
}

TEST(GroupOverlay, ChangesNothingWhereNothingIsSet) {
  BotSettings house;
  house.rate.enabled = true;
  house.lists.blocked_users = {"3"};
  EXPECT_EQ(Json(settings_for(house, {}, kGroup)), Json(house));
}

TEST(GroupOverlay, LetsTheGroupSayWhatWakesTheBotThere) {
  GroupSettings group;
  group.wake.prefixes = {"bot,"};
  group.wake.at = false;
  EXPECT_EQ(step_of({}, group, from("7")), Step::wake);
  EXPECT_EQ(step_of({}, group, from("7", "bot, hi")), Step::model);
  EXPECT_EQ(step_of({}, group, {true, "7", kGroup, "hi", true}), Step::wake);
}

TEST(GroupOverlay, LetsTheBotSleepWhereTheGroupOrTheHouseSwitchedItOff) {
  GroupSettings off;
  off.enabled = false;
  EXPECT_EQ(step_of({}, off, from("7")), Step::wake);
  EXPECT_EQ(judge(settings_for({}, off, kGroup), from("7", "/help"), true, 0.5).step, Step::command);
  BotSettings house;
  house.wake.in_groups = false;
  EXPECT_EQ(step_of(house, {}, from("7")), Step::wake);
}

TEST(GroupOverlay, KeepsItsListsAndThoseOfTheHouse) {
  BotSettings house;
  house.lists.blocked_users = {"3"};
  GroupSettings group;
  group.lists.blacklist = {"7"};
  group.lists.whitelist = {"8", "3"};
  EXPECT_EQ(step_of(house, group, from("7")), Step::model) << "no list counts yet";
  group.lists.mode = "blacklist";
  EXPECT_EQ(step_of(house, group, from("7")), Step::lists);
  EXPECT_EQ(step_of(house, group, from("9")), Step::model);
  group.lists.mode = "whitelist";
  EXPECT_EQ(step_of(house, group, from("8")), Step::model);
  EXPECT_EQ(step_of(house, group, from("9")), Step::lists);
  EXPECT_EQ(step_of(house, group, from("3")), Step::lists) << "the house's black list wins";
}

TEST(GroupOverlay, DoesNotOpenAWhiteListOfTheHouse) {
  BotSettings house;
  house.lists.allow_only = true;
  house.lists.allowed_users = {"8"};
  GroupSettings group;
  group.lists = {"whitelist", {}, {"8", "9"}};
  EXPECT_EQ(step_of(house, group, from("8")), Step::model);
  EXPECT_EQ(step_of(house, group, from("9")), Step::lists);
  house.lists.allowed_groups = {kGroup};
  EXPECT_EQ(step_of(house, group, from("9")), Step::model);
  EXPECT_EQ(step_of(house, group, from("7")), Step::lists);
}

TEST(GroupOverlay, AllowsNoToolThatTheHouseDoesNot) {
  events::ToolRules house;
  house.only = {"time", "search"};
  house.disabled = {"search"};
  const auto tools = tools_for(house, {true, {"time", "shell"}, {"notes"}, {"web"}});
  EXPECT_THAT(tools.only, ElementsAre("time"));
  EXPECT_THAT(tools.disabled, ElementsAre("search", "notes"));
  EXPECT_THAT(tools.disabled_categories, ElementsAre("web"));
  EXPECT_FALSE(tools_for(house, {{}, {"shell"}, {}, {}}).only.empty()) << "empty would be all";
  EXPECT_FALSE(tools_for(house, {false, {}, {}, {}}).enabled);
  house.enabled = false;
  EXPECT_FALSE(tools_for(house, {true, {}, {}, {}}).enabled);
}

TEST(GroupOverlay, LetsNoMessageThroughThatEitherRateStops) {
  const events::RateRules ten_a_minute{true, 10, 60}, fifty_in_ten_minutes{true, 50, 600}, off{false, 1, 60};
  const auto both = within_both(ten_a_minute, fifty_in_ten_minutes);
  const std::vector<Micros> burst(10, 1'000'000);
  EXPECT_TRUE(too_fast(ten_a_minute, burst, 2'000'000));
  EXPECT_FALSE(too_fast(fifty_in_ten_minutes, burst, 2'000'000)) << "which is the lower rate";
  EXPECT_TRUE(too_fast(both, burst, 2'000'000));
  EXPECT_EQ(Json(both), Json(within_both(fifty_in_ten_minutes, ten_a_minute)));
  EXPECT_EQ(Json(within_both(off, ten_a_minute)), Json(ten_a_minute));
  EXPECT_FALSE(within_both(off, off).enabled);
}

TEST(GroupOverlay, RemembersOnlyWhereBothWant) {
  BotSettings house;
  GroupSettings group;
  group.memory = true;
  EXPECT_FALSE(settings_for(house, group, kGroup).memory.enabled);
  house.memory.enabled = true;
  EXPECT_TRUE(settings_for(house, group, kGroup).memory.enabled);
  group.memory = false;
  EXPECT_FALSE(settings_for(house, group, kGroup).memory.enabled);
}

}  // namespace
}  // namespace troupe::actors
