#include "actors/memory/likeness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

double likeness_of(std::string_view a, std::string_view b) { return likeness(Words(a), Words(b)); }

ComparedFact fact(events::FactId id, std::string_view text, std::string_view category = "topic",
                  events::AccountId group = 0) {
  return {id, group, category, Micros{id}, Words(text)};
}

TEST(Likeness, IsOfTheWordsWhateverTheirCaseAccentsAndOrder) {
  EXPECT_EQ(likeness_of("Ann likes green tea", "ann LIKES: green, teà!"), 1);
  EXPECT_EQ(likeness_of("green tea likes Ann", "Ann likes green tea"), 1);
  EXPECT_NEAR(likeness_of("likes tea", "likes coffee"), 0.5, 1e-9);
  EXPECT_EQ(likeness_of("likes tea", "hates rain"), 0);
  EXPECT_EQ(likeness_of("", ""), 0);
  EXPECT_EQ(likeness_of("!?", "!?"), 0);
}

TEST(Likeness, OfScriptsWithoutSpacesIsOfPairsOfCharacters) {
  EXPECT_EQ(likeness_of("我喜欢喝绿茶", "我喜欢喝绿茶。"), 1);
  EXPECT_GT(likeness_of("我喜欢喝绿茶", "我喜欢喝红茶"), 0.5);
  EXPECT_LT(likeness_of("我喜欢喝绿茶", "我喜欢喝红茶"), 1);
  EXPECT_EQ(likeness_of("茶", "茶"), 1);
  EXPECT_EQ(likeness_of("绿茶", "红酒"), 0);
}

TEST(NearlySame, AreFactsThatSayTheSameInTheSamePlace) {
  EXPECT_TRUE(nearly_same(fact(1, "Ann likes green tea"), fact(2, "ann likes green tea.")));
  EXPECT_TRUE(nearly_same(fact(1, "Ann really likes green tea a lot in the morning"),
                          fact(2, "Ann likes green tea a lot in the morning")));
  EXPECT_FALSE(nearly_same(fact(1, "likes tea"), fact(2, "likes coffee")));
  EXPECT_FALSE(nearly_same(fact(1, "likes tea", "topic"), fact(2, "likes tea", "event")));
  EXPECT_FALSE(nearly_same(fact(1, "likes tea", "topic", 0), fact(2, "likes tea", "topic", 500)));
}

TEST(NearlySame, AreNoFactsWithDifferentNumbers) {
  EXPECT_FALSE(nearly_same(fact(1, "the meeting of the whole team in the big room is on the 3rd"),
                           fact(2, "the meeting of the whole team in the big room is on the 4th")));
  auto a = fact(1, "room 3"), b = fact(2, "room 4");
  a.vector = b.vector = {1, 0};
  EXPECT_FALSE(nearly_same(a, b));
}

TEST(NearlySame, AreFactsOfNearlyOneMeaning) {
  auto a = fact(1, "is fond of tea"), b = fact(2, "likes to drink tea");
  EXPECT_FALSE(nearly_same(a, b));
  a.vector = {1, 0};
  b.vector = {0.96f, 0.28f};
  EXPECT_TRUE(nearly_same(a, b));
  b.vector = {0.6f, 0.8f};
  EXPECT_FALSE(nearly_same(a, b));
  b.vector = {1};
  EXPECT_FALSE(nearly_same(a, b));
}

TEST(Mergings, KeepTheNewestOfThoseThatSayTheSame) {
  const auto found =
      mergings({fact(1, "likes tea"), fact(2, "lives in Oslo"), fact(3, "Likes tea!"), fact(4, "likes Tea")});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kept, 4);
  EXPECT_THAT(found[0].absorbed, ::testing::UnorderedElementsAre(1, 3));
  EXPECT_TRUE(mergings({}).empty());
}

TEST(Relevance, WeighsRareWordsMoreAndLeavesOutWhatNobodySays) {
  const Words tea("likes to drink green tea"), trains("likes to look at trains"), oslo("lives in Oslo");
  const auto shares = relevance(Words("what does Ann like to drink, tea?"), {&tea, &trains, &oslo});
  EXPECT_EQ(shares[0], 1);
  EXPECT_GT(shares[1], 0);
  EXPECT_LT(shares[1], 0.5);
  EXPECT_EQ(shares[2], 0);
  EXPECT_THAT(relevance(Words("nothing"), {&tea}), ::testing::ElementsAre(0));
}

}  // namespace
}  // namespace troupe::actors
