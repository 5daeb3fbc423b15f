// Catalogue entries as they stand.
#include "projections/changes.hpp"

namespace troupe::projections {
namespace {

template <class Entry>
void on(const events::EntryAdded<Entry>& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(e.id, EntryRow<Entry>{e.id, e.entry, c.time, 0}));
}

template <class Entry>
void on(const events::EntryChanged<Entry>& e, const Context& c, Rows& rows) {
  if constexpr (requires { Entry::only_id; })
    return rows.push_back(put_row(std::string(c.id), EntryRow<Entry>{std::string(c.id), e.entry, 0, c.time}));
  Json fields = e.entry;
  fields["updated_at"] = c.time;
  rows.push_back(patch<EntryRow<Entry>>(std::string(c.id), std::move(fields)));
}

template <class Entry>
void on(const events::EntryRemoved<Entry>&, const Context& c, Rows& rows) {
  rows.push_back(erase(EntryRow<Entry>::table, std::string(c.id)));
}

}  // namespace

template <class Entry>
void project(const events::EntryEvent<Entry>& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}
template void project(const events::ProviderEvent&, const Context&, Rows&);
template void project(const events::PersonalityEvent&, const Context&, Rows&);
template void project(const events::PlatformEvent&, const Context&, Rows&);
template void project(const events::PluginEvent&, const Context&, Rows&);
template void project(const events::McpServerEvent&, const Context&, Rows&);
template void project(const events::CustomToolEvent&, const Context&, Rows&);
template void project(const events::BotSettingsEvent&, const Context&, Rows&);

}  // namespace troupe::projections
