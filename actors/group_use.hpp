// What a group has used of its limits on one day. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "events/group.hpp"
#include "projections/group_queries.hpp"

namespace troupe::actors {

using events::AccountId;

/// A limit that stops a question.
struct UsedUp {
  std::string reason;     ///< for people
  AccountId limited = 0;  ///< the user; 0: the whole group
  bool tell = false;      ///< nobody was told of it on this day
};

class GroupUse {
 public:
  GroupUse() = default;
  explicit GroupUse(projections::GroupCounts counts) : counts_(std::move(counts)) {}

  /// Counts one more question of the user, or says which limit stops it.
  std::optional<UsedUp> take(const events::GroupLimits& limits, AccountId user);
  /// It was not asked after all.
  void give_back(AccountId user);
  /// Nobody was told of the limit after all.
  void untell(AccountId limited);

  /// What counts so far.
  events::GroupUsageReset all() const;
  void forgive(const events::GroupUsageReset& reset);

 private:
  projections::GroupCounts counts_;
};

}  // namespace troupe::actors
