#include "http/surfaces/chatai/group_view.hpp"

#include <algorithm>
#include <functional>
#include <span>

namespace troupe::http::chatai {
namespace {

using events::GroupSettings;

template <class T>
OrderedJson or_null(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

/// What wakes the bot, by the modes that panels know.
struct Mode {
  const char* name;
  bool at, prefix, keyword, random;
};
constexpr Mode kModes[] = {{"at", true, false, false, false},     {"prefix", false, true, false, false},
                           {"both", true, true, false, false},    {"keyword", false, false, true, false},
                           {"random", false, false, false, true}, {"none", false, false, false, false}};
constexpr const char* kAsTheHouse = "default";
constexpr const char* kNoSuchMode = "custom";  ///< shown where no mode says it all; changes nothing

std::string mode_of(const events::GroupWake& wake) {
  if (!wake.at && !wake.prefix && !wake.keyword && !wake.random) return kAsTheHouse;
  for (const Mode& mode : kModes)
    if (wake.at == mode.at && wake.prefix == mode.prefix && wake.keyword == mode.keyword && wake.random == mode.random)
      return mode.name;
  return kNoSuchMode;
}

enum class Type : std::uint8_t { text, flag, integer, number, texts, object };

bool has_type(const Json& value, Type type) {
  switch (type) {
    case Type::text: return value.is_string();
    case Type::flag: return value.is_boolean();
    case Type::integer: return value.is_number_integer();
    case Type::number: return value.is_number();
    case Type::texts:
      return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); });
    case Type::object: return value.is_object();
  }
  return false;
}

const char* in_words(Type type) {
  switch (type) {
    case Type::text: return "a string";
    case Type::flag: return "true or false";
    case Type::integer: return "an integer";
    case Type::number: return "a number";
    case Type::texts: return "an array of strings";
    case Type::object: return "an object";
  }
  return "";
}

/// A field that stands for one of the settings as it is; null is as the bots' settings have it, where that may be.
struct Place {
  std::string_view name;
  Type type;
  const char* pointer;  ///< RFC 6901
  bool may_be_null = false;
};

constexpr Place kSettings[] = {{"groupName", Type::text, "/name"},
                               {"enabled", Type::flag, "/enabled"},
                               {"systemPrompt", Type::text, "/prompt"},
                               {"presetId", Type::text, "/personality"},
                               {"preset", Type::text, "/personality"},
                               {"toolsEnabled", Type::flag, "/tools/enabled", true},
                               {"listMode", Type::text, "/lists/mode"},
                               {"blacklist", Type::texts, "/lists/blacklist"},
                               {"whitelist", Type::texts, "/lists/whitelist"}};
constexpr Place kTriggers[] = {{"at", Type::flag, "/wake/at", true},
                               {"keyword", Type::flag, "/wake/keyword", true},
                               {"randomRate", Type::number, "/wake/random_rate", true},
                               {"keywords", Type::texts, "/wake/keywords", true}};
constexpr Place kTools[] = {{"enabled", Type::flag, "/tools/enabled", true},
                            {"allowedTools", Type::texts, "/tools/allowed"},
                            {"blockedTools", Type::texts, "/tools/blocked"},
                            {"disabledTools", Type::texts, "/tools/blocked"},
                            {"disabledCategories", Type::texts, "/tools/blocked_categories"}};
constexpr Place kMemory[] = {{"enabled", Type::flag, "/memory", true}};
constexpr Place kLimits[] = {{"dailyGroupLimit", Type::integer, "/limits/daily_group"},
                             {"dailyUserLimit", Type::integer, "/limits/daily_user"},
                             {"limitMessage", Type::text, "/limits/message"}};
constexpr Place kRate[] = {{"enabled", Type::flag, "/rate/enabled"},
                           {"maxRequests", Type::integer, "/rate/max_messages"},
                           {"windowSeconds", Type::integer, "/rate/window_seconds"}};
constexpr Place kModels[] = {{"chat", Type::text, "/model"}};

/// What answers show, and nobody sets here.
constexpr std::string_view kShownOnly[] = {"groupId", "id",          "hasCustomConfig", "presets",     "channels",
                                           "members", "memberCount", "userId",          "customPrefix"};

