// Names that nobody has, by which someone tried to log in. They are locked by the rule for accounts, or a lock would tell
// that there is an account. Pure: time comes in. One thread. Forgotten when the process ends.
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>

#include "actors/account.hpp"

namespace troupe::http {

class UnknownNames {
 public:
  explicit UnknownNames(std::size_t most = defaults::kMaxUnknownNames) : most_(most) {}

  /// `digest` is one of the name: it may be a password, typed into the wrong field.
  bool is_locked(const std::string& digest, Micros now) const {
    const auto name = names_.find(digest);
    return name != names_.end() && now < name->second.locked_until;
  }

  void count_failure(const std::string& digest, Micros now) {
    if (names_.size() >= most_ && !names_.contains(digest)) forget_ended(now);
    actors::LogInLock& lock = names_[digest];
    if (const auto locked_until = actors::lock_after_failure(lock, now))
      actors::count_failure(lock, *locked_until, now);
  }

  std::size_t size() const { return names_.size(); }

 private:
  /// Should none have ended, all start anew: memory stays bounded.
  void forget_ended(Micros now) {
    const Micros window = to_micros(defaults::kFailedLogInWindow);
    std::erase_if(names_, [&](const auto& name) {
      const auto& [failures, locked_until] = name.second;
      return now >= locked_until && (failures.empty() || failures.back() <= now - window);
    });
    if (names_.size() >= most_) names_.clear();
  }

  const std::size_t most_;
  std::unordered_map<std::string, actors::LogInLock> names_;
};

}  // namespace troupe::http
