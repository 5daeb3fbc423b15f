#include "actors/platforms/platform_type.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "actors/base_url.hpp"
#include "actors/catalogue_entry.hpp"
#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::platforms {
namespace {

using Kind = Setting::Kind;

constexpr std::size_t kMaxSettingLength = 1024;

constexpr Setting kOneBot[] = {
    // Not every address, as elsewhere: without a token anybody could speak as anyone, so that must be chosen.
    {.name = "ws_host", .fallback = "127.0.0.1"},
    {.name = "ws_port", .kind = Kind::port, .fallback = "6299"},
    {.name = "ws_url", .kind = Kind::ws_url},
    {.name = "access_token", .is_secret = true},
    {.name = "command_prefix"},
};
constexpr Setting kTelegram[] = {
    {.name = "telegram_token", .is_secret = true, .is_required = true, .alias = "token"},
    {.name = "base_url", .kind = Kind::http_url, .fallback = "https://api.telegram.org", .is_required = true},
    {.name = "command_prefix"},
    {.name = "telegram_api_id", .kind = Kind::unsupported},
    {.name = "telegram_api_hash", .kind = Kind::unsupported},
    {.name = "telegram_proxy", .kind = Kind::unsupported},
};
constexpr Setting kDiscord[] = {
    {.name = "discord_token", .is_secret = true, .is_required = true, .alias = "token"},
    {.name = "base_url", .kind = Kind::http_url, .fallback = "https://discord.com/api/v10", .is_required = true},
    {.name = "gateway_url", .kind = Kind::ws_url, .fallback = "wss://gateway.discord.gg", .is_required = true},
    {.name = "discord_activity_name"},
    {.name = "command_prefix"},
    {.name = "discord_guild_id_for_debug", .kind = Kind::unsupported},
    {.name = "discord_command_register", .kind = Kind::unsupported},
    {.name = "discord_proxy", .kind = Kind::unsupported},
};
constexpr Setting kWebhook[] = {
    {.name = "secret", .is_secret = true, .is_required = true},
    {.name = "url", .kind = Kind::http_url},
    {.name = "command_prefix"},
};
constexpr PlatformType kTypes[] = {
    {"aiocqhttp", "OneBot v11",
     "QQ and others by OneBot v11: clients connect to ws_host:ws_port, or the house connects to ws_url", kOneBot},
    {"telegram", "Telegram", "The Bot API, by long polling", kTelegram},
    {"discord", "Discord", "The gateway and the REST API, version 10", kDiscord},
    {"webhook", "Webhook", "Signed HTTP: POST /webhook/<platform id> brings messages, answers are sent to url",
     kWebhook},
};

tl::unexpected<Error> wrong(const Setting& setting, const std::string& what) {
  return fail(Errc::invalid, std::string(setting.name) + " " + what, setting.name);
}

const Setting* setting_named(const PlatformType& type, std::string_view name) {
  const auto at = std::find_if(type.settings.begin(), type.settings.end(), [&](const Setting& setting) {
    return setting.name == name || (setting.alias && setting.alias == name);
  });
  return at == type.settings.end() ? nullptr : &*at;
}

bool is_empty(const Json& value) {
  return value.is_null() || value == false || (value.is_string() && value.get_ref<const std::string&>().empty());
}

/// A port as a number, also where a form sent it as text.
std::optional<int> port_of(const Json& value) {
  if (value.is_number_integer()) {
    const auto port = value.get<std::int64_t>();
    return port >= 1 && port <= 65535 ? std::optional<int>(static_cast<int>(port)) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && port != 0;
  return whole ? std::optional<int>(port) : std::nullopt;
}

Expected<void> check_value(const Setting& setting, const Json& value) {
  if (setting.kind == Kind::unsupported)
    return is_empty(value) ? Expected<void>{} : wrong(setting, "is not supported: leave it empty");
  if (setting.kind == Kind::port) return port_of(value) ? Expected<void>{} : wrong(setting, "must be from 1 to 65535");
  if (!value.is_string()) return wrong(setting, "must be text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty()) return setting.is_required ? wrong(setting, "must not be empty") : Expected<void>{};
  if (setting.is_secret)  // it goes into a header or a path
    return check_key(text) ? Expected<void>{} : wrong(setting, "must be at most 512 visible ASCII characters");
  if (setting.kind == Kind::text) return check_line(setting.name, text, kMaxSettingLength);
  if (setting.kind == Kind::http_url) return check_outgoing_url(setting.name, text);
  if (as_http_url(text) == text) return wrong(setting, "must begin with ws:// or wss://");
  return check_outgoing_url(setting.name, as_http_url(text));
}

/// What one setting cannot know of another.
Expected<void> check_together(const PlatformType& type, const Json& config,
                              const std::map<std::string, std::string>& sealed_secrets) {
  if (type.name != "aiocqhttp" || !config.value("ws_url", std::string()).empty()) return {};
  const auto host = config.value("ws_host", std::string());
  const bool on_loopback = host == "localhost" || host.starts_with("127.") || host == "::1";
  if (on_loopback || sealed_secrets.contains("access_token")) return {};
  return fail(Errc::invalid, "access_token must be set, since " + host + " can be reached by others", "access_token");
}

Json default_of(const Setting& setting) {
  if (setting.kind == Kind::unsupported) return nullptr;
  if (setting.kind == Kind::port) return std::stoi(setting.fallback);
  return setting.fallback;
}

Json with_defaults(const PlatformType& type, const Json& config) {
  Json whole = Json::object();
  for (const auto& setting : type.settings)
    if (!setting.is_secret) whole[setting.name] = config.value(setting.name, default_of(setting));
  return whole;
}

}  // namespace

std::span<const PlatformType> platform_types() { return kTypes; }

const PlatformType* platform_type(std::string_view name) {
  const auto at =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& type) { return type.name == name; });
  return at == std::end(kTypes) ? nullptr : &*at;
}

