// The providers that answer at the moment: those of the settings, then the catalogue's. Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "actors/llm/models.hpp"
#include "actors/secrets.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/usage_queries.hpp"

namespace troupe::actors::llm {

class ConfiguredProviders {
 public:
  /// `reach` is that of the catalogue's; whoever made the settings may name any place.
  ConfiguredProviders(const storage::Store& store, const Secrets& secrets, Models& models,
                      std::vector<Provider> of_settings, Reach reach);

  /// Gives the models those that are enabled now, by priority. A name that the settings have already, and an entry whose
  /// keys do not open, are left out and logged. After every change of the catalogue.
  void refresh();

 private:
  std::vector<Provider> of_catalogue() const;

  projections::ProviderQueries queries_;
  projections::UsageQueries usage_;
  const Secrets& secrets_;
  Models& models_;
  const std::vector<Provider> of_settings_;
  const Reach reach_;
  std::mutex mutex_;  ///< so that the newest list is the one that stays
};

}  // namespace troupe::actors::llm
