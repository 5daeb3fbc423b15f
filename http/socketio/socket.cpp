#include "http/socketio/client.hpp"

namespace troupe::socketio {

Socket::Socket(Seat seat)
    : id_(std::move(seat.id)),
      identity_(std::move(seat.identity)),
      pid_(std::move(seat.pid)),
      connected_at_(seat.connected_at),
      recovered_(seat.recovered),
      request_(std::move(seat.request)),
      context_(std::move(seat.context)),
      nsp_(seat.nsp),
      client_(seat.client) {}

bool Socket::join(std::string_view room) {
  if (!nsp_) return false;
  if (rooms_.contains(room)) return true;
  if (rooms_.size() >= nsp_->server_.options.max_rooms_per_socket) return false;
  nsp_->join(*this, *rooms_.emplace(room).first);
  return true;
}

void Socket::leave(std::string_view room) {
  const auto found = rooms_.find(room);
  if (!nsp_ || found == rooms_.end()) return;
  nsp_->leave(*this, *found);
  rooms_.erase(found);
}

void Socket::send(const Frames& frames) {
  if (client_) client_->send(frames);
}

void Socket::emit_arguments(std::string_view name, const std::vector<Argument>& arguments) {
  if (!nsp_) return;
  const std::vector<std::string> own_room = {id_};
  nsp_->emit_to(&own_room, name, arguments);
}

void Socket::emit_arguments_with_ack(std::chrono::milliseconds timeout, OnAck on_ack, std::string_view name,
                                     const std::vector<Argument>& arguments) {
  if (!nsp_) return on_ack(fail(Errc::not_found, "the client has gone"));
  if (pending_acks_.size() >= nsp_->server_.options.max_pending_acks)
    return on_ack(fail(Errc::overloaded, "too many acknowledgements are awaited"));
  const std::uint64_t id = next_ack_++;
  auto timer = nsp_->server_.loop.after(
      timeout, [this, id] { settle_ack(id, fail(Errc::timed_out, "the client did not acknowledge in time")); });
  pending_acks_.emplace(id, PendingAck{std::move(on_ack), std::move(timer)});
  send(encode_event(nsp_->name(), id, name, arguments));
}

void Socket::settle_ack(std::uint64_t id, Expected<Json> outcome) {
  const auto node = pending_acks_.extract(id);
  if (node.empty()) return;
  const auto keep = shared_from_this();
  node.mapped().on_ack(std::move(outcome));
}

void Socket::receive_ack(std::uint64_t id, Json data) { settle_ack(id, std::move(data)); }

void Socket::receive_event(Json data, std::optional<std::uint64_t> id) {
  if (!on_event_) return;
  const Json first = std::move(data.front());
  data.erase(data.begin());
  const std::string name = first.is_string() ? first.get<std::string>() : first.dump();
  on_event_(*this, name, std::move(data), id ? Ack(weak_from_this(), *id) : Ack());
}

void Socket::disconnect(bool close) {
  if (!client_) return;
  if (close) return client_->disconnect_all();
  client_->leave(*this, Reason::server_namespace_disconnect, true);
}

void Socket::closed(Reason reason) {
  if (!nsp_) return;
  const auto keep = shared_from_this();
  auto& loop = nsp_->server_.loop;
  nsp_->remove(*this, reason);
  nsp_ = nullptr;
  client_ = nullptr;
  for (auto& [id, pending] : std::exchange(pending_acks_, {}))
    pending.on_ack(fail(Errc::not_found, "the client has gone"));
  if (on_disconnect_) on_disconnect_(*this, reason);
  // Handlers that hold their own socket would keep it for ever. Later, because one of them may be running.
  loop.post([keep] { keep->on_event_ = nullptr, keep->on_disconnect_ = nullptr; });
}

}  // namespace troupe::socketio
