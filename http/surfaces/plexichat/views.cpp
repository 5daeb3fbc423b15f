#include "http/surfaces/plexichat/views.hpp"

#include "http/surfaces/plexichat/ids.hpp"

namespace troupe::http::plexichat {
namespace {

using events::AccountId;
using events::SessionId;

/// 0: none.
OrderedJson message_or_null(SessionId channel, std::int64_t number) {
  return number == 0 ? OrderedJson(nullptr) : OrderedJson(message_id(channel, number));
}

}  // namespace

std::string channel_id(SessionId channel) { return id_text(kChannel, channel); }
std::string message_id(SessionId channel, std::int64_t number) {
  return id_text(kMessage, events::message_id(channel, number));
}
std::string user_id(AccountId account) { return id_text(kUser, account); }

OrderedJson channel_view(const Context& context, const projections::SessionRow& row, bool is_member) {
  return Fields{{"id", channel_id(row.id)},
                {"name", row.name},
                {"description", row.description},
                {"is_private", row.is_private},
                {"owner_id", user_id(row.owner)},
                {"is_member", is_member},
                {"member_count", context.sessions.member_count(row.id)},
                {"message_count", row.messages},
                {"created_at", iso8601(row.created_at)},
                {"last_message_at", time_or_null(row.last_message_at)}};
}

OrderedJson member_view(const Context& context, const projections::SessionRow& channel,
                        const projections::Member& member) {
  const auto account = context.queries.account(member.account);
  const std::string username = account ? account->username : "";
  return Fields{{"user_id", user_id(member.account)},
                {"username", username},
                {"display_name", account && !account->fullname.empty() ? account->fullname : username},
                {"role", member.account == channel.owner ? "owner" : "member"},
                {"joined_at", iso8601(member.joined_at)}};
}

OrderedJson message_view(const Context& context, SessionId channel, const projections::MessageRow& row) {
  OrderedJson mentions = OrderedJson::array(), attachments = OrderedJson::array();
  for (const AccountId account : row.mentions) mentions.push_back(user_id(account));
  for (const auto& file : row.attachments) attachments.push_back(file);
  const bool deleted = row.deleted_at != 0;
  return Fields{
      {"id", message_id(channel, row.number)},
      {"channel_id", channel_id(channel)},
      {"user_id", row.author == 0 ? OrderedJson(nullptr) : OrderedJson(user_id(row.author))},
      {"content", deleted ? "" : context.services.secrets.unseal_for(row.key_of, row.sealed_text).value_or("")},
      {"content_type", row.content_type},
      {"created_at", iso8601(row.created_at)},
      {"updated_at", time_or_null(std::max(row.edited_at, row.deleted_at))},
      {"attachments", std::move(attachments)},
      {"mentions", std::move(mentions)},
      {"reactions", row.reacted_to && !deleted ? reactions_view(context, channel, row.number) : OrderedJson::array()},
      {"thread_id", message_or_null(channel, row.thread)},
      {"reply_to", message_or_null(channel, row.reply_to)},
      {"is_edited", row.edited_at != 0},
      {"is_deleted", deleted}};
}

OrderedJson message_view(const Context& context, SessionId channel, const events::MessagePosted& message,
                         Micros posted_at) {
  projections::MessageRow row;
  row.number = message.number;
  row.author = message.author;
  row.key_of = message.key_of;
  row.sealed_text = message.sealed_text;
  row.content_type = message.content_type;
  row.mentions = message.mentions;
  row.reply_to = message.reply_to;
  row.thread = message.thread;
  row.attachments = message.attachments;
  row.created_at = posted_at;
  return message_view(context, channel, row);
}

OrderedJson reaction_view(const projections::Reaction& reaction) {
  OrderedJson users = OrderedJson::array();
  for (const AccountId account : reaction.accounts) {
    if (users.size() >= defaults::kMaxReactorsShown) break;
    users.push_back(user_id(account));
  }
  return Fields{{"emoji", reaction.emoji}, {"count", reaction.accounts.size()}, {"users", std::move(users)}};
}

OrderedJson reactions_view(const Context& context, SessionId channel, std::int64_t number) {
  OrderedJson list = OrderedJson::array();
  for (const auto& reaction : context.sessions.reactions(channel, number)) list.push_back(reaction_view(reaction));
  return list;
}

}  // namespace troupe::http::plexichat
