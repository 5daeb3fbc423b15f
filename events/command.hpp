// What can happen to a command. Stream `command/<id>`; an id is `cmd_<number>_<6 hex digits>`. What is
// `personal` here (events/codec.hpp) is the bot's owner's; the type of a command is not, as the statistics name it.
#pragma once

#include "events/account.hpp"
#include "events/codec.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kCommands = "command";

struct CommandQueued {
  static constexpr std::string_view type = "CommandQueued";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"payload"};
  std::string id;
  std::uint64_t number = 0;  ///< from the id; commands are listed in its order
  std::string bot_id;
  AccountId owner_id = 0;
  std::string command_type;
  Json payload = Json::object();
  std::string created_by;  ///< `api` or `socket`
};
TROUPE_EVENT(CommandQueued, id, number, bot_id, owner_id, command_type, payload, created_by)

/// Handed to one poller, for a time.
struct CommandLeased {
  static constexpr std::string_view type = "CommandLeased";
  static constexpr std::uint16_t schema = 1;
  std::string bot_id;
  std::uint64_t number = 0;
  Micros leased_until = 0;
  std::uint32_t attempt = 0;  ///< from 1
};
TROUPE_EVENT(CommandLeased, bot_id, number, leased_until, attempt)

/// Acknowledged by the bot, or failed because its bot is gone.
struct CommandFinished {
  static constexpr std::string_view type = "CommandFinished";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"result"};
  std::string bot_id;
  std::uint64_t number = 0;
  std::string status;  ///< completed or failed
  Json result = Json::object();
};
TROUPE_EVENT(CommandFinished, bot_id, number, status, result)

using CommandEvent = std::variant<CommandQueued, CommandLeased, CommandFinished>;

}  // namespace troupe::events
