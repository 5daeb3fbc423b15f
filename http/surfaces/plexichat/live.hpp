// The WebSocket `/ws`: what happens in channels, as it happens, and messages the other way.
//
// Frames are JSON text: `{"type":…,"data":{…}}`. A client may put its fields into `data` or beside `type`, and an `id` (text
// or number) beside them, which comes back with the answer. Who connects with `?token=` (an access token or an API key),
// or with the credentials that the rest of the API takes, may do all of it; a stranger is greeted and may `ping`.
//
//   client                                      answer
//   subscribe {channels, after}                 subscribed {channels, names, after}, then what was missed
//   unsubscribe {channels}                      unsubscribed {channels}
//   send_message {channel_id, content, …}       message_sent {id, channel_id, created_at}, when it is durable
//   typing_start | typing_stop {channel_id}     -
//   presence {status}                           -              online, away or busy
//   ping                                        pong {timestamp}
//                                               error {code, message, details, …}: as the body of an HTTP error
//
//   what happens                                data
//   welcome                                     user_id (null for a stranger); the first frame of all
//   message, message_updated, message_deleted   the message
//   reaction_added, reaction_removed            message_id, channel_id, user_id, emoji, created_at
//   member_joined, member_left                  channel_id, user_id
//   channel_updated, channel_deleted            the channel; its id
//   unsubscribed                                channels, reason: the account is no longer in them
//   typing                                      channel_id, user_id, is_typing; it ends by itself after 10 s
//   presence                                    user_id, status (online, away, busy, offline), last_seen
//
// To subscribe to a public channel, or to send to it, joins it. Events of one channel come in the order of the log. `after`
// names, for each channel (an object), or for its own (one id), the last message that the client has seen: those since
// then come first, oldest first, and then what happens, with no message left out and none twice. `subscribed` says what
// `after` would be now; null is the beginning. People who come and go are told in channels of up to 100 members and 100
// open sockets, to those subscribed there.
//
// Close codes: 1001 the server is ending; 1002, 1007 not WebSocket, not UTF-8; 1008 too many bad frames, or too slow (1 MB
// waits); 1009 a frame over 64 KB; 4001 the login or key that the socket came with has ended.
#pragma once

#include <unordered_map>
#include <vector>

#include "http/client_sockets.hpp"
#include "http/surface.hpp"
#include "http/surfaces/plexichat/context.hpp"
#include "http/surfaces/plexichat/messages.hpp"
#include "http/surfaces/plexichat/typing.hpp"

namespace troupe::http::plexichat {

inline constexpr const char* kSocketPath = "/ws";

/// What a caller may send; shared with HTTP where a class is the same there.
struct LiveRates {
  const RateClass& messages;
  const RateClass& signals;  ///< typing and presence: each may cost a frame for everyone in a channel
  const RateClass& other;    ///< all but pings
};

/// Loop's thread.
class Live {
 public:
  Live(Context& context, Messages& messages, Surface& surface, LiveRates rates);

  /// Of a caller, or a stranger. Refuses it when there are too many.
  void accept(const Request& request, Caller caller, std::unique_ptr<Upgrade> upgrade);
  void committed(const std::vector<storage::RecordPtr>& records);
  std::size_t sockets() const { return sockets_.size(); }
  void shut_down();

 private:
  class Socket;
  using AccountId = events::AccountId;
  using SessionId = events::SessionId;

  struct Subscriber {
    Socket* socket = nullptr;
    std::int64_t seen = 0;  ///< number of the last message that is not to be shown any more
  };
  /// A subscriber that has not been shown yet all that it missed.
  struct Missing {
    std::weak_ptr<ClientSocket> socket;
    SessionId channel = 0;
    std::int64_t seen = 0;
  };
  struct Subscription;
  using SubscriptionPtr = std::shared_ptr<Subscription>;

  // What clients say
  struct FrameKind {
    void (Live::*handler)(Socket&, const Json& fields, const Json& id);
    const RateClass& rate;
    bool writes;  ///< an API key that may only read may not
  };
  void said(Socket& socket, std::string_view text, bool binary);
  void handle(Socket& socket, const FrameKind& kind, const Json& fields, const Json& id);
  void subscribe(Socket& socket, const Json& fields, const Json& id);
  void unsubscribe(Socket& socket, const Json& fields, const Json& id);
  void send_message(Socket& socket, const Json& fields, const Json& id);
  void start_typing(Socket& socket, const Json& fields, const Json& id);
  void stop_typing(Socket& socket, const Json& fields, const Json& id);
  void set_presence(Socket& socket, const Json& fields, const Json& id);
  void refuse(ClientSocket& socket, const Error& error, const Json& id);
  /// False when the caller is too fast; it is told so.
  bool within(const RateClass& rate, Socket& socket, const Json& id);

  // Subscriptions
  void join_and_subscribe(const SubscriptionPtr& subscription, SessionId channel);
  void settle(const SubscriptionPtr& subscription);
  void add(Socket& socket, SessionId channel, std::int64_t seen);
  void drop(Socket& socket, SessionId channel);
  Subscriber* find(const Socket& socket, SessionId channel);
  /// True when the socket is up to date.
  bool show_missed(ClientSocket& socket, SessionId channel, std::int64_t& seen) const;
  void show_more_missed();

  // What happens
  void show(SessionId channel, const events::SessionEvent& event, Micros time);
  void show_message(SessionId channel, const events::MessagePosted& message, Micros time);
  void show_changed_message(SessionId channel, std::int64_t number, const char* type);
  void send_to(SessionId channel, const OrderedJson& frame, const Socket* but = nullptr) const;
  void remove_member(SessionId channel, AccountId account);
  void remove_channel(SessionId channel);

  // Who is there
  void came(Socket& socket);
  void went(Socket& socket);
  bool tells_presence(SessionId channel) const;
  OrderedJson presence_frame(AccountId account, Micros now) const;
  void tell_presence(AccountId account, const Socket* but);
  void show_who_is_there(Socket& socket, SessionId channel);
  /// Tells those who were told that it began.
  void end_typing(SessionId channel, AccountId account);
  void watch_typing();
  void sweep_logins();

  Context& context_;
  Messages& messages_;
  Surface& surface_;
  const std::unordered_map<std::string_view, FrameKind> kinds_;
  const Route message_fields_;
  ClientSockets sockets_;
  std::unordered_map<SessionId, std::vector<Subscriber>> subscribers_;
  std::vector<Missing> missing_;
  Typing typing_;
  std::unordered_map<AccountId, std::string> status_;  ///< of those online who chose another
  std::unique_ptr<EventLoop::Timer> missing_timer_, typing_timer_, sweep_timer_;
};

}  // namespace troupe::http::plexichat
