// Keys of the counters of groups (projections/rows.hpp), for those who write them and those who read them.
#pragma once

#include "projections/session_keys.hpp"

namespace troupe::projections {

inline std::string group_day_prefix(AccountId group, std::int64_t day) { return numbers_key({group, day}); }
/// `user` 0: of the whole group.
inline std::string group_day_key(AccountId group, std::int64_t day, GroupFigure figure, AccountId user = 0) {
  std::string key = group_day_prefix(group, day) + static_cast<char>(figure);
  if (user != 0) storage::put_big64(key, static_cast<std::uint64_t>(user));
  return key;
}

}  // namespace troupe::projections
