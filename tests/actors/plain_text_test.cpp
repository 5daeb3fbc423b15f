#include "actors/files/plain_text.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

TEST(PlainText, IsWhatStandsInTextFilesOnly) {
  for (const char* type : {"text/plain", "text/x-c", "text/csv", "application/json", "application/xml",
                           "application/ld+json", "image/svg+xml", "application/javascript", "message/rfc822"})
    EXPECT_TRUE(is_text(type)) << type;
  for (const char* type : {"application/octet-stream", "application/pdf", "image/png", "application/zip", "", "text"})
    EXPECT_FALSE(is_text(type)) << type;
}

TEST(PlainText, IsWholeWhereItFits) {
  const auto whole = plain_text("five\n", 5);
  EXPECT_EQ(whole.text, "five\n");
  EXPECT_FALSE(whole.is_cut);
  EXPECT_FALSE(plain_text("", 0).is_cut);
}

TEST(PlainText, IsCutBetweenTwoCharactersAndSaysSo) {
  const std::string text = "naïve";  // the third character takes two bytes
  EXPECT_EQ(plain_text(text, 2).text, "na");
  EXPECT_EQ(plain_text(text, 3).text, "na");
  EXPECT_EQ(plain_text(text, 4).text, "naï");
  EXPECT_TRUE(plain_text(text, 3).is_cut);
  EXPECT_EQ(plain_text(text, 0).text, "");
  EXPECT_TRUE(plain_text(text, 0).is_cut);
}

TEST(PlainText, ReplacesWhatIsNoUtf8AndStaysWithinItsLimit) {
  EXPECT_EQ(plain_text("caf\xe9 au lait", 100).text, "caf\uFFFD au lait");
  const auto latin = plain_text(std::string(100, '\xe9'), 100);
  EXPECT_LE(latin.text.size(), 100u);
  EXPECT_EQ(latin.text.substr(0, 3), "\uFFFD");
  EXPECT_EQ(latin.text.size() % 3, 0u);
  EXPECT_TRUE(latin.is_cut);
}

TEST(PlainText, HasNoControlCharactersButTabAndLineFeed) {
  EXPECT_EQ(plain_text(std::string("a\0b\x1b[1m\tc\r\nd\x7f", 13), 100).text, "a b [1m\tc \nd ");
}

}  // namespace
}  // namespace troupe::actors
