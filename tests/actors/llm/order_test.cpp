#include "actors/llm/order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace troupe::actors::llm {
namespace {

using ::testing::ElementsAre;

constexpr Micros kMinute = 60'000'000;
constexpr Micros kDay = 24 * 60 * kMinute;
constexpr Micros kNow = 20'000 * kDay + 5 * kMinute;

TEST(DrawnOrder, LeavesThoseAsTheyAreThatAreNotWeighted) {
  const auto never = []() -> double { return 0.99; };
  EXPECT_THAT(drawn_order({{1}, {1}, {2}}, never), ElementsAre(0, 1, 2));
  EXPECT_THAT(drawn_order({{1, true, 100}, {1, false, 100}, {2, true, 100}}, never), ElementsAre(0, 1, 2));
  EXPECT_TRUE(drawn_order({}, never).empty());
}

TEST(DrawnOrder, DrawsWeightedOnesOfOnePriority) {
  const std::vector<Standing> standings = {{1, true, 1}, {1, true, 3}, {2, true, 9}, {2, true, 1}};
  EXPECT_THAT(drawn_order(standings, [] { return 0.0; }), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(drawn_order(standings, [] { return 0.26; }), ElementsAre(1, 0, 2, 3));
  EXPECT_THAT(drawn_order(standings, [] { return 0.95; }), ElementsAre(1, 0, 3, 2));
}

TEST(DrawnOrder, PutsEachFirstAsOftenAsItsWeight) {
  std::minstd_rand random(7);
  std::uniform_real_distribution<> dice;
  int first = 0;
  for (int i = 0; i < 10'000; ++i)
    first += drawn_order({{1, true, 1}, {1, true, 3}}, [&] { return dice(random); })[0] == 1;
  EXPECT_NEAR(first, 7'500, 200);
}

TEST(QuotaMeter, LetsAsManyThroughAsEachWindowAllows) {
  QuotaMeter meter(0, kNow);
  meter.limit({0, 0, 2});
  EXPECT_TRUE(meter.take(kNow));
  EXPECT_TRUE(meter.take(kNow));
  EXPECT_TRUE(meter.is_used_up(kNow));
  EXPECT_FALSE(meter.take(kNow));
  EXPECT_FALSE(meter.is_used_up(kNow + kMinute));
  EXPECT_TRUE(meter.take(kNow + kMinute));
  meter.limit({0, 3, 0});
  EXPECT_FALSE(meter.take(kNow + 2 * kMinute)) << "three in this hour";
  EXPECT_TRUE(meter.take(kNow + 60 * kMinute));
}

TEST(QuotaMeter, RemembersTheDayAcrossRestarts) {
  QuotaMeter meter(5, kNow);
  meter.limit({6, 0, 0});
  EXPECT_TRUE(meter.take(kNow));
  EXPECT_FALSE(meter.take(kNow));
  EXPECT_TRUE(meter.take(kNow + kDay));
}

TEST(QuotaMeter, LimitsNothingWithoutAQuota) {
  QuotaMeter meter(1'000'000, kNow);
  EXPECT_TRUE(meter.take(kNow));
  EXPECT_FALSE(meter.is_used_up(kNow));
}

}  // namespace
}  // namespace troupe::actors::llm