tl::unexpected<Error> unknown_type() {
  std::string names;
  for (const auto& type : kTypes) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return fail(Errc::invalid, "type must be one of " + names, "type");
}

Json config_template(const PlatformType& type) {
  Json config = Json::object();
  for (const auto& setting : type.settings) config[setting.name] = default_of(setting);
  return config;
}

Expected<void> check_config(const PlatformType& type, const Json& config,
                            const std::map<std::string, std::string>& sealed_secrets) {
  for (const auto& [name, value] : config.items()) {
    const Setting* setting = setting_named(type, name);
    if (!setting || setting->name != name)
      return fail(Errc::invalid, std::string(type.name) + " has no setting " + name, name);
    if (setting->is_secret) return wrong(*setting, "is a secret, which is kept sealed");
    if (auto ok = check_value(*setting, value); !ok) return ok;
  }
  for (const auto& [name, sealed] : sealed_secrets) {
    const Setting* setting = setting_named(type, name);
    if (!setting || setting->name != name || !setting->is_secret)
      return fail(Errc::invalid, std::string(type.name) + " has no secret " + name, name);
  }
  const Json whole = with_defaults(type, config);
  for (const auto& setting : type.settings) {
    if (!setting.is_required) continue;
    const bool is_set = setting.is_secret ? sealed_secrets.contains(setting.name) : !is_empty(whole[setting.name]);
    if (!is_set) return wrong(setting, "must be set");
  }
  return check_together(type, whole, sealed_secrets);
}

std::string as_http_url(std::string_view url) {
  const bool is_ws = url.starts_with("ws:") || url.starts_with("wss:");
  return is_ws ? "http" + std::string(url.substr(2)) : std::string(url);
}

std::string near_setting(const Json& config) {
  for (const auto& [name, value] : config.items())
    if (value.is_string() && name.ends_with("url") && is_near(as_http_url(value.get_ref<const std::string&>())))
      return name;
  return {};
}

Expected<SplitConfig> split_config(const PlatformType& type, const Json& flat, const Secrets& secrets,
                                   const std::map<std::string, std::string>& before) {
  if (!flat.is_object()) return fail(Errc::invalid, "config must be an object", "config");
  SplitConfig split{Json::object(), before};
  for (const auto& [name, value] : flat.items()) {
    const Setting* setting = setting_named(type, name);
    if (!setting) return fail(Errc::invalid, std::string(type.name) + " has no setting " + name, name);
    if (setting->kind == Kind::unsupported && is_empty(value)) continue;
    const Json given = value.is_null() ? default_of(*setting) : value;
    if (auto ok = check_value(*setting, given); !ok) return tl::unexpected(ok.error());
    if (!setting->is_secret) {
      split.config[setting->name] = setting->kind == Kind::port ? Json(*port_of(given)) : given;
      continue;
    }
    const auto& secret = given.get_ref<const std::string&>();
    if (secret.empty()) {
      split.sealed_secrets.erase(setting->name);
      continue;
    }
    if (type.name == "webhook" && secret.size() < defaults::kMinWebhookSecretLength)
      return wrong(*setting, "must have at least " + std::to_string(defaults::kMinWebhookSecretLength) + " characters");
    split.sealed_secrets[setting->name] = secrets.seal(secret);
  }
  return split;
}

Expected<Json> whole_config(const PlatformType& type, const events::Platform& platform, const Secrets& secrets) {
  Json whole = with_defaults(type, platform.config);
  for (const auto& setting : type.settings) {
    if (!setting.is_secret) continue;
    const auto sealed = platform.sealed_secrets.find(setting.name);
    if (sealed == platform.sealed_secrets.end()) {
      whole[setting.name] = "";
      continue;
    }
    auto secret = secrets.unseal(sealed->second);
    if (!secret)
      return fail(Errc::corrupt, std::string(setting.name) + " cannot be read with this data key", setting.name);
    whole[setting.name] = std::move(*secret);
  }
  return whole;
}

}  // namespace troupe::actors::platforms
