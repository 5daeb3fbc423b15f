#include "http/socketio/engine.hpp"
#include "http/socketio/random_id.hpp"

namespace troupe::socketio {
namespace {

const EngineFrame& packet_of(EngineType type) {
  static const EngineFrame kClose = text_packet("1"), kPing = text_packet("2"), kNoop = text_packet("6");
  return type == EngineType::close ? kClose : type == EngineType::ping ? kPing : kNoop;
}

}  // namespace

EngineSession::EngineSession(Engine& engine, std::shared_ptr<const http::Request> request)
    : engine_(engine), id_(random_id()), request_(std::move(request)) {}

// Sending

void EngineSession::send(const EngineFrame& packet) {
  if (state_ != State::open || dropping_) return;
  if (socket_) return socket_->send_frame(packet.frame);  // it has a limit of its own
  const auto& options = engine_.options_;
  const std::size_t size = packet.frame->size();
  // A lone packet always fits: a client that polls gets it, however large.
  if (queue_.size() >= options.max_queued_packets ||
      (!queue_.empty() && queued_bytes_ + size > options.max_queued_bytes))
    return drop_later();
  queue_.push_back(packet);
  queued_bytes_ += size;
  if (poll_) flush_later();
}

/// One answer for all that is sent in this turn of the loop.
void EngineSession::flush_later() {
  if (flush_posted_) return;
  flush_posted_ = true;
  engine_.loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flush_posted_ = false;
    if (self->state_ != State::open || !self->poll_ || self->queue_.empty()) return;
    if (self->poll_->reply.gone()) return self->end(Reason::transport_close);
    self->answer_poll();
  });
}

void EngineSession::drop_later() {
  dropping_ = true;
  engine_.loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->end(Reason::forced_close);
  });
}

void EngineSession::answer_poll() {
  Poll poll = std::move(*poll_);
  poll_.reset();
  answer_poll(std::move(poll.reply), std::move(poll.headers));
}

void EngineSession::answer_poll(http::Reply reply, Headers headers) {
  headers.emplace_back("Cache-Control", "no-store");
  reply({200, encode_engine_payload(queue_), "text/plain; charset=UTF-8", std::move(headers)});
  queue_.clear();
  queued_bytes_ = 0;
}

// Polling

void EngineSession::poll(http::Reply reply, Headers headers) {
  if (state_ == State::lingering) {
    if (!queue_.empty()) return answer_poll(std::move(reply), std::move(headers));
    poll_.emplace(std::move(reply), std::move(headers));
    return end(Reason::forced_close);
  }
  if (poll_) {
    // Two polls at once: one of them would steal packets from the other.
    reply({400, R"({"code":3,"message":"Bad request"})", "application/json", std::move(headers)});
    return end(Reason::transport_error);
  }
  if (queue_.empty() && !probed_) {
    poll_.emplace(std::move(reply), std::move(headers));
    return;
  }
  // While an upgrade is under way no poll may wait: the client sends `5` only after its last one has
  // returned.
  if (queue_.empty()) queue_.push_back(packet_of(EngineType::noop));
  answer_poll(std::move(reply), std::move(headers));
}

void EngineSession::post(const http::Request& request, http::Reply reply, Headers headers) {
  const auto refuse = [&](int status, std::string body) {
    reply({status, std::move(body), "application/json", std::move(headers)});
  };
  if (request.body.size() > engine_.options_.max_payload_bytes) return refuse(413, "");
  const bool bytes = request.header("Content-Type").value_or("").starts_with("application/octet-stream");
  auto packets = bytes ? fail(Errc::invalid, "raw bytes are Engine.IO 3")
                       : decode_engine_payload(request.body, engine_.options_.max_queued_packets);
  if (!packets || state_ != State::open) refuse(400, R"({"code":3,"message":"Bad request"})");
  if (state_ != State::open) return;  // a close still waits for its poll
  if (!packets) return end(bytes ? Reason::transport_error : Reason::parse_error);
  for (auto& packet : *packets) receive(std::move(packet));
  reply({200, "ok", "text/html", std::move(headers)});
}

// WebSocket

