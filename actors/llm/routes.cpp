#include "actors/llm/routes.hpp"

#include <algorithm>

namespace troupe::actors::llm {

Routes::Routes(const std::vector<std::size_t>& keys, const std::vector<std::size_t>& first_key,
               std::chrono::milliseconds retry_delay)
    : attempts_(keys.size()), retry_delay_(retry_delay) {
  for (std::size_t provider = 0; provider < keys.size(); ++provider) {
    const std::size_t count = std::max<std::size_t>(keys[provider], 1);
    for (std::size_t i = 0; i < count; ++i) ways_.push_back({{provider, (first_key[provider] + i) % count}});
  }
}

std::optional<Route> Routes::next() const {
  const Way* soonest = nullptr;
  for (const auto& way : ways_) {
    if (way.closed || attempts_[way.route.provider] >= defaults::kMaxModelAttempts) continue;
    if (!soonest || way.route.not_before < soonest->route.not_before) soonest = &way;
  }
  return soonest ? std::optional(soonest->route) : std::nullopt;
}

void Routes::failed(const Route& route, Again again, std::optional<std::chrono::milliseconds> retry_after,
                    SteadyTime now, double dice) {
  ++attempts_[route.provider];
  for (auto& way : ways_) {
    const bool same_provider = way.route.provider == route.provider;
    const bool same = same_provider && way.route.key == route.key;
    const bool too_long = retry_after && *retry_after > defaults::kLongestModelRetryDelay;
    if (again == Again::never || (same_provider && again == Again::other_provider) ||
        (same && (again == Again::other_key || too_long)))
      way.closed = true;
    if (!same || way.closed) continue;
    // From half the delay to the whole of it, doubled for each failure before.
    const auto longest = std::min<std::chrono::microseconds>(
        std::chrono::microseconds(retry_delay_) * (1 << std::min(way.failures++, 16)),
        defaults::kLongestModelRetryDelay);
    const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(longest * (0.5 + dice / 2));
    way.route.not_before =
        now + std::max<std::chrono::microseconds>(rest, retry_after.value_or(std::chrono::milliseconds{0}));
  }
}

}  // namespace troupe::actors::llm
