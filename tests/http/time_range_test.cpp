#include <gtest/gtest.h>

#include "http/surfaces/plexichat/assistant.hpp"

namespace troupe::http::plexichat {
namespace {

TEST(TimeRange, IsANumberOfSecondsMinutesHoursDaysOrWeeks) {
  EXPECT_EQ(time_range("90s"), Micros{90} * 1'000'000);
  EXPECT_EQ(time_range("30m"), Micros{30} * 60 * 1'000'000);
  EXPECT_EQ(time_range("24h"), Micros{24} * 3600 * 1'000'000);
  EXPECT_EQ(time_range("7d"), Micros{7} * 24 * 3600 * 1'000'000);
  EXPECT_EQ(time_range("2w"), Micros{14} * 24 * 3600 * 1'000'000);
}

TEST(TimeRange, ReachesTenYearsAtMost) {
  EXPECT_TRUE(time_range("3650d"));
  EXPECT_FALSE(time_range("3651d"));
  EXPECT_FALSE(time_range("9223372036854775807w"));
  EXPECT_FALSE(time_range("99999999999999999999m"));
}

TEST(TimeRange, IsNothingElse) {
  for (const char* text : {"", "d", "7", "0d", "-1d", "7 d", "7D", "1.5h", "7dd", "7y", "sevend", "+7d"})
    EXPECT_FALSE(time_range(text)) << text;
}

}  // namespace
}  // namespace troupe::http::plexichat
