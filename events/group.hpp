// What can happen to a group of a platform, as those who look after it set it up. Stream `group/<number>`, where the number
// is that of the group's contact (events/contact.hpp). What is set of a group is personal: sealed under the group's key, it
// is gone when the house forgets the group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/settings.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kGroups = "group";

/// A code that logs in once is found by it. `digest`: keyed, since the codes are short.
inline std::string group_code_claim(std::string_view digest) { return "group_code/" + std::string(digest); }

// What is missing is as the bots' settings have it (events/settings.hpp).

struct GroupWake {
  std::optional<bool> at, prefix, keyword, random;
  std::optional<double> random_rate;
  std::optional<std::vector<std::string>> prefixes, keywords;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupWake, at, prefix, keyword, random, random_rate, prefixes, keywords)

/// Users as the platform has them.
struct GroupLists {
  std::string mode = "none";  ///< none; blacklist; whitelist: who is on it is heard, unless the black list has them
  std::vector<std::string> blacklist, whitelist;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupLists, mode, blacklist, whitelist)

struct GroupTools {
  std::optional<bool> enabled;
  std::vector<std::string> allowed;  ///< names; none: all that the bots' settings allow
  std::vector<std::string> blocked, blocked_categories;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupTools, enabled, allowed, blocked, blocked_categories)

/// Of questions to models, on one day, UTC. 0: no limit.
struct GroupLimits {
  std::int64_t daily_group = 0, daily_user = 0;
  std::string message =
      "今日的使用次数已用完，请明天再来。";  ///< told once a day to whom a limit stops; empty: nothing is
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupLimits, daily_group, daily_user, message)

/// A provider of models (events/catalogue.hpp) of the group's own: it answers there, and nowhere else.
struct GroupChannel {
  std::string format = "openai";
  std::string base_url;
  std::vector<std::string> sealed_keys, key_hints;
  std::string model;
  std::vector<std::string> models;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupChannel, format, base_url, sealed_keys, key_hints, model, models)

/// What the administrators of the bots have set of the group: who looks after it may ask for less, never for more.
struct GroupBounds {
  bool enabled = true;
  std::int64_t daily_group = 0, daily_user = 0;  ///< 0: not limited by them
  std::vector<std::string> blocked_users, blocked_tools, blocked_categories;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupBounds, enabled, daily_group, daily_user, blocked_users,
                                                blocked_tools, blocked_categories)

struct GroupSettings {
  std::string name;         ///< empty: as the platform has it
  bool enabled = true;      ///< no: nothing wakes a model there
  std::string personality;  ///< its id; empty: none of the group's own
  std::string prompt;       ///< in place of the personality's; empty: that
  std::string model;        ///< empty: the personality's, or the provider's own
  GroupWake wake;
  GroupLists lists;
  GroupTools tools;
  std::optional<bool> memory;
  GroupLimits limits;
  std::optional<RateRules> rate;
  std::optional<GroupChannel> channel;
  GroupBounds bounds;  ///< which all of the above keeps to
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupSettings, name, enabled, personality, prompt, model, wake, lists,
                                                tools, memory, limits, rate, channel, bounds)

struct GroupSettingsChanged {
  static constexpr std::string_view type = "GroupSettingsChanged";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"settings"};
  AccountId group = 0;
  GroupSettings settings;  ///< all of it, as it is from now on
};
TROUPE_EVENT(GroupSettingsChanged, group, settings)

/// The group is as the bots' settings have it.
struct GroupSettingsReset {
  static constexpr std::string_view type = "GroupSettingsReset";
  static constexpr std::uint16_t schema = 1;
  AccountId group = 0;
};
TROUPE_EVENT(GroupSettingsReset, group)

struct GroupCodeIssued {
  static constexpr std::string_view type = "GroupCodeIssued";
  static constexpr std::uint16_t schema = 1;
  std::string code_hash;
  AccountId user = 0;  ///< the contact who asked for it
  Micros expires_at = 0;
};
TROUPE_EVENT(GroupCodeIssued, code_hash, user, expires_at)

/// They were used, ran out, or made room for another.
struct GroupCodesEnded {
  static constexpr std::string_view type = "GroupCodesEnded";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> code_hashes;
};
TROUPE_EVENT(GroupCodesEnded, code_hashes)

/// Somebody may look after this group, and do nothing else.
struct GroupAdminLoggedIn {
  static constexpr std::string_view type = "GroupAdminLoggedIn";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  AccountId user = 0;
  Micros expires_at = 0;
};
TROUPE_EVENT(GroupAdminLoggedIn, token_hash, user, expires_at)

struct GroupLoginsEnded {
  static constexpr std::string_view type = "GroupLoginsEnded";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> token_hashes;
};
TROUPE_EVENT(GroupLoginsEnded, token_hashes)

/// Questions of a person that do not count towards the limits any more.
struct ForgivenUse {
  AccountId user = 0;
  std::int64_t count = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ForgivenUse, user, count)

struct GroupUsageReset {
  static constexpr std::string_view type = "GroupUsageReset";
  static constexpr std::uint16_t schema = 1;
  AccountId group = 0;
  std::int64_t day = 0;    ///< since 1970-01-01, UTC
  std::int64_t count = 0;  ///< of the whole group
  std::vector<ForgivenUse> users;
};
TROUPE_EVENT(GroupUsageReset, group, day, count, users)

using GroupEvent = std::variant<GroupSettingsChanged, GroupSettingsReset, GroupCodeIssued, GroupCodesEnded,
                                GroupAdminLoggedIn, GroupLoginsEnded, GroupUsageReset>;

}  // namespace troupe::events
