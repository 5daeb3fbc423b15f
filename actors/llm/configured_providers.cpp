#include "actors/llm/configured_providers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "actors/base_url.hpp"
#include "projections/session_keys.hpp"

namespace troupe::actors::llm {

ConfiguredProviders::ConfiguredProviders(const storage::Store& store, const Secrets& secrets, Models& models,
                                         std::vector<Provider> of_settings, Reach reach)
    : queries_(store),
      usage_(store),
      secrets_(secrets),
      models_(models),
      of_settings_(std::move(of_settings)),
      reach_(reach) {
  refresh();
}

void ConfiguredProviders::refresh() {
  const std::lock_guard lock(mutex_);
  std::vector<Provider> providers = of_settings_;
  for (auto& provider : of_catalogue()) {
    const bool taken = std::any_of(of_settings_.begin(), of_settings_.end(),
                                   [&](const Provider& other) { return other.name == provider.name; });
    if (taken)
      spdlog::warn("the provider {} of the catalogue is left out: the settings have one of that name", provider.name);
    else
      providers.push_back(std::move(provider));
  }
  models_.configure(std::move(providers));
}

std::vector<Provider> ConfiguredProviders::of_catalogue() const {
  auto rows = queries_.all();
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.entry.priority < b.entry.priority; });
  const auto today = projections::day_of(now_micros());
  std::map<std::string, std::int64_t> used_today;
  for (const auto& figures : usage_.by_name(projections::UsageOf::provider, today, today))
    used_today[figures.name] = figures.calls;
  std::vector<Provider> providers;
  for (auto& [id, entry, created_at, updated_at] : rows) {
    if (!entry.enabled) continue;
    Provider provider;
    provider.name = entry.name;
    provider.format = format_named(entry.format).value_or(Format::openai);  // its decider knows these three alone
    provider.base_url = entry.base_url;
    provider.model = entry.model;
    provider.embedding_model = entry.embedding_model;
    provider.models = entry.models;
    provider.reach = reach_;
    provider.key_order = key_order_named(entry.strategy).value_or(KeyOrder::failover);
    provider.priority = entry.priority;
    provider.weight = entry.weight;
    provider.quota = {entry.quota.daily, entry.quota.hourly, entry.quota.per_minute};
    if (const auto used = used_today.find(entry.name); used != used_today.end()) provider.used_today = used->second;
    for (const auto& sealed : entry.sealed_keys)
      if (auto key = secrets_.unseal(sealed)) provider.keys.push_back(std::move(*key));
    if (reach_ == Reach::public_only && is_near(entry.base_url))
      spdlog::warn(
          "the provider {} is not asked: it is on this machine or in its network, which --allow-local-providers "
          "would allow",
          entry.name);
    if (provider.keys.size() == entry.sealed_keys.size())
      providers.push_back(std::move(provider));
    else
      spdlog::error("the provider {} is left out: its keys do not open with this folder's key", entry.name);
  }
  return providers;
}

}  // namespace troupe::actors::llm
