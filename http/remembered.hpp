// Values that hold until something changes: kept under a count of changes, forgotten when it moves on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::http {

/// One thread. Holds at most `max` values; one more makes it start anew.
template <class Value>
class Remembered {
 public:
  explicit Remembered(std::size_t max) : max_(max) {}

  /// The value of `key`, if it was put under the same `changes`.
  const Value* find(std::string_view key, std::uint64_t changes) const {
    if (changes != changes_) return nullptr;
    const auto found = values_.find(std::string(key));
    return found == values_.end() ? nullptr : &found->second;
  }

  /// `changes` is the count from before `value` was worked out: what changed since makes it useless at once.
  void put(std::string_view key, Value value, std::uint64_t changes) {
    if (changes != changes_ || values_.size() >= max_) values_.clear();
    changes_ = changes;
    values_.insert_or_assign(std::string(key), std::move(value));
  }

 private:
  std::size_t max_;
  std::uint64_t changes_ = 0;
  std::unordered_map<std::string, Value> values_;
};

}  // namespace troupe::http
