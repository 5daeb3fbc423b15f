#include "http/surfaces/plexichat/channels.hpp"

#include <algorithm>

#include "http/surfaces/plexichat/ids.hpp"
#include "http/surfaces/plexichat/views.hpp"

namespace troupe::http::plexichat {
namespace {

using events::AccountId;
using events::SessionId;
using projections::SessionRow;

constexpr const char* kChannelId = "channel_id";

tl::unexpected<Error> no_such_channel() { return fail(Errc::not_found, "No such channel", kChannelId); }

}  // namespace

Error about_channels(Error error) {
  if (error.code == Errc::conflict && error.field == "channel") return {error.code, "name is taken", "name"};
  if (error.code == Errc::not_found && error.field == actors::kSessionId) return no_such_channel().value();
  return error;
}

bool moderates(const Caller& caller) { return caller.is_admin() || caller.role == "moderator"; }

Expected<SessionRow> open_channel(const Context& context, std::string_view text) {
  auto id = id_number(kChannel, text);
  if (!id) id = context.sessions.channel_named(text);
  auto row = id ? context.sessions.session(*id) : std::nullopt;
  if (!row || row->kind != events::kChannelSession || row->archived_at != 0) return no_such_channel();
  return std::move(*row);
}

Expected<SessionRow> visible_channel(const Context& context, const Caller& caller, std::string_view text) {
  auto row = open_channel(context, text);
  if (row && row->is_private && !context.sessions.is_member(row->id, caller.account)) return no_such_channel();
  return row;
}

Expected<SessionRow> joined_channel(const Context& context, const Caller& caller, std::string_view text) {
  auto row = open_channel(context, text);
  if (!row || context.sessions.is_member(row->id, caller.account)) return row;
  if (row->is_private) return no_such_channel();
  return fail(Errc::forbidden, "Join the channel first", kChannelId);
}

Expected<SessionRow> moderated_channel(const Context& context, const Caller& caller, std::string_view text) {
  return moderates(caller) ? visible_channel(context, caller, text) : joined_channel(context, caller, text);
}

void Channels::ask(const CallPtr& call, SessionId channel, actors::SessionDecider::Command command) {
  ask(call, channel, std::move(command), [this, call, channel] { answer_with(call, channel); });
}

void Channels::ask(const CallPtr& call, SessionId channel, actors::SessionDecider::Command command,
                   std::function<void()> done) {
  context_.services.system.conversations().ask_session(
      channel, std::move(command), call->cause(),
      context_.services.then(call, [done = std::move(done)](const storage::Record&) { done(); }));
}

void Channels::answer_with(const CallPtr& call, SessionId channel) {
  const auto row = context_.sessions.session(channel);
  if (!row) return call->refuse({Errc::corrupt, "a channel has no row"});
  call->answer(channel_view(context_, *row, context_.sessions.is_member(channel, call->caller.account)));
}

void Channels::create(const CallPtr& call) {
  actors::CreateSession create;
  create.kind = events::kChannelSession;
  create.owner = call->caller.account;
  create.name = call->body_text("name");
  create.description = call->body_text("description");
  create.is_private = call->body_flag("is_private");
  context_.services.system.conversations().create(
      std::move(create), {}, call->cause(), context_.services.then(call, [this, call](const storage::Record& record) {
        answer_with(call, record.number());
      }));
}

void Channels::list(const CallPtr& call) {
  const std::string scope = call->query_text("scope").value_or("all");
  if (scope != "all" && scope != "mine" && scope != "public")
    return call->refuse({Errc::invalid, "scope must be all, mine or public", "scope"});
  const auto after_text = call->query_text("after");
  const auto after = after_text ? id_number(kChannel, *after_text) : std::optional<std::int64_t>(0);
  if (!after) return call->refuse({Errc::invalid, "after must be the id of a channel", "after"});
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  // One more than a page of each tells whether there is another page.
  std::vector<SessionId> mine, open, page;
  mine = context_.sessions.channels_of(call->caller.account, *after, limit + 1);
  if (scope != "mine") open = context_.sessions.public_channels(*after, limit + 1);
  if (scope == "public")
    page = open;
  else
    std::set_union(mine.begin(), mine.end(), open.begin(), open.end(), std::back_inserter(page));
  const bool has_more = page.size() > limit;
  if (has_more) page.resize(limit);
  OrderedJson channels = OrderedJson::array();
  for (const SessionId id : page)
    if (const auto row = context_.sessions.session(id))
      channels.push_back(channel_view(context_, *row, context_.sessions.is_member(id, call->caller.account)));
  const OrderedJson cursor = has_more ? OrderedJson(channel_id(page.back())) : OrderedJson(nullptr);
  call->answer(
      {{"channels", std::move(channels)}, {"pagination", Fields{{"has_more", has_more}, {"next_cursor", cursor}}}});
}

void Channels::show(const CallPtr& call) {
  const auto channel = visible_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  call->answer(channel_view(context_, *channel, context_.sessions.is_member(channel->id, call->caller.account)));
}

void Channels::change(const CallPtr& call) {
  const auto channel = visible_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  ask(call, channel->id,
      actors::DescribeChannel{call->caller.account, moderates(call->caller), call->optional_body_text("name"),
                              call->optional_body_text("description")});
}

void Channels::remove(const CallPtr& call) {
  const auto channel = call->caller.is_admin()
                           ? open_channel(context_, call->path_parameter(kChannelId))
                           : visible_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  ask(call, channel->id, actors::ArchiveChannel{call->caller.account, call->caller.is_admin()}, [call] {
    call->answer({{"message", "Channel deleted"}});
  });
}

void Channels::join(const CallPtr& call) {
  const auto channel = visible_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  ask(call, channel->id, actors::Join{call->caller.account});
}

void Channels::leave(const CallPtr& call) {
  const auto channel = visible_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  ask(call, channel->id, actors::Leave{call->caller.account}, [call] { call->answer({{"message", "Channel left"}}); });
}

void Channels::members(const CallPtr& call) {
  const auto channel = joined_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  const auto after_text = call->query_text("after");
  const auto after = after_text ? id_number(kUser, *after_text) : std::optional<std::int64_t>(0);
  if (!after) return call->refuse({Errc::invalid, "after must be the id of a user", "after"});
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  auto page = context_.sessions.members(channel->id, *after, limit + 1);
  const bool has_more = page.size() > limit;
  if (has_more) page.resize(limit);
  OrderedJson members = OrderedJson::array();
  for (const auto& member : page) members.push_back(member_view(context_, *channel, member));
  const OrderedJson cursor = has_more ? OrderedJson(user_id(page.back().account)) : OrderedJson(nullptr);
  call->answer({{"members", std::move(members)},
                {"pagination", Fields{{"has_more", has_more},
                                      {"next_cursor", cursor},
                                      {"total_count", context_.sessions.member_count(channel->id)}}}});
}

void Channels::add_member(const CallPtr& call) {
  const auto channel = joined_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  const auto account = id_number(kUser, call->body_text("user_id"));
  const auto row = account ? context_.queries.account(*account) : std::nullopt;
  if (!row || !row->active) return call->refuse({Errc::invalid, "user_id must be an active user's", "user_id"});
  ask(call, channel->id, actors::Join{row->id, call->caller.account}, [this, call, channel = *channel, id = row->id] {
    const auto found = context_.sessions.members(channel.id, id - 1, 1);
    if (found.empty() || found.front().account != id) return call->refuse({Errc::conflict, "the member has left"});
    call->answer(member_view(context_, channel, found.front()));
  });
}

void Channels::remove_member(const CallPtr& call) {
  const auto channel = moderated_channel(context_, call->caller, call->path_parameter(kChannelId));
  if (!channel) return call->refuse(channel.error());
  const auto account = id_number(kUser, call->path_parameter("user_id"));
  if (!account) return call->refuse({Errc::not_found, "No such member"});
  ask(call, channel->id, actors::Leave{*account, call->caller.account, moderates(call->caller)}, [call] {
    call->answer({{"message", "Member removed"}});
  });
}

}  // namespace troupe::http::plexichat