void EngineSession::expect_upgrade() {
  upgrading_ = true;
  upgrade_timer_ = engine_.loop_.after(engine_.options_.upgrade_timeout, [this] { end_probe(); });
}

void EngineSession::probe_opened(std::shared_ptr<http::WebSocket> socket) {
  if (state_ != State::open || !upgrading_ || probe_) return socket->close(1005);
  probe_ = std::move(socket);
}

void EngineSession::websocket_message(const http::WebSocket* from, std::string_view payload, bool binary) {
  if (state_ != State::open) return;
  if (from == probe_.get()) return probe_message(payload, binary);
  if (from != socket_.get()) return;
  if (binary) return receive({EngineType::message, true, std::string(payload)});
  auto packet = decode_engine_packet(payload);
  if (!packet) return end(Reason::parse_error);
  receive(std::move(*packet));
}

void EngineSession::websocket_closed(const http::WebSocket* which) {
  if (which == probe_.get()) {
    probe_.reset();  // nothing left to close
    end_probe();
  } else if (which == socket_.get()) {
    end(Reason::transport_close);
  }
}

void EngineSession::probe_message(std::string_view payload, bool binary) {
  if (!binary && payload == "2probe") {
    probe_->send_text("3probe");
    probed_ = true;
    if (poll_) {
      if (queue_.empty()) queue_.push_back(packet_of(EngineType::noop));
      answer_poll();
    }
  } else if (!binary && payload == "5") {
    switch_to_probe();
  } else {
    end_probe();
  }
}

/// The upgrade failed or took too long: polling goes on.
void EngineSession::end_probe() {
  upgrading_ = probed_ = false;
  upgrade_timer_.reset();
  if (auto probe = std::move(probe_)) probe->close(1005);
}

void EngineSession::switch_to_probe() {
  if (poll_) {
    queue_.push_front(packet_of(EngineType::noop));
    answer_poll();
  }
  socket_ = std::move(probe_);
  end_probe();
  for (const auto& packet : std::exchange(queue_, {})) socket_->send_frame(packet.frame);
  queued_bytes_ = 0;
}

// Packets and time

void EngineSession::receive(EnginePacket packet) {
  if (state_ != State::open) return;
  const auto keep_listener = listener_;
  switch (packet.type) {
    case EngineType::message: return keep_listener->message(packet.data, packet.binary);
    case EngineType::pong: return ping_after_interval();
    case EngineType::close: return end(Reason::transport_close, EngineType::noop);
    case EngineType::ping: return end(Reason::parse_error);  // in revision 4 only the server pings
    case EngineType::open:
    case EngineType::upgrade:
    case EngineType::noop: return;  // stray, but harmless
  }
}

void EngineSession::ping_after_interval() {
  const auto& options = engine_.options_;
  heartbeat_ = engine_.loop_.after(options.ping_interval, [this] { send(packet_of(EngineType::ping)); });
  // Counted from here, not from the ping: a late timer must not add to the other.
  deadline_ = engine_.loop_.after(options.ping_interval + options.ping_timeout, [this] { end(Reason::ping_timeout); });
}

void EngineSession::close(Reason reason) {
  if (state_ != State::open) return;
  if (socket_ || (poll_ && queue_.empty())) return end(reason);
  if (poll_) answer_poll();
  linger();
  if (const auto listener = std::exchange(listener_, nullptr)) listener->closed(reason);
}

/// What was sent before must still arrive, and the close goes with a poll of its own: the reference client
/// handles a close before the messages beside it.
void EngineSession::linger() {
  state_ = State::lingering;
  end_probe();
  heartbeat_.reset();
  deadline_ = engine_.loop_.after(engine_.options_.close_linger, [this] { end(Reason::forced_close); });
}

void EngineSession::end(Reason reason, EngineType farewell, std::uint16_t websocket_code) {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  heartbeat_.reset();
  deadline_.reset();
  if (poll_) {
    queue_.push_back(packet_of(farewell));
    answer_poll();
  }
  queue_.clear();
  end_probe();
  engine_.sessions_.erase(id_);
  if (const auto socket = std::move(socket_)) socket->close(websocket_code);
  if (const auto listener = std::exchange(listener_, nullptr)) listener->closed(reason);
}

}  // namespace troupe::socketio
