// Which providers come first, and how many requests each of them is sent. The order is pure: the dice come in.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "actors/llm/provider.hpp"
#include "events/time.hpp"

namespace troupe::actors::llm {

/// What a provider's place depends on.
struct Standing {
  std::int64_t priority = 0;
  bool weighted = false;
  std::int64_t weight = 100;
};

/// The places of `standings`, which come in order of preference, in the order in which they are asked: weighted ones that
/// follow each other with the same priority are drawn one after the other, each as likely as its weight among those left.
/// `dice` answers from 0 up to 1.
std::vector<std::size_t> drawn_order(const std::vector<Standing>& standings, const std::function<double()>& dice);

/// Counts the requests of one provider, by the windows of its quota: those of the day, the hour and the minute that it is,
/// UTC. Thread-safe; the time comes in.
class QuotaMeter {
 public:
  QuotaMeter(std::int64_t used_today, Micros now);

  void limit(const Quota& quota);
  /// Counts one request, unless a quota is used up.
  bool take(Micros now);
  bool is_used_up(Micros now) const;

 private:
  struct Window {
    Micros length = 0;
    std::int64_t limit = 0;  ///< 0: none
    std::int64_t number = 0;
    std::int64_t used = 0;

    std::int64_t used_at(Micros now) const { return now / length == number ? used : 0; }
    bool is_full(Micros now) const { return limit != 0 && used_at(now) >= limit; }
  };

  mutable std::mutex mutex_;
  Window windows_[3];
};

}  // namespace troupe::actors::llm
