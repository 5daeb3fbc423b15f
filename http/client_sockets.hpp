// WebSockets on which people speak JSON: whose they are, the form of their frames, and their end with the login that
// they came with. What the dialects share that have such sockets. All on the event loop's thread.
#pragma once

#include <unordered_map>
#include <vector>

#include "http/security/credentials.hpp"
#include "http/websocket.hpp"

namespace troupe::http {

/// Close codes (RFC 6455, section 7.4; from 4000 on they are an application's own).
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kPolicyViolation = 1008;

/// `{"type":…,"data":{…}}`
OrderedJson frame(std::string_view type, Fields data);

/// What a client said: an object with a `type` that is a string. Errors: invalid.
Expected<Json> parse_frame(std::string_view text);

class ClientSockets;

/// One connection. It lives until it is closed; who keeps a pointer to it gives that up in `went`.
class ClientSocket : public WebSocketListener, public std::enable_shared_from_this<ClientSocket> {
 public:
  /// `caller` without an account: a stranger.
  ClientSocket(ClientSockets& sockets, Caller caller) : sockets_(sockets), caller_(std::move(caller)) {}

  void opened(std::shared_ptr<WebSocket> socket) final;
  void closed(std::uint16_t code) final;

  void send(const OrderedJson& frame) { send(json_text(frame)); }
  void send(const std::string& text) {
    if (socket_) socket_->send_text(text);
  }
  void send(const SharedFrame& frame) {
    if (socket_) socket_->send_frame(frame);
  }
  void close(std::uint16_t code, std::string_view reason) {
    if (socket_) socket_->close(code, reason);
  }
  std::size_t queued_bytes() const { return socket_ ? socket_->queued_bytes() : 0; }
  const Caller& caller() const { return caller_; }

 protected:
  /// It is open, and among the sockets.
  virtual void came() = 0;
  /// It is closed, and not among them any more.
  virtual void went() = 0;

 private:
  ClientSockets& sockets_;
  Caller caller_;
  std::shared_ptr<WebSocket> socket_;
};

/// All open sockets of a dialect, by account; outlives them. Strangers stand under account 0.
class ClientSockets {
 public:
  ClientSockets(const Credentials& credentials, std::uint16_t code_of_ended_login)
      : credentials_(credentials), code_of_ended_login_(code_of_ended_login) {}

  void add(ClientSocket& socket);
  void remove(ClientSocket& socket);

  std::size_t size() const { return size_; }
  /// In no order. What closes a socket does not change it before the next turn of the loop.
  const std::vector<ClientSocket*>& of_account(events::AccountId account) const;

  /// False, and it is closed, when the login or API key that the socket came with is no longer good.
  bool check_login(ClientSocket& socket) const;
  /// After a change of the account.
  void check_logins_of(events::AccountId account) const;
  /// Those whose time has run out by `now`, unless their login was prolonged meanwhile.
  void check_expired_logins(Micros now) const;

  void close_all(std::uint16_t code, std::string_view reason) const;

 private:
  const Credentials& credentials_;
  const std::uint16_t code_of_ended_login_;
  std::size_t size_ = 0;
  std::unordered_map<events::AccountId, std::vector<ClientSocket*>> of_account_;
};

}  // namespace troupe::http
