// Commands, in the orders they are listed; those that wait, in the order they are polled; and their counts.
#include "projections/changes.hpp"

namespace troupe::projections {
namespace {

using namespace events;

std::string ordered(std::uint64_t number, std::string_view id) { return big64(number) + std::string(id); }

void on(const CommandQueued& e, const Context& c, Rows& rows) {
  CommandRow row;
  row.id = e.id;
  row.bot_id = e.bot_id;
  row.owner_id = e.owner_id;
  row.type = e.command_type;
  row.payload = e.payload;
  row.status = "pending";
  row.created_by = e.created_by;
  row.created_at = c.time;
  const std::string at = ordered(e.number, e.id);
  rows.push_back(put_row(e.id, row));
  rows.push_back(put_key(Table::commands_by_bot, e.bot_id + at));
  rows.push_back(put_key(Table::commands_by_owner, big64(static_cast<std::uint64_t>(e.owner_id)) + at));
  rows.push_back(put_key(Table::commands_by_number, at));
  rows.push_back(put_bytes(Table::pending_commands, e.bot_id + at, big64(0)));
  rows.push_back(add(kTotalCommands, 1));
  rows.push_back(add(kPendingCommands, 1));
  rows.push_back(add(of_bot(e.bot_id, "commands"), 1));
  rows.push_back(add(of_bot(e.bot_id, "pending"), 1));
  rows.push_back(add(of_bot(e.bot_id, "type/" + e.command_type), 1));
}

void on(const CommandLeased& e, const Context& c, Rows& rows) {
  rows.push_back(put_bytes(Table::pending_commands, e.bot_id + ordered(e.number, c.id),
                           big64(static_cast<std::uint64_t>(e.leased_until))));
  rows.push_back(patch<CommandRow>(std::string(c.id), {{"dispatched_at", c.time}, {"attempts", e.attempt}}));
}

void on(const CommandFinished& e, const Context& c, Rows& rows) {
  rows.push_back(erase(Table::pending_commands, e.bot_id + ordered(e.number, c.id)));
  rows.push_back(
      patch<CommandRow>(std::string(c.id), {{"status", e.status}, {"result", e.result}, {"completed_at", c.time}}));
  rows.push_back(add(kPendingCommands, -1));
  rows.push_back(add(of_bot(e.bot_id, "pending"), -1));
  rows.push_back(add(of_bot(e.bot_id, e.status), 1));
}

}  // namespace

void project(const CommandEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
