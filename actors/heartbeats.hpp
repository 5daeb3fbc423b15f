// The watch over bots that say they are online. Thread-safe; holds one entry for each of them.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/time.hpp"

namespace troupe::actors {

class Heartbeats {
 public:
  void watch(const std::string& bot_id, Micros now) {
    const std::lock_guard lock(mutex_);
    last_heard_[bot_id] = now;
  }
  void forget(const std::string& bot_id) {
    const std::lock_guard lock(mutex_);
    last_heard_.erase(bot_id);
  }
  void heard_from(const std::string& bot_id, Micros now) {
    const std::lock_guard lock(mutex_);
    if (const auto it = last_heard_.find(bot_id); it != last_heard_.end()) it->second = now;
  }
  /// False when it was heard from after `heard`.
  bool forget_if_silent(const std::string& bot_id, Micros heard) {
    const std::lock_guard lock(mutex_);
    const auto it = last_heard_.find(bot_id);
    if (it == last_heard_.end() || it->second != heard) return false;
    last_heard_.erase(it);
    return true;
  }
  std::optional<Micros> last_heard(const std::string& bot_id) const {
    const std::lock_guard lock(mutex_);
    const auto it = last_heard_.find(bot_id);
    return it == last_heard_.end() ? std::nullopt : std::optional(it->second);
  }
  /// Bots that were silent since `since`, with when they were last heard.
  std::vector<std::pair<std::string, Micros>> silent_since(Micros since) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, Micros>> silent;
    for (const auto& [bot_id, heard] : last_heard_)
      if (heard <= since) silent.emplace_back(bot_id, heard);
    return silent;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Micros> last_heard_;
};

}  // namespace troupe::actors
