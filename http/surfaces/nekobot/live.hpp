// The WebSocket `/ws`: the server's log and what happens in the house, as it happens.
//
//   client   {"action":"subscribe","channels":["logs","events"],"last":50}     `last`: and what was before, at most so many
//            {"action":"unsubscribe","channels":["logs"]}
//            {"action":"ping"}
//   server   {"status":"success","action":"subscribe","channels":["logs","events"]}      all that it is subscribed to now
//            {"status":"error","message":…}
//            {"channel":"logs","data":{"id","timestamp","level","message","logger_name"}}
//            {"channel":"events","data":{"position","type","category","stream","timestamp","caused_by","request_id"}}
//
// An `id` (text or number) in a client's frame comes back with its answer. Within a channel everything comes in order, with
// nothing left out and nothing twice; what was before comes first. Events say what kind of thing happened to what, and
// nothing of its content.
//
// It is for administrators: by `?token=`, by the subprotocols `bearer, <token>` or as the rest of the API; and for callers without a token wherever the endpoints
// without one are open. Close codes: 1001 the server is ending; 1008 too many bad frames, or too slow (1 MB waits); 1009 a
// frame that is too large; 4001 the login has ended, or its account is no administrator any more.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "http/client_sockets.hpp"
#include "http/surface.hpp"
#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

inline constexpr const char* kSocketPath = "/ws";

/// Loop's thread.
class Live {
 public:
  Live(Context& context, Surface& surface, const RateClass& frames);
  ~Live();

  /// Refuses it when the caller may not watch, or there are too many.
  void accept(const Request& request, Caller caller, std::unique_ptr<Upgrade> upgrade);
  void committed(const std::vector<storage::RecordPtr>& records);
  std::size_t sockets() const { return sockets_.size(); }
  void shut_down();

 private:
  class Socket;
  enum Channel : std::uint8_t { logs, events, kChannels };

  void said(Socket& socket, std::string_view text, bool binary);
  Expected<void> handle(Socket& socket, const Json& said);
  void subscribe(Socket& socket, Channel channel, std::size_t last);
  void show_log();
  void show_record(const storage::Record& record);
  void send_to(Channel channel, const OrderedJson& data);
  void check_account(events::AccountId account);
  void sweep_logins();

  Context& context_;
  Surface& surface_;
  const RateClass& frames_;
  ClientSockets sockets_;
  std::array<std::vector<Socket*>, kChannels> subscribers_;
  events::Position shown_event_;  ///< the last one that subscribers have seen
  std::uint64_t shown_line_ = 0;
  std::shared_ptr<std::atomic<bool>> log_is_waiting_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<EventLoop::Timer> sweep_timer_;
};

}  // namespace troupe::http::nekobot
