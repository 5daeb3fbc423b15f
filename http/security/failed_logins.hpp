// How many logins failed lately, and how alarming that is. Pure: time comes in. One thread.
#pragma once

#include <deque>
#include <string_view>

#include "events/defaults.hpp"
#include "events/time.hpp"

namespace troupe::http {

class FailedLogins {
 public:
  /// A wrong password or code; `locked` when it was the one too many for its account.
  void add(Micros now, bool locked) {
    forget(now);
    if (failures_.size() == defaults::kMaxRememberedFailedLogins) failures_.pop_front();
    failures_.push_back({now, locked});
  }

  /// `low`, `medium` or `high`, by what happened within kThreatWindow.
  std::string_view threat_level(Micros now) {
    forget(now);
    std::size_t locks = 0;
    for (const auto& failure : failures_) locks += failure.locked;
    if (failures_.size() >= defaults::kHighThreatFailures || locks >= defaults::kHighThreatLocks) return "high";
    if (failures_.size() >= defaults::kMediumThreatFailures || locks > 0) return "medium";
    return "low";
  }

 private:
  struct Failure {
    Micros at;
    bool locked;
  };

  void forget(Micros now) {
    const Micros since = now - to_micros(defaults::kThreatWindow);
    while (!failures_.empty() && failures_.front().at <= since) failures_.pop_front();
  }

  std::deque<Failure> failures_;  // oldest first
};

}  // namespace troupe::http
