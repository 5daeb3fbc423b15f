#include "http/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

constexpr Micros kSecond = 1'000'000;

TEST(RateLimiter, TakesABurstAndThenOneForEachThatComesBack) {
  RateLimiter limiter(3, 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.seconds_to_wait("a", kSecond), 0);
  EXPECT_NEAR(limiter.seconds_to_wait("a", kSecond), 0.5, 1e-9);
  EXPECT_EQ(limiter.seconds_to_wait("a", kSecond + kSecond / 2), 0);
  EXPECT_GT(limiter.seconds_to_wait("a", kSecond + kSecond / 2), 0);
}

TEST(RateLimiter, CountsEachAddressByItself) {
  RateLimiter limiter(1, 1);
  EXPECT_EQ(limiter.seconds_to_wait("a", 0), 0);
  EXPECT_EQ(limiter.seconds_to_wait("b", 0), 0);
  EXPECT_GT(limiter.seconds_to_wait("a", 0), 0);
}

TEST(RateLimiter, RemembersABoundedNumberOfAddresses) {
  RateLimiter limiter(2, 1);
  for (std::size_t i = 0; i < defaults::kMaxLimitedAddresses + 10; ++i) limiter.seconds_to_wait(std::to_string(i), 0);
  EXPECT_LE(limiter.addresses(), defaults::kMaxLimitedAddresses);
}

}  // namespace
}  // namespace troupe::http
