#include "actors/command.hpp"

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<CommandEvent>>;

Decision on(const CommandState& state, const QueueCommand& c, Micros) {
  if (state.exists) return fail(Errc::conflict, "command exists already", "id");
  if (auto ok = check_line("type", c.type, defaults::kMaxCommandTypeLength); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_json_size("payload", c.payload, defaults::kMaxMetadataBytes); !ok)
    return tl::unexpected(ok.error());
  return {{CommandQueued{c.id, c.number, c.bot_id, c.owner_id, c.type, c.payload, c.created_by}}};
}

Decision on(const CommandState& state, const LeaseCommand& c, Micros now) {
  if (state.status != "pending") return fail(Errc::conflict, "command is finished");
  if (now < state.leased_until) return fail(Errc::conflict, "command is leased");
  return {{CommandLeased{state.bot_id, state.number, now + c.lease, state.attempts + 1}}};
}

Decision on(const CommandState& state, const FinishCommand& c, Micros) {
  if (c.status != "completed" && c.status != "failed")
    return fail(Errc::invalid, "status must be completed or failed", "status");
  if (auto ok = check_json_size("result", c.result, defaults::kMaxMetadataBytes); !ok)
    return tl::unexpected(ok.error());
  if (state.status == "pending") return {{CommandFinished{state.bot_id, state.number, c.status, c.result}}};
  if (state.status == c.status && state.result == c.result) return std::vector<CommandEvent>{};
  return fail(Errc::conflict, "Command is already " + state.status);
}

}  // namespace

Decision CommandDecider::decide(const State& state, const Command& command, Micros now) {
  const bool queuing = std::holds_alternative<QueueCommand>(command);
  if (!queuing && !state.exists) return fail(Errc::not_found, "Command not found");
  return std::visit([&](const auto& c) { return on(state, c, now); }, command);
}

void CommandDecider::evolve(State& state, const Event& event, Micros) {
  std::visit(Overloaded{
                 [&](const CommandQueued& e) {
                   state.exists = true;
                   state.bot_id = e.bot_id;
                   state.owner_id = e.owner_id;
                   state.number = e.number;
                   state.status = "pending";
                 },
                 [&](const CommandLeased& e) {
                   state.attempts = e.attempt;
                   state.leased_until = e.leased_until;
                 },
                 [&](const CommandFinished& e) {
                   state.status = e.status;
                   state.result = e.result;
                 },
             },
             event);
}

std::vector<Claim> CommandDecider::claims(const State&, const Event&) { return {}; }

}  // namespace troupe::actors