tl::unexpected<Error> wrong_type(const std::string& name, Type type) {
  return fail(Errc::invalid, name + " must be " + in_words(type), name);
}

tl::unexpected<Error> not_supported(const std::string& name) {
  return fail(Errc::invalid, name + " is not supported by the groups of this server", name);
}

/// Puts the fields of `body` at their places; `otherwise` takes the others: false when it does not know one.
Expected<void> apply(const Json& body, const std::string& path, std::span<const Place> places, Json& patch,
                     const std::function<Expected<bool>(const std::string&, const Json&)>& otherwise = {}) {
  for (const auto& [name, value] : body.items()) {
    const std::string full = path + name;
    const auto place =
        std::find_if(places.begin(), places.end(), [&name = name](const Place& one) { return one.name == name; });
    if (place == places.end()) {
      const auto taken = otherwise ? otherwise(name, value) : Expected<bool>(false);
      if (!taken) return tl::unexpected(taken.error());
      if (!*taken && !says_nothing(value)) return not_supported(full);
      continue;
    }
    const Json::json_pointer at(place->pointer);
    if (value.is_null() && !place->may_be_null && place->type != Type::text) return wrong_type(full, place->type);
    if (!value.is_null() && !has_type(value, place->type)) return wrong_type(full, place->type);
    patch[at] = value.is_null() && !place->may_be_null ? Json("") : value;
  }
  return {};
}

Expected<void> apply_mode(const Json& value, Json& patch) {
  if (!value.is_string()) return wrong_type("triggerMode", Type::text);
  const auto& name = value.get_ref<const std::string&>();
  if (name == kNoSuchMode) return {};
  const auto mode =
      std::find_if(std::begin(kModes), std::end(kModes), [&](const Mode& one) { return name == one.name; });
  if (mode == std::end(kModes) && name != kAsTheHouse)
    return fail(Errc::invalid, "triggerMode must be default, at, prefix, both, keyword, random or none", "triggerMode");
  const bool is_house = mode == std::end(kModes);
  for (const auto& [field, wakes] : {std::pair{"at", is_house || mode->at},
                                     {"prefix", is_house || mode->prefix},
                                     {"keyword", is_house || mode->keyword},
                                     {"random", is_house || mode->random}})
    patch["wake"][field] = is_house ? Json(nullptr) : Json(wakes);
  return {};
}

Expected<void> apply_prefix(const Json& value, Json& patch) {
  if (!value.is_string()) return wrong_type("customPrefix", Type::text);
  patch["wake"]["prefixes"] = value == "" ? Json(nullptr) : Json::array({value});
  return {};
}

/// `prefix` is a list of prefixes, or whether one wakes the bot; `random` whether chance does, or how often.
Expected<bool> apply_trigger(const std::string& name, const Json& value, Json& patch) {
  Json& wake = patch["wake"];
  if (name == "prefix" || name == "prefixes") {
    if (value.is_null() || has_type(value, Type::texts))
      return wake["prefixes"] = value.empty() ? Json(nullptr) : value, true;
    if (value.is_boolean()) return wake["prefix"] = value, true;
    return wrong_type("triggers.prefix", Type::texts);
  }
  if (name == "usePrefix") {
    if (!value.is_null() && !value.is_boolean()) return wrong_type("triggers.usePrefix", Type::flag);
    return wake["prefix"] = value, true;
  }
  if (name != "random") return false;
  if (value.is_null() || value.is_boolean()) return wake["random"] = value, true;
  if (!value.is_number()) return wrong_type("triggers.random", Type::number);
  wake["random"] = value.get<double>() > 0;
  if (value.get<double>() > 0) wake["random_rate"] = value;
  return true;
}

}  // namespace

events::Provider provider_of(const events::GroupChannel& channel) {
  events::Provider provider;
  provider.name = "group";
  provider.format = channel.format;
  provider.base_url = channel.base_url;
  provider.sealed_keys = channel.sealed_keys;
  provider.key_hints = channel.key_hints;
  provider.model = channel.model;
  provider.models = channel.models;
  return provider;
}

