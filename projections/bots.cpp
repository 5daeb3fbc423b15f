// Bots, in the orders they are listed, and the data they synced.
#include "projections/changes.hpp"

namespace troupe::projections {
namespace {

using namespace events;

std::string by_time(Micros created_at, std::string_view id) {
  return big64(static_cast<std::uint64_t>(created_at)) + std::string(id);
}

std::string by_owner(AccountId owner, Micros created_at, std::string_view id) {
  return big64(static_cast<std::uint64_t>(owner)) + by_time(created_at, id);
}

void on(const BotCreated& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(e.id, BotRow{e.id, e.owner_id, e.name, "offline", c.time, 0, e.metadata, e.sealed_token}));
  rows.push_back(put_key(Table::bots_by_owner, by_owner(e.owner_id, c.time, e.id)));
  rows.push_back(put_key(Table::bots_by_time, by_time(c.time, e.id)));
  rows.push_back(add(kTotalBots, 1));
  rows.push_back(add(owner_bots(e.owner_id), 1));
}

void on(const BotUpdated& e, const Context& c, Rows& rows) {
  Json fields = Json::object();
  if (e.name) fields["name"] = *e.name;
  if (e.metadata) fields["metadata"] = *e.metadata;
  rows.push_back(patch<BotRow>(std::string(c.id), fields));
}

void on(const BotTokenRegenerated& e, const Context& c, Rows& rows) {
  rows.push_back(patch<BotRow>(std::string(c.id), {{"sealed_token", e.sealed_token}}));
}

void on(const BotRegistered& e, const Context& c, Rows& rows) {
  Json fields = {{"status", e.status}, {"last_active", c.time}};
  if (e.name) fields["name"] = *e.name;
  if (e.metadata) fields["metadata"] = *e.metadata;
  rows.push_back(patch<BotRow>(std::string(c.id), fields));
}

void on(const BotStatusReported& e, const Context& c, Rows& rows) {
  rows.push_back(patch<BotRow>(std::string(c.id), {{"status", e.status}, {"last_active", c.time}}));
}

void on(const BotWentOffline& e, const Context& c, Rows& rows) {
  rows.push_back(patch<BotRow>(std::string(c.id), {{"status", "offline"}, {"last_active", e.last_heard}}));
}

void on(const BotDataSynced& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(std::string(c.id), BotDataRow{e.data, c.time}));
  rows.push_back(patch<BotRow>(std::string(c.id), {{"last_active", c.time}}));
}

void on(const BotDeleted& e, const Context& c, Rows& rows) {
  rows.push_back(erase(Table::bots, std::string(c.id)));
  rows.push_back(erase(Table::bot_data, std::string(c.id)));
  rows.push_back(erase(Table::bots_by_owner, by_owner(e.owner_id, e.created_at, c.id)));
  rows.push_back(erase(Table::bots_by_time, by_time(e.created_at, c.id)));
  rows.push_back(add(kTotalBots, -1));
  rows.push_back(add(owner_bots(e.owner_id), -1));
}

}  // namespace

void project(const BotEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
