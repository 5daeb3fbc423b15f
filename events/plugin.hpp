// What plugins consist of and what they keep. A plugin itself is an entry of the catalogue.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/codec.hpp"

namespace troupe::events {

/// Categories of the streams here: `package/<digest>`, and `plugin_data/<id of the plugin>`.
inline constexpr std::string_view kPackages = "package";
inline constexpr std::string_view kPluginData = "plugin_data";

/// The files of a package, so that a backup holds them.
struct PackageStored {
  static constexpr std::string_view type = "PackageStored";
  static constexpr std::uint16_t schema = 1;
  std::string digest;                        ///< of the files: BLAKE2b-256 in url-safe base64
  std::string name;                          ///< of its folder
  std::map<std::string, std::string> files;  ///< text by path below the folder: `main.lua`
};
TROUPE_EVENT(PackageStored, digest, name, files)

/// No plugin is made of it any more.
struct PackageDropped {
  static constexpr std::string_view type = "PackageDropped";
  static constexpr std::uint16_t schema = 1;
  std::string name;
};
TROUPE_EVENT(PackageDropped, name)

using PackageEvent = std::variant<PackageStored, PackageDropped>;

/// What a plugin keeps for later, key by key. Keys and values may name people: a key stands here as its keyed digest, and
/// each value together with its key, `[key, value]` as JSON, is sealed under the data folder's key.
struct PluginDataChanged {
  static constexpr std::string_view type = "PluginDataChanged";
  static constexpr std::uint16_t schema = 1;
  std::map<std::string, std::string> sealed;  ///< by the digest of the key
  std::vector<std::string> erased;            ///< digests of keys
};
TROUPE_EVENT(PluginDataChanged, sealed, erased)

using PluginDataEvent = std::variant<PluginDataChanged>;

}  // namespace troupe::events
