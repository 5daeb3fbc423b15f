// The Socket.IO 5 server: namespaces, sockets, rooms, events with acknowledgements, connection-state
// recovery. Rules: github.com/socketio/socket.io, docs/socket.io-protocol/v5-current.md.
//
// Everything is called, and calls back, on the event loop's thread; others use `EventLoop::post`. A `Server`
// outlives neither its loop nor a call into it; sockets, acknowledgements and admissions may outlive it, and
// then do nothing.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/socketio/engine.hpp"
#include "http/socketio/recovery.hpp"
#include "http/socketio/socketio_codec.hpp"
#include "http/websocket.hpp"

namespace troupe::socketio {

struct Options {
  std::string path = "/socket.io/";
  EngineOptions engine = {};
  RecoveryOptions recovery = {};
  std::chrono::milliseconds connect_timeout = defaults::kConnectTimeout;
  std::size_t max_attachments = defaults::kMaxAttachments;
  std::size_t max_attachment_bytes = defaults::kMaxAttachmentBytes;
  std::size_t max_pending_attachment_bytes = defaults::kMaxPendingAttachmentBytes;
  std::size_t max_rooms_per_socket = defaults::kMaxRoomsPerSocket;
  std::size_t max_pending_acks = defaults::kMaxPendingAcks;
};

class Client;
class Namespace;
class Socket;
struct ServerState;

/// Collects the arguments of an event, each copied or moved once.
template <class... A>
std::vector<Argument> arguments(A&&... values) {
  std::vector<Argument> list;
  list.reserve(sizeof...(values));
  (list.emplace_back(std::forward<A>(values)), ...);
  return list;
}

/// A client that asks to join a namespace.
struct Handshake {
  const http::Request& request;  ///< the one that opened the session
  std::string_view nsp;
  const Json& auth;  ///< the client's CONNECT payload, an object
  bool recovering;   ///< it was connected a moment ago and asks for its place back
};

/// The answer to a `Handshake`: at once or later, once. Copies are the same answer; when the last is dropped
/// unused, the client is refused.
class Admit {
 public:
  struct State;
  explicit Admit(std::shared_ptr<State> state) : state_(std::move(state)) {}

  /// `context` is the application's own and goes with the socket. `identity` says whom it was let in as: a lost socket's
  /// place is given back to the same identity only, so nobody hears what was missed by somebody else.
  void accept(std::shared_ptr<void> context = nullptr, std::string identity = {}) const;
  /// The client hears `message` (and `data`, unless null) in its `connect_error`.
  void refuse(std::string_view message, const Json& data = nullptr) const;

 private:
  std::shared_ptr<State> state_;
};

/// Answers an event, at once or later, at most once. Does nothing when the client did not ask for an answer,
/// or has gone.
class Ack {
 public:
  Ack() = default;
  Ack(std::weak_ptr<Socket> socket, std::uint64_t id);

  bool wanted() const { return state_ != nullptr; }
  void operator()() const { send({}); }
  void operator()(Json argument) const { send(arguments(std::move(argument))); }
  template <class A, class B, class... More>
  void operator()(A&& a, B&& b, More&&... more) const {
    send(arguments(std::forward<A>(a), std::forward<B>(b), std::forward<More>(more)...));
  }
  void send(const std::vector<Argument>& arguments) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// One client in one namespace.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  /// `arguments` is an array without the event's name. A name that is a number comes as its digits.
  using OnEvent = std::function<void(Socket&, std::string_view name, Json arguments, Ack ack)>;
  using OnDisconnect = std::function<void(Socket&, Reason)>;
  /// The client's arguments, an array. Errors: timed_out; not_found (the client has gone); overloaded (too
  /// many answers are awaited already).
  using OnAck = std::function<void(Expected<Json>)>;

  struct Seat;  ///< what a new socket starts from; the library's own
  explicit Socket(Seat seat);

  const std::string& id() const { return id_; }  ///< public: every client may know it
  const http::Request& request() const { return *request_; }
  template <class T>
  std::shared_ptr<T> context() const {
    return std::static_pointer_cast<T>(context_);
  }
  bool recovered() const { return recovered_; }  ///< rooms and missed events were restored
  bool connected() const { return client_ != nullptr; }

  /// Set these when the socket connects; they are dropped when it has closed.
  void on_event(OnEvent handler) { on_event_ = std::move(handler); }
  void on_disconnect(OnDisconnect handler) { on_disconnect_ = std::move(handler); }

  /// False past the limit of rooms, or when the client has gone.
  bool join(std::string_view room);
  void leave(std::string_view room);
  const std::set<std::string, std::less<>>& rooms() const { return rooms_; }

  template <class... A>
  void emit(std::string_view name, A&&... values) {
    emit_arguments(name, arguments(std::forward<A>(values)...));
  }
  void emit_arguments(std::string_view name, const std::vector<Argument>& arguments);

  template <class... A>
  void emit_with_ack(std::chrono::milliseconds timeout, OnAck on_ack, std::string_view name, A&&... values) {
    emit_arguments_with_ack(timeout, std::move(on_ack), name, arguments(std::forward<A>(values)...));
  }
  void emit_arguments_with_ack(std::chrono::milliseconds timeout, OnAck on_ack, std::string_view name,
                               const std::vector<Argument>& arguments);

