// Sessions, who is in them and what was said; open questions; what each account's chats came to on each day.
#include <charconv>

#include "projections/changes.hpp"
#include "projections/group_keys.hpp"
#include "projections/session_keys.hpp"
#include "projections/usage.hpp"

namespace troupe::projections {
namespace {

using namespace events;

/// The session that an event belongs to, by its stream.
SessionId session_in(const Context& c) {
  SessionId id = 0;
  std::from_chars(c.id.data(), c.id.data() + c.id.size(), id);
  return id;
}

void count(ChatFigure figure, AccountId account, Micros time, std::int64_t delta, Rows& rows) {
  for (const AccountId whose : {account, kEveryone})
    rows.push_back(add(Table::chat_days, chat_day_key(whose, day_of(time), figure), delta));
}

void add_member(SessionId id, std::string_view kind, AccountId account, Micros since, Rows& rows) {
  rows.push_back(put_bytes(Table::members, member_key(id, account), big64(static_cast<std::uint64_t>(since))));
  rows.push_back(put_key(Table::sessions_of_member, session_of_member_key(account, kind, id)));
  rows.push_back(add(session_members(id), 1));
}

void remove_member(SessionId id, AccountId account, Rows& rows, std::string_view kind = kChannelSession) {
  rows.push_back(erase(Table::members, member_key(id, account)));
  rows.push_back(erase(Table::sessions_of_member, session_of_member_key(account, kind, id)));
  rows.push_back(add(session_members(id), -1));
}

void on(const SessionCreated& e, const Context& c, Rows& rows) {
  SessionRow row;
  row.id = e.id;
  row.kind = e.kind;
  row.owner = e.owner;
  row.name = e.name;
  row.description = e.description;
  row.is_private = e.is_private;
  row.sealed_title = e.sealed_title;
  row.created_at = c.time;
  rows.push_back(put_row(session_key(e.id), row));
  add_member(e.id, e.kind, e.owner, c.time, rows);
  if (e.kind == kChannelSession) {
    rows.push_back(add(owner_channels(e.owner), 1));
    if (!e.is_private) rows.push_back(put_key(Table::public_channels, session_key(e.id)));
  }
  if (e.kind != kChatSession) return;
  count(ChatFigure::chats, e.owner, c.time, 1, rows);
  rows.push_back(add(owner_chats(e.owner), 1));
}

void on(const MemberJoined& e, const Context& c, Rows& rows) {
  add_member(session_in(c), kChannelSession, e.account, c.time, rows);
}

void on(const MemberLeft& e, const Context& c, Rows& rows) { remove_member(session_in(c), e.account, rows); }

void on(const ChannelDescribed& e, const Context& c, Rows& rows) {
  rows.push_back(patch<SessionRow>(session_key(session_in(c)), {{"name", e.name}, {"description", e.description}}));
}

void on(const ChannelArchived& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  for (const AccountId member : e.members) remove_member(id, member, rows);
  rows.push_back(erase(Table::public_channels, session_key(id)));
  rows.push_back(patch<SessionRow>(session_key(id), {{"archived_at", c.time}}));
  rows.push_back(add(owner_channels(e.owner), -1));
}

void on(const ChatCleared& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  for (std::int64_t number = e.from; number <= e.through; ++number)
    rows.push_back(erase(Table::session_messages, message_key(id, number)));
  rows.push_back(patch<SessionRow>(session_key(id), {{"cleared", e.through}}));
}

void on(const ChatDeleted& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  remove_member(id, e.owner, rows, kChatSession);
  rows.push_back(patch<SessionRow>(session_key(id), {{"archived_at", c.time}}));
  rows.push_back(add(owner_chats(e.owner), -1));
}

void on(const MessagePosted& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  MessageRow row;
  row.number = e.number;
  row.role = e.role;
  row.author = e.author;
  row.key_of = e.key_of;
  row.sealed_text = e.sealed_text;
  row.content_type = e.content_type;
  row.mentions = e.mentions;
  row.reply_to = e.reply_to;
  row.thread = e.thread;
  row.attachments = e.attachments;
  row.tokens = e.tokens;
  row.status = "complete";
  row.created_at = c.time;
  row.foreign_id = e.foreign_id;
  row.prefix_bytes = e.prefix_bytes;
  rows.push_back(put_row(message_key(id, e.number), row));
  rows.push_back(patch<SessionRow>(session_key(id), {{"messages", e.number}, {"last_message_at", c.time}}));
  if (e.group == 0) return;
  rows.push_back(
      put_bytes(Table::group_members, numbers_key({e.group, e.author}), big64(static_cast<std::uint64_t>(c.time))));
  rows.push_back(add(Table::group_days, group_day_key(e.group, day_of(c.time), GroupFigure::messages), 1));
}

void on(const MessageEdited& e, const Context& c, Rows& rows) {
  rows.push_back(patch<MessageRow>(message_key(session_in(c), e.number),
                                   {{"sealed_text", e.sealed_text}, {"key_of", e.key_of}, {"edited_at", c.time}}));
  rows.push_back(erase(Table::embeddings, message_key(session_in(c), e.number)));
}

void on(const MessageDeleted& e, const Context& c, Rows& rows) {
  rows.push_back(patch<MessageRow>(
      message_key(session_in(c), e.number),
      {{"sealed_text", ""}, {"mentions", Json::array()}, {"attachments", Json::array()}, {"deleted_at", c.time}}));
  rows.push_back(erase(Table::embeddings, message_key(session_in(c), e.number)));
}

void on(const ReactionAdded& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  rows.push_back(put_key(Table::reactions, reaction_key(id, e.number, e.account, e.emoji)));
  rows.push_back(patch<MessageRow>(message_key(id, e.number), {{"reacted_to", true}}));
}

void on(const ReactionRemoved& e, const Context& c, Rows& rows) {
  rows.push_back(erase(Table::reactions, reaction_key(session_in(c), e.number, e.account, e.emoji)));
}

/// An answer that its platform is to be given.
void put_unsent(SessionId id, std::int64_t number, Rows& rows) {
  rows.push_back(put_key(Table::unsent_replies, message_key(id, number)));
  rows.push_back(patch<MessageRow>(message_key(id, number), {{"delivery", "waiting"}}));
}

/// An answer that says that there is none: it is no part of what was said, which models are told.
void put_apology(SessionId id, std::int64_t number, Rows& rows) {
  if (number == 0) return;
  put_unsent(id, number, rows);
  rows.push_back(patch<MessageRow>(message_key(id, number), {{"status", "failed"}}));
}

void settle_unsent(SessionId id, std::int64_t number, Json fields, Rows& rows) {
  rows.push_back(erase(Table::unsent_replies, message_key(id, number)));
  rows.push_back(patch<MessageRow>(message_key(id, number), std::move(fields)));
}

void on(const MessageStopped& e, const Context& c, Rows& rows) {
  rows.push_back(patch<MessageRow>(message_key(session_in(c), e.number), {{"stopped_by", e.step}}));
  if (e.answer_number == 0) return;
  put_apology(session_in(c), e.answer_number, rows);
  rows.push_back(add(Table::group_days, group_day_key(e.group, day_of(c.time), GroupFigure::told, e.limited), 1));
}

void on(const CommandCalled& e, const Context& c, Rows& rows) {
  const auto key = message_key(session_in(c), e.number);
  rows.push_back(put_row(key, OpenCommandRow{e.caller, e.name, e.plugin}));
  rows.push_back(patch<MessageRow>(key, {{"status", "pending"}}));
}

void close_command(const Context& c, std::int64_t number, const char* status, Rows& rows) {
  const auto key = message_key(session_in(c), number);
  rows.push_back(erase(Table::open_commands, key));
  rows.push_back(patch<MessageRow>(key, {{"status", status}}));
}

void on(const CommandAnswered& e, const Context& c, Rows& rows) {
  close_command(c, e.number, "complete", rows);
  if (e.answer_number == 0) return;
  put_unsent(session_in(c), e.answer_number, rows);
  if (e.secret) rows.push_back(patch<MessageRow>(message_key(session_in(c), e.answer_number), {{"status", kSecret}}));
}

void on(const CommandFailed& e, const Context& c, Rows& rows) {
  close_command(c, e.number, "failed", rows);
  put_apology(session_in(c), e.answer_number, rows);
}

void on(const MessageAnnounced& e, const Context& c, Rows& rows) { put_unsent(session_in(c), e.number, rows); }

void on(const ReplySent& e, const Context& c, Rows& rows) {
  settle_unsent(session_in(c), e.number, {{"delivery", "sent"}, {"foreign_id", e.foreign_id}}, rows);
}

void on(const ReplyFailed& e, const Context& c, Rows& rows) {
  settle_unsent(session_in(c), e.number, {{"delivery", "failed"}}, rows);
}

void on(const QuestionAsked& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  rows.push_back(put_row(message_key(id, e.number), QuestionRow{e.asker, e.provider, e.model, e.sealed_system_prompt,
                                                                e.temperature, e.max_tokens, e.context, e.tools}));
  rows.push_back(patch<MessageRow>(message_key(id, e.number), {{"status", "pending"}}));
  if (!e.sealed_system_prompt.empty())
    rows.push_back(patch<SessionRow>(session_key(id), {{"sealed_system_prompt", e.sealed_system_prompt}}));
  count(ChatFigure::messages, e.asker, c.time, 1, rows);
  if (e.group == 0) return;
  for (const AccountId user : {AccountId{0}, e.asker})
    rows.push_back(add(Table::group_days, group_day_key(e.group, day_of(c.time), GroupFigure::asked, user), 1));
}

void on(const QuestionAskedAgain&, const Context&, Rows&) {}

void on(const QuestionAnswered& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  rows.push_back(erase(Table::open_questions, message_key(id, e.number)));
  rows.push_back(patch<MessageRow>(message_key(id, e.number), {{"status", "complete"}}));
  rows.push_back(patch<MessageRow>(message_key(id, e.answer_number), {{"model", e.model}}));
  count(ChatFigure::messages, e.asker, c.time, 1, rows);
  count(ChatFigure::answers, e.asker, c.time, 1, rows);
  count(ChatFigure::took_us, e.asker, c.time, e.took, rows);
  count(ChatFigure::tokens, e.asker, c.time, e.prompt_tokens + e.completion_tokens, rows);
  if (e.to_send) put_unsent(id, e.answer_number, rows);
  if (e.group != 0)
    rows.push_back(add(Table::group_days, group_day_key(e.group, day_of(c.time), GroupFigure::answers), 1));
  count_usage({e.provider, e.model, e.asker, e.to_send ? id : 0, false, e.prompt_tokens, e.completion_tokens, e.took},
              c.time, rows);
}

void on(const QuestionFailed& e, const Context& c, Rows& rows) {
  const SessionId id = session_in(c);
  rows.push_back(erase(Table::open_questions, message_key(id, e.number)));
  rows.push_back(patch<MessageRow>(message_key(id, e.number), {{"status", "failed"}}));
  put_apology(id, e.answer_number, rows);
  count(ChatFigure::errors, e.asker, c.time, 1, rows);
  Usage failed;
  failed.user = e.asker;
  failed.failed = true;
  count_usage(failed, c.time, rows);
}

}  // namespace

void project(const SessionEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
