// How long to wait between two attempts. Pure: the dice come in.
#pragma once

#include <algorithm>
#include <chrono>

#include "events/defaults.hpp"

namespace troupe::actors::platforms {

class Backoff {
 public:
  using Delay = std::chrono::milliseconds;

  explicit Backoff(Delay first = defaults::kPlatformRetryDelay, Delay longest = defaults::kPlatformMaxRetryDelay)
      : first_(first), longest_(longest) {}

  /// After another failure: twice as long as after the one before. `dice` from 0 to 1 spreads those who wait over half
  /// of it, so that they do not all come back at once. `asked`: what the platform asked for, up to kPlatformMaxRetryAfter.
  Delay failed(double dice, Delay asked = Delay::zero()) {
    const Delay whole = std::min(first_ * (1L << std::min(failures_, kMostDoublings)), longest_);
    ++failures_;
    const Delay spread(static_cast<Delay::rep>(static_cast<double>(whole.count()) * (1 - dice / 2)));
    return std::max(spread, std::min<Delay>(asked, defaults::kPlatformMaxRetryAfter));
  }
  void succeeded() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  static constexpr int kMostDoublings = 16;
  Delay first_, longest_;
  int failures_ = 0;
};

}  // namespace troupe::actors::platforms
