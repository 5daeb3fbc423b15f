#include "projections/session_queries.hpp"

#include <algorithm>
#include <limits>

#include "events/session.hpp"
#include "projections/read_row.hpp"
#include "projections/session_keys.hpp"

namespace troupe::projections {
namespace {

using storage::read_big64;
using storage::Store;
using Direction = Store::Direction;

std::int64_t number_in(std::string_view key, std::size_t at) {
  return static_cast<std::int64_t>(read_big64(key.substr(at)));
}

void add_figure(ChatFigures& figures, char letter, std::int64_t value) {
  switch (static_cast<ChatFigure>(letter)) {
    case ChatFigure::chats: figures.chats += value; break;
    case ChatFigure::messages: figures.messages += value; break;
    case ChatFigure::answers: figures.answers += value; break;
    case ChatFigure::took_us: figures.took_us += value; break;
    case ChatFigure::tokens: figures.tokens += value; break;
    case ChatFigure::errors: figures.errors += value; break;
  }
}

ChatFigures sum_of(const Store& store, const std::string& prefix) {
  ChatFigures figures;
  store.scan(id_of(Table::chat_days), prefix, {}, Direction::forward, [&](std::string_view key, std::string_view) {
    add_figure(figures, key.back(), store.counter(id_of(Table::chat_days), key));
    return true;
  });
  return figures;
}

/// The sessions at the ends of the keys.
std::vector<SessionId> ids(const Store& store, Table table, const std::string& prefix, const std::string& from,
                           Direction direction, std::size_t limit) {
  std::vector<SessionId> ids;
  if (limit == 0) return ids;
  store.scan(id_of(table), prefix, from, direction, [&](std::string_view key, std::string_view) {
    ids.push_back(number_in(key, key.size() - 8));
    return ids.size() < limit;
  });
  return ids;
}

std::vector<MessageRow> messages(const Store& store, SessionId id, std::int64_t from, Direction direction,
                                 std::size_t limit) {
  std::vector<MessageRow> rows;
  std::size_t bytes = 0;
  if (limit == 0) return rows;
  store.scan(id_of(Table::session_messages), numbers_key({id}), numbers_key({from}), direction,
             [&](std::string_view, std::string_view value) {
               bytes += value.size();
               if (bytes > defaults::kMaxListBytes) return false;
               if (auto row = parse_row<MessageRow>(store, value)) rows.push_back(std::move(*row));
               return rows.size() < limit;
             });
  return rows;
}

std::optional<SessionId> session_with(const Store& store, const std::string& claim) {
  const auto id = id_of_holder(store, claim, events::kSessions);
  return id ? std::optional<SessionId>(std::stoll(*id)) : std::nullopt;
}

/// Sessions and numbers that a table has as its keys, in their order.
std::vector<std::pair<SessionId, std::int64_t>> message_keys(
    const storage::Store& store, Table table, std::pair<SessionId, std::int64_t> after = {},
    std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  std::vector<std::pair<SessionId, std::int64_t>> keys;
  store.scan(id_of(table), message_key(after.first, after.second + 1), {}, Direction::forward,
             [&](std::string_view key, std::string_view) {
               if (keys.size() >= limit) return false;
               keys.emplace_back(number_in(key, 0), number_in(key, 8));
               return true;
             });
  return keys;
}

}  // namespace

std::optional<SessionRow> SessionQueries::session(SessionId id) const {
  return read_row<SessionRow>(store_, session_key(id));
}

std::optional<SessionId> SessionQueries::channel_named(std::string_view name) const {
  return session_with(store_, events::channel_claim(name));
}

std::optional<SessionId> SessionQueries::assistant_of(AccountId account) const {
  return session_with(store_, events::assistant_claim(account));
}

std::optional<SessionId> SessionQueries::chat_named(AccountId owner, std::string_view name) const {
  return session_with(store_, events::chat_claim(owner, name));
}

std::optional<SessionId> SessionQueries::talk_named(std::string_view name) const {
  return session_with(store_, events::talk_claim(name));
}

bool SessionQueries::is_member(SessionId id, AccountId account) const {
  return store_.row(id_of(Table::members), member_key(id, account)).has_value();
}

std::vector<Member> SessionQueries::members(SessionId id, AccountId after, std::size_t limit) const {
  std::vector<Member> members;
  if (limit == 0) return members;
  store_.scan(id_of(Table::members), numbers_key({id}), numbers_key({after + 1}), Direction::forward,
              [&](std::string_view key, std::string_view value) {
                members.push_back({number_in(key, 8), static_cast<Micros>(read_big64(value))});
                return members.size() < limit;
              });
  return members;
}

std::int64_t SessionQueries::member_count(SessionId id) const {
  return store_.counter(id_of(Table::counters), session_members(id));
}

std::vector<SessionRow> SessionQueries::sessions_of(AccountId account, std::string_view kind, std::size_t skip,
                                                    std::size_t limit) const {
  std::vector<SessionRow> rows;
  if (limit == 0) return rows;
  store_.scan(id_of(Table::sessions_of_member), session_of_member_prefix(account, kind), {}, Direction::backward,
              [&](std::string_view key, std::string_view) {
                if (skip > 0) return --skip, true;
                if (auto row = session(number_in(key, key.size() - 8))) rows.push_back(std::move(*row));
                return rows.size() < limit;
              });
  return rows;
}

std::vector<SessionId> SessionQueries::channels_of(AccountId account, SessionId after, std::size_t limit) const {
  return ids(store_, Table::sessions_of_member, session_of_member_prefix(account, events::kChannelSession),
             numbers_key({after + 1}), Direction::forward, limit);
}

std::vector<SessionId> SessionQueries::newest_channels_of(AccountId account, std::size_t limit) const {
  return ids(store_, Table::sessions_of_member, session_of_member_prefix(account, events::kChannelSession), {},
             Direction::backward, limit);
}

std::vector<SessionId> SessionQueries::public_channels(SessionId after, std::size_t limit) const {
  return ids(store_, Table::public_channels, {}, numbers_key({after + 1}), Direction::forward, limit);
}

std::int64_t SessionQueries::channel_count(AccountId owner) const {
  return store_.counter(id_of(Table::counters), owner_channels(owner));
}

SessionId SessionQueries::last_session_id() const {
  SessionId last = 0;
  store_.scan(id_of(Table::sessions), {}, {}, Direction::backward,
              [&](std::string_view key, std::string_view) { return last = number_in(key, 0), false; });
  return last;
}

void SessionQueries::each_channel(const std::function<void(const SessionRow&)>& visit) const {
  store_.scan(id_of(Table::sessions), {}, {}, Direction::forward, [&](std::string_view, std::string_view value) {
    if (const auto row = parse_row<SessionRow>(store_, value); row && row->kind == events::kChannelSession) visit(*row);
    return true;
  });
}

std::int64_t SessionQueries::chat_count(AccountId owner) const {
  return store_.counter(id_of(Table::counters), owner_chats(owner));
}

std::optional<MessageRow> SessionQueries::message(SessionId id, std::int64_t number) const {
  return read_row<MessageRow>(store_, message_key(id, number));
}

std::vector<MessageRow> SessionQueries::messages_from(SessionId id, std::int64_t from, std::size_t limit) const {
  return messages(store_, id, from, Direction::forward, limit);
}

std::vector<MessageRow> SessionQueries::messages_before(SessionId id, std::int64_t before, std::size_t limit) const {
  return before <= 1 ? std::vector<MessageRow>{} : messages(store_, id, before - 1, Direction::backward, limit);
}

std::vector<Reaction> SessionQueries::reactions(SessionId id, std::int64_t number) const {
  std::vector<Reaction> reactions;
  std::size_t count = 0;
  store_.scan(id_of(Table::reactions), numbers_key({id, number}), {}, Direction::forward,
              [&](std::string_view key, std::string_view) {
                const auto emoji = key.substr(24);
                auto at = std::find_if(reactions.begin(), reactions.end(),
                                       [&](const Reaction& reaction) { return reaction.emoji == emoji; });
                if (at == reactions.end()) at = reactions.insert(at, {std::string(emoji), {}});
                at->accounts.push_back(number_in(key, 16));
                return ++count < defaults::kMaxReactionsPerMessage;
              });
  return reactions;
}

bool SessionQueries::has_reacted(SessionId id, std::int64_t number, AccountId account, std::string_view emoji) const {
  return store_.row(id_of(Table::reactions), reaction_key(id, number, account, emoji)).has_value();
}

std::optional<EmbeddingRow> SessionQueries::embedding(SessionId id, std::int64_t number) const {
  return read_row<EmbeddingRow>(store_, message_key(id, number));
}

std::optional<QuestionRow> SessionQueries::open_question(SessionId id, std::int64_t number) const {
  return read_row<QuestionRow>(store_, message_key(id, number));
}

std::vector<std::pair<SessionId, std::int64_t>> SessionQueries::open_questions() const {
  return message_keys(store_, Table::open_questions);
}

std::vector<std::pair<SessionId, std::int64_t>> SessionQueries::open_commands() const {
  return message_keys(store_, Table::open_commands);
}

std::vector<std::pair<SessionId, std::int64_t>> SessionQueries::unsent_replies(std::pair<SessionId, std::int64_t> after,
                                                                               std::size_t limit) const {
  return message_keys(store_, Table::unsent_replies, after, limit);
}

ChatFigures SessionQueries::chat_figures(AccountId account, std::int64_t day) const {
  return sum_of(store_, numbers_key({account, day}));
}

ChatFigures SessionQueries::chat_figures(AccountId account) const { return sum_of(store_, numbers_key({account})); }

}  // namespace troupe::projections
