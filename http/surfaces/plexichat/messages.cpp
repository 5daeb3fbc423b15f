#include "http/surfaces/plexichat/messages.hpp"

#include <algorithm>
#include <limits>

#include "http/route_table.hpp"
#include "http/surfaces/plexichat/channels.hpp"
#include "http/surfaces/plexichat/ids.hpp"
#include "http/surfaces/plexichat/views.hpp"

namespace troupe::http::plexichat {
namespace {

using events::SessionId;
using projections::MessageRow;
using projections::SessionRow;

tl::unexpected<Error> no_such_message() { return fail(Errc::not_found, "No such message", "message_id"); }

actors::MessageFacts facts_of(const MessageRow& row) { return {row.number, row.author, row.deleted_at != 0}; }

/// What people wrote keeps the white space around it: in Markdown it has a meaning.
std::string content_of(const Json& fields) { return fields.value("content", std::string()); }

/// Texts of an array; nothing when one of them is none.
std::optional<std::vector<std::string>> texts_in(const Json& fields, const char* name) {
  std::vector<std::string> texts;
  const auto list = fields.find(name);
  if (list == fields.end() || list->is_null()) return texts;
  for (const Json& text : *list) {
    if (!text.is_string()) return std::nullopt;
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

/// The people mentioned, each once. Errors: invalid.
Expected<std::vector<events::AccountId>> mentions_in(const Json& fields) {
  const auto texts = texts_in(fields, "mentions");
  std::vector<events::AccountId> mentions;
  for (const auto& text : texts.value_or(std::vector<std::string>{""})) {
    const auto account = id_number(kUser, text);
    if (!account) return fail(Errc::invalid, "mentions must be a list of user ids", "mentions");
    if (std::find(mentions.begin(), mentions.end(), *account) == mentions.end()) mentions.push_back(*account);
    if (mentions.size() > defaults::kMaxMentions) break;  // the rule for that is the decider's
  }
  return mentions;
}

}  // namespace

const std::vector<Field>& Messages::fields() {
  static const std::vector<Field> kFields = {
      required("channel_id", "The channel's id, or the name of a public one"),
      required("content", {}, defaults::kMaxMessageLength),
      word("content_type", {"text", "markdown"}, "text when missing"),
      array("mentions", "Ids of members, at most " + std::to_string(defaults::kMaxMentions)),
      text("reply_to", "Id of a message in this channel that is not deleted"),
      array("attachments", "Ids of files, at most " + std::to_string(defaults::kMaxAttachmentsPerMessage))};
  return kFields;
}

Expected<Draft> Messages::draft(const Json& fields, const Caller& caller) const {
  const auto channel = visible_channel(context_, caller, trimmed(fields.value("channel_id", std::string())));
  if (!channel) return tl::unexpected(channel.error());
  auto mentions = mentions_in(fields);
  if (!mentions) return tl::unexpected(mentions.error());
  auto attachments = texts_in(fields, "attachments");
  if (!attachments) return fail(Errc::invalid, "attachments must be a list of file ids", "attachments");
  if (attachments->size() <= defaults::kMaxAttachmentsPerMessage)  // the rule for that is the decider's
    if (auto ok = context_.services.system.files().check_attachments(*attachments, caller.account, channel->id); !ok)
      return tl::unexpected(ok.error());
  Draft draft;
  draft.channel = channel->id;
  draft.text = content_of(fields);
  draft.message.author = caller.account;
  draft.message.content_type = fields.value("content_type", std::string("text"));
  draft.message.mentions = std::move(*mentions);
  draft.message.attachments = std::move(*attachments);
  if (const auto reply = fields.find("reply_to"); reply != fields.end() && reply->is_string())
    if (auto ok = set_reply(draft, reply->get<std::string>()); !ok) return tl::unexpected(ok.error());
  return draft;
}

Expected<void> Messages::set_reply(Draft& draft, const std::string& reply_to) const {
  const auto id = id_number(kMessage, reply_to);
  const bool here = id && events::session_of(*id) == draft.channel;
  const auto replied = here ? context_.sessions.message(draft.channel, events::number_of(*id)) : std::nullopt;
  if (!replied || replied->deleted_at != 0)
    return fail(Errc::invalid, "reply_to must be a message of this channel that is not deleted", "reply_to");
  draft.message.reply_to = replied->number;
  draft.message.thread = replied->thread != 0 ? replied->thread : replied->number;
  return {};
}

Expected<std::optional<std::int64_t>> Messages::cursor(const CallPtr& call, const char* name,
                                                       const SessionRow& channel) const {
  const auto text = call->query_text(name);
  if (!text) return std::optional<std::int64_t>();
  const auto id = id_number(kMessage, *text);
  const bool known = id && events::session_of(*id) == channel.id && events::number_of(*id) >= 1 &&
                     events::number_of(*id) <= channel.messages;
  if (!known) return fail(Errc::invalid, std::string(name) + " must be a message of this channel", name);
  return std::optional(events::number_of(*id));
}

void Messages::list(const CallPtr& call) {
  const auto channel = joined_channel(context_, call->caller, *call->query_text("channel_id"));
  if (!channel) return call->refuse(channel.error());
  const auto before = cursor(call, "before", *channel);
  if (!before) return call->refuse(before.error());
  const auto after = cursor(call, "after", *channel);
  if (!after) return call->refuse(after.error());
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  // With `after` alone the page is next to that message, and the next page is newer; in all other cases it is older.
  const bool to_newer = *after && !*before;
  const std::int64_t oldest = after->value_or(0) + 1, newest = before->value_or(channel->messages + 1) - 1;
  auto rows = to_newer ? context_.sessions.messages_from(channel->id, oldest, limit)
                       : context_.sessions.messages_before(channel->id, newest + 1, limit);
  std::erase_if(rows, [&](const MessageRow& row) { return row.number < oldest || row.number > newest; });
  const bool has_more = !rows.empty() && (to_newer ? rows.back().number < newest : rows.back().number > oldest);
  const OrderedJson next = has_more ? OrderedJson(message_id(channel->id, rows.back().number)) : OrderedJson(nullptr);
  if (to_newer) std::reverse(rows.begin(), rows.end());
  OrderedJson messages = OrderedJson::array();
  for (const auto& row : rows) messages.push_back(message_view(context_, channel->id, row));
  call->answer(
      {{"messages", std::move(messages)},
       {"pagination", Fields{{"has_more", has_more}, {"next_cursor", next}, {"total_count", channel->messages}}}});
}

void Messages::post(const CallPtr& call) {
  auto answer = context_.services.then(call, [this, call](const storage::Record& record) {
    const auto posted = actors::message_in(record);
    if (!posted) return call->refuse({Errc::corrupt, "a message was stored that does not decode"});
    // As it was posted, also to a repeat: whoever asks again may not be in the channel any more.
    call->answer(message_view(context_, record.number(), *posted, record.time));
  });
  if (context_.services.answered_before(call, answer)) return;
  auto draft = this->draft(call->body, call->caller);
  if (!draft) return call->refuse(draft.error());
  context_.services.system.conversations().post(draft->channel, std::move(draft->message), draft->text, call->cause(),
                                                std::move(answer));
}

Expected<Messages::Found> Messages::find(const CallPtr& call, bool moderating) const {
  const auto id = id_number(kMessage, call->path_parameter("message_id"));
  if (!id) return no_such_message();
  const std::string where = channel_id(events::session_of(*id));
  auto channel =
      moderating ? moderated_channel(context_, call->caller, where) : joined_channel(context_, call->caller, where);
  if (!channel && channel.error().code == Errc::not_found) return no_such_message();
  if (!channel) return tl::unexpected(channel.error());
  auto message = context_.sessions.message(channel->id, events::number_of(*id));
  if (!message) return no_such_message();
  return Found{std::move(*channel), std::move(*message)};
}

actors::RecordAnswer Messages::then_answer(const CallPtr& call, SessionId channel, std::int64_t number) const {
  return context_.services.then(
      call, [this, call, channel, number](const storage::Record&) { answer_with(call, channel, number); });
}

void Messages::answer_with(const CallPtr& call, SessionId channel, std::int64_t number) const {
  const auto row = context_.sessions.message(channel, number);
  if (!row) return call->refuse({Errc::corrupt, "a message has no row"});
  call->answer(message_view(context_, channel, *row));
}

void Messages::show(const CallPtr& call) {
  const auto found = find(call, false);
  if (!found) return call->refuse(found.error());
  call->answer(message_view(context_, found->channel.id, found->message));
}

void Messages::edit(const CallPtr& call) {
  const auto found = find(call, true);
  if (!found) return call->refuse(found.error());
  actors::EditMessage edit{facts_of(found->message), call->caller.account, moderates(call->caller)};
  context_.services.system.conversations().edit(found->channel.id, std::move(edit), content_of(call->body),
                                                call->cause(),
                                                then_answer(call, found->channel.id, found->message.number));
}

void Messages::remove(const CallPtr& call) {
  const auto found = find(call, true);
  if (!found) return call->refuse(found.error());
  context_.services.system.conversations().ask_session(
      found->channel.id, actors::DeleteMessage{facts_of(found->message), call->caller.account, moderates(call->caller)},
      call->cause(), then_answer(call, found->channel.id, found->message.number));
}

void Messages::reactions(const CallPtr& call) {
  const auto found = find(call, false);
  if (!found) return call->refuse(found.error());
  const bool deleted = found->message.deleted_at != 0;
  call->answer({{"reactions",
                 deleted ? OrderedJson::array() : reactions_view(context_, found->channel.id, found->message.number)}});
}

actors::ReactionFacts Messages::reaction_facts(const Found& found, events::AccountId account,
                                               std::string_view emoji) const {
  actors::ReactionFacts facts;
  if (!found.message.reacted_to) return facts;
  const SessionId channel = found.channel.id;
  facts.given = context_.sessions.has_reacted(channel, found.message.number, account, emoji);
  for (const auto& reaction : context_.sessions.reactions(channel, found.message.number))
    facts.count += reaction.accounts.size();
  return facts;
}

void Messages::react(const CallPtr& call) {
  const auto found = find(call, false);
  if (!found) return call->refuse(found.error());
  const auto& [channel, message] = *found;
  const std::string emoji = call->body_text("emoji");
  const auto facts = reaction_facts(*found, call->caller.account, emoji);
  context_.services.system.conversations().ask_session(
      channel.id, actors::React{facts_of(message), call->caller.account, emoji, facts}, call->cause(),
      then_answer(call, channel.id, message.number));
}

void Messages::unreact(const CallPtr& call) {
  const auto found = find(call, false);
  if (!found) return call->refuse(found.error());
  const auto& [channel, message] = *found;
  const std::string& emoji = call->path_parameter("emoji");
  const auto facts = reaction_facts(*found, call->caller.account, emoji);
  context_.services.system.conversations().ask_session(
      channel.id, actors::Unreact{facts_of(message), call->caller.account, emoji, facts}, call->cause(),
      then_answer(call, channel.id, message.number));
}

}  // namespace troupe::http::plexichat
