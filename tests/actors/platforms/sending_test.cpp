// How long answers are cut, and how long is waited between two attempts.
#include <gtest/gtest.h>

#include <numeric>

#include "actors/platforms/backoff.hpp"
#include "actors/platforms/http_sender.hpp"
#include "actors/platforms/text_pieces.hpp"

namespace troupe::actors::platforms {
namespace {

using namespace std::chrono_literals;

TEST(TextPieces, AreTheWholeTextWhereThatFits) {
  EXPECT_EQ(pieces_of("hello", 5), std::vector<std::string>{"hello"});
  EXPECT_TRUE(pieces_of("", 5).empty());
}

TEST(TextPieces, BreakWhereALineOrAWordEnds) {
  EXPECT_EQ(pieces_of("one two three", 9), (std::vector<std::string>{"one two ", "three"}));
  EXPECT_EQ(pieces_of("one tw\nthree", 9), (std::vector<std::string>{"one tw\n", "three"}));
  EXPECT_EQ(pieces_of("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
}

TEST(TextPieces, CountAsPlatformsDoAndBreakNoCharacter) {
  EXPECT_EQ(pieces_of("éééé", 2), (std::vector<std::string>{"éé", "éé"}));
  EXPECT_EQ(pieces_of("😀😀😀", 3), (std::vector<std::string>{"😀", "😀", "😀"}));
}

TEST(TextPieces, SayWhenThatIsNotAll) {
  const auto pieces = pieces_of(std::string(1000, 'x'), 10);
  ASSERT_EQ(pieces.size(), defaults::kMaxPiecesOfAnswer);
  EXPECT_EQ(pieces.back(), "xxxxxxxxx…");
}

TEST(Backoff, DoublesUpToItsLimitAndSpreads) {
  Backoff backoff(1s, 10s);
  EXPECT_EQ(backoff.failed(0), 1s);
  EXPECT_EQ(backoff.failed(0), 2s);
  EXPECT_EQ(backoff.failed(1), 2s) << "half of four";
  EXPECT_EQ(backoff.failed(0), 8s);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(backoff.failed(0), 10s);
  backoff.succeeded();
  EXPECT_EQ(backoff.failed(0), 1s);
}

TEST(Backoff, WaitsAsLongAsItIsAskedButNotForEver) {
  Backoff backoff(1s, 10s);
  EXPECT_EQ(backoff.failed(0, 30s), 30s);
  EXPECT_EQ(backoff.failed(0, 100h), std::chrono::milliseconds(defaults::kPlatformMaxRetryAfter));
}

TEST(HttpSender, ReadsWhenToTryAgain) {
  EXPECT_EQ(retry_after({429, "2", {}}), 2s);
  EXPECT_EQ(retry_after({429, "0.5", {}}), 500ms);
  EXPECT_EQ(retry_after({429, "Wed, 21 Oct 2026 07:28:00 GMT", {}}), 0s);
  EXPECT_EQ(outcome_by_status({{503, "1", {}}, ""}).kind, SendOutcome::Kind::again);
  EXPECT_EQ(outcome_by_status({{404, "", {}}, ""}).kind, SendOutcome::Kind::refused);
}

}  // namespace
}  // namespace troupe::actors::platforms
