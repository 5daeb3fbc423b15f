// A token bucket for each client address. Pure: time comes in. One thread.
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>

#include "events/defaults.hpp"
#include "events/time.hpp"

namespace troupe::http {

class RateLimiter {
 public:
  RateLimiter(double burst, double per_second) : burst_(burst), per_second_(per_second) {}

  /// Seconds to wait before the next request of `address` is taken; 0 takes this one.
  double seconds_to_wait(const std::string& address, Micros now) {
    if (buckets_.size() >= defaults::kMaxLimitedAddresses) forget_full(now);
    auto [it, added] = buckets_.try_emplace(address, Bucket{burst_, now});
    Bucket& bucket = it->second;
    refill(bucket, now);
    if (bucket.tokens < 1) return (1 - bucket.tokens) / per_second_;
    bucket.tokens -= 1;
    return 0;
  }

  std::size_t addresses() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    Micros at;
  };

  void refill(Bucket& bucket, Micros now) const {
    const auto passed = static_cast<double>(std::max<Micros>(0, now - bucket.at)) * 1e-6;  // the clock may step back
    bucket.tokens = std::min(burst_, bucket.tokens + passed * per_second_);
    bucket.at = now;
  }

  /// A full bucket says nothing that a new one would not. Should all be in use, all start anew: memory stays bounded.
  void forget_full(Micros now) {
    for (auto it = buckets_.begin(); it != buckets_.end();) {
      refill(it->second, now);
      it = it->second.tokens >= burst_ ? buckets_.erase(it) : std::next(it);
    }
    if (buckets_.size() >= defaults::kMaxLimitedAddresses) buckets_.clear();
  }

  double burst_, per_second_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace troupe::http
