// Counting the use of models: what sessions and what programs ask, in the same tables.
#pragma once

#include "projections/changes.hpp"
#include "projections/session_keys.hpp"

namespace troupe::projections {

/// One use of a model. What is empty or 0 is not counted under its name.
struct Usage {
  std::string provider, model;
  AccountId user = 0;
  SessionId talk = 0;
  bool failed = false;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  Micros took = 0;
};

inline std::string usage_prefix(UsageOf kind) { return {static_cast<char>(kind), '/'}; }

void count_usage(const Usage& usage, Micros time, Rows& rows);

}  // namespace troupe::projections
