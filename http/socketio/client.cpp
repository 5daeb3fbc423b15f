#include "http/socketio/client.hpp"

#include <charconv>

#include "http/socketio/random_id.hpp"

namespace troupe::socketio {
namespace {

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

void Client::start() {
  connect_timeout_ = server_.loop.after(server_.options.connect_timeout, [this] { close(Reason::forced_close); });
}

void Client::send(const Frames& frames) {
  if (!session_) return;
  for (const auto& frame : frames) session_->send(frame);
}

void Client::close(Reason reason) {
  if (session_) session_->close(reason);
}

void Client::closed(Reason reason) {
  const auto self = shared_from_this();
  session_ = nullptr;
  connect_timeout_.reset();
  forget_partial();
  connecting_.clear();
  for (const auto& [nsp, socket] : std::exchange(sockets_, {})) socket->closed(reason);
}

// Packets

void Client::message(std::string_view data, bool binary) {
  if (binary) return receive_attachment(data);
  if (partial_) return close(Reason::parse_error);
  auto packet = decode_packet(data, server_.options.max_attachments);
  if (!packet) return close(Reason::parse_error);
  if (packet->type == PacketType::connect) {
    // Kept until the application has decided, so it is held to the size of the rest of the handshake.
    if (data.size() > server_.options.engine.max_handshake_bytes) return close(Reason::parse_error);
    return connect(std::move(*packet));
  }
  // Checked before any attachment is taken in.
  if (!sockets_.contains(packet->nsp)) return close(Reason::parse_error);
  if (packet->attachments == 0) return receive(std::move(*packet));
  partial_ = std::move(*packet);
}

void Client::receive_attachment(std::string_view bytes) {
  auto& pending = server_.pending_attachment_bytes;
  if (!partial_ || attachment_bytes_ + bytes.size() > server_.options.max_attachment_bytes ||
      pending + bytes.size() > server_.options.max_pending_attachment_bytes)
    return close(Reason::parse_error);
  attachments_.emplace_back(bytes);
  attachment_bytes_ += bytes.size();
  pending += bytes.size();
  if (attachments_.size() < partial_->attachments) return;
  Packet packet = std::move(*partial_);
  const auto filled = fill_placeholders(packet.data, std::move(attachments_));
  forget_partial();
  if (!filled) return close(Reason::parse_error);
  receive(std::move(packet));
}

void Client::forget_partial() {
  server_.pending_attachment_bytes -= attachment_bytes_;
  attachment_bytes_ = 0;
  attachments_.clear();
  partial_.reset();
}

void Client::receive(Packet packet) {
  const auto found = sockets_.find(packet.nsp);
  // The server may have ended the socket while the attachments were on their way.
  if (found == sockets_.end()) return close(Reason::parse_error);
  const auto socket = found->second;
  switch (packet.type) {
    case PacketType::event:
    case PacketType::binary_event: return socket->receive_event(std::move(packet.data), packet.id);
    case PacketType::ack:
    case PacketType::binary_ack:
      if (packet.id) socket->receive_ack(*packet.id, std::move(packet.data));
      return;
    case PacketType::disconnect: return leave(*socket, Reason::client_namespace_disconnect, false);
    case PacketType::connect:
    case PacketType::connect_error: return close(Reason::parse_error);
  }
}

// Connecting

void Client::connect(Packet packet) {
  if (sockets_.contains(packet.nsp) || connecting_.contains(packet.nsp)) return close(Reason::parse_error);
  auto* nsp = server_.find(packet.nsp);
  if (!nsp) return send(encode_control(PacketType::connect_error, packet.nsp, {{"message", "Invalid namespace"}}));
  if (packet.data.is_null()) packet.data = Json::object();
  connecting_.insert(packet.nsp);
  if (!nsp->authorize_) return admit(packet.nsp, packet.data, nullptr, {});
  const auto state = std::make_shared<Admit::State>(weak_from_this(), packet.nsp, std::move(packet.data));
  const bool recovering = server_.options.recovery.enabled && state->auth.contains("pid");
  const auto request = session_->request();
  nsp->authorize_({*request, state->nsp, state->auth, recovering}, Admit(state));
}

std::optional<Client::Recovered> Client::recover(const std::string& nsp, const Json& auth,
                                                 const std::string& identity) {
  const auto pid = text_of(auth, "pid");
  if (!server_.options.recovery.enabled || pid.empty()) return std::nullopt;
  // The client may notice the loss of its connection before we do.
  const auto live = server_.by_pid.find(pid);
  if (live != server_.by_pid.end() && live->second->nsp_->name() == nsp)
    live->second->client_->close(Reason::transport_close);
  auto socket = server_.recovery.take(pid, nsp);
  if (!socket || socket->identity != identity) return std::nullopt;
  const auto text = text_of(auth, "offset");
  std::uint64_t offset = socket->connected_at;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (!text.empty() && (error != std::errc{} || end != text.data() + text.size())) return std::nullopt;
  // More than half a queue at once would only get the client dropped again.
  auto missed = server_.recovery.missed(*socket, offset, server_.options.engine.max_queued_packets / 2,
                                        server_.options.engine.max_queued_bytes / 2);
  if (!missed) return std::nullopt;
  return Recovered{std::move(*socket), std::move(*missed)};
}

void Client::admit(const std::string& nsp_name, const Json& auth, std::shared_ptr<void> context, std::string identity) {
  if (!session_ || connecting_.erase(nsp_name) == 0) return;
  const auto self = shared_from_this();
  auto* nsp = server_.find(nsp_name);
  auto recovered = recover(nsp_name, auth, identity);
  Socket::Seat seat{.request = session_->request(), .context = std::move(context), .nsp = nsp, .client = this};
  seat.id = recovered ? recovered->socket.id : random_id();
  seat.recovered = recovered.has_value();
  seat.connected_at = recovered ? recovered->socket.connected_at : server_.recovery.newest_offset();
  seat.identity = std::move(identity);
  Json answer = {{"sid", seat.id}};
  if (server_.options.recovery.enabled) {
    seat.pid = recovered ? text_of(auth, "pid") : random_id();
    answer["pid"] = seat.pid;
  }
  const auto socket = std::make_shared<Socket>(std::move(seat));
  sockets_.emplace(nsp_name, socket);
  nsp->add(socket);
  connect_timeout_.reset();
  send(encode_control(PacketType::connect, nsp_name, answer));
  if (recovered) {
    for (const auto& room : recovered->socket.rooms) socket->join(room);
    for (const auto& frames : recovered->missed) send(frames);
  }
  if (nsp->on_connection_) nsp->on_connection_(socket);
}

void Client::refuse(const std::string& nsp, std::string_view message, const Json& data) {
  if (!session_ || connecting_.erase(nsp) == 0) return;
  Json answer = {{"message", message}};
  if (!data.is_null()) answer["data"] = data;
  send(encode_control(PacketType::connect_error, nsp, answer));
}

void Admit::accept(std::shared_ptr<void> context, std::string identity) const {
  const auto state = state_;  // this object may end meanwhile
  if (const auto client = std::exchange(state->client, {}).lock())
    client->admit(state->nsp, state->auth, std::move(context), std::move(identity));
}

void Admit::refuse(std::string_view message, const Json& data) const {
  const auto state = state_;
  if (const auto client = std::exchange(state->client, {}).lock()) client->refuse(state->nsp, message, data);
}

Admit::State::~State() {
  if (const auto unanswered = client.lock()) unanswered->refuse(nsp, "Not admitted", nullptr);
}

// Leaving

void Client::leave(Socket& socket, Reason reason, bool tell) {
  const auto keep = socket.shared_from_this();
  const std::string nsp = socket.nsp_->name();
  if (tell) send(encode_control(PacketType::disconnect, nsp));
  sockets_.erase(nsp);
  socket.closed(reason);
}

void Client::disconnect_all() {
  const auto self = shared_from_this();
  while (!sockets_.empty()) leave(*sockets_.begin()->second, Reason::server_namespace_disconnect, true);
  close(Reason::forced_close);
}

}  // namespace troupe::socketio
