#include "http/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using namespace std::chrono_literals;

constexpr Micros kSecond = 1'000'000;

TEST(RateLimiter, TakesSoManyInAWindowAndSaysWhatIsLeft) {
  RateLimiter limiter({"test", 3, 60s});
  for (std::size_t left : {2, 1, 0}) {
    const auto verdict = limiter.take("a", kSecond);
    EXPECT_TRUE(verdict.allowed);
    EXPECT_EQ(verdict.remaining, left);
    EXPECT_EQ(verdict.reset_at, 61 * kSecond);
  }
  EXPECT_FALSE(limiter.take("a", 61 * kSecond - 1).allowed);
}

TEST(RateLimiter, BeginsANewWindowWhenTheOldOneHasEnded) {
  RateLimiter limiter({"test", 1, 60s});
  EXPECT_TRUE(limiter.take("a", kSecond).allowed);
  EXPECT_TRUE(limiter.take("a", 61 * kSecond).allowed);
  EXPECT_FALSE(limiter.take("a", 62 * kSecond).allowed);
}

TEST(RateLimiter, DoesNotLockAClientOutWhenTheClockStepsBack) {
  RateLimiter limiter({"test", 1, 60s});
  EXPECT_TRUE(limiter.take("a", 1000 * kSecond).allowed);
  EXPECT_TRUE(limiter.take("a", kSecond).allowed);
}

TEST(RateLimiter, CountsEachClientByItself) {
  RateLimiter limiter({"test", 1, 1s});
  EXPECT_TRUE(limiter.take("a", 0).allowed);
  EXPECT_TRUE(limiter.take("b", 0).allowed);
  EXPECT_FALSE(limiter.take("a", 0).allowed);
}

TEST(RateLimiter, RemembersABoundedNumberOfClients) {
  RateLimiter limiter({"test", 2, 1s});
  for (std::size_t i = 0; i < defaults::kMaxLimitedClients + 10; ++i) limiter.take(std::to_string(i), 0);
  EXPECT_LE(limiter.clients(), defaults::kMaxLimitedClients);
}

}  // namespace
}  // namespace troupe::http