  /// Leaves the namespace; with `close`, the client's whole connection ends.
  void disconnect(bool close = false);

 private:
  friend class Ack;
  friend class Client;
  friend class Namespace;
  struct PendingAck {
    OnAck on_ack;
    std::unique_ptr<http::EventLoop::Timer> timeout;
  };

  void send(const Frames& frames);
  void receive_event(Json data, std::optional<std::uint64_t> id);
  void receive_ack(std::uint64_t id, Json data);
  void settle_ack(std::uint64_t id, Expected<Json> outcome);
  void closed(Reason reason);

  const std::string id_;
  const std::string identity_;
  const std::string pid_;  ///< the client's secret for recovery; empty without recovery
  const std::uint64_t connected_at_;
  const bool recovered_;
  std::shared_ptr<const http::Request> request_;
  std::shared_ptr<void> context_;
  Namespace* nsp_;  ///< null once closed
  Client* client_;  ///< null once closed
  std::set<std::string, std::less<>> rooms_;
  OnEvent on_event_;
  OnDisconnect on_disconnect_;
  std::uint64_t next_ack_ = 0;
  std::unordered_map<std::uint64_t, PendingAck> pending_acks_;
  std::uint64_t seen_in_ = 0;  ///< the broadcast that last counted this socket
};

/// A selection of sockets: those in any of the rooms, each once. Use it at once.
class Broadcast {
 public:
  Broadcast(Namespace& nsp, std::vector<std::string> rooms) : nsp_(nsp), rooms_(std::move(rooms)) {}

  /// Encodes and frames the event once, whatever the number of clients; not at all when there is none.
  template <class... A>
  void emit(std::string_view name, A&&... values) {
    emit_arguments(name, arguments(std::forward<A>(values)...));
  }
  void emit_arguments(std::string_view name, const std::vector<Argument>& arguments);
  void disconnect(bool close = false);

 private:
  Namespace& nsp_;
  std::vector<std::string> rooms_;
};

class Namespace {
 public:
  using Authorize = std::function<void(const Handshake&, Admit)>;
  using OnConnection = std::function<void(std::shared_ptr<Socket>)>;

  Namespace(ServerState& server, std::string name) : server_(server), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  /// Decides who may join, also on recovery (a login may have ended meanwhile). Without it, everyone.
  void authorize(Authorize authorize) { authorize_ = std::move(authorize); }
  /// A socket joined; ask `Socket::recovered` before greeting it.
  void on_connection(OnConnection handler) { on_connection_ = std::move(handler); }

  /// A socket's id is a room too.
  Broadcast to(std::string_view room) { return {*this, {std::string(room)}}; }
  Broadcast to(std::initializer_list<std::string_view> rooms) { return {*this, {rooms.begin(), rooms.end()}}; }
  Broadcast to(std::vector<std::string> rooms) { return {*this, std::move(rooms)}; }
  /// To every socket of the namespace.
  template <class... A>
  void emit(std::string_view name, A&&... values) {
    emit_to(nullptr, name, arguments(std::forward<A>(values)...));
  }

  std::size_t sockets() const { return sockets_.size(); }
  std::size_t sockets_in(std::string_view room) const;
  /// Would an event to these rooms be kept or sent at all? Spares rendering it when not. No rooms: everyone.
  bool has_audience(const std::vector<std::string>& rooms = {}) const;

 private:
  friend class Broadcast;
  friend class Client;
  friend class Socket;
  using Members = std::vector<std::shared_ptr<Socket>>;

  /// `rooms` null: everyone.
  Members members(const std::vector<std::string>* rooms);
  void emit_to(const std::vector<std::string>* rooms, std::string_view name, const std::vector<Argument>& arguments);
  void add(const std::shared_ptr<Socket>& socket);
  void remove(Socket& socket, Reason reason);
  void join(Socket& socket, const std::string& room);
  void leave(Socket& socket, const std::string& room);

  ServerState& server_;
  const std::string name_;
  Authorize authorize_;
  OnConnection on_connection_;
  std::unordered_map<std::string, std::shared_ptr<Socket>> sockets_;  ///< by id
  std::unordered_map<std::string, std::unordered_set<Socket*>> rooms_;
  std::uint64_t broadcasts_ = 0;
};

/// Its end closes every session, and says so to `on_disconnect`.
class Server {
 public:
  Server(http::EventLoop& loop, Options options);
  ~Server();

  /// The namespace of that name (`/`, `/admin`), made on first use. Clients can join only those.
  Namespace& of(std::string_view name);

  /// True when requests for this path are ours.
  bool serves(std::string_view path) const;
  void request(const http::Request& request, http::Reply reply);
  void upgrade(const http::Request& request, std::unique_ptr<http::Upgrade> upgrade);

  /// Engine.IO sessions, on either transport.
  std::size_t connected_clients() const;

  /// Ends every session, in a way that makes clients connect again, and takes no new ones.
  void shut_down();

 private:
  std::unique_ptr<ServerState> state_;
};

}  // namespace troupe::socketio
