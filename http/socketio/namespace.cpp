#include <algorithm>

#include "http/socketio/client.hpp"

namespace troupe::socketio {
namespace {

/// Recovery is for those who did not mean to leave.
bool recoverable(Reason reason) {
  switch (reason) {
    case Reason::transport_close:
    case Reason::transport_error:
    case Reason::ping_timeout:
    case Reason::forced_close:
    case Reason::server_shutting_down: return true;
    case Reason::parse_error:
    case Reason::client_namespace_disconnect:
    case Reason::server_namespace_disconnect: return false;
  }
  return false;
}

}  // namespace

void Namespace::add(const std::shared_ptr<Socket>& socket) {
  sockets_.emplace(socket->id(), socket);
  if (!socket->pid_.empty()) server_.by_pid.emplace(socket->pid_, socket.get());
}

void Namespace::remove(Socket& socket, Reason reason) {
  for (const auto& room : socket.rooms_) leave(socket, room);
  if (!socket.pid_.empty()) {
    server_.by_pid.erase(socket.pid_);
    if (recoverable(reason))
      server_.recovery.keep(socket.pid_, {socket.id_, name_, socket.rooms_, socket.connected_at_, socket.identity_});
  }
  sockets_.erase(socket.id_);
}

void Namespace::join(Socket& socket, const std::string& room) { rooms_[room].insert(&socket); }

void Namespace::leave(Socket& socket, const std::string& room) {
  const auto found = rooms_.find(room);
  found->second.erase(&socket);
  if (found->second.empty()) rooms_.erase(found);
}

std::size_t Namespace::sockets_in(std::string_view room) const {
  const auto found = rooms_.find(std::string(room));
  return found == rooms_.end() ? 0 : found->second.size();
}

/// Shared ownership, because a socket may close while others are still being sent to.
Namespace::Members Namespace::members(const std::vector<std::string>* rooms) {
  Members found;
  if (!rooms) {
    found.reserve(sockets_.size());
    for (const auto& [id, socket] : sockets_) found.push_back(socket);
    return found;
  }
  ++broadcasts_;
  const auto take = [&](Socket& socket) {
    if (std::exchange(socket.seen_in_, broadcasts_) != broadcasts_) found.push_back(socket.shared_from_this());
  };
  for (const auto& room : *rooms) {
    if (const auto own = sockets_.find(room); own != sockets_.end()) take(*own->second);
    const auto named = rooms_.find(room);
    if (named == rooms_.end()) continue;
    found.reserve(found.size() + named->second.size());
    for (auto* socket : named->second) take(*socket);
  }
  return found;
}

bool Namespace::has_audience(const std::vector<std::string>& rooms) const {
  if (server_.recovery.has_lost_sockets()) return true;
  if (rooms.empty()) return !sockets_.empty();
  return std::any_of(rooms.begin(), rooms.end(), [&](const std::string& room) { return rooms_.count(room) != 0; });
}

void Namespace::emit_to(const std::vector<std::string>* rooms, std::string_view name,
                        const std::vector<Argument>& arguments) {
  if (rooms && rooms->empty()) return;
  const auto targets = members(rooms);
  auto& recovery = server_.recovery;
  const bool record = server_.options.recovery.enabled && (!targets.empty() || recovery.has_lost_sockets());
  if (targets.empty() && !record) return;
  const auto offset = record ? std::to_string(recovery.newest_offset() + 1) : std::string{};
  const auto frames = encode_event(name_, std::nullopt, name, arguments, offset);
  if (record) recovery.record(name_, rooms ? *rooms : std::vector<std::string>{}, frames);
  for (const auto& socket : targets) socket->send(frames);
}

void Broadcast::emit_arguments(std::string_view name, const std::vector<Argument>& arguments) {
  nsp_.emit_to(&rooms_, name, arguments);
}

void Broadcast::disconnect(bool close) {
  for (const auto& socket : nsp_.members(&rooms_)) socket->disconnect(close);
}

}  // namespace troupe::socketio
