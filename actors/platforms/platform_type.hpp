// The kinds of platforms that the house speaks, and what each is configured with. Pure.
//
// Names of settings are those that bots' control panels know. Settings that panels send and the house does not support
// are known too, so that a panel's whole form is taken as long as they are left empty.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "actors/secrets.hpp"
#include "events/catalogue.hpp"
#include "events/json.hpp"

namespace troupe::actors::platforms {

struct Setting {
  enum class Kind : std::uint8_t {
    text,         ///< one line
    port,         ///< from 1 to 65535
    http_url,     ///< of check_outgoing_url; may be empty where it is not required
    ws_url,       ///< the same for ws and wss
    unsupported,  ///< null, false or empty
  };
  const char* name;
  Kind kind = Kind::text;
  const char* fallback = "";  ///< of a port in decimal
  bool is_secret = false;     ///< kept sealed, and never shown
  bool is_required = false;
  const char* alias = nullptr;  ///< another name that is taken for it
};

struct PlatformType {
  std::string_view name;
  std::string_view display_name;
  std::string_view description;
  std::span<const Setting> settings;
};

/// All there are.
std::span<const PlatformType> platform_types();
/// Null where there is none.
const PlatformType* platform_type(std::string_view name);
/// `type must be one of aiocqhttp, …`. Errors: invalid (`type`).
tl::unexpected<Error> unknown_type();

/// What a panel shows before anything is set: every setting with its default, secrets empty.
Json config_template(const PlatformType& type);

/// Of an entry as the catalogue keeps it. Errors: invalid, with the setting's name as field.
Expected<void> check_config(const PlatformType& type, const Json& config,
                            const std::map<std::string, std::string>& sealed_secrets);

/// `http://…` for `ws://…`, `https://…` for `wss://…`; anything else as it is.
std::string as_http_url(std::string_view url);

/// The setting of an entry whose value is near (actors/base_url.hpp): empty when there is none.
std::string near_setting(const Json& config);

struct SplitConfig {
  Json config = Json::object();
  std::map<std::string, std::string> sealed_secrets;
};
/// A flat config, as panels send it, as the catalogue keeps it: by the settings' own names, secrets sealed. A secret that
/// is left out is the one `before`; an empty one is none. Errors: invalid (a setting's name).
Expected<SplitConfig> split_config(const PlatformType& type, const Json& flat, const Secrets& secrets,
                                   const std::map<std::string, std::string>& before = {});

/// What a connection is made of: defaults, what was set, and the secrets. Errors: corrupt (a secret does not open).
Expected<Json> whole_config(const PlatformType& type, const events::Platform& platform, const Secrets& secrets);

}  // namespace troupe::actors::platforms
