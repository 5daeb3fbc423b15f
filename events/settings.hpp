// How the bots of the house behave: which messages of platforms they hear, what wakes them, what they may do. One entry of
// the catalogue, which is there from the beginning with these defaults.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/catalogue.hpp"

namespace troupe::events {

/// Ids of people and groups as their platforms have them.
struct ListRules {
  bool allow_only = false;  ///< only those that are allowed are heard
  std::vector<std::string> allowed_users, allowed_groups;
  std::vector<std::string> blocked_users, blocked_groups;  ///< blocked wins
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ListRules, allow_only, allowed_users, allowed_groups, blocked_users,
                                                blocked_groups)

/// Of one conversation.
struct RateRules {
  bool enabled = false;
  std::int64_t max_messages = 10;
  std::int64_t window_seconds = 60;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RateRules, enabled, max_messages, window_seconds)

/// Which messages, besides commands, are put to a model.
struct WakeRules {
  std::string in_private = "always";  ///< always, prefix or off
  bool in_groups = true;
  bool at = true;        ///< a group message that is addressed to the bot
  bool prefix = true;    ///< one that begins with one of the prefixes
  bool keyword = false;  ///< one that holds one of the keywords
  bool random = false;   ///< one in `1 / random_rate`
  double random_rate = 0.05;
  std::vector<std::string> prefixes = {"#chat"};
  std::vector<std::string> keywords;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(WakeRules, in_private, in_groups, at, prefix, keyword, random,
                                                random_rate, prefixes, keywords)

struct ConversationRules {
  bool only_listed = false;
  std::vector<std::string> listed;  ///< `private_<user>` and `group_<group>`
  bool one_for_each_user = false;   ///< of a group, each with a history of their own
  std::int64_t max_messages = 20;   ///< of the history that a model is told
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ConversationRules, only_listed, listed, one_for_each_user, max_messages)

struct SafetyRules {
  bool enabled = false;
  std::vector<std::string> words;  ///< a message that holds one, whatever its case, is not taken further
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SafetyRules, enabled, words)

struct DecorationRules {
  bool enabled = false;
  std::string prefix, suffix;  ///< around every reply
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DecorationRules, enabled, prefix, suffix)

struct ToolRules {
  bool enabled = true;
  bool allow_dangerous = false;
  std::vector<std::string> dangerous;            ///< names, besides those that call themselves so
  std::vector<std::string> admin_only;           ///< names: for administrators of the bots
  std::vector<std::string> disabled;             ///< names
  std::vector<std::string> disabled_categories;  ///< names
  std::vector<std::string> only;                 ///< names: no others may be called; none: all may
  std::int64_t max_rounds = 8;                   ///< times that a model may call tools for one question
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ToolRules, enabled, allow_dangerous, dangerous, admin_only, disabled,
                                                disabled_categories, only, max_rounds)

struct MemoryRules {
  bool enabled = false;
  std::int64_t max_memories = 50;  ///< of one person
  bool auto_extract = false;       ///< a model draws facts from what people say to bots, one more question each
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MemoryRules, enabled, max_memories, auto_extract)

/// What only a panel reads.
struct PanelSettings {
  std::string theme = "dark";
  std::string language = "zh-CN";
  bool notify = true;
  std::vector<std::string> notify_of = {"error", "warning"};
  bool auto_restart = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PanelSettings, theme, language, notify, notify_of, auto_restart)

struct BotSettings {
  static constexpr std::string_view category = "settings";
  static constexpr std::string_view added = "SettingsAdded", changed = "SettingsChanged", removed = "SettingsRemoved";
  /// The only entry of its kind. It cannot be added or removed.
  static constexpr std::string_view only_id = "bot";
  std::string name = "bot";
  std::string command_prefix = "/";
  std::string panel_prefix = "#ai";  ///< of commands as well
  bool debug = false;
  /// `<platform type or id>:<user>`: they may use the commands that change something. By the type not of webhooks.
  std::vector<std::string> admins;
  ListRules lists;
  RateRules rate;
  WakeRules wake;
  ConversationRules conversations;
  SafetyRules safety;
  DecorationRules decoration;
  ToolRules tools;
  MemoryRules memory;
  PanelSettings panel;
};
TROUPE_EVENT(BotSettings, name, command_prefix, panel_prefix, debug, admins, lists, rate, wake, conversations, safety,
             decoration, tools, memory, panel)

using BotSettingsEvent = EntryEvent<BotSettings>;

}  // namespace troupe::events
