#include "actors/llm/order.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::actors::llm {
namespace {

constexpr Micros kMinute = 60'000'000;

}  // namespace

std::vector<std::size_t> drawn_order(const std::vector<Standing>& standings, const std::function<double()>& dice) {
  std::vector<std::size_t> order(standings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto is_drawn_with = [&](std::size_t one, std::size_t other) {
    return standings[one].weighted && standings[other].weighted && standings[one].priority == standings[other].priority;
  };
  for (std::size_t place = 0; place < order.size(); ++place) {
    std::size_t end = place + 1;
    while (end < order.size() && is_drawn_with(order[place], order[end])) ++end;
    std::int64_t total = 0;
    for (std::size_t i = place; i < end; ++i) total += standings[order[i]].weight;
    double point = dice() * static_cast<double>(total);
    std::size_t drawn = place;
    while (drawn + 1 < end && point >= static_cast<double>(standings[order[drawn]].weight))
      point -= static_cast<double>(standings[order[drawn++]].weight);
    std::rotate(order.begin() + static_cast<std::ptrdiff_t>(place), order.begin() + static_cast<std::ptrdiff_t>(drawn),
                order.begin() + static_cast<std::ptrdiff_t>(drawn) + 1);
  }
  return order;
}

QuotaMeter::QuotaMeter(std::int64_t used_today, Micros now)
    : windows_{{24 * 60 * kMinute, 0, 0, 0}, {60 * kMinute, 0, 0, 0}, {kMinute, 0, 0, 0}} {
  windows_[0].number = now / windows_[0].length;
  windows_[0].used = used_today;
}

void QuotaMeter::limit(const Quota& quota) {
  const std::lock_guard lock(mutex_);
  windows_[0].limit = quota.daily;
  windows_[1].limit = quota.hourly;
  windows_[2].limit = quota.per_minute;
}

bool QuotaMeter::take(Micros now) {
  const std::lock_guard lock(mutex_);
  if (std::any_of(std::begin(windows_), std::end(windows_), [now](const Window& w) { return w.is_full(now); }))
    return false;
  for (Window& window : windows_) {
    window.used = window.used_at(now) + 1;
    window.number = now / window.length;
  }
  return true;
}

bool QuotaMeter::is_used_up(Micros now) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(std::begin(windows_), std::end(windows_), [now](const Window& w) { return w.is_full(now); });
}

}  // namespace troupe::actors::llm
