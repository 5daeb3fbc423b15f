// Reads of packages and of what plugins keep. Thread-safe; nothing is cached.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "projections/read_row.hpp"

namespace troupe::projections {

inline std::optional<PackageRow> package(const storage::Store& store, std::string_view digest) {
  return read_row<PackageRow>(store, digest);
}

/// Names of the plugins that packages are for, by digest.
inline std::map<std::string, std::string> package_names(const storage::Store& store) {
  std::map<std::string, std::string> names;
  store.scan(id_of(Table::packages), {}, {}, storage::Store::Direction::forward,
             [&](std::string_view digest, std::string_view value) {
               if (const auto row = parse_row<PackageRow>(store, value)) names.emplace(digest, row->name);
               return true;
             });
  return names;
}

/// Ids of the plugins that keep something.
inline std::set<std::string> plugins_with_data(const storage::Store& store) {
  std::set<std::string> ids;
  store.scan(id_of(Table::plugin_data), {}, {}, storage::Store::Direction::forward,
             [&](std::string_view key, std::string_view) {
               ids.emplace(key.substr(0, key.find('/')));
               return true;
             });
  return ids;
}

/// By the digests of their keys, still sealed.
inline std::map<std::string, std::string> plugin_data(const storage::Store& store, const std::string& plugin_id) {
  std::map<std::string, std::string> found;
  const std::string prefix = plugin_id + "/";
  store.scan(id_of(Table::plugin_data), prefix, {}, storage::Store::Direction::forward,
             [&](std::string_view key, std::string_view value) {
               found.emplace(key.substr(prefix.size()), value);
               return true;
             });
  return found;
}

}  // namespace troupe::projections
