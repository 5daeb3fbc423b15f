// Reads of the projection rows and of the feeds, each from what is committed now. Thread-safe; nothing is cached.
//
// A row that does not decode has no place in an answer: it is left out, and the store becomes unhealthy.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/feed.hpp"
#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

/// An open login, as its token's digest finds it.
struct OpenLogin {
  AccountId account = 0;
  Micros expires_at = 0;
};

/// An API key, as its digest finds it.
struct FoundApiKey {
  AccountId account = 0;
  std::string id;
  std::vector<std::string> permissions;
  Micros expires_at = 0;  ///< 0: never
};

/// A part of a list of accounts.
struct AccountPage {
  std::vector<AccountRow> accounts;
  std::size_t total = 0;
};

/// Counters of one bot's commands and reports.
struct BotStatistics {
  std::int64_t commands = 0, pending = 0, completed = 0, failed = 0, logs = 0, messages = 0;
  std::vector<std::pair<std::string, std::int64_t>> command_types;  ///< a type, and how many of it were queued
};

struct Overview {
  std::int64_t users = 0, bots = 0, own_bots = 0, commands = 0, pending = 0, logs = 0, messages = 0;
};

/// One log entry or message, with where and when it was reported.
struct FeedEntry {
  events::Position position = 0;
  std::string bot_id;
  Micros time = 0;
  events::FeedEvent event;
  std::size_t stored_bytes = 0;
};

/// Which bots a caller may see in lists and exports.
struct Visible {
  bool everything = false;
  std::vector<std::string> bots = {};
};

/// Table and name of the counters that every overview reads: the store keeps them in memory.
std::vector<std::pair<TableId, std::string>> mirrored_counters();

class Queries {
 public:
  explicit Queries(const storage::Store& store) : store_(store) {}

  std::optional<AccountRow> account(AccountId id) const;
  std::optional<AccountStanding> standing(AccountId id) const;
  /// True also when the row is there but does not decode.
  bool account_exists(AccountId id) const;
  std::optional<std::string> password_hash(AccountId id) const;
  std::optional<OpenLogin> login(std::string_view token_hash) const;
  /// 0 when it never was. Thereafter it may be in the past.
  Micros locked_until(AccountId id) const;
  /// Neither enabled nor pending when there is no row.
  MfaRow mfa(AccountId id) const;
  /// Those of the account, also those that ran out, in order of their ids.
  std::vector<ApiKeyRow> api_keys(AccountId id) const;
  /// Nothing when the account is not active. Whether the key ran out is the caller's to see.
  std::optional<FoundApiKey> api_key_with_hash(std::string_view key_hash) const;
  /// By username, or by e-mail when `name` holds an `@`.
  std::optional<AccountId> account_named(std::string_view name) const;
  std::optional<AccountId> account_with_reset(std::string_view token_hash) const;
  std::optional<AccountId> account_with_login_link(std::string_view token_hash) const;
  /// Nothing when the account has none.
  std::optional<Micros> permanent_link_issued_at(AccountId id) const;
  /// The active administrator with the lowest number.
  std::optional<AccountId> first_administrator() const;
  /// In order of their ids, from `after` (exclusive), at most `limit`.
  std::vector<AccountRow> accounts(AccountId after, std::size_t limit) const;
  /// Username or e-mail contains `text`, ASCII letters without case.
  std::vector<AccountRow> search_accounts(std::string_view text, std::size_t limit) const;
  /// Those of the accounts `skip` + 1 to `skip` + `limit`, in order of their ids, whose username, e-mail or full name
  /// contains `text` (empty: all), and how many there are altogether. Reads every row when there is a text.
  AccountPage account_page(std::string_view text, std::size_t skip, std::size_t limit) const;
  AccountId last_account_id() const;
  /// Besides `id`.
  bool has_other_active_administrator(AccountId id) const;

  std::optional<BotRow> bot(std::string_view id) const;
  std::optional<AccountId> owner_of_bot(std::string_view id) const;
  std::optional<std::string> bot_with_token(std::string_view token_hash) const;
  /// Newest first.
  std::vector<BotRow> bots_of(AccountId owner, std::size_t limit = defaults::kMaxBotsPerAccount) const;
  std::vector<std::string> bot_ids_of(AccountId owner) const;
  std::vector<BotRow> all_bots(std::size_t limit) const;
  std::optional<BotDataRow> bot_data(std::string_view bot_id) const;
  /// Every bot's row, for start-up work.
  void each_bot(const std::function<void(const BotRow&)>& visit) const;

  std::optional<CommandRow> command(std::string_view id) const;
  /// The last `limit` commands, oldest first.
  std::vector<CommandRow> commands_of_bot(std::string_view bot_id, std::size_t limit) const;
  std::vector<CommandRow> commands_of_owner(AccountId owner, std::size_t limit) const;
  std::vector<CommandRow> all_commands(std::size_t limit) const;
  /// Commands of the bot that nobody holds at `now`, oldest first.
  std::vector<std::string> leasable_commands(std::string_view bot_id, Micros now, std::size_t limit) const;
  /// When the first lease of the bot's pending commands ends; nothing when none is leased.
  std::optional<Micros> next_lease_end(std::string_view bot_id, Micros now) const;
  std::vector<std::string> pending_commands(std::string_view bot_id) const;
  std::vector<std::string> bots_with_pending_commands() const;
  std::uint64_t last_command_number() const;

  std::int64_t pending_count(std::string_view bot_id) const;
  std::int64_t bot_count(AccountId owner) const;
  Overview overview(AccountId caller) const;
  BotStatistics statistics(std::string_view bot_id) const;

  /// The last `limit` log entries (messages among them) or messages of the visible bots, oldest first.
  Expected<std::vector<FeedEntry>> recent_logs(const Visible& visible, std::size_t limit) const;
  Expected<std::vector<FeedEntry>> recent_messages(const Visible& visible, std::size_t limit) const;

  /// Requests with the accounts they are for; 0 where there is none.
  std::vector<std::pair<std::string, AccountId>> open_reset_requests() const;
  /// Digests of reset tokens with the mails to be sent.
  std::vector<std::pair<std::string, ResetMailRow>> open_reset_mails() const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
