#include "actors/llm/sse.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::llm {
namespace {

using Events = std::vector<std::string>;

Events all_of(std::string_view text, std::size_t piece) {
  SseParser parser;
  Events all;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto events = parser.feed(text.substr(at, piece));
    EXPECT_TRUE(events);
    if (events) all.insert(all.end(), events->begin(), events->end());
  }
  return all;
}

TEST(SseParser, ReadsTheSameHoweverTheBytesAreCut) {
  constexpr std::string_view kStream =
      "\xEF\xBB\xBF"
      "data: first\n\n"
      ": a comment\r\n"
      "event: named\r\ndata:second\r\ndata:  line\r\n\r\n"
      "id: 7\rdata: third\r\r"
      "data\n\n"
      "retry: 5\n\n"
      "data: never ended";
  const Events expected = {"first", "second\n line", "third", ""};
  for (const std::size_t piece : {1, 2, 3, 5, 7, 1000}) EXPECT_EQ(all_of(kStream, piece), expected) << piece;
}

TEST(SseParser, GivesAnEventWithItsLastByte) {
  SseParser parser;
  EXPECT_TRUE(parser.feed("data: x\n")->empty());
  EXPECT_EQ(*parser.feed("\n"), Events{"x"});
  EXPECT_TRUE(parser.feed("data: y\r\n")->empty());
  EXPECT_EQ(*parser.feed("\r"), Events{"y"});
  EXPECT_EQ(*parser.feed("\ndata: z\n\n"), Events{"z"});
}

TEST(SseParser, TakesALineUpToTheLimitAndNoLonger) {
  const std::string line = "data:" + std::string(defaults::kMaxEventLineBytes - 5, 'x');
  SseParser fits;
  EXPECT_EQ(fits.feed(line + "\n\n")->front().size(), defaults::kMaxEventLineBytes - 5);
  SseParser longer;
  ASSERT_TRUE(longer.feed(line));
  EXPECT_EQ(longer.feed("x").error().code, Errc::too_large);
}

TEST(SseParser, TakesAnEventOfManyLinesUpToTheLimitAndNoLonger) {
  SseParser parser;
  const std::string line = "data:" + std::string(defaults::kMaxEventLineBytes / 4, 'x') + "\n";
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(parser.feed(line));
  EXPECT_EQ(parser.feed(line).error().code, Errc::too_large);
}

TEST(SseParser, TellsTheNameOfAnEventAndTheNewestId) {
  SseParser parser;
  const auto events = parser.events("event: endpoint\nid: 7\ndata: /a\n\ndata: b\n\nid: 8\n\nid:\ndata: c\n\n");
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[0].name, "endpoint");
  EXPECT_EQ((*events)[0].id, "7");
  EXPECT_EQ((*events)[1].name, "");
  EXPECT_EQ((*events)[1].id, "7") << "it is the newest until another comes";
  EXPECT_EQ((*events)[2].id, "");
}

}  // namespace
}  // namespace troupe::actors::llm
