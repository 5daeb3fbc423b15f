#include "actors/group_use.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

constexpr AccountId kAnn = 7, kBen = 8;

events::GroupLimits limits(std::int64_t group, std::int64_t user) { return {group, user, "enough"}; }

TEST(GroupUse, StopsAtTheLimitOfTheGroupAndOfEachUser) {
  GroupUse use;
  EXPECT_FALSE(use.take(limits(3, 2), kAnn));
  EXPECT_FALSE(use.take(limits(3, 2), kAnn));
  EXPECT_EQ(use.take(limits(3, 2), kAnn)->limited, kAnn);
  EXPECT_FALSE(use.take(limits(3, 2), kBen));
  EXPECT_EQ(use.take(limits(3, 2), kBen)->limited, 0);
  EXPECT_FALSE(use.take(limits(0, 0), kBen)) << "0 is no limit";
}

TEST(GroupUse, TellsEachLimitOnce) {
  GroupUse use;
  use.take(limits(2, 1), kAnn);
  EXPECT_TRUE(use.take(limits(2, 1), kAnn)->tell);
  EXPECT_FALSE(use.take(limits(2, 1), kAnn)->tell);
  use.untell(kAnn);
  EXPECT_TRUE(use.take(limits(2, 1), kAnn)->tell);
  use.take(limits(2, 1), kBen);
  EXPECT_TRUE(use.take(limits(2, 0), kBen)->tell) << "that of the group is another";
  EXPECT_FALSE(use.take(limits(2, 0), kAnn)->tell);
}

TEST(GroupUse, DoesNotCountWhatWasNotAsked) {
  GroupUse use;
  use.take(limits(1, 0), kAnn);
  use.give_back(kAnn);
  EXPECT_FALSE(use.take(limits(1, 0), kAnn));
}

TEST(GroupUse, ForgivesWhatWasAskedUntilThenAndTellsAnew) {
  GroupUse use;
  use.take(limits(0, 2), kAnn);
  const auto all = use.all();
  EXPECT_EQ(all.count, 1);
  ASSERT_EQ(all.users.size(), 1u);
  use.take(limits(0, 2), kAnn);
  EXPECT_TRUE(use.take(limits(0, 2), kAnn)->tell);
  use.forgive(all);
  EXPECT_EQ(use.all().count, 1) << "what was asked meanwhile counts";
  EXPECT_FALSE(use.take(limits(0, 2), kAnn));
  EXPECT_TRUE(use.take(limits(0, 2), kAnn)->tell);
}

TEST(GroupUse, ForgivesNoMoreThanWasAsked) {
  GroupUse use;
  EXPECT_FALSE(use.take(limits(1, 0), kAnn));
  const auto all = use.all();
  use.forgive(all);
  use.forgive(all);
  EXPECT_FALSE(use.take(limits(1, 0), kAnn));
  EXPECT_TRUE(use.take(limits(1, 0), kAnn));
}

}  // namespace
}  // namespace troupe::actors
