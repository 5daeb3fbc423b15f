// Reads of groups: what is set of them, who looks after them, and what is counted of them. Each from what is committed
// now. Thread-safe; nothing is cached.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

/// What a group has of its limits' counts on one day.
struct GroupCounts {
  struct Count {
    std::int64_t asked = 0;     ///< questions to models
    std::int64_t forgiven = 0;  ///< of those, the ones that do not count towards limits
    bool told = false;          ///< of a limit
    std::int64_t counts() const { return std::max<std::int64_t>(asked - forgiven, 0); }
  };
  Count all;
  std::map<AccountId, Count> users;
  std::int64_t messages = 0, answers = 0, tool_calls = 0;
};

/// Somebody who spoke in a group.
struct GroupMember {
  AccountId user = 0;
  Micros last_message = 0;
};

class GroupQueries {
 public:
  explicit GroupQueries(const storage::Store& store) : store_(store) {}

  /// Nothing where nothing is set.
  std::optional<GroupRow> group(AccountId group) const;
  std::optional<GroupLoginRow> login(std::string_view token_hash) const;
  std::optional<AccountId> group_with_code(std::string_view code_hash) const;
  /// Days count from 1970-01-01, UTC.
  GroupCounts counts(AccountId group, std::int64_t day) const;
  /// In the order of their numbers.
  std::vector<GroupMember> members(AccountId group) const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
