#include "actors/llm/routes.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::llm {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr auto kDelay = 500ms;

/// Routes, and the time that passes as they ask for it.
struct Journey {
  Routes routes;
  SteadyTime now{1h};

  explicit Journey(const std::vector<std::size_t>& keys, std::vector<std::size_t> first_key = {})
      : routes(keys, first_key.empty() ? std::vector<std::size_t>(keys.size()) : first_key, kDelay) {}

  /// `provider.key`, after the milliseconds that had to be waited; all of it fails in the end.
  std::string travel(Again again = Again::later, std::optional<milliseconds> retry_after = {}) {
    std::string way;
    while (const auto route = routes.next()) {
      const auto wait = std::max(route->not_before - now, SteadyTime::duration{0});
      now += wait;
      if (wait > 0ms) way += "+" + std::to_string(std::chrono::duration_cast<milliseconds>(wait).count()) + " ";
      way += std::to_string(route->provider) + "." + std::to_string(route->key) + " ";
      routes.failed(*route, again, retry_after, now, 1);
    }
    return way;
  }
};

TEST(Routes, TryOneProviderFourTimesWithGrowingRests) {
  EXPECT_EQ(Journey({1}).travel(), "0.0 +500 0.0 +1000 0.0 +2000 0.0 ");
  EXPECT_EQ(Journey({0}).travel(), Journey({1}).travel());
}

TEST(Routes, TryTheNextKeyAndThenTheNextProviderBeforeTheyWait) {
  EXPECT_EQ(Journey({2, 1}).travel(), "0.0 0.1 1.0 +500 0.0 0.1 1.0 +1000 1.0 +2000 1.0 ");
}

TEST(Routes, BeginWithTheKeyThatWorkedLast) {
  EXPECT_TRUE(Journey({3}, {2}).travel().starts_with("0.2 0.0 0.1 +500 0.2"));
}

TEST(Routes, AskNoKeyAgainThatIsNoGood) { EXPECT_EQ(Journey({2, 1}).travel(Again::other_key), "0.0 0.1 1.0 "); }

TEST(Routes, AskNoProviderAgainThatDoesNotHaveIt) {
  EXPECT_EQ(Journey({2, 1}).travel(Again::other_provider), "0.0 1.0 ");
}

TEST(Routes, EndWhenTheRequestIsNoGood) { EXPECT_EQ(Journey({2, 1}).travel(Again::never), "0.0 "); }

TEST(Routes, WaitAsLongAsTheyAreAskedToUpToTheLimit) {
  EXPECT_EQ(Journey({1}).travel(Again::later, 3s), "0.0 +3000 0.0 +3000 0.0 +3000 0.0 ");
  EXPECT_EQ(Journey({1}).travel(Again::later, 100ms), "0.0 +500 0.0 +1000 0.0 +2000 0.0 ");
  EXPECT_EQ(Journey({2}).travel(Again::later, defaults::kLongestModelRetryDelay + 1s), "0.0 0.1 ");
}

TEST(Routes, SpreadThoseWhoWait) {
  Routes routes({1}, {0}, kDelay);
  const SteadyTime now{1h};
  routes.failed(*routes.next(), Again::later, {}, now, 0);
  EXPECT_EQ(routes.next()->not_before, now + kDelay / 2);
}

}  // namespace
}  // namespace troupe::actors::llm
