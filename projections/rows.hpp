// The rows that projections keep, and the tables they stand in. Rows are CBOR maps unless said otherwise. The fields
// that a row names as `personal` are sealed in the store (storage/personal_fields.hpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "events/catalogue.hpp"
#include "events/contact.hpp"
#include "events/embedding.hpp"
#include "events/file.hpp"
#include "events/group.hpp"
#include "events/memory.hpp"
#include "events/session.hpp"
#include "events/settings.hpp"
#include "events/tool.hpp"
#include "storage/journal.hpp"

namespace troupe::projections {

using events::AccountId;
using storage::TableId;

/// Numbers are for ever: a table that is dropped leaves its number unused.
enum class Table : TableId {
  accounts = 1,             ///< big64(account) -> AccountRow
  credentials = 2,          ///< big64(account) -> CredentialRow
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
  reset_requests = 14,      ///< request -> big64(account, or 0): asked for, not worked out yet
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
  providers = 40,           ///< provider id -> EntryRow<events::Provider>
  personalities = 41,       ///< personality id -> EntryRow<events::Personality>
  platforms = 42,           ///< platform id -> EntryRow<events::Platform>
  plugins = 43,             ///< plugin id -> EntryRow<events::Plugin>
  mcp_servers = 44,         ///< MCP server id -> EntryRow<events::McpServer>
  settings = 45,            ///< `bot` -> EntryRow<events::BotSettings>, once something was set
  custom_tools = 46,        ///< custom tool id -> EntryRow<events::CustomTool>
  backups = 60,             ///< backup id -> BackupRow
  log_checks = 61,          ///< nothing -> big64(when every checksum of the log was last verified)
  files = 70,               ///< file id -> FileRow
  files_of_session = 71,    ///< big64(session) big64(uploaded_at) file id -> nothing
  files_of_uploader = 72,   ///< big64(account) big64(uploaded_at) file id -> nothing
  unscanned_files = 73,     ///< file id -> nothing: the scanner is to be asked again
  file_scans = 74,          ///< nothing -> big64(when a scanner last said what a file is)
  embeddings = 80,          ///< big64(session) big64(number), or file id -> EmbeddingRow
  contacts = 90,            ///< big64(contact) -> ContactRow
  platform_contacts = 91,   ///< platform id `/` big64(contact) -> nothing
  group_members = 92,       ///< big64(group) big64(user) -> big64(last message), of those who spoke there
  open_commands = 95,       ///< big64(session) big64(number) -> OpenCommandRow
  unsent_replies = 96,      ///< big64(session) big64(number) -> nothing
  packages = 100,           ///< digest -> PackageRow
  plugin_data = 101,        ///< plugin id `/` digest of a key -> sealed `[key, value]`
  tool_calls = 105,         ///< call id -> ToolCallRow
  tool_call_times = 106,    ///< big64(started_at) call id -> nothing
  tool_calls_of = 107,      ///< `tool`, `asker` or `source` `/` name, a zero byte, big64(started_at) call id -> nothing
  open_tool_calls = 108,    ///< call id -> nothing
  tool_days = 109,          ///< big64(days since 1970) tool, a zero byte, ToolFigure's letter -> counter
  facts = 110,              ///< big64(fact) -> FactRow
  facts_of_subject = 111,   ///< big64(account or contact) big64(fact) -> nothing
  facts_of_group = 112,     ///< big64(group) big64(fact) -> nothing: those that were learned there
  fact_subjects = 113,      ///< big64(account or contact) -> FactSubjectRow, of those who have any
  fact_vectors = 114,       ///< big64(fact) -> FactVectorRow
  permanent_links = 115,    ///< big64(account) -> big64(issued_at), of those who have one
  groups = 116,             ///< big64(group) -> GroupRow, of those that something is set of
  usage_days = 117,         ///< UsageOf's letter `/` name `/` big64(days since 1970) UsageFigure's letter -> counter
  group_days = 118,         ///< big64(group) big64(days since 1970) GroupFigure's letter [big64(user)] -> counter
  group_logins = 119,       ///< token digest -> GroupLoginRow
  administrators = 81,      ///< big64(account) -> nothing, also of those who are not active
};

/// Bot ids all have this many letters, so keys that start with one need no separator.
inline constexpr std::size_t kBotIdLength = 6;

struct AccountRow {
  static constexpr Table table = Table::accounts;
  static constexpr std::string_view personal[] = {"username", "email",  "fullname",   "phone",
                                                  "birthday", "gender", "avatar_url", "preferences"};
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

/// What an account may do, and what a bot belongs to: read often, and without opening what is sealed.
struct AccountStanding {
  static constexpr Table table = Table::accounts;
  AccountId id = 0;
  std::string role;
  bool active = true;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccountStanding, id, role, active)

struct BotOwner {
  static constexpr Table table = Table::bots;
  AccountId owner_id = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BotOwner, owner_id)

/// An argon2id hash says little of a password, but a weak one can be guessed by it.
struct CredentialRow {
  static constexpr Table table = Table::credentials;
  static constexpr std::string_view personal[] = {"password_hash"};
  std::string password_hash;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CredentialRow, password_hash)

struct ApiKeyRow {
  static constexpr Table table = Table::api_keys;
  static constexpr std::string_view personal[] = {"name", "hint"};
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
  static constexpr std::string_view personal[] = {"sealed_secret"};
  bool enabled = false;
  bool pending = false;           ///< a secret was shown, and no code has confirmed it
  std::string sealed_secret;      ///< base32 under the seal; of the enrolment that is pending, or enabled
  std::int64_t backup_codes = 0;  ///< that are still good
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MfaRow, enabled, pending, sealed_secret, backup_codes)

struct BotRow {
  static constexpr Table table = Table::bots;
  static constexpr std::string_view personal[] = {"name", "metadata"};
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
  static constexpr std::string_view personal[] = {"data"};
  Json data = Json::object();
  Micros updated_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BotDataRow, data, updated_at)

struct CommandRow {
  static constexpr Table table = Table::commands;
  static constexpr std::string_view personal[] = {"payload", "result"};
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

struct ContactRow {
  static constexpr Table table = Table::contacts;
  static constexpr std::string_view personal[] = {"foreign_id", "name"};
  AccountId id = 0;
  std::string platform;  ///< the id of its entry in the catalogue
  bool is_group = false;
  std::string foreign_id;
  std::string name;
  Micros met_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ContactRow, id, platform, is_group, foreign_id, name, met_at)

struct GroupRow {
  static constexpr Table table = Table::groups;
  static constexpr std::string_view personal[] = {"settings"};
  AccountId group = 0;
  events::GroupSettings settings;
  Micros updated_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupRow, group, settings, updated_at)

/// Who may look after a group.
struct GroupLoginRow {
  static constexpr Table table = Table::group_logins;
  AccountId group = 0, user = 0;
  Micros expires_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GroupLoginRow, group, user, expires_at)
/// What it says is sealed under the fact's own key as well (events::FactContent).
struct FactRow {
  static constexpr Table table = Table::facts;
  static constexpr std::string_view personal[] = {"sealed_content"};
  events::FactId id = 0;
  AccountId subject = 0, group = 0;
  std::string category, source;
  double confidence = 0;
  std::string sealed_content;
  Micros created_at = 0, updated_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FactRow, id, subject, group, category, source, confidence,
                                                sealed_content, created_at, updated_at)

struct FactSubjectRow {
  static constexpr Table table = Table::fact_subjects;
  AccountId subject = 0;
  events::FactCounts counts;
  Micros updated_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FactSubjectRow, subject, counts, updated_at)

struct FactVectorRow {
  static constexpr Table table = Table::fact_vectors;
  static constexpr std::string_view personal[] = {"sealed_vector"};
  std::string model;
  std::string sealed_vector;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FactVectorRow, model, sealed_vector)

struct ResetMailRow {
  static constexpr Table table = Table::reset_mails;
  static constexpr std::string_view personal[] = {"email"};
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
  std::int64_t cleared = 0;    ///< of a chat: messages up to this number were taken back
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SessionRow, id, kind, owner, name, description, is_private,
                                                sealed_title, sealed_system_prompt, messages, created_at,
                                                last_message_at, archived_at, cleared)

/// The status of a message that is for its reader alone: no model and no search sees it.
inline constexpr std::string_view kSecret = "secret";

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
  /// pending (a question or command under way), complete, failed (one without an answer, or that says so), or kSecret
  std::string status;
  std::string model;  ///< who answered
  Micros created_at = 0;
  Micros edited_at = 0;   ///< 0: never
  Micros deleted_at = 0;  ///< 0: it is there
  bool reacted_to = false;
  std::string foreign_id;         ///< of a talk: what the platform calls it
  std::int64_t prefix_bytes = 0;  ///< of a talk: so much of the text is not told to models
  std::string stopped_by;         ///< of a talk: the step of the pipeline where it ended
  std::string delivery;           ///< of an answer in a talk: waiting, sent or failed
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MessageRow, number, role, author, key_of, sealed_text, content_type,
                                                mentions, reply_to, thread, attachments, tokens, status, model,
                                                created_at, edited_at, deleted_at, reacted_to, foreign_id, prefix_bytes,
                                                stopped_by, delivery)

struct OpenCommandRow {
  static constexpr Table table = Table::open_commands;
  AccountId caller = 0;
  std::string name, plugin;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(OpenCommandRow, caller, name, plugin)

/// A call of a tool, as the tool log tells it.
struct ToolCallRow {
  static constexpr Table table = Table::tool_calls;
  static constexpr std::string_view personal[] = {"arguments", "result"};
  std::string id;
  std::string tool, source;
  AccountId asker = 0, group = 0;
  events::SessionId session = 0;
  std::int64_t number = 0;
  std::string through;
  std::string arguments;        ///< JSON; empty when the asker was forgotten
  std::string outcome, reason;  ///< as of ToolCallEnded; empty while it runs
  std::string result;
  Micros started_at = 0;
  Micros ended_at = 0;  ///< 0: not yet
  Micros took = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ToolCallRow, id, tool, source, asker, group, session, number, through,
                                                arguments, outcome, reason, result, started_at, ended_at, took)

struct QuestionRow {
  static constexpr Table table = Table::open_questions;
  AccountId asker = 0;
  std::string provider, model;
  std::string sealed_system_prompt;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::optional<events::QuestionContext> context;
  bool tools = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(QuestionRow, asker, provider, model, sealed_system_prompt, temperature,
                                                max_tokens, context, tools)

/// The meaning of a text, a message's or a file's, as a vector.
struct EmbeddingRow {
  static constexpr Table table = Table::embeddings;
  std::string model;
  Micros text_of = 0;         ///< when the message was last edited, as it was embedded; 0: never
  AccountId key_of = 0;       ///< whose key seals the vector: the one that seals the text
  std::string sealed_vector;  ///< as of TextEmbedded
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(EmbeddingRow, model, text_of, key_of, sealed_vector)

struct FileRow {
  static constexpr Table table = Table::files;
  events::FileId id;
  AccountId uploader = 0;
  events::SessionId session = 0;
  std::string sealed_name, sealed_description;
  std::int64_t size = 0;
  std::string content_type;
  bool is_public = false;
  std::string scan;
  std::int64_t width = 0, height = 0, pages = 0;
  std::string sealed_author;
  bool has_thumbnail = false;
  Micros uploaded_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FileRow, id, uploader, session, sealed_name, sealed_description, size,
                                                content_type, is_public, scan, width, height, pages, sealed_author,
                                                has_thumbnail, uploaded_at)

struct BackupRow {
  static constexpr Table table = Table::backups;
  std::string id;
  std::string asked_by;
  bool database = true, files = true;
  std::string compression, encryption;
  std::string status;  ///< running, completed or failed
  std::string reason;  ///< why it failed, or is damaged
  Micros created_at = 0;
  Micros finished_at = 0;  ///< 0: not yet
  events::Position position = 0;
  std::uint64_t size = 0, file_bytes = 0;
  Micros verified_at = 0;  ///< 0: never
  bool good = true;        ///< what the last verification found
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BackupRow, id, asked_by, database, files, compression, encryption,
                                                status, reason, created_at, finished_at, position, size, file_bytes,
                                                verified_at, good)

template <class Entry>
struct EntryTable;
template <>
struct EntryTable<events::Provider> {
  static constexpr Table table = Table::providers;
};
template <>
struct EntryTable<events::Personality> {
  static constexpr Table table = Table::personalities;
};
template <>
struct EntryTable<events::Platform> {
  static constexpr Table table = Table::platforms;
};
template <>
struct EntryTable<events::Plugin> {
  static constexpr Table table = Table::plugins;
};
template <>
struct EntryTable<events::BotSettings> {
  static constexpr Table table = Table::settings;
};
template <>
struct EntryTable<events::McpServer> {
  static constexpr Table table = Table::mcp_servers;
};
template <>
struct EntryTable<events::CustomTool> {
  static constexpr Table table = Table::custom_tools;
};

/// An entry of the catalogue. In the row, its fields stand beside the other three.
template <class Entry>
struct EntryRow {
  static constexpr Table table = EntryTable<Entry>::table;
  std::string id;
  Entry entry;
  Micros created_at = 0;
  Micros updated_at = 0;  ///< 0: never
};
template <class Entry>
void to_json(Json& fields, const EntryRow<Entry>& row) {
  fields = row.entry;
  fields["id"] = row.id;
  fields["created_at"] = row.created_at;
  fields["updated_at"] = row.updated_at;
}
template <class Entry>
void from_json(const Json& fields, EntryRow<Entry>& row) {
  row.entry = fields.template get<Entry>();
  row.id = fields.value("id", std::string());
  row.created_at = fields.value("created_at", Micros{0});
  row.updated_at = fields.value("updated_at", Micros{0});
}
using ProviderRow = EntryRow<events::Provider>;
using PersonalityRow = EntryRow<events::Personality>;
using PlatformRow = EntryRow<events::Platform>;
using PluginRow = EntryRow<events::Plugin>;
using McpServerRow = EntryRow<events::McpServer>;
using CustomToolRow = EntryRow<events::CustomTool>;

/// What is counted of one tool on one day, UTC, by when its calls ended.
enum class ToolFigure : char { calls = 'c', failures = 'f', took_us = 't' };

/// The files of a plugin.
struct PackageRow {
  static constexpr Table table = Table::packages;
  std::string digest, name;
  std::map<std::string, std::string> files;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PackageRow, digest, name, files)

/// What is counted of one account's conversations with models on one day, UTC.
enum class ChatFigure : char { chats = 'c', messages = 'm', answers = 'a', took_us = 't', tokens = 'k', errors = 'e' };
inline constexpr AccountId kEveryone = 0;  ///< the counts of all accounts together

/// Whose use of models is counted, all questions and completions together, on each day, UTC.
enum class UsageOf : char {
  everyone = 'a',  ///< name: empty
  model = 'm',     ///< the model's name
  provider = 'p',  ///< the provider's name
  user = 'u',      ///< the number of the account or contact
  talk = 't',      ///< the number of a talk's session
};
enum class UsageFigure : char {
  calls = 'c',
  failures = 'f',
  prompt_tokens = 'i',
  completion_tokens = 'o',
  took_us = 't'
};

/// What is counted of a group on one day, UTC. With a user behind the letter, what is that user's.
enum class GroupFigure : char {
  messages = 'm',  ///< of people
  answers = 'r',   ///< of models
  asked = 'a',     ///< questions to models; of the group and of each user
  forgiven = 'f',  ///< of those, the ones that do not count towards limits; of both
  told = 'n',      ///< times that somebody was told of a limit; of both
  tool_calls = 't'
};

// Names of counters

inline constexpr const char* kTotalUsers = "users";
inline constexpr const char* kTotalBots = "bots";
inline constexpr const char* kTotalCommands = "commands";
inline constexpr const char* kPendingCommands = "pending";
inline constexpr const char* kTotalLogs = "logs";
inline constexpr const char* kTotalMessages = "messages";
inline constexpr const char* kTotalFacts = "facts";
inline constexpr const char* kTotalFactSubjects = "fact_subjects";
inline std::string facts_of_category(std::string_view category) { return "facts/" + std::string(category); }
inline std::string owner_bots(AccountId owner) { return "owner/" + std::to_string(owner) + "/bots"; }
inline std::string owner_chats(AccountId owner) { return "owner/" + std::to_string(owner) + "/chats"; }
inline std::string owner_channels(AccountId owner) { return "owner/" + std::to_string(owner) + "/channels"; }
inline std::string session_members(events::SessionId id) { return "session/" + std::to_string(id) + "/members"; }
inline std::string owner_files(AccountId owner) { return "owner/" + std::to_string(owner) + "/files"; }
/// One of a bot's own: `commands`, `pending`, `completed`, `failed`, `logs`, `messages`, or `type/<command type>`.
inline std::string of_bot(std::string_view bot_id, std::string_view what) {
  return "bot/" + std::string(bot_id) + "/" + std::string(what);
}

}  // namespace troupe::projections
