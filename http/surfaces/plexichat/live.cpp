#include "http/surfaces/plexichat/live.hpp"

#include <algorithm>
#include <limits>

#include "events/codec.hpp"
#include "http/surfaces/plexichat/channels.hpp"
#include "http/surfaces/plexichat/ids.hpp"
#include "http/surfaces/plexichat/views.hpp"
#include "http/validation.hpp"

namespace troupe::http::plexichat {
namespace {

using events::AccountId;
using events::SessionId;

constexpr std::uint16_t kLoginEnded = 4001;
constexpr std::size_t kMaxFrameIdLength = 64;
/// What a subscriber has seen that is to be shown no live message, because older ones are still on their way to it.
constexpr std::int64_t kShowNone = std::numeric_limits<std::int64_t>::max();
/// Half of what a slow client may have waiting is left to what happens meanwhile.
constexpr std::size_t kMaxMissedBytes = defaults::kMaxWebSocketQueueBytes / 2;

/// What a client sent to tell answers apart; null when there is none.
Json id_of(const Json& frame) {
  const auto id = frame.find("id");
  if (id == frame.end()) return nullptr;
  const bool good =
      id->is_number() || (id->is_string() && id->get_ref<const std::string&>().size() <= kMaxFrameIdLength);
  return good ? *id : Json(nullptr);
}

OrderedJson answer_frame(std::string_view type, OrderedJson data, const Json& id) {
  OrderedJson frame = {{"type", type}, {"data", std::move(data)}};
  if (!id.is_null()) frame["id"] = id;
  return frame;
}

Expected<std::vector<std::string>> channels_in(const Json& fields) {
  const auto invalid = [](std::string why) { return fail(Errc::invalid, std::move(why), "channels"); };
  const auto list = fields.find("channels");
  if (list == fields.end() || !list->is_array() || list->empty())
    return invalid("channels must be a list of channel ids or names");
  if (list->size() > defaults::kMaxChannelsPerSocket)
    return invalid("a socket subscribes to at most " + std::to_string(defaults::kMaxChannelsPerSocket) + " channels");
  std::vector<std::string> channels;
  for (const Json& channel : *list) {
    if (!channel.is_string()) return invalid("channels must be a list of channel ids or names");
    channels.push_back(channel.get<std::string>());
  }
  return channels;
}

/// The number of the last message that the client has seen of this channel, which it may call by name or id; nothing
/// when it does not say. Errors: invalid.
Expected<std::optional<std::int64_t>> seen_in(const Json& fields, const projections::SessionRow& channel,
                                              const std::string& name) {
  using Seen = std::optional<std::int64_t>;
  const auto after = fields.find("after");
  if (after == fields.end() || after->is_null()) return Seen();
  const Json* text = &*after;
  if (after->is_object()) {
    auto at = after->find(name);
    if (at == after->end()) at = after->find(channel_id(channel.id));
    if (at == after->end()) return Seen();
    if (at->is_null()) return Seen(0);
    text = &*at;
  }
  const auto id = text->is_string() ? id_number(kMessage, text->get<std::string>()) : std::nullopt;
  if (id && !after->is_object() && events::session_of(*id) != channel.id) return Seen();  // another channel's
  if (!id || events::session_of(*id) != channel.id || events::number_of(*id) > channel.messages)
    return fail(Errc::invalid, "after must be a message of the channel", "after");
  return Seen(events::number_of(*id));
}

std::string channel_in(const Json& fields) {
  const auto channel = fields.find("channel_id");
  return channel != fields.end() && channel->is_string() ? channel->get<std::string>() : "";
}

OrderedJson typing_frame(SessionId channel, AccountId account, bool is_typing) {
  return frame("typing",
               {{"channel_id", channel_id(channel)}, {"user_id", user_id(account)}, {"is_typing", is_typing}});
}

}  // namespace

class Live::Socket final : public ClientSocket {
 public:
  Socket(Live& live, Caller caller, std::string request_id)
      : ClientSocket(live.sockets_, std::move(caller)), request_id(std::move(request_id)), live_(live) {}

  void message(std::string_view payload, bool binary) override { live_.said(*this, payload, binary); }
  bool is_stranger() const { return caller().account == 0; }

  const std::string request_id;
  std::vector<SessionId> channels;  ///< subscribed to
  std::size_t bad_frames = 0;       ///< one after the other

 private:
  void came() override { live_.came(*this); }
  void went() override { live_.went(*this); }

