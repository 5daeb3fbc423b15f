#include "http/surfaces/chatai/settings_view.hpp"

#include <algorithm>

#include "actors/catalogue_entry.hpp"

namespace troupe::http::chatai {
namespace {

/// Where a value stands here, and where in the settings, in dots both.
struct Place {
  std::string_view path, stored;
};

constexpr Place kPlaces[] = {
    {"basic.commandPrefix", "panel_prefix"},
    {"basic.pluginPrefix", "command_prefix"},
    {"basic.debug", "debug"},
    {"admin.masters", "admins"},
    {"trigger.private.mode", "wake.in_private"},
    {"trigger.group.enabled", "wake.in_groups"},
    {"trigger.group.at", "wake.at"},
    {"trigger.group.prefix", "wake.prefix"},
    {"trigger.group.keyword", "wake.keyword"},
    {"trigger.group.random", "wake.random"},
    {"trigger.group.randomRate", "wake.random_rate"},
    {"trigger.prefixes", "wake.prefixes"},
    {"trigger.keywords", "wake.keywords"},
    {"trigger.whitelistOnly", "lists.allow_only"},
    {"trigger.whitelistUsers", "lists.allowed_users"},
    {"trigger.whitelistGroups", "lists.allowed_groups"},
    {"trigger.blacklistUsers", "lists.blocked_users"},
    {"trigger.blacklistGroups", "lists.blocked_groups"},
    {"context.maxMessages", "conversations.max_messages"},
    {"context.isolation.groupUserIsolation", "conversations.one_for_each_user"},
    {"context.onlyListed", "conversations.only_listed"},
    {"context.listed", "conversations.listed"},
    {"memory.enabled", "memory.enabled"},
    {"memory.maxMemories", "memory.max_memories"},
    {"memory.autoExtract", "memory.auto_extract"},
    {"tools.enabled", "tools.enabled"},
    {"tools.allowDangerous", "tools.allow_dangerous"},
    {"tools.dangerousTools", "tools.dangerous"},
    {"tools.adminOnlyTools", "tools.admin_only"},
    {"tools.allowedTools", "tools.only"},
    {"tools.disabledTools", "tools.disabled"},
    {"tools.disabledCategories", "tools.disabled_categories"},
    {"tools.maxRounds", "tools.max_rounds"},
    {"output.enabled", "decoration.enabled"},
    {"output.prefix", "decoration.prefix"},
    {"output.suffix", "decoration.suffix"},
    {"safety.enabled", "safety.enabled"},
    {"safety.words", "safety.words"},
    {"rateLimit.enabled", "rate.enabled"},
    {"rateLimit.maxMessages", "rate.max_messages"},
    {"rateLimit.windowSeconds", "rate.window_seconds"},
};

/// Other paths to the same, as the two forms of the documentation and older clients have them.
constexpr std::pair<std::string_view, std::string_view> kOtherPaths[] = {
    {"commandPrefix", "basic.commandPrefix"}, {"debug", "basic.debug"}, {"trigger.prefix", "trigger.prefixes"}};
constexpr std::string_view kOlderTools = "builtinTools.";

constexpr std::string_view kPrivateEnabled = "trigger.private.enabled";

std::string usual_path(std::string_view path) {
  for (const auto& [other, usual] : kOtherPaths)
    if (path == other) return std::string(usual);
  if (path.starts_with(kOlderTools)) return "tools." + std::string(path.substr(kOlderTools.size()));
  return std::string(path);
}

Json::json_pointer pointer_to(std::string_view stored) {
  std::string pointer = "/" + std::string(stored);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  return Json::json_pointer(pointer);
}

const Place* place_at(std::string_view path) {
  const auto found =
      std::find_if(std::begin(kPlaces), std::end(kPlaces), [&](const Place& p) { return p.path == path; });
  return found == std::end(kPlaces) ? nullptr : found;
}

void put(OrderedJson& tree, std::string_view path, OrderedJson value) {
  OrderedJson* node = &tree;
  for (;;) {
    const auto dot = path.find('.');
    node = &(*node)[std::string(path.substr(0, dot))];
    if (dot == path.npos) break;
    path.remove_prefix(dot + 1);
  }
  *node = std::move(value);
}

using Leaves = std::vector<std::pair<std::string, Json>>;

void collect_leaves(const Json& tree, const std::string& path, Leaves& leaves) {
  if (!tree.is_object()) {
    leaves.emplace_back(path, tree);
    return;
  }
  for (const auto& [name, value] : tree.items()) collect_leaves(value, path.empty() ? name : path + "." + name, leaves);
}

const char* kind_of(const Json& value) {
  return value.is_boolean()          ? "true or false"
         : value.is_number_integer() ? "an integer"
         : value.is_number()         ? "a number"
         : value.is_array()          ? "an array of strings"
                                     : "a string";
}

bool has_kind_of(const Json& value, const Json& before) {
  if (before.is_array())
    return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); });
  if (before.is_number_float()) return value.is_number();
  return (before.is_boolean() && value.is_boolean()) || (before.is_string() && value.is_string()) ||
         (before.is_number_integer() && value.is_number_integer());
}

