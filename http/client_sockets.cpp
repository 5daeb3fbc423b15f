#include "http/client_sockets.hpp"

#include <algorithm>

#include "events/json_depth.hpp"

namespace troupe::http {

OrderedJson frame(std::string_view type, Fields data) { return {{"type", type}, {"data", std::move(data)}}; }

Expected<Json> parse_frame(std::string_view text) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return fail(Errc::invalid, "JSON is nested too deep");
  Json said = Json::parse(text, nullptr, false);
  if (said.is_discarded()) return fail(Errc::invalid, "Malformed JSON");
  const bool shaped = said.is_object() && said.contains("type") && said["type"].is_string();
  if (!shaped) return fail(Errc::invalid, "A frame is a JSON object with a type", "type");
  return said;
}

// ClientSocket

void ClientSocket::opened(std::shared_ptr<WebSocket> socket) {
  socket_ = std::move(socket);
  sockets_.add(*this);
  came();
}

void ClientSocket::closed(std::uint16_t) {
  if (!socket_) return;  // it never opened
  socket_.reset();
  sockets_.remove(*this);
  went();
}

// ClientSockets

void ClientSockets::add(ClientSocket& socket) {
  of_account_[socket.caller().account].push_back(&socket);
  ++size_;
}

void ClientSockets::remove(ClientSocket& socket) {
  const auto at = of_account_.find(socket.caller().account);
  if (at == of_account_.end() || std::erase(at->second, &socket) == 0) return;
  if (at->second.empty()) of_account_.erase(at);
  --size_;
}

const std::vector<ClientSocket*>& ClientSockets::of_account(events::AccountId account) const {
  static const std::vector<ClientSocket*> kNone;
  const auto at = of_account_.find(account);
  return at == of_account_.end() ? kNone : at->second;
}

bool ClientSockets::check_login(ClientSocket& socket) const {
  if (socket.caller().account == 0 || credentials_.still_good(socket.caller())) return true;
  socket.close(code_of_ended_login_, "The login has ended");
  return false;
}

void ClientSockets::check_logins_of(events::AccountId account) const {
  for (ClientSocket* socket : of_account(account)) check_login(*socket);
}

void ClientSockets::check_expired_logins(Micros now) const {
  for (const auto& [account, sockets] : of_account_)
    for (ClientSocket* socket : sockets)
      if (socket->caller().login_expires_at <= now) check_login(*socket);
}

void ClientSockets::close_all(std::uint16_t code, std::string_view reason) const {
  for (const auto& [account, sockets] : of_account_)
    for (ClientSocket* socket : sockets) socket->close(code, reason);
}

}  // namespace troupe::http
