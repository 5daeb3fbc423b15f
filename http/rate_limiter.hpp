// How many requests a client may send in a window of time. Pure: time comes in. One thread.
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>

#include "events/defaults.hpp"
#include "events/time.hpp"

namespace troupe::http {

/// So many requests in each window, for each client address or each caller. A window begins with a client's first
/// request.
struct RateClass {
  enum class Per : std::uint8_t { address, caller };
  const char* name;
  std::size_t limit;
  std::chrono::seconds window;
  Per per = Per::address;
};

/// What became of one request.
struct RateVerdict {
  bool allowed = true;
  std::size_t remaining = 0;  ///< in this window, after this request
  Micros reset_at = 0;        ///< when the next window begins
};

class RateLimiter {
 public:
  explicit RateLimiter(const RateClass& rate) : limit_(rate.limit), window_(to_micros(rate.window)) {}

  RateVerdict take(const std::string& client, Micros now) {
    if (clients_.size() >= defaults::kMaxLimitedClients) forget_ended(now);
    Window& window = clients_.try_emplace(client, Window{now, 0}).first->second;
    const bool ended = now >= window.began + window_ || now < window.began;  // the clock may step back
    if (ended) window = {now, 0};
    const bool allowed = window.requests < limit_;
    if (allowed) ++window.requests;
    return {allowed, limit_ - window.requests, window.began + window_};
  }

  std::size_t clients() const { return clients_.size(); }

 private:
  struct Window {
    Micros began;
    std::size_t requests;
  };

  /// An ended window says nothing that a new one would not. Should all be under way, all start anew: memory stays
  /// bounded.
  void forget_ended(Micros now) {
    std::erase_if(clients_, [&](const auto& client) { return now >= client.second.began + window_; });
    if (clients_.size() >= defaults::kMaxLimitedClients) clients_.clear();
  }

  std::size_t limit_;
  Micros window_;
  std::unordered_map<std::string, Window> clients_;
};

}  // namespace troupe::http
