// The periods of statistics.
#pragma once

#include "http/route.hpp"

namespace troupe::http::chatai {

/// Days since 1970, UTC, both included.
struct Days {
  std::int64_t first = 0, last = 0;
};

/// From the first day of the query's `period` (day, week, month or all; without it: day) to today. Errors: invalid.
Expected<Days> days_of(const CallPtr& call);

/// `2026-01-31`
std::string date_of(std::int64_t day);

}  // namespace troupe::http::chatai