OrderedJson triggers_view(const GroupSettings& settings) {
  const auto& wake = settings.wake;
  return {{"prefix", wake.prefixes ? OrderedJson(*wake.prefixes) : OrderedJson::array()},
          {"usePrefix", or_null(wake.prefix)},
          {"at", or_null(wake.at)},
          {"keyword", or_null(wake.keyword)},
          {"keywords", or_null(wake.keywords)},
          {"random", or_null(wake.random)},
          {"randomRate", or_null(wake.random_rate)}};
}

OrderedJson group_tools_view(const events::GroupTools& tools) {
  return {{"enabled", or_null(tools.enabled)},
          {"allowedTools", tools.allowed},
          {"blockedTools", tools.blocked},
          {"disabledTools", tools.blocked},
          {"disabledCategories", tools.blocked_categories}};
}

OrderedJson limits_view(const events::GroupLimits& limits) {
  return {
      {"dailyGroupLimit", limits.daily_group}, {"dailyUserLimit", limits.daily_user}, {"limitMessage", limits.message}};
}

OrderedJson group_channel_view(const std::optional<events::GroupChannel>& channel) {
  if (!channel) return {{"hasChannel", false}};
  OrderedJson keys = OrderedJson::array();
  for (const auto& hint : channel->key_hints) keys.push_back(masked(hint));
  return {{"hasChannel", true},
          {"adapterType", adapter_of(channel->format)},
          {"baseUrl", channel->base_url},
          {"apiKey", keys.empty() ? OrderedJson("") : keys.front()},
          {"apiKeys", keys},
          {"models", models_of(provider_of(*channel))}};
}

OrderedJson group_view(const GroupSettings& settings) {
  const auto rate = settings.rate.value_or(events::RateRules{});
  const auto& prefixes = settings.wake.prefixes;
  return {{"enabled", settings.enabled},
          {"systemPrompt", settings.prompt},
          {"presetId", settings.personality},
          {"preset", settings.personality},
          {"triggerMode", mode_of(settings.wake)},
          {"customPrefix", prefixes && prefixes->size() == 1 ? prefixes->front() : ""},
          {"triggers", triggers_view(settings)},
          {"toolsEnabled", or_null(settings.tools.enabled)},
          {"tools", group_tools_view(settings.tools)},
          {"memory", {{"enabled", or_null(settings.memory)}}},
          {"rateLimit",
           {{"enabled", rate.enabled}, {"maxRequests", rate.max_messages}, {"windowSeconds", rate.window_seconds}}},
          {"models", {{"chat", settings.model}}},
          {"listMode", settings.lists.mode},
          {"blacklist", settings.lists.blacklist},
          {"whitelist", settings.lists.whitelist},
          {"usageLimit", limits_view(settings.limits)},
          {"independentChannel", group_channel_view(settings.channel)}};
}

Expected<Json> triggers_patch(const Json& body) {
  Json patch = Json::object();
  const auto other = [&](const std::string& name, const Json& value) { return apply_trigger(name, value, patch); };
  if (auto ok = apply(body, "triggers.", kTriggers, patch, other); !ok) return tl::unexpected(ok.error());
  return patch;
}

Expected<Json> group_tools_patch(const Json& body) {
  Json patch = Json::object();
  if (auto ok = apply(body, "tools.", kTools, patch); !ok) return tl::unexpected(ok.error());
  return patch;
}

Expected<Json> limits_patch(const Json& body) {
  Json patch = Json::object();
  if (auto ok = apply(body, "usageLimit.", kLimits, patch); !ok) return tl::unexpected(ok.error());
  return patch;
}

