// The packages that plugins are made of, and what plugins keep.
#include "projections/changes.hpp"

namespace troupe::projections {

void project(const events::PackageEvent& event, const Context& context, Rows& rows) {
  if (const auto* stored = std::get_if<events::PackageStored>(&event))
    rows.push_back(put_row(stored->digest, PackageRow{stored->digest, stored->name, stored->files}));
  else
    rows.push_back(erase(Table::packages, std::string(context.id)));
}

void project(const events::PluginDataEvent& event, const Context& context, Rows& rows) {
  const auto& changed = std::get<events::PluginDataChanged>(event);
  const std::string plugin = std::string(context.id) + "/";
  for (const auto& [key, sealed] : changed.sealed) rows.push_back(put_bytes(Table::plugin_data, plugin + key, sealed));
  for (const auto& key : changed.erased) rows.push_back(erase(Table::plugin_data, plugin + key));
}

}  // namespace troupe::projections