/// A change on its way: `settings` as they will be.
struct Applying {
  Json settings;
  SettingsChange change;
  bool whitelist_given = false, whitelist_only_given = false;

  void apply(const std::string& given, Json value) {
    const std::string path = usual_path(given);
    if (path == kPrivateEnabled) return apply_private(given, value);
    const Place* place = place_at(path);
    if (!place) return refuse(given, "is no setting");
    Json& target = settings[pointer_to(place->stored)];
    if (given == "trigger.prefix" && value.is_string()) value = Json::array({value});
    if (!has_kind_of(value, target)) return refuse(given, std::string("must be ") + kind_of(target));
    whitelist_given = whitelist_given || path == "trigger.whitelistUsers" || path == "trigger.whitelistGroups";
    whitelist_only_given = whitelist_only_given || path == "trigger.whitelistOnly";
    set(place->stored, std::move(value));
    change.updated.push_back(given);
  }

  void set(std::string_view stored, Json value) {
    settings[pointer_to(stored)] = value;
    change.fields[std::string(stored)] = std::move(value);
  }

  void refuse(const std::string& path, const std::string& why) {
    change.problems.push_back({path, (path.empty() ? "The configuration" : path) + " " + why});
  }

 private:
  void apply_private(const std::string& given, const Json& value) {
    if (!value.is_boolean()) return refuse(given, "must be true or false");
    if (!value.get<bool>())
      set("wake.in_private", "off");
    else if (settings["wake"]["in_private"] == "off")
      set("wake.in_private", "always");
    change.updated.push_back(given);
  }
};

/// As the settings' own rules name a field, in this dialect's words.
std::string path_of_field(const std::string& field) {
  for (const Place& place : kPlaces)
    if (field == place.stored) return std::string(place.path);
  return field;
}

}  // namespace

OrderedJson view_of(const events::BotSettings& settings) {
  const Json fields = settings;
  OrderedJson tree = OrderedJson::object();
  for (const Place& place : kPlaces) put(tree, place.path, fields[pointer_to(place.stored)]);
  put(tree, kPrivateEnabled, settings.wake.in_private != "off");
  put(tree, "trigger.prefix", settings.wake.prefixes);
  tree["commandPrefix"] = settings.panel_prefix;
  tree["debug"] = settings.debug;
  return tree;
}

SettingsChange change_of(const events::BotSettings& settings, const Json& tree) {
  Applying applying{settings, {}};
  Leaves leaves;
  collect_leaves(tree, {}, leaves);
  // `enabled` stands before `mode`, which says more.
  std::stable_partition(leaves.begin(), leaves.end(), [](const auto& leaf) { return leaf.first == kPrivateEnabled; });
  for (auto& [path, value] : leaves) applying.apply(path, std::move(value));
  // In this dialect a list of the allowed that is not empty allows nobody else.
  const Json& lists = applying.settings["lists"];
  if (applying.whitelist_given && !applying.whitelist_only_given)
    applying.set("lists.allow_only", !lists["allowed_users"].empty() || !lists["allowed_groups"].empty());
  auto& change = applying.change;
  if (change.problems.empty())
    if (const auto ok = actors::check(applying.settings.get<events::BotSettings>()); !ok)
      change.problems.push_back({path_of_field(ok.error().field), ok.error().message});
  if (!change.problems.empty()) change.fields = Json::object();
  return std::move(change);
}

}  // namespace troupe::http::chatai
