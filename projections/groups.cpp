// Groups as their administrators set them up, who may, and what no longer counts towards their limits.
#include "projections/changes.hpp"
#include "projections/group_keys.hpp"

namespace troupe::projections {
namespace {

using namespace events;

AccountId group_in(const Context& c) { return std::stoll(std::string(c.id)); }

void on(const GroupSettingsChanged& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(big64(e.group), GroupRow{e.group, e.settings, c.time}));
}

void on(const GroupSettingsReset& e, const Context&, Rows& rows) {
  rows.push_back(erase(Table::groups, big64(e.group)));
}

// Codes are found by their claims.
void on(const GroupCodeIssued&, const Context&, Rows&) {}
void on(const GroupCodesEnded&, const Context&, Rows&) {}

void on(const GroupAdminLoggedIn& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(e.token_hash, GroupLoginRow{group_in(c), e.user, e.expires_at}));
}

void on(const GroupLoginsEnded& e, const Context&, Rows& rows) {
  for (const auto& hash : e.token_hashes) rows.push_back(erase(Table::group_logins, hash));
}

void on(const GroupUsageReset& e, const Context&, Rows& rows) {
  const auto forgive = [&](AccountId user, std::int64_t count) {
    rows.push_back(add(Table::group_days, group_day_key(e.group, e.day, GroupFigure::forgiven, user), count));
    rows.push_back(erase(Table::group_days, group_day_key(e.group, e.day, GroupFigure::told, user)));
  };
  forgive(0, e.count);
  for (const auto& [user, count] : e.users) forgive(user, count);
}

}  // namespace

void project(const events::GroupEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
