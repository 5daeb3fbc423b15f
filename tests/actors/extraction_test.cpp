#include "actors/memory/extraction.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

TEST(ExtractedFacts, AreThoseOfTheAnswersArray) {
  const auto facts = facts_in("Sure!\n```json\n[{\"category\":\"preference\",\"content\":\"Likes tea\"}]\n```");
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].category, "preference");
  EXPECT_EQ(facts[0].content.text, "Likes tea");
  EXPECT_EQ(facts[0].source, "auto");
}

TEST(ExtractedFacts, AreNoneWhereTheAnswerIsSomethingElse) {
  for (const char* answer : {"", "[]", "none", "]", "][", "[1, null, \"x\", {}, {\"content\":7}, {\"content\":\"\"}]",
                             "{\"content\":\"x\"}", "[{\"content\":\"x\""})
    EXPECT_TRUE(facts_in(answer).empty()) << answer;
  EXPECT_TRUE(facts_in(std::string(100'000, '[') + std::string(100'000, ']')).empty());
}

TEST(ExtractedFacts, AreFewAndShort) {
  Json list = Json::array();
  list.push_back({{"content", std::string(defaults::kMaxFactLength + 1, 'x')}});
  for (std::size_t i = 0; i < defaults::kMaxExtractedFacts + 3; ++i)
    list.push_back({{"category", "no such"}, {"content", "fact " + std::to_string(i)}});
  const auto facts = facts_in(list.dump());
  ASSERT_EQ(facts.size(), defaults::kMaxExtractedFacts);
  EXPECT_EQ(facts[0].content.text, "fact 0");
  EXPECT_EQ(facts[0].category, "custom");
}

}  // namespace
}  // namespace troupe::actors
