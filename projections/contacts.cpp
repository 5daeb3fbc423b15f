// Contacts as they stand, and which of them are a platform's.
#include "projections/changes.hpp"

namespace troupe::projections {
namespace {

using namespace events;

void on(const ContactMet& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(big64(e.id), ContactRow{e.id, e.platform, e.is_group, e.foreign_id, e.name, c.time}));
  rows.push_back(put_key(Table::platform_contacts, e.platform + "/" + big64(e.id)));
  rows.push_back(put_key(Table::account_numbers, big64(e.id)));
}

void on(const ContactRenamed& e, const Context&, Rows& rows) {
  rows.push_back(patch<ContactRow>(big64(e.id), {{"name", e.name}}));
}

void on(const ContactForgotten& e, const Context&, Rows& rows) {
  rows.push_back(erase(Table::contacts, big64(e.id)));
  rows.push_back(erase(Table::platform_contacts, e.platform + "/" + big64(e.id)));
}

}  // namespace

void project(const events::ContactEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
