#include "actors/group_use.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using Count = projections::GroupCounts::Count;

std::optional<UsedUp> GroupUse::take(const events::GroupLimits& limits, AccountId user) {
  Count& own = counts_.users[user];
  const auto stop = [](Count& count, std::int64_t limit, AccountId limited, const char* whose) {
    const bool tell = !std::exchange(count.told, true);
    return UsedUp{std::string(whose) + std::to_string(limit) + " questions of today are used up", limited, tell};
  };
  if (limits.daily_user != 0 && own.counts() >= limits.daily_user)
    return stop(own, limits.daily_user, user, "the user's ");
  if (limits.daily_group != 0 && counts_.all.counts() >= limits.daily_group)
    return stop(counts_.all, limits.daily_group, 0, "the group's ");
  ++own.asked;
  ++counts_.all.asked;
  return std::nullopt;
}

void GroupUse::give_back(AccountId user) {
  for (Count* count : {&counts_.users[user], &counts_.all}) count->asked = std::max<std::int64_t>(count->asked - 1, 0);
}

void GroupUse::untell(AccountId limited) { (limited == 0 ? counts_.all : counts_.users[limited]).told = false; }

events::GroupUsageReset GroupUse::all() const {
  events::GroupUsageReset all;
  all.count = counts_.all.counts();
  for (const auto& [user, count] : counts_.users)
    if (count.counts() > 0) all.users.push_back({user, count.counts()});
  return all;
}

void GroupUse::forgive(const events::GroupUsageReset& reset) {
  const auto forgive = [](Count& count, std::int64_t forgiven) {
    count.forgiven = std::min(count.forgiven + forgiven, count.asked);
    count.told = false;
  };
  forgive(counts_.all, reset.count);
  for (const auto& [user, count] : reset.users) forgive(counts_.users[user], count);
}

}  // namespace troupe::actors
