// A plugin's package: a zip with one folder, named as the plugin, of text files.
//
//   <name>/main.lua             the plugin
//   <name>/plugin.json          optional: name (that of the folder), version, description, author; others are ignored
//   <name>/config_schema.json   optional: what can be set of it (config_schema.hpp)
//   <name>/….lua                optional: modules, by `require`
//
// Nothing is ever unpacked to a disk. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "events/json.hpp"
#include "events/plugin.hpp"

namespace troupe::actors::plugins {

struct Package {
  std::string name;
  std::string version, description, author;  ///< as plugin.json says; empty where it does not
  Json schema = nullptr;                     ///< null: it has none
  std::map<std::string, std::string> files;  ///< text by path below the folder: `main.lua`
};

/// Errors: too_large (a limit of defaults.hpp), invalid (no zip, damaged, encrypted, a path that is not plain, no text,
/// not one folder, no main.lua, a bad plugin.json or config_schema.json); field `file`.
Expected<Package> read_package(std::string_view zip);

/// A package from its files, as they were stored. Errors: as of read_package.
Expected<Package> package_of(std::string name, std::map<std::string, std::string> files);

/// Of the name and all files: what a PackageStored is called by.
std::string digest_of(const Package& package);

}  // namespace troupe::actors::plugins
