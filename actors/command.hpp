// The decider of commands: queued once, leased to one poller at a time, finished once. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/command.hpp"

namespace troupe::actors {

using events::AccountId;

struct CommandState {
  bool exists = false;
  std::string bot_id;
  AccountId owner_id = 0;
  std::uint64_t number = 0;
  std::uint32_t attempts = 0;
  Micros leased_until = 0;
  std::string status = {};  ///< pending, completed or failed
  Json result = nullptr;    ///< kept to tell a repeated acknowledgement from a contradicting one
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CommandState, exists, bot_id, owner_id, number, attempts, leased_until,
                                                status, result)

struct QueueCommand {
  std::string id;
  std::uint64_t number = 0;
  std::string bot_id;
  AccountId owner_id = 0;
  std::string type;
  Json payload = Json::object();
  std::string created_by = "api";
};
/// Refused with conflict while another poller holds the command.
struct LeaseCommand {
  Micros lease = 0;  ///< how long
};
/// The same acknowledgement again changes nothing; another one of a finished command is a conflict.
struct FinishCommand {
  std::string status;
  Json result = Json::object();
};

struct CommandDecider {
  using State = CommandState;
  using Event = events::CommandEvent;
  using Command = std::variant<QueueCommand, LeaseCommand, FinishCommand>;
  static constexpr std::string_view category = events::kCommands;
  static constexpr std::uint16_t snapshot_schema = 2;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  static std::vector<Claim> claims(const State& before, const Event& event);
  static AccountId owner(const State& state) { return state.owner_id; }
};

}  // namespace troupe::actors
