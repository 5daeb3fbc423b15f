// Who is typing, how long, and how many.
#include "http/surfaces/plexichat/typing.hpp"

#include <gtest/gtest.h>

namespace troupe::http::plexichat {
namespace {

constexpr Micros kLifetime = to_micros(defaults::kTypingLifetime);

TEST(Typing, IsToldOnceAndEndsSoLongAfterItWasSaidLast) {
  Typing typing;
  EXPECT_TRUE(typing.begin({1, 7}, 0));
  EXPECT_FALSE(typing.begin({1, 7}, kLifetime - 1));
  EXPECT_TRUE(typing.ended_by(kLifetime).empty());
  EXPECT_EQ(typing.next_end(), 2 * kLifetime - 1);
  EXPECT_EQ(typing.ended_by(2 * kLifetime), (std::vector<Typing::One>{{1, 7}}));
  EXPECT_TRUE(typing.end({1, 7}));
  EXPECT_FALSE(typing.end({1, 7}));
  EXPECT_FALSE(typing.next_end());
}

TEST(Typing, EndsInAChannelForAllAndForOnePersonEverywhere) {
  Typing typing;
  for (const Typing::One& one : {Typing::One{1, 7}, {1, 8}, {2, 7}}) typing.begin(one, 0);
  EXPECT_EQ(typing.of_account(7), (std::vector<Typing::One>{{1, 7}, {2, 7}}));
  typing.end_all_in(1);
  EXPECT_EQ(typing.of_account(7), (std::vector<Typing::One>{{2, 7}}));
}

TEST(Typing, TellsOfNobodyPastItsLimitButKeepsThoseWhoType) {
  Typing typing;
  const auto most = static_cast<events::AccountId>(defaults::kMaxTyping);
  for (events::AccountId account = 1; account <= most; ++account) ASSERT_TRUE(typing.begin({1, account}, 0));
  EXPECT_FALSE(typing.begin({1, most + 1}, 0));
  EXPECT_FALSE(typing.begin({1, 1}, 5)) << "goes on, and is no news";
  EXPECT_EQ(typing.ended_by(kLifetime).size(), defaults::kMaxTyping - 1);
  EXPECT_FALSE(typing.end({1, most + 1}));
  EXPECT_TRUE(typing.end({1, 1}));
  EXPECT_TRUE(typing.begin({1, most + 1}, 0));
}

}  // namespace
}  // namespace troupe::http::plexichat
