#include "actors/plugins/plugin_data.hpp"

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::plugins {
namespace {

std::size_t bytes_of(const PluginKey& key, const Json& value) { return key.name.size() + json_text(value).size(); }

tl::unexpected<Error> too_large(const std::string& what, std::size_t most) {
  return fail(Errc::too_large, what + " at most " + std::to_string(most), "value");
}

}  // namespace

PluginData::PluginData(std::map<PluginKey, Json> kept) : values_(std::move(kept)) {
  for (const auto& [key, value] : values_) bytes_ += bytes_of(key, value);
}

const Json* PluginData::find(const PluginKey& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<std::string> PluginData::names(const PluginKey& prefix) const {
  std::vector<std::string> found;
  for (auto at = values_.lower_bound(prefix);
       at != values_.end() && at->first.contact == prefix.contact && at->first.name.starts_with(prefix.name); ++at)
    found.push_back(at->first.name);
  return found;
}

void PluginData::forget(events::AccountId contact) {
  for (const auto& name : names({contact, {}})) (void)set({contact, name}, nullptr);  // taking away has no errors
}

Expected<void> PluginData::set(const PluginKey& key, Json value) {
  if (key.name.empty() || key.name.size() > defaults::kMaxPluginDataKeyBytes || !is_utf8(key.name))
    return fail(Errc::invalid, "a key must have 1 to " + std::to_string(defaults::kMaxPluginDataKeyBytes) + " bytes",
                "key");
  const Json* before = find(key);
  const std::size_t freed = before ? bytes_of(key, *before) : 0;
  if (value.is_null()) {
    if (!before) return {};
    values_.erase(key);
  } else {
    const std::size_t taken = bytes_of(key, value);
    if (taken - key.name.size() > defaults::kMaxPluginDataValueBytes)
      return too_large("a value must have, in bytes as JSON,", defaults::kMaxPluginDataValueBytes);
    if (!before && values_.size() >= defaults::kMaxPluginDataKeys)
      return too_large("a plugin's keys must be", defaults::kMaxPluginDataKeys);
    if (bytes_ - freed + taken > defaults::kMaxPluginDataBytes)
      return too_large("all that a plugin keeps must have, in bytes as JSON,", defaults::kMaxPluginDataBytes);
    values_[key] = std::move(value);
    bytes_ += taken;
  }
  bytes_ -= freed;
  changed_.insert(key);
  return {};
}

std::map<PluginKey, Json> PluginData::take_changes() {
  std::map<PluginKey, Json> changes;
  for (const auto& key : changed_) {
    const Json* value = find(key);
    changes.emplace(key, value ? *value : Json(nullptr));
  }
  changed_.clear();
  return changes;
}

void PluginData::store_again(const std::vector<PluginKey>& keys) { changed_.insert(keys.begin(), keys.end()); }

}  // namespace troupe::actors::plugins
