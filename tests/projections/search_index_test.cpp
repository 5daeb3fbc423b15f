#include "projections/search_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "events/defaults.hpp"

namespace troupe::projections {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<DocumentId> ids(const std::vector<Hit>& hits) {
  std::vector<DocumentId> ids;
  for (const auto& hit : hits) ids.push_back(hit.id);
  return ids;
}

Collection of(events::SessionId channel) { return {Collection::Of::messages, channel}; }
std::vector<Collection> of(const std::vector<events::SessionId>& channels) {
  std::vector<Collection> collections;
  for (const auto channel : channels) collections.push_back(of(channel));
  return collections;
}

class FullTextIndexTest : public ::testing::Test {
 protected:
  void put(DocumentId id, std::string_view text, events::SessionId channel = 1) {
    index_->put(of(channel), id, {text});
  }
  std::vector<Hit> search(std::string_view text, double threshold = 0, std::size_t limit = 100,
                          const std::vector<events::SessionId>& channels = {1}) const {
    return index_->search(of(channels), {text}, threshold, limit);
  }

  std::unique_ptr<SearchIndex> index_ = make_full_text_index();
};

TEST_F(FullTextIndexTest, RanksATextWithAllWordsBeforeOneWithSomeAndLeavesOutOneWithNone) {
  put(1, "a tutorial on gardens");
  put(2, "machine learning tutorials for beginners");
  put(3, "the machine in the hall");
  put(4, "lunch");
  const auto hits = search("machine learning tutorials");
  EXPECT_THAT(ids(hits), ElementsAre(2, 3));
  EXPECT_DOUBLE_EQ(hits[0].similarity, 1);
  EXPECT_GT(hits[1].similarity, 0);
  EXPECT_LT(hits[1].similarity, 0.5);
}

TEST_F(FullTextIndexTest, GivesTheBestTextTheShareOfTheQueryThatItHas) {
  put(1, "red");
  put(2, "green");
  const auto hits = search("red green");
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_NEAR(hits[0].similarity, 0.5, 0.01);
}

TEST_F(FullTextIndexTest, LeavesOutWhatIsBelowTheThresholdAndBeyondTheLimit) {
  put(1, "alpha beta gamma");
  put(2, "alpha");
  put(3, "alpha beta");
  EXPECT_EQ(search("alpha beta gamma").size(), 3u);
  EXPECT_THAT(ids(search("alpha beta gamma", 0.9)), ElementsAre(1));
  EXPECT_THAT(ids(search("alpha beta gamma", 0, 1)), ElementsAre(1));
}

TEST_F(FullTextIndexTest, FindsWordsWhateverTheirCaseAccentsAndComposition) {
  put(1, "Das Café in der Straße");
  for (const char* query : {"café", "CAFE", "cafe\xCC\x81", "STRASSE", "ｃａｆｅ"})
    EXPECT_THAT(ids(search(query)), ElementsAre(1)) << query;
}

TEST_F(FullTextIndexTest, FindsChineseJapaneseAndKoreanInsideASentence) {
  put(1, "我们今天学习机器学习的教程");
  put(2, "午饭吃什么");
  put(3, "東京タワーへ行きます");
  put(4, "오늘 회의는 세 시입니다");
  EXPECT_THAT(ids(search("机器学习", 0.5)), ElementsAre(1));
  EXPECT_THAT(ids(search("午饭", 0.5)), ElementsAre(2));
  EXPECT_THAT(ids(search("タワー", 0.5)), ElementsAre(3));
  EXPECT_THAT(ids(search("회의", 0.5)), ElementsAre(4));
}

TEST_F(FullTextIndexTest, TakesAQueryForWordsAndNotForASyntax) {
  put(1, "plain words");
  EXPECT_THAT(ids(search("plain AND NOT words OR \"(")), ElementsAre(1));
  EXPECT_THAT(ids(search("*")), IsEmpty());
  EXPECT_THAT(ids(search("")), IsEmpty());
  EXPECT_THAT(ids(search("\xFF\xFE")), IsEmpty());
}

TEST_F(FullTextIndexTest, ReplacesAndErases) {
  put(1, "old words");
  put(1, "new words");
  EXPECT_THAT(ids(search("old")), IsEmpty());
  EXPECT_THAT(ids(search("new")), ElementsAre(1));
  index_->erase(of(1), 1);
  EXPECT_THAT(ids(search("new")), IsEmpty());
  index_->erase(of(1), 1);
  index_->erase(of(9), 1);
}

TEST_F(FullTextIndexTest, LooksIntoTheChannelsItIsGivenOnly) {
  put(1, "secret plan", 1);
  put(2, "secret plan", 2);
  EXPECT_THAT(ids(search("secret", 0, 100, {2})), ElementsAre(2));
  EXPECT_THAT(ids(search("secret", 0, 100, {3})), IsEmpty());
  EXPECT_EQ(search("secret", 0, 100, {1, 2}).size(), 2u);
}

TEST_F(FullTextIndexTest, KeepsCollectionsOfOneChannelApart) {
  index_->put({Collection::Of::files, 1}, -1, {"secret plan"});
  put(1, "secret plan", 1);
  EXPECT_THAT(ids(index_->search({{Collection::Of::files, 1}}, {"secret"}, 0, 10)), ElementsAre(-1));
  EXPECT_THAT(ids(search("secret")), ElementsAre(1));
}

TEST_F(FullTextIndexTest, FindsALongTextAmongManyShortOnes) {
  std::string book = "budget ";
  for (int i = 0; i < 2500; ++i) book += "word" + std::to_string(i % 700) + ' ';
  put(1, book);
  put(2, "the budget");
  for (DocumentId id = 3; id < 200; ++id) put(id, "lunch at noon");
  const auto hits = search("budget", defaults::kFullTextThreshold);
  EXPECT_THAT(ids(hits), ElementsAre(2, 1));
}

TEST_F(FullTextIndexTest, RanksAlikeWhateverStandsInOtherChannels) {
  put(1, "rare common", 1);
  put(2, "common", 1);
  const auto alone = search("rare common");
  for (DocumentId id = 10; id < 60; ++id) put(id, "rare", 2);
  const auto beside = search("rare common");
  ASSERT_EQ(alone.size(), beside.size());
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_DOUBLE_EQ(alone[i].similarity, beside[i].similarity);
}

TEST_F(FullTextIndexTest, KeepsTheLivingWhenManyWereErased) {
  put(1, "the one that stays");
  const std::string text(10'000, 'x');
  for (std::size_t erased = 0; erased < 3 * defaults::kMaxDeletedTextBytes; erased += text.size()) {
    put(2, "one that goes " + text);
    index_->erase(of(1), 2);
  }
  EXPECT_THAT(ids(search("one")), ElementsAre(1));
  put(2, "one more");
  EXPECT_EQ(search("one").size(), 2u);
}

class VectorIndexTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kDimension = 8;

  static std::vector<float> at_angle(double radians) {
    std::vector<float> vector(kDimension, 0);
    vector[0] = static_cast<float>(std::cos(radians));
    vector[1] = static_cast<float>(std::sin(radians));
    return vector;
  }
  void put(DocumentId id, double radians, events::SessionId channel = 1) {
    index_->put(of(channel), id, {{}, at_angle(radians)});
  }
  std::vector<Hit> search(double radians, double threshold = 0, std::size_t limit = 100,
                          const std::vector<events::SessionId>& channels = {1}) const {
    return index_->search(of(channels), {{}, at_angle(radians)}, threshold, limit);
  }

  std::unique_ptr<SearchIndex> index_ = make_vector_index(kDimension);
};

TEST_F(VectorIndexTest, RanksByTheCosineAndLeavesOutWhatIsBelowTheThreshold) {
  put(1, 0);
  put(2, M_PI / 3);
  put(3, M_PI);
  const auto hits = search(0);
  ASSERT_THAT(ids(hits), ElementsAre(1, 2, 3));
  EXPECT_NEAR(hits[0].similarity, 1, 1e-6);
  EXPECT_NEAR(hits[1].similarity, 0.5, 1e-6);
  EXPECT_EQ(hits[2].similarity, 0);
  EXPECT_THAT(ids(search(0, 0.4)), ElementsAre(1, 2));
  EXPECT_THAT(ids(search(0, 1)), ElementsAre(1));
  EXPECT_THAT(ids(search(0, 0, 1)), ElementsAre(1));
}

TEST_F(VectorIndexTest, ReplacesErasesAndKeepsChannelsApart) {
  put(1, 0);
  put(1, 1);
  put(2, 0, 2);
  EXPECT_NEAR(search(1)[0].similarity, 1, 1e-6);
  EXPECT_THAT(ids(search(0, 0, 100, {2})), ElementsAre(2));
  index_->erase(of(1), 1);
  EXPECT_THAT(ids(search(0)), IsEmpty());
  index_->erase(of(1), 1);
}

TEST_F(VectorIndexTest, TakesNoVectorOfAnotherDimension) {
  const std::vector<float> longer(kDimension + 1, 0.1F);
  index_->put(of(1), 1, {{}, longer});
  EXPECT_THAT(ids(search(0)), IsEmpty());
  EXPECT_THAT(ids(index_->search({of(1)}, {{}, longer}, 0, 10)), IsEmpty());
}

TEST_F(VectorIndexTest, FindsTheNearestInALargeChannelAlsoAfterHalfOfItWasErased) {
  std::mt19937 dice(1);
  std::normal_distribution<float> normal;
  const auto random = [&] {
    std::vector<float> vector(kDimension);
    for (float& x : vector) x = normal(dice);
    return normalized(std::move(vector));
  };
  const auto count = static_cast<DocumentId>(defaults::kMaxExactVectors) * 2 + 10;
  std::vector<std::vector<float>> vectors(1);
  for (DocumentId id = 1; id <= count; ++id) {
    vectors.push_back(random());
    index_->put(of(1), id, {{}, vectors.back()});
  }
  for (DocumentId id = 1; id <= count / 2 + 100; ++id) index_->erase(of(1), id);
  std::size_t found = 0;
  for (DocumentId id = count; id > count - 100; --id) {
    const auto hits = index_->search({of(1)}, {{}, vectors[static_cast<std::size_t>(id)]}, 0.99, 5);
    for (const auto& hit : hits) EXPECT_GT(hit.id, count / 2 + 100);
    found += !hits.empty() && hits[0].id == id;
  }
  EXPECT_GE(found, 98u);
}

TEST(Vectors, AreStoredAsLittleEndianFloats) {
  const std::vector<float> vector = {1.0F, -2.5F};
  EXPECT_EQ(bytes_of(vector), std::string("\x00\x00\x80\x3F\x00\x00\x20\xC0", 8));
  EXPECT_EQ(vector_of(bytes_of(vector)), vector);
  EXPECT_THAT(vector_of("abc"), IsEmpty());
}

TEST(Vectors, WithoutADirectionAreNone) {
  EXPECT_THAT(normalized({0, 0}), IsEmpty());
  EXPECT_THAT(normalized({INFINITY, 0}), IsEmpty());
  EXPECT_THAT(normalized({3, 4}), ElementsAre(0.6F, 0.8F));
}

}  // namespace
}  // namespace troupe::projections