  Live& live_;
};

/// A subscription on its way: public channels are joined first.
struct Live::Subscription {
  struct Channel {
    SessionId id = 0;
    std::string name;
    std::int64_t seen = 0;
    bool says_seen = false;  ///< the client said what it has seen
    bool refused = false;
    bool goes_on = false;  ///< it was subscribed before
  };
  std::weak_ptr<ClientSocket> socket;
  Json id;
  std::vector<Channel> channels;
  std::size_t joining = 0;
};

Live::Live(Context& context, Messages& messages, Surface& surface, LiveRates rates)
    : context_(context),
      messages_(messages),
      surface_(surface),
      kinds_{{"subscribe", {&Live::subscribe, rates.other, false}},
             {"unsubscribe", {&Live::unsubscribe, rates.other, false}},
             {"send_message", {&Live::send_message, rates.messages, true}},
             {"typing_start", {&Live::start_typing, rates.signals, true}},
             {"typing_stop", {&Live::stop_typing, rates.signals, true}},
             {"presence", {&Live::set_presence, rates.signals, true}}},
      message_fields_{.fields = Messages::fields()},
      sockets_(context.credentials, kLoginEnded) {}

// Coming and going

void Live::accept(const Request& request, Caller caller, std::unique_ptr<Upgrade> upgrade) {
  const bool stranger = caller.account == 0;
  const auto limit = stranger ? defaults::kMaxAnonymousSockets : defaults::kMaxLiveSocketsPerAccount;
  if (sockets_.of_account(caller.account).size() >= limit)
    return upgrade->refuse(surface_.error({Errc::too_fast, "Too many WebSocket connections"}, request.id));
  WebSocketLimits limits;
  limits.max_message_bytes = defaults::kMaxLiveFrameBytes;
  limits.idle_timeout = defaults::kWebSocketIdleTimeout;
  // Not compressed: a compressor for each of ten thousand sockets is most of their memory, and what many get is framed
  // once.
  upgrade->accept(std::make_shared<Socket>(*this, std::move(caller), request.id), limits);
}

void Live::came(Socket& socket) {
  const AccountId account = socket.caller().account;
  const OrderedJson user = socket.is_stranger() ? OrderedJson(nullptr) : OrderedJson(user_id(account));
  socket.send(frame("welcome", {{"user_id", user}}));
  if (!sweep_timer_) sweep_logins();
  if (!socket.is_stranger() && sockets_.of_account(account).size() == 1) tell_presence(account, &socket);
}

void Live::went(Socket& socket) {
  while (!socket.channels.empty()) drop(socket, socket.channels.back());
  const AccountId account = socket.caller().account;
  if (socket.is_stranger() || !sockets_.of_account(account).empty()) return;
  status_.erase(account);
  for (const auto& typing : typing_.of_account(account)) end_typing(typing.channel, account);
  tell_presence(account, nullptr);
}

void Live::sweep_logins() {
  sweep_timer_.reset();
  if (sockets_.size() == 0) return;
  sockets_.check_expired_logins(now_micros());
  sweep_timer_ = context_.services.loop.after(defaults::kLoginSweepInterval, [this] { sweep_logins(); });
}

void Live::shut_down() { sockets_.close_all(kGoingAway, "The server is ending"); }

// What clients say

void Live::said(Socket& socket, std::string_view text, bool binary) {
  const Micros now = now_micros();
  if (socket.caller().login_expires_at <= now && !sockets_.check_login(socket)) return;
  const auto bad = [&](const Error& error, const Json& id) {
    refuse(socket, error, id);
    if (++socket.bad_frames >= defaults::kMaxBadFrames) socket.close(kPolicyViolation, "Too many bad frames");
  };
  if (binary) return bad({Errc::invalid, "Frames are JSON text"}, nullptr);
  const auto parsed = parse_frame(text);
  if (!parsed) return bad(parsed.error(), nullptr);
  const auto& type = (*parsed)["type"].get_ref<const std::string&>();
  const Json id = id_of(*parsed);
  const auto data = parsed->find("data");
  const Json& fields = data != parsed->end() && data->is_object() ? *data : *parsed;
  if (type == "ping") {
    socket.bad_frames = 0;
    return socket.send(answer_frame("pong", Fields{{"timestamp", iso8601(now)}}, id));
  }
  const auto kind = kinds_.find(type);
  if (kind == kinds_.end()) return bad({Errc::invalid, "There is no such type of frame", "type"}, id);
  if (socket.is_stranger()) return bad({Errc::unauthenticated, std::string(surface_.not_authenticated_text())}, id);
  socket.bad_frames = 0;
  handle(socket, kind->second, fields, id);
}

void Live::handle(Socket& socket, const FrameKind& kind, const Json& fields, const Json& id) {
  if (!within(kind.rate, socket, id)) return;
  if (kind.writes ? !socket.caller().may_write : !socket.caller().may_read)
    return refuse(socket, {Errc::forbidden, std::string("This API key may not ") + (kind.writes ? "write" : "read")},
                  id);
  (this->*kind.handler)(socket, fields, id);
}

void Live::refuse(ClientSocket& socket, const Error& error, const Json& id) {
  const auto& request_id = static_cast<Socket&>(socket).request_id;
  socket.send(answer_frame("error", OrderedJson::parse(surface_.error(error, request_id).body)["error"], id));
}

bool Live::within(const RateClass& rate, Socket& socket, const Json& id) {
  const Micros now = now_micros();
  const auto verdict = surface_.take_from_rate(rate, socket.caller().name(), now);
  if (verdict.allowed) return true;
  const auto wait = static_cast<int>(std::max<Micros>(0, verdict.reset_at - now) / 1'000'000 + 1);
  socket.send(answer_frame("error", OrderedJson::parse(surface_.too_fast(wait, socket.request_id).body)["error"], id));
  return false;
}

void Live::send_message(Socket& socket, const Json& fields, const Json& id) {
  if (auto ok = check_fields(message_fields_, fields); !ok) return refuse(socket, ok.error(), id);
  auto draft = messages_.draft(fields, socket.caller());
  if (!draft) return refuse(socket, draft.error(), id);
  const SessionId channel = draft->channel;
  context_.services.system.conversations().post(
      channel, std::move(draft->message), draft->text, {socket.caller().name(), socket.request_id, now_micros(), {}},
      [this, channel, id, weak = socket.weak_from_this()](Expected<storage::RecordPtr> result) {
        context_.services.loop.post([this, channel, id, weak, result = std::move(result)] {
          const auto open = weak.lock();
          if (!open) return;
          if (!result) return refuse(*open, result.error(), id);
          if (const auto message = actors::message_in(**result))
            open->send(answer_frame("message_sent",
                                    Fields{{"id", message_id(channel, message->number)},
                                           {"channel_id", channel_id(channel)},
                                           {"created_at", iso8601((*result)->time)}},
                                    id));
        });
      });
}

// Subscriptions

void Live::subscribe(Socket& socket, const Json& fields, const Json& id) {
  const auto names = channels_in(fields);
  if (!names) return refuse(socket, names.error(), id);
  auto subscription = std::make_shared<Subscription>();
  subscription->socket = socket.weak_from_this();
  subscription->id = id;
  std::vector<SessionId> to_join;
  for (const auto& name : *names) {
    const auto channel = visible_channel(context_, socket.caller(), name);
    if (!channel) {
      refuse(socket, {channel.error().code, "No such channel: " + name.substr(0, kMaxFrameIdLength), "channels"}, id);
      continue;
    }
    const auto& known = subscription->channels;
    if (std::any_of(known.begin(), known.end(), [&](const auto& one) { return one.id == channel->id; })) continue;
    const auto seen = seen_in(fields, *channel, name);
    if (!seen) {
      refuse(socket, seen.error(), id);
      continue;
    }
    // What comes while the channel is joined is shown afterwards.
    subscription->channels.push_back(
        {channel->id, channel->name, seen->value_or(channel->messages), seen->has_value()});
    if (!context_.sessions.is_member(channel->id, socket.caller().account)) to_join.push_back(channel->id);
  }
  subscription->joining = to_join.size();
  if (to_join.empty()) return settle(subscription);
  for (const SessionId channel : to_join) join_and_subscribe(subscription, channel);
}

void Live::join_and_subscribe(const SubscriptionPtr& subscription, SessionId channel) {
  const auto socket = subscription->socket.lock();
  const Caller& caller = socket->caller();
  const auto joined = [this, subscription, channel](const Expected<storage::RecordPtr>& result) {
    const auto open = subscription->socket.lock();
    if (!result) {
      for (auto& one : subscription->channels)
        if (one.id == channel) one.refused = true;
      if (open) refuse(*open, result.error(), subscription->id);
    }
    if (--subscription->joining == 0 && open) settle(subscription);
  };
  if (!caller.may_write) return joined(fail(Errc::forbidden, "This API key may not write, and so not join a channel"));
  context_.services.system.conversations().ask_session(
      channel, actors::Join{caller.account},
      {caller.name(), static_cast<Socket&>(*socket).request_id, now_micros(), {}},
      [this, joined](Expected<storage::RecordPtr> result) {
        context_.services.loop.post([joined, result = std::move(result)] { joined(result); });
      });
}

/// All that could be joined is joined: from here to the end nothing else happens on the loop, so that what is in the rows
/// is shown here, and all later is shown when it is committed.
void Live::settle(const SubscriptionPtr& subscription) {
  auto& socket = static_cast<Socket&>(*subscription->socket.lock());
  OrderedJson channels = OrderedJson::array(), names = OrderedJson::object(), after = OrderedJson::object();
  auto& wanted = subscription->channels;
  std::erase_if(wanted, [&](Subscription::Channel& channel) {
    if (channel.refused) return true;
    if (!context_.sessions.is_member(channel.id, socket.caller().account)) {
      refuse(socket, {Errc::not_found, "No such channel: " + channel_id(channel.id), "channels"}, subscription->id);
      return true;
    }
    // One that is subscribed already and asks for nothing that it missed goes on as before.
    const bool known = find(socket, channel.id) != nullptr;
    channel.goes_on = known && !channel.says_seen;
    if (!known && socket.channels.size() >= defaults::kMaxChannelsPerSocket) {
      refuse(socket,
             {Errc::invalid,
              "a socket subscribes to at most " + std::to_string(defaults::kMaxChannelsPerSocket) + " channels",
              "channels"},
             subscription->id);
      return true;
    }
    if (!channel.goes_on) add(socket, channel.id, kShowNone);
    return false;
  });
  for (const auto& channel : wanted) {
    const std::string id = channel_id(channel.id);
    channels.push_back(id);
    names[id] = channel.name;
    if (channel.goes_on) continue;
    after[id] = channel.seen == 0 ? OrderedJson(nullptr) : OrderedJson(message_id(channel.id, channel.seen));
  }
  if (wanted.empty()) return;
  socket.send(answer_frame("subscribed",
                           Fields{{"channels", std::move(channels)}, {"names", std::move(names)}, {"after", after}},
                           subscription->id));
  for (auto& channel : wanted) {
    if (channel.goes_on) continue;
    if (show_missed(socket, channel.id, channel.seen))
      add(socket, channel.id, channel.seen);
    else
      missing_.push_back({socket.weak_from_this(), channel.id, channel.seen});
    show_who_is_there(socket, channel.id);
  }
  if (!missing_.empty() && !missing_timer_) show_more_missed();
}

bool Live::show_missed(ClientSocket& socket, SessionId channel, std::int64_t& seen) const {
  if (socket.queued_bytes() > kMaxMissedBytes) return false;
  const auto rows = context_.sessions.messages_from(channel, seen + 1, defaults::kMissedMessagesAtOnce);
  for (const auto& row : rows) {
    socket.send(OrderedJson{{"type", "message"}, {"data", message_view(context_, channel, row)}});
    seen = row.number;
    if (socket.queued_bytes() > kMaxMissedBytes) return false;
  }
  return rows.size() < defaults::kMissedMessagesAtOnce;
}

void Live::show_more_missed() {
  missing_timer_.reset();
  std::erase_if(missing_, [&](Missing& missing) {
    const auto socket = missing.socket.lock();
    Subscriber* subscriber = socket ? find(static_cast<Socket&>(*socket), missing.channel) : nullptr;
    if (!subscriber) return true;
    if (!show_missed(*socket, missing.channel, missing.seen)) return false;
    subscriber->seen = missing.seen;
    return true;
  });
  if (!missing_.empty())
    missing_timer_ = context_.services.loop.after(defaults::kMissedMessagesDelay, [this] { show_more_missed(); });
}

void Live::add(Socket& socket, SessionId channel, std::int64_t seen) {
  // A new subscription takes the place of one that is still on its way.
  std::erase_if(missing_, [&](const Missing& missing) {
    return missing.channel == channel && missing.socket.lock().get() == &socket;
  });
  if (Subscriber* known = find(socket, channel)) {
    known->seen = seen;
    return;
  }
  subscribers_[channel].push_back({&socket, seen});
  socket.channels.push_back(channel);
}

void Live::drop(Socket& socket, SessionId channel) {
  std::erase(socket.channels, channel);
  const auto at = subscribers_.find(channel);
  if (at == subscribers_.end()) return;
  if (Subscriber* subscriber = find(socket, channel)) {
    *subscriber = at->second.back();
    at->second.pop_back();
  }
  if (at->second.empty()) subscribers_.erase(at);
}

Live::Subscriber* Live::find(const Socket& socket, SessionId channel) {
  const auto at = subscribers_.find(channel);
  if (at == subscribers_.end()) return nullptr;
  const auto found = std::find_if(at->second.begin(), at->second.end(),
                                  [&](const Subscriber& subscriber) { return subscriber.socket == &socket; });
  return found == at->second.end() ? nullptr : &*found;
}

void Live::unsubscribe(Socket& socket, const Json& fields, const Json& id) {
  const auto names = channels_in(fields);
  if (!names) return refuse(socket, names.error(), id);
  OrderedJson channels = OrderedJson::array();
  for (const auto& name : *names) {
    const auto channel = open_channel(context_, name);
    if (!channel || !find(socket, channel->id)) continue;
    drop(socket, channel->id);
    channels.push_back(channel_id(channel->id));
  }
  socket.send(answer_frame("unsubscribed", Fields{{"channels", std::move(channels)}}, id));
}

// What happens

void Live::committed(const std::vector<storage::RecordPtr>& records) {
  if (sockets_.size() == 0) return;
  for (const auto& record : records) {
    if (record->category() == events::kAccounts) sockets_.check_logins_of(record->number());
    if (record->category() != events::kSessions) continue;
    const SessionId channel = record->number();
    if (!subscribers_.contains(channel)) continue;
    for (const auto& stored : record->events)
      if (const auto event = events::decode<events::SessionEvent>(stored)) show(channel, *event, record->time);
  }
}

void Live::show(SessionId channel, const events::SessionEvent& event, Micros time) {
  using namespace events;
  const auto member = [&](const char* type, AccountId account) {
    send_to(channel, frame(type, {{"channel_id", channel_id(channel)}, {"user_id", user_id(account)}}));
  };
  const auto reaction = [&](const char* type, std::int64_t number, AccountId account, const std::string& emoji) {
    send_to(channel, frame(type, {{"message_id", plexichat::message_id(channel, number)},
                                  {"channel_id", channel_id(channel)},
                                  {"user_id", user_id(account)},
                                  {"emoji", emoji},
                                  {"created_at", iso8601(time)}}));
  };
  std::visit(actors::Overloaded{
                 [&](const MessagePosted& e) { show_message(channel, e, time); },
                 [&](const MessageEdited& e) { show_changed_message(channel, e.number, "message_updated"); },
                 [&](const MessageDeleted& e) { show_changed_message(channel, e.number, "message_deleted"); },
                 [&](const ReactionAdded& e) { reaction("reaction_added", e.number, e.account, e.emoji); },
                 [&](const ReactionRemoved& e) { reaction("reaction_removed", e.number, e.account, e.emoji); },
                 [&](const MemberJoined& e) { member("member_joined", e.account); },
                 [&](const MemberLeft& e) {
                   remove_member(channel, e.account);
                   member("member_left", e.account);
                 },
                 [&](const ChannelDescribed&) {
                   if (const auto row = context_.sessions.session(channel))
                     send_to(channel, {{"type", "channel_updated"}, {"data", channel_view(context_, *row, true)}});
                 },
                 [&](const ChannelArchived&) { remove_channel(channel); },
                 [](const auto&) {},
             },
             event);
}

void Live::show_message(SessionId channel, const events::MessagePosted& message, Micros time) {
  end_typing(channel, message.author);
  const auto at = subscribers_.find(channel);
  if (at == subscribers_.end()) return;
  const auto shown = make_text_frame(
      json_text(OrderedJson{{"type", "message"}, {"data", message_view(context_, channel, message, time)}}));
  for (const Subscriber& subscriber : at->second)
    if (message.number > subscriber.seen) subscriber.socket->send(shown);
}

void Live::show_changed_message(SessionId channel, std::int64_t number, const char* type) {
  if (const auto row = context_.sessions.message(channel, number))
    send_to(channel, {{"type", type}, {"data", message_view(context_, channel, *row)}});
}

void Live::send_to(SessionId channel, const OrderedJson& frame, const Socket* but) const {
  const auto at = subscribers_.find(channel);
  if (at == subscribers_.end()) return;
  const auto shared = make_text_frame(json_text(frame));
  for (const Subscriber& subscriber : at->second)
    if (subscriber.socket != but) subscriber.socket->send(shared);
}

void Live::remove_member(SessionId channel, AccountId account) {
  if (context_.sessions.is_member(channel, account)) return;  // it has come back meanwhile
  end_typing(channel, account);
  for (ClientSocket* client : sockets_.of_account(account)) {
    auto& socket = static_cast<Socket&>(*client);
    if (!find(socket, channel)) continue;
    drop(socket, channel);
    socket.send(frame("unsubscribed", {{"channels", OrderedJson::array({channel_id(channel)})},
                                       {"reason", "You are no longer a member"}}));
  }
}

void Live::remove_channel(SessionId channel) {
  send_to(channel, frame("channel_deleted", {{"id", channel_id(channel)}}));
  typing_.end_all_in(channel);
  while (subscribers_.contains(channel)) drop(*subscribers_.at(channel).back().socket, channel);
}

// Who is there

bool Live::tells_presence(SessionId channel) const {
  const auto at = subscribers_.find(channel);
  return at != subscribers_.end() && at->second.size() <= defaults::kMaxPresenceAudience &&
         context_.sessions.member_count(channel) <= static_cast<std::int64_t>(defaults::kMaxPresenceAudience);
}

OrderedJson Live::presence_frame(AccountId account, Micros now) const {
  const auto status = status_.find(account);
  const bool online = !sockets_.of_account(account).empty();
  return frame("presence", {{"user_id", user_id(account)},
                            {"status", !online                   ? "offline"
                                       : status == status_.end() ? "online"
                                                                 : status->second},
                            {"last_seen", iso8601(now)}});
}

/// Once to each socket, however many channels it shares with the account.
void Live::tell_presence(AccountId account, const Socket* but) {
  if (subscribers_.empty()) return;
  std::vector<Socket*> audience;
  for (const SessionId channel : context_.sessions.newest_channels_of(account, defaults::kMaxPresenceChannels))
    if (tells_presence(channel))
      for (const Subscriber& subscriber : subscribers_.at(channel)) audience.push_back(subscriber.socket);
  if (audience.empty()) return;
  std::sort(audience.begin(), audience.end());
  audience.erase(std::unique(audience.begin(), audience.end()), audience.end());
  const auto shared = make_text_frame(json_text(presence_frame(account, now_micros())));
  for (Socket* socket : audience)
    if (socket != but) socket->send(shared);
}

void Live::show_who_is_there(Socket& socket, SessionId channel) {
  if (!tells_presence(channel)) return;
  const Micros now = now_micros();
  for (const auto& member : context_.sessions.members(channel, 0, defaults::kMaxPresenceAudience))
    if (member.account != socket.caller().account && !sockets_.of_account(member.account).empty())
      socket.send(presence_frame(member.account, now));
}

void Live::set_presence(Socket& socket, const Json& fields, const Json& id) {
  const auto status = fields.find("status");
  const std::string word = status != fields.end() && status->is_string() ? status->get<std::string>() : "";
  if (word != "online" && word != "away" && word != "busy")
    return refuse(socket, {Errc::invalid, "status must be online, away or busy", "status"}, id);
  const AccountId account = socket.caller().account;
  if (word == "online")
    status_.erase(account);
  else
    status_[account] = word;
  tell_presence(account, &socket);
}

// Typing

void Live::start_typing(Socket& socket, const Json& fields, const Json& id) {
  const auto channel = joined_channel(context_, socket.caller(), channel_in(fields));
  if (!channel) return refuse(socket, channel.error(), id);
  const AccountId account = socket.caller().account;
  if (!typing_.begin({channel->id, account}, now_micros())) return;
  send_to(channel->id, typing_frame(channel->id, account, true), &socket);
  if (!typing_timer_) watch_typing();
}

void Live::stop_typing(Socket& socket, const Json& fields, const Json& id) {
  const auto channel = joined_channel(context_, socket.caller(), channel_in(fields));
  if (!channel) return refuse(socket, channel.error(), id);
  end_typing(channel->id, socket.caller().account);
}

void Live::end_typing(SessionId channel, AccountId account) {
  if (typing_.end({channel, account})) send_to(channel, typing_frame(channel, account, false));
}

/// Ends what has lasted too long, and comes back for the next.
void Live::watch_typing() {
  typing_timer_.reset();
  const Micros now = now_micros();
  for (const auto& typing : typing_.ended_by(now)) end_typing(typing.channel, typing.account);
  const auto next = typing_.next_end();
  if (!next) return;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(*next - now));
  typing_timer_ = context_.services.loop.after(wait, [this] { watch_typing(); });
}

}  // namespace troupe::http::plexichat
