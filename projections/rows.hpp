// The rows that projections keep, and the tables they stand in. Rows are CBOR maps unless said otherwise.
#pragma once

#include <string>
#include <vector>

#include "events/session.hpp"
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
  api_keys = 17,            ///< big64(account) key id -> ApiKeyRow
  api_keys_by_hash = 18,    ///< digest -> big64(account) key id
  mfa = 19,                 ///< big64(account) -> MfaRow, of those who enabled it or are about to
  login_locks = 20,         ///< big64(account) -> big64(locked_until), of those who were ever locked
  sessions = 21,            ///< big64(session) -> SessionRow
  sessions_of_member = 22,  ///< big64(account) kind `/` big64(session) -> nothing
  members = 23,             ///< big64(session) big64(account) -> big64(joined_at)
  session_messages = 24,    ///< big64(session) big64(number) -> MessageRow
  reactions = 25,           ///< big64(session) big64(number) big64(account) emoji -> nothing
  open_questions = 26,      ///< big64(session) big64(number) -> QuestionRow
  chat_days = 27,           ///< big64(account, or 0 for all) big64(days since 1970) ChatFigure's letter -> counter
  public_channels = 28,     ///< big64(session) -> nothing
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
  bool active = true;
  std::string avatar_url;
  Json preferences = Json::object();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccountRow, id, username, email, fullname, phone, birthday, gender,
                                                role, created_at, last_login, active, avatar_url, preferences)

struct ApiKeyRow {
  static constexpr Table table = Table::api_keys;
  std::string id;
  std::string name;
  std::vector<std::string> permissions;  ///< read, write or both, in this order
  std::string hint;                      ///< the key's last four characters
  Micros created_at = 0;
  Micros expires_at = 0;  ///< 0: never
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ApiKeyRow, id, name, permissions, hint, created_at, expires_at)

struct MfaRow {
  static constexpr Table table = Table::mfa;
  bool enabled = false;
  bool pending = false;       ///< a secret was shown, and no code has confirmed it
  std::string sealed_secret;  ///< base32 under the seal; of the enrolment that is pending, or enabled
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MfaRow, enabled, pending, sealed_secret)

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

struct SessionRow {
  static constexpr Table table = Table::sessions;
  events::SessionId id = 0;
  std::string kind;
  AccountId owner = 0;
  std::string name, description;
  bool is_private = false;
  std::string sealed_title;
  std::string sealed_system_prompt;  ///< the newest one, under the owner's key
  std::int64_t messages = 0;
  Micros created_at = 0;
  Micros last_message_at = 0;  ///< 0: none yet
  Micros archived_at = 0;      ///< 0: it is open
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SessionRow, id, kind, owner, name, description, is_private,
                                                sealed_title, sealed_system_prompt, messages, created_at,
                                                last_message_at, archived_at)

struct MessageRow {
  static constexpr Table table = Table::session_messages;
  std::int64_t number = 0;
  std::string role;
  AccountId author = 0;
  AccountId key_of = 0;
  std::string sealed_text;
  std::string content_type;
  std::vector<AccountId> mentions;
  std::int64_t reply_to = 0;
  std::int64_t thread = 0;  ///< number of the message that the chain of replies began with
  std::vector<std::string> attachments;
  std::int64_t tokens = 0;
  std::string status;  ///< pending (a question under way), complete, or failed (a question without an answer)
  std::string model;   ///< who answered
  Micros created_at = 0;
  Micros edited_at = 0;   ///< 0: never
  Micros deleted_at = 0;  ///< 0: it is there
  bool reacted_to = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MessageRow, number, role, author, key_of, sealed_text, content_type,
                                                mentions, reply_to, thread, attachments, tokens, status, model,
                                                created_at, edited_at, deleted_at, reacted_to)

struct QuestionRow {
  static constexpr Table table = Table::open_questions;
  AccountId asker = 0;
  std::string provider, model;
  std::string sealed_system_prompt;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(QuestionRow, asker, provider, model, sealed_system_prompt, temperature,
                                                max_tokens)

/// What is counted of one account's conversations with models on one day, UTC.
enum class ChatFigure : char { chats = 'c', messages = 'm', answers = 'a', took_us = 't', tokens = 'k', errors = 'e' };
inline constexpr AccountId kEveryone = 0;  ///< the counts of all accounts together

// Names of counters

inline constexpr const char* kTotalUsers = "users";
inline constexpr const char* kTotalBots = "bots";
inline constexpr const char* kTotalCommands = "commands";
inline constexpr const char* kPendingCommands = "pending";
inline constexpr const char* kTotalLogs = "logs";
inline constexpr const char* kTotalMessages = "messages";
inline std::string owner_bots(AccountId owner) { return "owner/" + std::to_string(owner) + "/bots"; }
inline std::string owner_chats(AccountId owner) { return "owner/" + std::to_string(owner) + "/chats"; }
inline std::string owner_channels(AccountId owner) { return "owner/" + std::to_string(owner) + "/channels"; }
inline std::string session_members(events::SessionId id) { return "session/" + std::to_string(id) + "/members"; }
/// One of a bot's own: `commands`, `pending`, `completed`, `failed`, `logs`, `messages`, or `type/<command type>`.
inline std::string of_bot(std::string_view bot_id, std::string_view what) {
  return "bot/" + std::string(bot_id) + "/" + std::string(what);
}

}  // namespace troupe::projections
