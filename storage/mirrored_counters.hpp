// Copies in memory of a few counters that are read all the time. The writer adds to them after each batch and before
// its answers, so they show what the rows show. Internal to storage/.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::storage {

/// Which counters is settled at construction; reads and additions on any thread.
class MirroredCounters {
 public:
  /// `row_keys` with their table's byte.
  explicit MirroredCounters(const std::vector<std::string>& row_keys) {
    for (const auto& key : row_keys) values_.try_emplace(key, 0);
  }

  template <class Read>
  void load(const Read& read) {
    for (auto& [key, value] : values_) value = read(key);
  }

  const std::atomic<std::int64_t>* find(const std::string& row_key) const {
    const auto found = values_.find(row_key);
    return found == values_.end() ? nullptr : &found->second;
  }

  void add(const std::string& row_key, std::int64_t delta) {
    if (const auto found = values_.find(row_key); found != values_.end()) found->second += delta;
  }

 private:
  std::unordered_map<std::string, std::atomic<std::int64_t>> values_;
};

}  // namespace troupe::storage
