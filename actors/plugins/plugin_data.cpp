#include "actors/plugins/plugin_data.hpp"

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::plugins {
namespace {

std::size_t bytes_of(const std::string& key, const Json& value) { return key.size() + json_text(value).size(); }

tl::unexpected<Error> too_large(const std::string& what, std::size_t most) {
  return fail(Errc::too_large, what + " at most " + std::to_string(most), "value");
}

}  // namespace

PluginData::PluginData(std::map<std::string, Json> kept) : values_(std::move(kept)) {
  for (const auto& [key, value] : values_) bytes_ += bytes_of(key, value);
}

const Json* PluginData::find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<std::string> PluginData::keys(const std::string& prefix) const {
  std::vector<std::string> found;
  for (auto at = values_.lower_bound(prefix); at != values_.end() && at->first.starts_with(prefix); ++at)
    found.push_back(at->first);
  return found;
}

Expected<void> PluginData::set(const std::string& key, Json value) {
  if (key.empty() || key.size() > defaults::kMaxPluginDataKeyBytes || !is_utf8(key))
    return fail(Errc::invalid, "a key must have 1 to " + std::to_string(defaults::kMaxPluginDataKeyBytes) + " bytes",
                "key");
  const Json* before = find(key);
  const std::size_t freed = before ? bytes_of(key, *before) : 0;
  if (value.is_null()) {
    if (!before) return {};
    values_.erase(key);
  } else {
    const std::size_t taken = bytes_of(key, value);
    if (taken - key.size() > defaults::kMaxPluginDataValueBytes)
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

std::map<std::string, Json> PluginData::take_changes() {
  std::map<std::string, Json> changes;
  for (const auto& key : changed_) {
    const Json* value = find(key);
    changes.emplace(key, value ? *value : Json(nullptr));
  }
  changed_.clear();
  return changes;
}

void PluginData::store_again(const std::vector<std::string>& keys) { changed_.insert(keys.begin(), keys.end()); }

}  // namespace troupe::actors::plugins
