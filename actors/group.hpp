// The decider of groups: how one is set up, who may look after it, and what of its use is forgiven. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/group.hpp"

namespace troupe::actors {

using events::AccountId;

struct GroupCode {
  std::string code_hash;
  AccountId user = 0;
  Micros expires_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupCode, code_hash, user, expires_at)

struct GroupLogin {
  std::string token_hash;
  Micros expires_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupLogin, token_hash, expires_at)

/// A group is there from the beginning, as the bots' settings have it.
struct GroupState {
  AccountId group = 0;  ///< 0: nothing was ever set
  events::GroupSettings settings;
  std::vector<GroupCode> codes;    ///< oldest first
  std::vector<GroupLogin> logins;  ///< oldest first
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupState, group, settings, codes, logins)

/// A part of the settings, by the names and in the forms that they have in the log: objects are merged, everything else
/// is replaced, and null is as the bots' settings have it (RFC 7396). Keys that the channel has do not follow it to
/// another base_url. Nothing follows where that is how it is. Errors: invalid, with the field's name.
///
/// What the house switches off, limits or blocks by its patch binds who looks after the group. Errors: forbidden, with the
/// field's name: that is what was asked to be loosened.
struct ChangeGroup {
  AccountId group = 0;
  Json patch = Json::object();
  bool by_house = false;  ///< an administrator of the bots asks for it
};
/// Puts a user on a list, or takes the user off. Errors: invalid (`userId`), forbidden as of ChangeGroup.
struct ListGroupUser {
  AccountId group = 0;
  bool whitelist = false;
  std::string user;
  bool listed = true;
  bool enforce = false;  ///< a list that does not count yet counts from now on
  bool by_house = false;
};
/// Everything as the bots' settings have it; codes and logins end. For the house alone.
struct ResetGroup {
  AccountId group = 0;
};

/// Errors: conflict (`group_code`, from the journal: another group has this code at the moment).
struct IssueGroupCode {
  std::string code_hash;
  AccountId user = 0;
};
/// Uses the code up. Errors: unauthenticated (it is unknown, used or ran out).
struct LogInToGroup {
  std::string code_hash;
  std::string token_hash;
};
/// Nothing follows where it has ended.
struct LogOutOfGroup {
  std::string token_hash;
};

/// What was asked of models so far, by who knows the counts, does not count towards limits. Errors: forbidden (the limits
/// are the house's).
struct ForgiveGroupUse {
  AccountId group = 0;
  std::int64_t day = 0;
  std::int64_t count = 0;
  std::vector<events::ForgivenUse> users;
  bool by_house = false;
};

/// Of the settings as JSON: each change of them is kept in the log as a whole.
inline constexpr std::size_t kMaxGroupSettingsBytes = 64 * 1024;

struct GroupDecider {
  using State = GroupState;
  using Event = events::GroupEvent;
  using Command = std::variant<ChangeGroup, ListGroupUser, ResetGroup, IssueGroupCode, LogInToGroup, LogOutOfGroup,
                               ForgiveGroupUse>;
  static constexpr std::string_view category = events::kGroups;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// A code is a claim `group_code/<digest>` until it is used, or another takes its place.
  static std::vector<Claim> claims(const State& before, const Event& event);
  static AccountId owner(const State& state) { return state.group; }
};

/// What the settings of a group must keep to. Errors: invalid, with the field's name. A channel of its own is never on
/// this machine or in a private network, wherever those of the house may be: who looks after a group on a platform is
/// not one of the house.
Expected<void> check(const events::GroupSettings& settings);

}  // namespace troupe::actors
