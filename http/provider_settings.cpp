#include "http/provider_settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "actors/catalogue_entry.hpp"
#include "events/json_depth.hpp"

namespace troupe::http {
namespace {

using actors::llm::Provider;

constexpr std::string_view kFromEnvironment = "env:";

struct Entry {
  Provider provider;
  std::int64_t priority = 0;
  bool enabled = true;
};

Expected<std::vector<std::string>> keys_of(const Json& entry, const Environment& environment) {
  std::vector<std::string> keys;
  const auto found = entry.find("keys");
  if (found == entry.end()) return keys;
  const auto bad = [](const std::string& why) { return fail(Errc::invalid, "keys " + why, "keys"); };
  if (!found->is_array()) return bad("must be an array of strings");
  if (found->size() > defaults::kMaxKeysPerProvider)
    return bad("must be at most " + std::to_string(defaults::kMaxKeysPerProvider));
  for (const Json& key : *found) {
    if (!key.is_string()) return bad("must be an array of strings");
    std::string text = key.get<std::string>();
    if (text.starts_with(kFromEnvironment)) {
      const std::string name = text.substr(kFromEnvironment.size());
      auto value = environment(name);
      if (!value || value->empty()) return bad("name the environment variable " + name + ", which is not set");
      text = std::move(*value);
    }
    if (auto ok = actors::check_key(text); !ok) return tl::unexpected(ok.error());
    keys.push_back(std::move(text));
  }
  return keys;
}

Expected<Entry> entry_of(const Json& json, const Environment& environment) {
  if (!json.is_object()) return fail(Errc::invalid, "it must be an object");
  static const std::set<std::string> kFields = {"name",   "format",   "base_url", "keys", "model", "embedding_model",
                                                "models", "priority", "enabled"};
  for (const auto& [name, value] : json.items())
    if (!kFields.contains(name)) return fail(Errc::invalid, "there is no field " + name, name);
  auto keys = keys_of(json, environment);
  if (!keys) return tl::unexpected(keys.error());
  events::Provider entry;
  for (const auto& [name, value] : json.items()) {
    if (name == "keys") continue;
    Json fields = entry;
    fields[name] = value;
    try {
      entry = fields.get<events::Provider>();
    } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
      return fail(Errc::invalid, name + " has the wrong type", name);
    }
  }
  if (auto ok = actors::check(entry); !ok) return tl::unexpected(ok.error());
  Provider provider;
  provider.name = entry.name;
  provider.base_url = entry.base_url;
  provider.keys = std::move(*keys);
  provider.model = entry.model;
  provider.format = actors::llm::format_named(entry.format).value_or(actors::llm::Format::openai);
  provider.embedding_model = entry.embedding_model;
  provider.models = entry.models;
  return Entry{std::move(provider), entry.priority, entry.enabled};
}

}  // namespace

Expected<std::vector<Provider>> providers_in(std::string_view json, const Environment& environment) {
  if (json_depth_exceeds(json, defaults::kMaxJsonDepth)) return fail(Errc::invalid, "it is nested too deep");
  const Json list = Json::parse(json, nullptr, false);
  if (!list.is_array()) return fail(Errc::invalid, "it must be a JSON array of providers");
  if (list.size() > defaults::kMaxProviders)
    return fail(Errc::invalid, "there may be at most " + std::to_string(defaults::kMaxProviders) + " providers");
  std::vector<Entry> entries;
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto entry = entry_of(list[i], environment);
    if (entry && !names.insert(entry->provider.name).second)
      entry = fail(Errc::invalid, "name is another entry's too", "name");
    if (!entry)
      return fail(entry.error().code, "provider " + std::to_string(i + 1) + ": " + entry.error().message,
                  entry.error().field);
    if (entry->enabled) entries.push_back(std::move(*entry));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.priority < b.priority; });
  std::vector<Provider> providers;
  for (auto& entry : entries) providers.push_back(std::move(entry.provider));
  return providers;
}

Expected<std::vector<Provider>> providers_of_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return fail(Errc::not_found, "cannot read the providers in " + file.string() + ": " + error.message());
  if (size > defaults::kMaxProvidersFileBytes)
    return fail(Errc::too_large,
                file.string() + " must have at most " + std::to_string(defaults::kMaxProvidersFileBytes) + " bytes");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(Errc::not_found, "cannot read the providers in " + file.string());
  auto providers = providers_in(text.str(), [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  });
  if (!providers) return fail(providers.error().code, file.string() + ": " + providers.error().message);
  return providers;
}

}  // namespace troupe::http
