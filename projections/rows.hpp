// The rows that projections keep, and the tables they stand in. Rows are CBOR maps unless said otherwise.
#pragma once

#include <string>

#include "events/account.hpp"
#include "storage/journal.hpp"

namespace troupe::projections {

using events::AccountId;
using storage::TableId;

/// Numbers are for ever: a table that is dropped leaves its number unused.
enum class Table : TableId {
  accounts = 1,             ///< big64(account) -> AccountRow
  credentials = 2,          ///< big64(account) -> argon2id hash, as text
  logins = 3,               ///< token digest -> big64(account) big64(expires_at)
  bots = 4,                 ///< bot id -> BotRow
  bots_by_owner = 5,        ///< big64(owner) big64(created_at) bot id -> nothing
  bots_by_time = 6,         ///< big64(created_at) bot id -> nothing
  bot_data = 7,             ///< bot id -> BotDataRow
  commands = 8,             ///< command id -> CommandRow
  commands_by_bot = 9,      ///< bot id big64(number) command id -> nothing
  commands_by_owner = 10,   ///< big64(owner) big64(number) command id -> nothing
  commands_by_number = 11,  ///< big64(number) command id -> nothing
  pending_commands = 12,    ///< bot id big64(number) command id -> big64(leased_until)
  counters = 13,            ///< name -> counter
  reset_requests = 14,      ///< request -> sealed e-mail: asked for, not worked out yet
  reset_mails = 15,         ///< token digest -> ResetMailRow: issued, not sent yet
  account_numbers = 16,     ///< big64(account) -> nothing, also of deleted accounts: numbers are not used again
};

/// Bot ids all have this many letters, so keys that start with one need no separator.
inline constexpr std::size_t kBotIdLength = 6;

struct AccountRow {
  static constexpr Table table = Table::accounts;
  AccountId id = 0;
  std::string username, email, fullname, phone, birthday, gender;
  std::string role;
  Micros created_at = 0;
  Micros last_login = 0;  ///< 0: never
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccountRow, id, username, email, fullname, phone, birthday, gender,
                                                role, created_at, last_login)

struct BotRow {
  static constexpr Table table = Table::bots;
  std::string id;
  AccountId owner_id = 0;
  std::string name;
  std::string status;
  Micros created_at = 0;
  Micros last_active = 0;  ///< 0: never
  Json metadata = Json::object();
  std::string sealed_token;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BotRow, id, owner_id, name, status, created_at, last_active, metadata,
                                                sealed_token)

struct BotDataRow {
  static constexpr Table table = Table::bot_data;
  Json data = Json::object();
  Micros updated_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BotDataRow, data, updated_at)

struct CommandRow {
  static constexpr Table table = Table::commands;
  std::string id;
  std::string bot_id;
  AccountId owner_id = 0;
  std::string type;
  Json payload = Json::object();
  std::string status;  ///< pending, completed or failed
  std::string created_by;
  Micros created_at = 0;
  Micros dispatched_at = 0;  ///< 0: never
  std::uint32_t attempts = 0;
  Micros completed_at = 0;  ///< 0: not yet
  Json result = nullptr;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CommandRow, id, bot_id, owner_id, type, payload, status, created_by,
                                                created_at, dispatched_at, attempts, completed_at, result)

struct ResetMailRow {
  static constexpr Table table = Table::reset_mails;
  AccountId account = 0;
  std::string email;
  std::string sealed_token;
  Micros expires_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ResetMailRow, account, email, sealed_token, expires_at)

// Names of counters

inline constexpr const char* kTotalUsers = "users";
inline constexpr const char* kTotalBots = "bots";
inline constexpr const char* kTotalCommands = "commands";
inline constexpr const char* kPendingCommands = "pending";
inline constexpr const char* kTotalLogs = "logs";
inline constexpr const char* kTotalMessages = "messages";
inline std::string owner_bots(AccountId owner) { return "owner/" + std::to_string(owner) + "/bots"; }
/// One of a bot's own: `commands`, `pending`, `completed`, `failed`, `logs`, `messages`, or `type/<command type>`.
inline std::string of_bot(std::string_view bot_id, std::string_view what) {
  return "bot/" + std::string(bot_id) + "/" + std::string(what);
}

}  // namespace troupe::projections
