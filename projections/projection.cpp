#include "projections/projection.hpp"

#include "projections/rows.hpp"

namespace troupe::projections {
namespace {

template <class Event>
Expected<Rows> rows_of_events(const events::Record& record) {
  Rows rows;
  const Context context{record.id(), record.time};
  for (const auto& stored : record.events) {
    auto event = events::decode<Event>(stored);
    if (!event) return tl::unexpected(event.error());
    project(*event, context, rows);
  }
  return rows;
}

std::vector<TableId> tables(std::initializer_list<Table> list) {
  std::vector<TableId> ids;
  for (const Table table : list) ids.push_back(static_cast<TableId>(table));
  return ids;
}

}  // namespace

Expected<Rows> rows_of(const events::Record& record) {
  const auto category = record.category();
  if (category == events::kLogs || category == events::kMessages) {
    Rows rows;
    project_feed(category, record.events.size(), {record.id(), record.time}, rows);
    return rows;
  }
  if (category == "command") return rows_of_events<events::CommandEvent>(record);
  if (category == "bot") return rows_of_events<events::BotEvent>(record);
  if (category == "account") return rows_of_events<events::AccountEvent>(record);
  if (category == "reset_requests") return rows_of_events<events::ResetRequestEvent>(record);
  return Rows{};
}

const std::vector<Projection>& all_projections() {
  using enum Table;
  // The counters are fed by all four, so they stand or fall together: one version for the whole read side.
  static const std::vector<Projection> projections = {
      {"read_side", 1,
       tables({accounts, credentials, logins, bots, bots_by_owner, bots_by_time, bot_data, commands, commands_by_bot,
               commands_by_owner, commands_by_number, pending_commands, counters, reset_requests, reset_mails,
               account_numbers})}};
  return projections;
}

}  // namespace troupe::projections
