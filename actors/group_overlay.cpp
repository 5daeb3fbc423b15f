#include "actors/group_overlay.hpp"

#include <algorithm>

namespace troupe::actors {
namespace {

using Names = std::vector<std::string>;

bool holds(const Names& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void append(Names& list, const Names& more) { list.insert(list.end(), more.begin(), more.end()); }

template <class T>
void lay(T& under, const std::optional<T>& over) {
  if (over) under = *over;
}

/// Those of `one` that are in `other` as well.
Names both(Names one, const Names& other) {
  std::erase_if(one, [&](const std::string& name) { return !holds(other, name); });
  return one;
}

/// No tool has such a name: a list of what may be called that must not be empty, which would be all.
constexpr const char* kNoTool = "(none)";

void lay_lists(events::ListRules& rules, const events::GroupLists& group, std::string_view group_id) {
  if (group.mode == "none") return;
  append(rules.blocked_users, group.blacklist);
  if (group.mode != "whitelist") return;
  const bool all_of_group = !rules.allow_only || holds(rules.allowed_groups, group_id);
  rules.allowed_users = all_of_group ? group.whitelist : both(group.whitelist, rules.allowed_users);
  rules.allowed_groups.clear();
  rules.allow_only = true;
}

}  // namespace

events::RateRules within_both(const events::RateRules& one, const events::RateRules& other) {
  if (!one.enabled || !other.enabled) return one.enabled ? one : other;
  return {true, std::min(one.max_messages, other.max_messages), std::max(one.window_seconds, other.window_seconds)};
}

events::ToolRules tools_for(const events::ToolRules& house, const events::GroupTools& group) {
  events::ToolRules tools = house;
  tools.enabled = house.enabled && group.enabled.value_or(true);
  append(tools.disabled, group.blocked);
  append(tools.disabled_categories, group.blocked_categories);
  if (group.allowed.empty()) return tools;
  tools.only = house.only.empty() ? group.allowed : both(group.allowed, house.only);
  if (tools.only.empty()) tools.only = {kNoTool};
  return tools;
}

events::BotSettings settings_for(const events::BotSettings& house, const events::GroupSettings& group,
                                 std::string_view group_id) {
  events::BotSettings settings = house;
  lay_lists(settings.lists, group.lists, group_id);
  auto& wake = settings.wake;
  wake.in_groups = house.wake.in_groups && group.enabled;
  lay(wake.at, group.wake.at);
  lay(wake.prefix, group.wake.prefix);
  lay(wake.keyword, group.wake.keyword);
  lay(wake.random, group.wake.random);
  lay(wake.random_rate, group.wake.random_rate);
  lay(wake.prefixes, group.wake.prefixes);
  lay(wake.keywords, group.wake.keywords);
  settings.tools = tools_for(house.tools, group.tools);
  settings.memory.enabled = house.memory.enabled && group.memory.value_or(true);
  if (group.rate) settings.rate = within_both(house.rate, *group.rate);
  return settings;
}

}  // namespace troupe::actors
