#include "http/surfaces/nekobot/settings_view.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace troupe::http::nekobot {
namespace {

/// Two names of one field, in dots: this dialect's, and that of BotSettings.
struct Name {
  std::string_view shown, stored;
};

constexpr Name kConfig[] = {
    {"command_prefix", "command_prefix"},
    {"panel_prefix", "panel_prefix"},
    {"debug", "debug"},
    {"admins_id", "admins"},
    {"whitelist.enabled", "lists.allow_only"},
    {"whitelist.private", "lists.allowed_users"},
    {"whitelist.group", "lists.allowed_groups"},
    {"blacklist.private", "lists.blocked_users"},
    {"blacklist.group", "lists.blocked_groups"},
    {"rate_limit.enabled", "rate.enabled"},
    {"rate_limit.max_messages", "rate.max_messages"},
    {"rate_limit.time_window", "rate.window_seconds"},
    {"waking.enabled", "wake.prefix"},
    {"waking.prefixes", "wake.prefixes"},
    {"waking.private", "wake.in_private"},
    {"waking.group", "wake.in_groups"},
    {"waking.at", "wake.at"},
    {"waking.keyword", "wake.keyword"},
    {"waking.keywords", "wake.keywords"},
    {"waking.random", "wake.random"},
    {"waking.random_rate", "wake.random_rate"},
    {"session.enabled", "conversations.only_listed"},
    {"session.enabled_sessions", "conversations.listed"},
    {"session.one_for_each_user", "conversations.one_for_each_user"},
    {"session.max_messages", "conversations.max_messages"},
    {"content_safety.enabled", "safety.enabled"},
    {"content_safety.sensitive_words", "safety.words"},
    {"result_decorate.enabled", "decoration.enabled"},
    {"result_decorate.prefix", "decoration.prefix"},
    {"result_decorate.suffix", "decoration.suffix"},
    {"tools.enabled", "tools.enabled"},
    {"tools.allow_dangerous", "tools.allow_dangerous"},
    {"tools.dangerous", "tools.dangerous"},
    {"tools.admin_only", "tools.admin_only"},
    {"tools.disabled", "tools.disabled"},
    {"tools.disabled_categories", "tools.disabled_categories"},
    {"tools.only", "tools.only"},
    {"tools.max_rounds", "tools.max_rounds"},
    {"memory.enabled", "memory.enabled"},
    {"memory.max_memories", "memory.max_memories"},
    {"memory.auto_extract", "memory.auto_extract"},
};

constexpr Name kPanel[] = {
    {"theme", "panel.theme"},
    {"language", "panel.language"},
    {"notifications.enabled", "panel.notify"},
    {"notifications.types", "panel.notify_of"},
    {"auto_restart", "panel.auto_restart"},
};

template <class AnyJson>
typename AnyJson::json_pointer pointer(std::string_view dotted) {
  std::string path = "/" + std::string(dotted);
  std::replace(path.begin(), path.end(), '.', '/');
  return typename AnyJson::json_pointer(path);
}

OrderedJson view(const events::BotSettings& settings, std::span<const Name> names) {
  const OrderedJson stored = Json(settings);
  OrderedJson shown = OrderedJson::object();
  for (const Name& name : names) shown[pointer<OrderedJson>(name.shown)] = stored[pointer<OrderedJson>(name.stored)];
  return shown;
}

bool is_section(std::span<const Name> names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const Name& one) { return one.shown.starts_with(name + "."); });
}

bool is_array_of_texts(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_string(); });
}

/// Nothing when the value is of the kind that the field has.
std::optional<std::string> wrong_kind(const Json& field, const Json& value) {
  if (field.is_boolean()) return value.is_boolean() ? std::nullopt : std::optional<std::string>("true or false");
  if (field.is_string()) return value.is_string() ? std::nullopt : std::optional<std::string>("a string");
  if (field.is_array())
    return is_array_of_texts(value) ? std::nullopt : std::optional<std::string>("an array of strings");
  if (field.is_number_integer())
    return value.is_number_integer() ? std::nullopt : std::optional<std::string>("an integer");
  return value.is_number() ? std::nullopt : std::optional<std::string>("a number");
}

/// Puts what `given` says of the section `within` into `changed`. `stored` has a value of every field's kind.
Expected<void> gather(Json& changed, const Json& stored, std::span<const Name> names, const Json& given,
                      const std::string& within) {
  for (const auto& [key, value] : given.items()) {
    const std::string full = within + key;
    const auto known = std::find_if(names.begin(), names.end(), [&](const Name& name) { return name.shown == full; });
    if (known != names.end()) {
      if (const auto wanted = wrong_kind(stored[pointer<Json>(known->stored)], value))
        return fail(Errc::invalid, full + " must be " + *wanted, full);
      changed[std::string(known->stored)] = value;
      continue;
    }
    if (!is_section(names, full)) return fail(Errc::invalid, "There is no setting " + full, full);
    if (!value.is_object()) return fail(Errc::invalid, full + " must be an object", full);
    if (auto ok = gather(changed, stored, names, value, full + "."); !ok) return ok;
  }
  return {};
}

Expected<Json> changes(std::span<const Name> names, const Json& given) {
  Json changed = Json::object();
  if (auto ok = gather(changed, events::BotSettings{}, names, given, ""); !ok) return tl::unexpected(ok.error());
  return changed;
}

}  // namespace

OrderedJson config_view(const events::BotSettings& settings) { return view(settings, kConfig); }
OrderedJson panel_view(const events::BotSettings& settings) { return view(settings, kPanel); }

Expected<Json> config_changes(const Json& config) { return changes(kConfig, config); }
Expected<Json> panel_changes(const Json& panel) { return changes(kPanel, panel); }

Error in_names_of_the_view(Error error) {
  for (const auto names : {std::span<const Name>(kConfig), std::span<const Name>(kPanel)}) {
    for (const Name& name : names) {
      if (name.stored != error.field) continue;
      if (error.message.starts_with(error.field)) error.message.replace(0, error.field.size(), name.shown);
      error.field = name.shown;
      return error;
    }
  }
  return error;
}

}  // namespace troupe::http::nekobot
