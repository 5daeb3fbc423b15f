// The Engine.IO 4 server: sessions over HTTP long polling and WebSocket, and the change from one to the
// other. Rules: github.com/socketio/socket.io, docs/engine.io-protocol/v4-current.md. Everything runs on the
// event loop's thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/defaults.hpp"
#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/socketio/engineio_codec.hpp"
#include "http/websocket.hpp"

namespace troupe::socketio {

/// Why a session, or a socket on it, ended.
enum class Reason {
  transport_close,              ///< the connection is gone, or the client closed it
  transport_error,              ///< the client broke the rules of its transport
  ping_timeout,                 ///< no pong in time
  parse_error,                  ///< a packet that is none
  forced_close,                 ///< we closed it: too slow, no CONNECT in time, or the application said so
  server_shutting_down,         ///< the whole server ends
  client_namespace_disconnect,  ///< the client left the namespace
  server_namespace_disconnect,  ///< the application ended the socket
};

std::string_view name(Reason reason);

/// Which web pages may read the answers (Fetch standard, CORS protocol). No origins: no CORS headers at all.
struct Cors {
  std::vector<std::string> origins = {};  ///< `https://app.example`, or `*` for any
  bool credentials = false;               ///< cookies too; `*` then echoes the page's origin
};

struct EngineOptions {
  std::chrono::milliseconds ping_interval = defaults::kPingInterval;
  std::chrono::milliseconds ping_timeout = defaults::kPingTimeout;
  std::chrono::milliseconds upgrade_timeout = defaults::kUpgradeTimeout;
  std::chrono::milliseconds close_linger = defaults::kCloseLinger;
  std::size_t max_payload_bytes = defaults::kMaxPayloadBytes;
  std::size_t max_queued_packets = defaults::kMaxQueuedPackets;
  std::size_t max_queued_bytes = defaults::kMaxQueuedPacketBytes;
  std::size_t max_sessions = defaults::kMaxEngineSessions;
  std::size_t max_handshake_bytes = defaults::kMaxHandshakeBytes;
  Cors cors = {};
  /// Asked before a session opens, on either transport; a text refuses it with 403. Browsers do not apply
  /// CORS to WebSockets, so a server with cookies checks the origin here.
  std::function<std::optional<std::string>(const http::Request&)> refusal_of = {};
};

/// What a session tells the protocol above. `closed` is the last call, exactly once.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  virtual void message(std::string_view data, bool binary) = 0;
  virtual void closed(Reason reason) = 0;
};

using http::Headers;

class Engine;
class EngineConnection;

/// One client. Owned by the engine until it closes.
class EngineSession : public std::enable_shared_from_this<EngineSession> {
 public:
  EngineSession(Engine& engine, std::shared_ptr<const http::Request> request);

  /// Secret: who knows it can speak for the client.
  const std::string& id() const { return id_; }
  /// The request that opened the session; it owns all it points to.
  const std::shared_ptr<const http::Request>& request() const { return request_; }
  bool on_websocket() const { return socket_ != nullptr; }

  /// Sends or queues a packet. A client that lets more than the limits wait is dropped, a little later: no
  /// call back into the listener happens here.
  void send(const EngineFrame& packet);
  /// Ends the session after what is queued.
  void close(Reason reason = Reason::forced_close);

 private:
  friend class Engine;
  friend class EngineConnection;
  struct Poll {
    http::Reply reply;
    Headers headers;
  };
  enum class State { open, lingering, closed };

  void poll(http::Reply reply, Headers headers);
  void post(const http::Request& request, http::Reply reply, Headers headers);
  void answer_poll();
  void answer_poll(http::Reply reply, Headers headers);
  void flush_later();
  void drop_later();

  void expect_upgrade();
  void probe_opened(std::shared_ptr<http::WebSocket> socket);
  void websocket_message(const http::WebSocket* from, std::string_view payload, bool binary);
  void websocket_closed(const http::WebSocket* which);
  void probe_message(std::string_view payload, bool binary);
  void end_probe();
  void switch_to_probe();

  void receive(EnginePacket packet);
  void ping_after_interval();
  void linger();
  void end(Reason reason, EngineType farewell = EngineType::close, std::uint16_t websocket_code = 1005);

  Engine& engine_;
  const std::string id_;
  std::shared_ptr<const http::Request> request_;
  std::shared_ptr<EngineListener> listener_;
  State state_ = State::open;

  std::deque<EngineFrame> queue_;  ///< polling only
  std::size_t queued_bytes_ = 0;
  std::optional<Poll> poll_;  ///< the GET that waits
  bool flush_posted_ = false;
  bool dropping_ = false;

  std::shared_ptr<http::WebSocket> socket_;  ///< set: the transport is WebSocket
  bool upgrading_ = false;
  std::shared_ptr<http::WebSocket> probe_;
  bool probed_ = false;
  std::unique_ptr<http::EventLoop::Timer> upgrade_timer_;
  std::unique_ptr<http::EventLoop::Timer> heartbeat_;  ///< the next ping
  std::unique_ptr<http::EventLoop::Timer> deadline_;   ///< no pong by then, or no poll for a close: the end
};

/// Routes requests to sessions. Destroying it closes them.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  /// Called for a new session before anything is received; the answer hears the rest.
  using OnSession = std::function<std::shared_ptr<EngineListener>(EngineSession&)>;

  Engine(http::EventLoop& loop, EngineOptions options, OnSession on_session);
  ~Engine();

  void request(const http::Request& request, http::Reply reply);
  void upgrade(const http::Request& request, std::unique_ptr<http::Upgrade> upgrade);

  std::size_t sessions() const { return sessions_.size(); }

  /// Closes every session and refuses new ones with 503.
  void shut_down();

 private:
  friend class EngineSession;
  friend class EngineConnection;
  struct Refusal;

  Headers cors_headers(const http::Request& request) const;
  void preflight(const http::Request& request, http::Reply reply, Headers headers) const;
  std::optional<Refusal> refusal_to_open(const http::Request& request) const;
  EngineSession* find(const std::string& id) const;
  void open_polling(const http::Request& request, http::Reply reply, Headers headers);
  void open_websocket(EngineConnection& connection, std::shared_ptr<const http::Request> request,
                      std::shared_ptr<http::WebSocket> socket);
  std::shared_ptr<EngineSession> add_session(std::shared_ptr<const http::Request> request);
  std::string open_packet(const EngineSession& session) const;

  http::EventLoop& loop_;
  const EngineOptions options_;
  OnSession on_session_;
  std::unordered_map<std::string, std::shared_ptr<EngineSession>> sessions_;
  bool shutting_down_ = false;
};

}  // namespace troupe::socketio
