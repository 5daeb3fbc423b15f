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
  Json fields = e.entry;
  fields["updated_at"] = c.time;
  rows.push_back(patch<EntryRow<Entry>>(std::string(c.id), std::move(fields)));
}

template <class Entry>
void on(const events::EntryRemoved<Entry>&, const Context& c, Rows& rows) {
  rows.push_back(erase(EntryRow<Entry>::table, std::string(c.id)));
}

}  // namespace

void project(const events::ProviderEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

void project(const events::PersonalityEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
