// Reads of sessions, their messages and their statistics, each from what is committed now. Thread-safe; nothing is
// cached. Texts come out sealed, as they are stored.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

using events::SessionId;

/// What one account's chats came to on one day, or on all.
struct ChatFigures {
  std::int64_t chats = 0, messages = 0, answers = 0, took_us = 0, tokens = 0, errors = 0;
};

struct Reaction {
  std::string emoji;
  std::vector<AccountId> accounts;
};

struct Member {
  AccountId account = 0;
  Micros joined_at = 0;
};

class SessionQueries {
 public:
  explicit SessionQueries(const storage::Store& store) : store_(store) {}

  std::optional<SessionRow> session(SessionId id) const;
  std::optional<SessionId> channel_named(std::string_view name) const;
  std::optional<SessionId> assistant_of(AccountId account) const;
  std::optional<SessionId> chat_named(AccountId owner, std::string_view name) const;
  std::optional<SessionId> talk_named(std::string_view name) const;
  bool is_member(SessionId id, AccountId account) const;
  /// In order of their numbers, from `after` (exclusive).
  std::vector<Member> members(SessionId id, AccountId after, std::size_t limit) const;
  std::int64_t member_count(SessionId id) const;

  /// Newest first, without the first `skip`.
  std::vector<SessionRow> sessions_of(AccountId account, std::string_view kind, std::size_t skip,
                                      std::size_t limit) const;
  /// Channels that the account is in, and public ones. Oldest first, from `after` (exclusive).
  std::vector<SessionId> channels_of(AccountId account, SessionId after, std::size_t limit) const;
  std::vector<SessionId> public_channels(SessionId after, std::size_t limit) const;
  /// Newest first.
  std::vector<SessionId> newest_channels_of(AccountId account, std::size_t limit) const;
  std::int64_t channel_count(AccountId owner) const;
  SessionId last_session_id() const;
  /// Every channel, private ones too, for start-up work.
  void each_channel(const std::function<void(const SessionRow&)>& visit) const;
  std::int64_t chat_count(AccountId owner) const;

  std::optional<MessageRow> message(SessionId id, std::int64_t number) const;
  /// Oldest first, beginning with number `from`; up to kMaxListBytes.
  std::vector<MessageRow> messages_from(SessionId id, std::int64_t from, std::size_t limit) const;
  /// Newest first, beginning with the one before number `before`; up to kMaxListBytes.
  std::vector<MessageRow> messages_before(SessionId id, std::int64_t before, std::size_t limit) const;
  /// By emoji, those of the account with the lowest number first; at most kMaxReactionsPerMessage together.
  std::vector<Reaction> reactions(SessionId id, std::int64_t number) const;
  bool has_reacted(SessionId id, std::int64_t number, AccountId account, std::string_view emoji) const;

  std::optional<EmbeddingRow> embedding(SessionId id, std::int64_t number) const;

  std::optional<QuestionRow> open_question(SessionId id, std::int64_t number) const;
  /// Sessions and numbers of all questions without an outcome, oldest session first.
  std::vector<std::pair<SessionId, std::int64_t>> open_questions() const;

  /// Sessions and numbers of all commands without an outcome.
  std::vector<std::pair<SessionId, std::int64_t>> open_commands() const;
  /// Of answers that their platforms have not taken yet, those behind `after`, at most `limit`.
  std::vector<std::pair<SessionId, std::int64_t>> unsent_replies(std::pair<SessionId, std::int64_t> after,
                                                                 std::size_t limit) const;

  /// Of one account, or kEveryone; `day` counts from 1970-01-01, UTC.
  ChatFigures chat_figures(AccountId account, std::int64_t day) const;
  ChatFigures chat_figures(AccountId account) const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