Expected<Json> group_channel_patch(const Json& body, const GroupSettings& before, const actors::Secrets& secrets) {
  Json given = body;
  const Json has = given.value("hasChannel", Json(nullptr));
  given.erase("hasChannel");
  given.erase("channels");
  if (has == false) return Json{{"channel", nullptr}};
  if (says_nothing(given)) return Json::object();
  auto known = before.channel.value_or(events::GroupChannel{});
  const auto url = given.find("baseUrl");
  // Who did not give the keys must not have them sent to a place of their own.
  const bool moves =
      url != given.end() && url->is_string() && trimmed(url->get_ref<const std::string&>()) != known.base_url;
  if (moves) known.sealed_keys = known.key_hints = {};
  auto fields = channel_fields_of(given, provider_of(known), secrets);
  if (!fields) return tl::unexpected(fields.error());
  if (moves && !fields->contains("sealed_keys")) (*fields)["sealed_keys"] = (*fields)["key_hints"] = Json::array();
  const Json places = known;
  for (const auto& [name, value] : fields->items())
    if (!places.contains(name)) return not_supported(name == "embedding_model" ? "embeddingModel" : name);
  if (!before.channel && !fields->contains("base_url"))
    (*fields)["base_url"] = usual_base_url(fields->value("format", known.format));
  // Masks were read as the keys of this place, which may be another one by the time that this is decided.
  if (fields->contains("sealed_keys") && !fields->contains("base_url")) (*fields)["base_url"] = known.base_url;
  return Json{{"channel", std::move(*fields)}};
}

Expected<Json> group_patch(const Json& body, const GroupSettings& before, const actors::Secrets& secrets) {
  Json patch = Json::object();
  if (const auto mode = body.find("triggerMode"); mode != body.end())
    if (auto ok = apply_mode(*mode, patch); !ok) return tl::unexpected(ok.error());
  if (const auto prefix = body.find("customPrefix"); prefix != body.end())
    if (auto ok = apply_prefix(*prefix, patch); !ok) return tl::unexpected(ok.error());
  const auto merged = [&patch](Expected<Json> part) -> Expected<bool> {
    if (!part) return tl::unexpected(part.error());
    // Not a merge patch, which would take its nulls for what is to be left out.
    for (const auto& [name, value] : part->items())
      value.is_object() && patch.contains(name) && patch[name].is_object() ? patch[name].update(value)
                                                                           : void(patch[name] = value);
    return true;
  };
  const auto placed = [&](const std::string& name, const Json& value, std::span<const Place> places) -> Expected<bool> {
    if (auto ok = apply(value, name + ".", places, patch); !ok) return tl::unexpected(ok.error());
    return true;
  };
  const auto other = [&](const std::string& name, const Json& value) -> Expected<bool> {
    if (name == "triggerMode" || std::find(std::begin(kShownOnly), std::end(kShownOnly), name) != std::end(kShownOnly))
      return true;
    const bool is_part = name == "triggers" || name == "tools" || name == "memory" || name == "rateLimit" ||
                         name == "models" || name == "usageLimit" || name == "independentChannel";
    if (!is_part) return false;
    if (value.is_null())
      return name == "independentChannel" ? merged(Json{{"channel", nullptr}}) : Expected<bool>(true);
    if (!value.is_object()) return wrong_type(name, Type::object);
    if (name == "triggers") return merged(triggers_patch(value));
    if (name == "tools") return merged(group_tools_patch(value));
    if (name == "usageLimit") return merged(limits_patch(value));
    if (name == "memory") return placed(name, value, kMemory);
    if (name == "rateLimit") return placed(name, value, kRate);
    if (name == "models") return placed(name, value, kModels);
    return merged(group_channel_patch(value, before, secrets));
  };
  if (auto ok = apply(body, "", kSettings, patch, other); !ok) return tl::unexpected(ok.error());
  return patch;
}

std::string group_field(const std::string& field) {
  const std::string pointer = [&] {
    std::string text = "/" + field;
    std::replace(text.begin(), text.end(), '.', '/');
    return text;
  }();
  const std::pair<const char*, std::span<const Place>> parts[] = {
      {"", kSettings},          {"triggers.", kTriggers}, {"tools.", kTools},  {"memory.", kMemory},
      {"usageLimit.", kLimits}, {"rateLimit.", kRate},    {"models.", kModels}};
  for (const auto& [path, places] : parts)
    for (const Place& place : places)
      if (pointer == place.pointer) return path + std::string(place.name);
  if (pointer == "/wake/prefixes") return "triggers.prefix";
  return field == "base_url" ? "baseUrl" : field == "keys" ? "apiKeys" : field;
}

}  // namespace troupe::http::chatai
