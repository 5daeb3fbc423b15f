#include "projections/queries.hpp"

#include <algorithm>
#include <charconv>

#include "events/bot.hpp"
#include "projections/read_row.hpp"
#include "storage/coding.hpp"

namespace troupe::projections {
namespace {

using storage::big64;
using storage::read_big64;
using storage::Store;
using Direction = Store::Direction;

std::string key_of(AccountId id) { return big64(static_cast<std::uint64_t>(id)); }

std::optional<AccountId> account_with(const Store& store, const std::string& claim) {
  const auto text = id_of_holder(store, claim, events::kAccounts);
  if (!text) return std::nullopt;
  AccountId id = 0;
  const char* end = text->data() + text->size();
  if (std::from_chars(text->data(), end, id).ptr != end) return std::nullopt;
  return id;
}

/// What follows `skip` bytes in each key of an index, at most `limit` of them.
std::vector<std::string> ids_in(const Store& store, Table index, const std::string& prefix, std::size_t skip,
                                Direction direction, std::size_t limit) {
  std::vector<std::string> ids;
  if (limit == 0) return ids;
  store.scan(id_of(index), prefix, {}, direction, [&](std::string_view key, std::string_view) {
    ids.emplace_back(key.substr(skip));
    return ids.size() < limit;
  });
  return ids;
}

template <class Row>
std::vector<Row> rows_of_ids(const Store& store, const std::vector<std::string>& ids) {
  std::vector<Row> rows;
  rows.reserve(ids.size());
  for (const auto& id : ids)
    if (auto found = read_row<Row>(store, id)) rows.push_back(std::move(*found));
  return rows;
}

std::vector<CommandRow> last_commands(const Store& store, Table index, const std::string& prefix, std::size_t limit) {
  std::vector<CommandRow> rows;
  std::size_t bytes = 0;
  for (const auto& id : ids_in(store, index, prefix, prefix.size() + 8, Direction::backward, limit)) {
    const auto stored = store.row(id_of(Table::commands), id);
    if (!stored) continue;
    bytes += stored->size();
    if (bytes > defaults::kMaxListBytes) break;
    if (auto command = parse_row<CommandRow>(store, *stored)) rows.push_back(std::move(*command));
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

/// The highest number that keys of an index start with; 0 when it is empty.
std::uint64_t last_number(const Store& store, Table index) {
  std::uint64_t last = 0;
  store.scan(id_of(index), {}, {}, Direction::backward, [&](std::string_view key, std::string_view) {
    last = read_big64(key);
    return false;
  });
  return last;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Keeps the newest `limit` entries of any number of feeds, each read newest first, up to kMaxListBytes.
class Newest {
 public:
  explicit Newest(std::size_t limit) : limit_(limit) {}

  /// For `read_..._backward`: stops a feed at the first record that is older than all that is kept.
  bool take(const events::Record& record) {
    if (record.erased) return true;
    for (std::size_t i = record.events.size(); i-- > 0;) {
      const auto position = record.position + i;
      const std::size_t size = record.events[i].bytes();
      while (entries_.size() >= limit_ || bytes_ + size > defaults::kMaxListBytes) {
        if (entries_.empty() || entries_.front().position > position) return false;
        std::pop_heap(entries_.begin(), entries_.end(), newer);
        bytes_ -= entries_.back().stored_bytes;
        entries_.pop_back();
      }
      bytes_ += size;
      auto event = events::decode<events::FeedEvent>(record.events[i]);
      if (!event) {
        error_ = event.error();
        return false;
      }
      entries_.push_back({position, std::string(record.id()), record.time, std::move(*event), size});
      std::push_heap(entries_.begin(), entries_.end(), newer);
    }
    return true;
  }

  Expected<std::vector<FeedEntry>> oldest_first() && {
    if (error_) return tl::unexpected(*error_);
    std::sort(entries_.begin(), entries_.end(),
              [](const FeedEntry& a, const FeedEntry& b) { return a.position < b.position; });
    return std::move(entries_);
  }

 private:
  static bool newer(const FeedEntry& a, const FeedEntry& b) { return a.position > b.position; }

  std::size_t limit_;
  std::vector<FeedEntry> entries_;  ///< a heap with the oldest in front
  std::size_t bytes_ = 0;
  std::optional<Error> error_;
};

Expected<std::vector<FeedEntry>> newest_of(const Store& store, std::initializer_list<std::string_view> categories,
                                           const Visible& visible, std::size_t limit) {
  Newest newest(limit);
  const auto take = [&](const events::Record& record) { return newest.take(record); };
  for (const auto category : categories) {
    if (visible.everything) {
      if (auto ok = store.read_category_backward(category, storage::kNewest, take); !ok)
        return tl::unexpected(ok.error());
      continue;
    }
    for (const auto& bot : visible.bots) {
      const std::string stream = std::string(category) + "/" + bot;
      if (auto ok = store.read_stream_backward(stream, storage::kNewest, take); !ok) return tl::unexpected(ok.error());
    }
  }
  return std::move(newest).oldest_first();
}

}  // namespace

std::vector<std::pair<TableId, std::string>> mirrored_counters() {
  std::vector<std::pair<TableId, std::string>> counters;
  for (const char* name : {kTotalUsers, kTotalBots, kTotalCommands, kPendingCommands, kTotalLogs, kTotalMessages})
    counters.emplace_back(id_of(Table::counters), name);
  return counters;
}

std::optional<AccountRow> Queries::account(AccountId id) const { return read_row<AccountRow>(store_, key_of(id)); }

std::optional<AccountStanding> Queries::standing(AccountId id) const {
  return read_row<AccountStanding>(store_, key_of(id));
}

bool Queries::account_exists(AccountId id) const { return store_.row(id_of(Table::accounts), key_of(id)).has_value(); }

std::optional<std::string> Queries::password_hash(AccountId id) const {
  auto credential = read_row<CredentialRow>(store_, key_of(id));
  if (!credential) return std::nullopt;
  return std::move(credential->password_hash);
}

std::optional<OpenLogin> Queries::login(std::string_view token_hash) const {
  const auto bytes = store_.row(id_of(Table::logins), token_hash);
  if (!bytes) return std::nullopt;
  if (bytes->size() != 16) return store_.report_corrupt_row(id_of(Table::logins)), std::nullopt;
  const std::string_view login(*bytes);
  return OpenLogin{static_cast<AccountId>(read_big64(login)), static_cast<Micros>(read_big64(login.substr(8)))};
}

Micros Queries::locked_until(AccountId id) const {
  const auto bytes = store_.row(id_of(Table::login_locks), key_of(id));
  if (!bytes) return 0;
  if (bytes->size() != 8) return store_.report_corrupt_row(id_of(Table::login_locks)), 0;
  return static_cast<Micros>(read_big64(*bytes));
}

MfaRow Queries::mfa(AccountId id) const {
  const auto bytes = store_.row(id_of(Table::mfa), key_of(id));
  if (!bytes) return {};
  if (auto found = parse_row<MfaRow>(store_, *bytes)) return *found;
  return {.enabled = true};  // no secret fits it: who cannot be checked is not let in
}

std::vector<ApiKeyRow> Queries::api_keys(AccountId id) const {
  std::vector<ApiKeyRow> rows;
  store_.scan(id_of(Table::api_keys), key_of(id), {}, Direction::forward,
              [&](std::string_view, std::string_view bytes) {
                if (auto key = parse_row<ApiKeyRow>(store_, bytes)) rows.push_back(std::move(*key));
                return rows.size() < defaults::kMaxApiKeysPerAccount;
              });
  return rows;
}

std::optional<FoundApiKey> Queries::api_key_with_hash(std::string_view key_hash) const {
  const auto place = store_.row(id_of(Table::api_keys_by_hash), key_hash);
  if (!place) return std::nullopt;
  auto key = read_row<ApiKeyRow>(store_, *place);
  const auto owner = standing(static_cast<AccountId>(read_big64(*place)));
  if (!key || !owner || !owner->active) return std::nullopt;
  return FoundApiKey{owner->id, std::move(key->id), std::move(key->permissions), key->expires_at};
}

std::optional<AccountId> Queries::account_named(std::string_view name) const {
  const bool is_email = name.find('@') != name.npos;
  return account_with(store_, is_email ? events::email_claim(name) : events::username_claim(name));
}

std::optional<AccountId> Queries::account_with_reset(std::string_view token_hash) const {
  return account_with(store_, events::reset_claim(token_hash));
}

std::optional<AccountId> Queries::account_with_login_link(std::string_view token_hash) const {
  return account_with(store_, events::login_link_claim(token_hash));
}

std::optional<Micros> Queries::permanent_link_issued_at(AccountId id) const {
  const auto time = store_.row(id_of(Table::permanent_links), key_of(id));
  return time ? std::optional(static_cast<Micros>(read_big64(*time))) : std::nullopt;
}

std::optional<AccountId> Queries::first_administrator() const {
  std::optional<AccountId> first;
  store_.scan(id_of(Table::administrators), {}, {}, Direction::forward, [&](std::string_view key, std::string_view) {
    const auto account = standing(static_cast<AccountId>(read_big64(key)));
    if (account && account->active) first = account->id;
    return !first;
  });
  return first;
}

std::vector<AccountRow> Queries::accounts(AccountId after, std::size_t limit) const {
  std::vector<AccountRow> rows;
  if (limit == 0) return rows;
  store_.scan(id_of(Table::accounts), {}, key_of(after + 1), Direction::forward,
              [&](std::string_view, std::string_view bytes) {
                if (auto account = parse_row<AccountRow>(store_, bytes)) rows.push_back(std::move(*account));
                return rows.size() < limit;
              });
  return rows;
}

std::vector<AccountRow> Queries::search_accounts(std::string_view text, std::size_t limit) const {
  const std::string wanted = lower(text);
  std::vector<AccountRow> rows;
  store_.scan(id_of(Table::accounts), {}, {}, Direction::forward, [&](std::string_view, std::string_view bytes) {
    auto account = parse_row<AccountRow>(store_, bytes);
    const auto contains = [&](const std::string& field) { return lower(field).find(wanted) != std::string::npos; };
    if (account && (contains(account->username) || contains(account->email))) rows.push_back(std::move(*account));
    return rows.size() < limit;
  });
  return rows;
}

AccountPage Queries::account_page(std::string_view text, std::size_t skip, std::size_t limit) const {
  const std::string wanted = lower(text);
  const auto contains = [&](const std::string& field) { return lower(field).find(wanted) != std::string::npos; };
  AccountPage page;
  std::size_t seen = 0;
  store_.scan(id_of(Table::accounts), {}, {}, Direction::forward, [&](std::string_view, std::string_view bytes) {
    const bool on_page = seen >= skip && page.accounts.size() < limit;
    if (wanted.empty() && !on_page) return ++seen <= skip;
    auto account = parse_row<AccountRow>(store_, bytes);
    if (!account || !(contains(account->username) || contains(account->email) || contains(account->fullname)))
      return true;
    ++seen;
    if (on_page) page.accounts.push_back(std::move(*account));
    return true;
  });
  page.total = wanted.empty() ? static_cast<std::size_t>(store_.counter(id_of(Table::counters), kTotalUsers)) : seen;
  return page;
}

bool Queries::has_other_active_administrator(AccountId id) const {
  bool found = false;
  store_.scan(id_of(Table::administrators), {}, {}, Direction::forward, [&](std::string_view key, std::string_view) {
    const auto other = static_cast<AccountId>(read_big64(key));
    const auto row = other == id ? std::nullopt : account(other);
    found = row && row->active;
    return !found;
  });
  return found;
}

AccountId Queries::last_account_id() const {
  return static_cast<AccountId>(last_number(store_, Table::account_numbers));
}

std::optional<BotRow> Queries::bot(std::string_view id) const { return read_row<BotRow>(store_, id); }

std::optional<AccountId> Queries::owner_of_bot(std::string_view id) const {
  const auto bot = read_row<BotOwner>(store_, id);
  return bot ? std::optional(bot->owner_id) : std::nullopt;
}

std::optional<std::string> Queries::bot_with_token(std::string_view token_hash) const {
  return id_of_holder(store_, events::token_claim(token_hash), events::kBots);
}

std::vector<std::string> Queries::bot_ids_of(AccountId owner) const {
  // The limit is checked before a bot is made: a few made at the same moment may be past it.
  return ids_in(store_, Table::bots_by_owner, key_of(owner), 16, Direction::backward, defaults::kMaxBotsPerAccount * 2);
}

std::vector<BotRow> Queries::bots_of(AccountId owner, std::size_t limit) const {
  return rows_of_ids<BotRow>(store_,
                             ids_in(store_, Table::bots_by_owner, key_of(owner), 16, Direction::backward, limit));
}

std::vector<BotRow> Queries::all_bots(std::size_t limit) const {
  return rows_of_ids<BotRow>(store_, ids_in(store_, Table::bots_by_time, {}, 8, Direction::backward, limit));
}

std::optional<BotDataRow> Queries::bot_data(std::string_view bot_id) const {
  return read_row<BotDataRow>(store_, bot_id);
}

void Queries::each_bot(const std::function<void(const BotRow&)>& visit) const {
  store_.scan(id_of(Table::bots), {}, {}, Direction::forward, [&](std::string_view, std::string_view bytes) {
    if (const auto bot = parse_row<BotRow>(store_, bytes)) visit(*bot);
    return true;
  });
}

std::optional<CommandRow> Queries::command(std::string_view id) const { return read_row<CommandRow>(store_, id); }

std::vector<CommandRow> Queries::commands_of_bot(std::string_view bot_id, std::size_t limit) const {
  return last_commands(store_, Table::commands_by_bot, std::string(bot_id), limit);
}

std::vector<CommandRow> Queries::commands_of_owner(AccountId owner, std::size_t limit) const {
  return last_commands(store_, Table::commands_by_owner, key_of(owner), limit);
}

std::vector<CommandRow> Queries::all_commands(std::size_t limit) const {
  return last_commands(store_, Table::commands_by_number, {}, limit);
}

std::vector<std::string> Queries::leasable_commands(std::string_view bot_id, Micros now, std::size_t limit) const {
  std::vector<std::string> ids;
  if (limit == 0) return ids;
  store_.scan(id_of(Table::pending_commands), bot_id, {}, Direction::forward,
              [&](std::string_view key, std::string_view value) {
                if (static_cast<Micros>(read_big64(value)) <= now) ids.emplace_back(key.substr(bot_id.size() + 8));
                return ids.size() < limit;
              });
  return ids;
}

std::optional<Micros> Queries::next_lease_end(std::string_view bot_id, Micros now) const {
  std::optional<Micros> next;
  store_.scan(id_of(Table::pending_commands), bot_id, {}, Direction::forward,
              [&](std::string_view, std::string_view value) {
                const auto until = static_cast<Micros>(read_big64(value));
                if (until > now && (!next || until < *next)) next = until;
                return true;
              });
  return next;
}

std::vector<std::string> Queries::pending_commands(std::string_view bot_id) const {
  return ids_in(store_, Table::pending_commands, std::string(bot_id), bot_id.size() + 8, Direction::forward,
                defaults::kMaxPendingCommandsPerBot * 2);
}

std::vector<std::string> Queries::bots_with_pending_commands() const {
  std::vector<std::string> bots;
  store_.scan(id_of(Table::pending_commands), {}, {}, Direction::forward, [&](std::string_view key, std::string_view) {
    const auto bot_id = key.substr(0, kBotIdLength);
    if (bots.empty() || bots.back() != bot_id) bots.emplace_back(bot_id);
    return true;
  });
  return bots;
}

std::uint64_t Queries::last_command_number() const { return last_number(store_, Table::commands_by_number); }

std::int64_t Queries::pending_count(std::string_view bot_id) const {
  return store_.counter(id_of(Table::counters), of_bot(bot_id, "pending"));
}

std::int64_t Queries::bot_count(AccountId owner) const {
  return store_.counter(id_of(Table::counters), owner_bots(owner));
}

Overview Queries::overview(AccountId caller) const {
  const auto counter = [&](std::string_view name) { return store_.counter(id_of(Table::counters), name); };
  return {counter(kTotalUsers),      counter(kTotalBots), counter(owner_bots(caller)), counter(kTotalCommands),
          counter(kPendingCommands), counter(kTotalLogs), counter(kTotalMessages)};
}

BotStatistics Queries::statistics(std::string_view bot_id) const {
  const auto counter = [&](std::string_view what) {
    return store_.counter(id_of(Table::counters), of_bot(bot_id, what));
  };
  BotStatistics s{counter("commands"),
                  counter("pending"),
                  counter("completed"),
                  counter("failed"),
                  counter("logs"),
                  counter("messages"),
                  {}};
  const std::string prefix = of_bot(bot_id, "type/");
  store_.scan(id_of(Table::counters), prefix, {}, Direction::forward, [&](std::string_view key, std::string_view) {
    s.command_types.emplace_back(std::string(key.substr(prefix.size())), store_.counter(id_of(Table::counters), key));
    return s.command_types.size() < defaults::kMaxCommandTypesShown;
  });
  return s;
}

Expected<std::vector<FeedEntry>> Queries::recent_logs(const Visible& visible, std::size_t limit) const {
  return newest_of(store_, {events::kLogs, events::kMessages}, visible, limit);
}

Expected<std::vector<FeedEntry>> Queries::recent_messages(const Visible& visible, std::size_t limit) const {
  return newest_of(store_, {events::kMessages}, visible, limit);
}

std::vector<std::pair<std::string, AccountId>> Queries::open_reset_requests() const {
  std::vector<std::pair<std::string, AccountId>> open;
  store_.scan(id_of(Table::reset_requests), {}, {}, Direction::forward,
              [&](std::string_view key, std::string_view value) {
                open.emplace_back(key, static_cast<AccountId>(read_big64(value)));
                return true;
              });
  return open;
}

std::vector<std::pair<std::string, ResetMailRow>> Queries::open_reset_mails() const {
  std::vector<std::pair<std::string, ResetMailRow>> open;
  store_.scan(id_of(Table::reset_mails), {}, {}, Direction::forward, [&](std::string_view key, std::string_view value) {
    if (auto mail = parse_row<ResetMailRow>(store_, value)) open.emplace_back(key, std::move(*mail));
    return true;
  });
  return open;
}

}  // namespace troupe::projections
