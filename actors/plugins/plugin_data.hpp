// What a plugin keeps between calls and restarts: a small dictionary, and what of it is not stored yet.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors::plugins {

/// One thread at a time.
class PluginData {
 public:
  explicit PluginData(std::map<std::string, Json> kept = {});

  /// Null: there is no such key.
  const Json* find(const std::string& key) const;

  /// Those that begin so, sorted.
  std::vector<std::string> keys(const std::string& prefix) const;

  /// A null value takes the key away. Errors: invalid (`key`), too_large (a limit of defaults.hpp).
  Expected<void> set(const std::string& key, Json value);

  /// What was set since the last call: a value, or null for what was taken away.
  std::map<std::string, Json> take_changes();

  /// Those keys are not stored after all: they are changes again, with the values that they have now.
  void store_again(const std::vector<std::string>& keys);

 private:
  std::map<std::string, Json> values_;
  std::set<std::string> changed_;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::actors::plugins
