// What a plugin keeps between calls and restarts: a small dictionary, and what of it is not stored yet.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "events/account.hpp"
#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors::plugins {

/// Each contact has keys of its own, which go when it is forgotten.
struct PluginKey {
  events::AccountId contact = 0;  ///< 0: the plugin's own
  std::string name;

  auto operator<=>(const PluginKey&) const = default;
};

/// One thread at a time.
class PluginData {
 public:
  explicit PluginData(std::map<PluginKey, Json> kept = {});

  /// Null: there is no such key.
  const Json* find(const PluginKey& key) const;

  /// The names of one contact's, or of the plugin's own, that begin so; sorted.
  std::vector<std::string> names(const PluginKey& prefix) const;

  /// A null value takes the key away. Errors: invalid (`key`), too_large (a limit of defaults.hpp).
  Expected<void> set(const PluginKey& key, Json value);

  /// Takes all of its keys away.
  void forget(events::AccountId contact);

  /// What was set since the last call: a value, or null for what was taken away.
  std::map<PluginKey, Json> take_changes();

  /// Those keys are not stored after all: they are changes again, with the values that they have now.
  void store_again(const std::vector<PluginKey>& keys);

 private:
  std::map<PluginKey, Json> values_;
  std::set<PluginKey> changed_;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::actors::plugins
