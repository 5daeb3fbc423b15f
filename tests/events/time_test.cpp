#include "events/time.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

constexpr Micros kSecond = 1'000'000;
/// 2026-01-31T12:34:56Z
constexpr Micros kNoon = 1769862896 * kSecond;

TEST(Iso8601, ReadsWhatItWrites) {
  for (const Micros t : {Micros{0}, kNoon, kNoon + 789'000, Micros{253402300799} * kSecond})
    EXPECT_EQ(parse_iso8601(iso8601(t)), t) << iso8601(t);
}

TEST(Iso8601, ReadsFractionsDownToTheMicrosecond) {
  EXPECT_EQ(parse_iso8601("2026-01-31T12:34:56Z"), kNoon);
  EXPECT_EQ(parse_iso8601("2026-01-31T12:34:56.5Z"), kNoon + 500'000);
  EXPECT_EQ(parse_iso8601("2026-01-31T12:34:56.000001Z"), kNoon + 1);
  EXPECT_EQ(parse_iso8601("2026-01-31T12:34:56.123456789Z"), kNoon + 123'456);
}

TEST(Iso8601, TakesAnOffsetIntoAccount) {
  EXPECT_EQ(parse_iso8601("2026-01-31T13:34:56+01:00"), kNoon);
  EXPECT_EQ(parse_iso8601("2026-01-31T07:04:56-05:30"), kNoon);
  EXPECT_EQ(parse_iso8601("2026-02-01T00:34:56.25+12:00"), kNoon + 250'000);
  EXPECT_EQ(parse_iso8601("2026-01-31T12:34:56-00:00"), kNoon);
}

TEST(Iso8601, KnowsLeapYears) {
  EXPECT_EQ(parse_iso8601("2024-02-29T00:00:00Z"), 1709164800 * kSecond);
  EXPECT_FALSE(parse_iso8601("2026-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_iso8601("2100-02-29T00:00:00Z"));
}

TEST(Iso8601, RefusesAllElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-01-31",
                           "2026-01-31T12:34Z",
                           "2026-01-31T12:34:56",
                           "2026-01-31 12:34:56Z",
                           "2026-01-31t12:34:56z",
                           "26-01-31T12:34:56Z",
                           "2026-1-31T12:34:56Z",
                           "2026-00-31T12:34:56Z",
                           "2026-13-31T12:34:56Z",
                           "2026-01-00T12:34:56Z",
                           "2026-04-31T12:34:56Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:56Z",
                           "2026-01-31T12:34:60Z",
                           "2026-01-31T12:34:56.Z",
                           "2026-01-31T12:34:56.1234567890Z",
                           "2026-01-31T12:34:56,5Z",
                           "2026-01-31T12:34:56+1:00",
                           "2026-01-31T12:34:56+0100",
                           "2026-01-31T12:34:56+24:00",
                           "2026-01-31T12:34:56+01:60",
                           "2026-01-31T12:34:56+01:00Z",
                           "2026-01-31T12:34:56Z ",
                           " 2026-01-31T12:34:56Z",
                           "1969-12-31T23:59:59Z",
                           "-026-01-31T12:34:56Z",
                           "+2026-01-31T12:34:56Z",
                           "2026-01-31T12:34:-1Z",
                           "20260131T123456Z",
                           "tomorrow",
                           "1769862896"})
    EXPECT_FALSE(parse_iso8601(text)) << text;
}

}  // namespace
}  // namespace troupe
