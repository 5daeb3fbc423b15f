// Reads of the use of models, each from what is committed now. Thread-safe; nothing is cached.
#pragma once

#include <string>
#include <vector>

#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

/// What the use of one model, provider, user or talk came to; or on one day, when that is its name.
struct UsageFigures {
  std::string name;
  std::int64_t calls = 0, failures = 0, prompt_tokens = 0, completion_tokens = 0, took_us = 0;
  std::int64_t tokens() const { return prompt_tokens + completion_tokens; }
};

/// Days count from 1970-01-01, UTC; `first` to `last`, both included.
class UsageQueries {
 public:
  explicit UsageQueries(const storage::Store& store) : store_(store) {}

  UsageFigures total(std::int64_t first, std::int64_t last) const;
  /// Those that were used, most calls first.
  std::vector<UsageFigures> by_name(UsageOf kind, std::int64_t first, std::int64_t last) const;
  /// Of everyone; days without any use are left out. Their names are the days' numbers.
  std::vector<UsageFigures> by_day(std::int64_t first, std::int64_t last) const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
