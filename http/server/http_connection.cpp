#include "http/server/http_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "http/server/linger.hpp"
#include "http/server/response_head.hpp"
#include "http/server/restinio_adapter.hpp"

namespace troupe::http {
namespace {

std::string printable(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

Clock::time_point write_deadline(const ServerLimits& limits, std::size_t bytes) {
  return Clock::now() + limits.write_response_timeout +
         std::chrono::seconds(bytes / limits.min_response_bytes_per_second);
}

}  // namespace

HttpConnection::HttpConnection(Core& core, std::shared_ptr<Stream> stream,
                               std::shared_ptr<const Application> application, const tcp::endpoint& remote)
    : core_(core),
      stream_(std::move(stream)),
      application_(std::move(application)),
      remote_address_(printable(remote.address())),
      remote_port_(remote.port()),
      is_tls_(stream_->is_tls()),
      body_(core.bodies_in_flight),
      response_(core.responses_in_flight) {
  core_.counters->connections.fetch_add(1, std::memory_order_relaxed);
  core_.add(*this);
}

HttpConnection::~HttpConnection() = default;

void HttpConnection::handshake_began() {
  handshaking_ = true;
  request_began();
}

void HttpConnection::handshake_ended() {
  handshaking_ = request_began_ = false;
  idle_since_ = Clock::now();
}

void HttpConnection::request_began() {
  request_began_ = true;
  request_began_at_ = Clock::now();
}

bool HttpConnection::body_arrived(std::size_t bytes) {
  return body_.add(bytes, core_.limits.max_bodies_in_flight_bytes);
}

bool HttpConnection::body_begins(BodyPlan plan, const std::string& request_id) {
  if (!body_.add(defaults::kStreamedBodyBytes, core_.limits.max_bodies_in_flight_bytes)) return false;
  intake_ = std::make_shared<BodyIntake>(core_, std::move(plan), request_id);
  intake_->on_refusal([this](Response response) {
    refuse(std::move(response), intake_->request_id());
    close();
  });
  return true;
}

BytesInFlight HttpConnection::request_complete() {
  request_began_ = false;
  return std::move(body_);
}

void HttpConnection::refuse(int status) {
  if (last_words_.empty()) last_words_ = refusal(status, core_.date());
}

void HttpConnection::refuse(Response response, std::string_view request_id) {
  if (last_words_.empty()) last_words_ = last_words(response, request_id, core_.date());
}

void HttpConnection::send_continue() {
  // Only into a socket that has room for it: otherwise the write would block the loop. A client must not wait for it for
  // ever (RFC 9110, section 10.1.1).
  if (!is_open()) return;
  pollfd socket{stream_->socket().native_handle(), POLLOUT, 0};
  if (::poll(&socket, 1, 0) != 1 || socket.revents != POLLOUT) return;
  error_code ignored;  // a broken connection shows at the next read
  stream_->write_now("HTTP/1.1 100 Continue\r\n\r\n", ignored);
}

void HttpConnection::wrote(std::size_t bytes) {
  unwritten_bytes_ -= std::min(bytes, unwritten_bytes_);
  if (unwritten_bytes_ > 0) return;
  if (streaming_) return read_next_piece();
  response_.clear();
  idle_since_ = Clock::now();
  if (!streamed_ || flush_scheduled_) return;
  flush_scheduled_ = true;
  core_.flush_at_end_of_turn(shared_from_this());
}

void HttpConnection::close() {
  if (!is_open()) return;
  const bool can_answer = !last_words_.empty() && !awaited_ && !is_writing();
  const bool is_tls = is_tls_ && !is_writing();
  const auto stream = detach();
  if (handshaking_)
    stream->close();
  else if (can_answer)
    linger(core_, stream, std::move(last_words_));
  else if (is_tls || stream->has_unread_bytes())
    linger(core_, stream, {});
  else
    stream->close();
}

void HttpConnection::waiting_for_answer(std::shared_ptr<restinio::impl::connection_base_t> owner,
                                        AwaitedAnswer awaited) {
  waiting_since_ = Clock::now();
  awaited_ = std::move(awaited);
  owner_ = std::move(owner);
}

bool HttpConnection::keep_back_answers(bool keep) {
  const bool before = std::exchange(keeps_back_answers_, keep);
  if (!keep && kept_back_ && !flush_scheduled_) {
    flush_scheduled_ = true;
    core_.flush_at_end_of_turn(shared_from_this());
  }
  return before;
}

void HttpConnection::flush() {
  flush_scheduled_ = false;
  auto response = std::exchange(kept_back_, std::nullopt);
  if (response && awaited_) answer(awaited_->sequence, std::move(*response));
  if (streamed_) send_streamed();
}

void HttpConnection::answer(unsigned sequence, Response response) {
  if (!is_open() || !awaited_ || awaited_->sequence != sequence) return;
  if (keeps_back_answers_) {
    if (!kept_back_) kept_back_ = std::move(response);
    return;
  }
  const AwaitedAnswer awaited = *std::exchange(awaited_, std::nullopt);
  const auto owner = std::exchange(owner_, nullptr);
  kept_back_.reset();
  const bool close = !awaited.keep_alive || core_.stopping;
  if (response.status < 200 || response.status > 999) response = plain_error(500, "Internal Server Error");
  if (response.source && response.source->size() == 0) response.source.reset();
  const std::size_t held_bytes = response.source ? defaults::kStreamedBodyBytes : response.body.size();
  if (!response_.add(held_bytes, core_.limits.max_responses_in_flight_bytes)) {
    response = plain_error(503, "Too many answers are on their way to slow clients");
    response.headers.emplace_back("Retry-After", defaults::kRetryAfterSeconds);
  }
  auto head = response_head(
      response, {.request_id = awaited.request_id, .date = core_.date(), .close = close, .http_1_0 = awaited.http_1_0});
  if (awaited.head || !has_body(response.status)) {
    response.body.clear();
    response.source.reset();
  }
  began_to_write(head.size() + response.body.size());
  const bool whole = !response.source;
  if (!whole) streaming_ = {response.source, owner, sequence, response.source->size(), close};
  write_response(*this, *owner, sequence, std::move(head), std::move(response.body), {.last = whole, .close = close});
}

void HttpConnection::read_next_piece() {
  streaming_->source->next([replies = core_.replies, weak = weak_from_this()](Expected<std::string> piece) {
    replies->post([weak, piece = std::move(piece)]() mutable {
      if (const auto me = weak.lock()) me->send_piece(std::move(piece));
    });
  });
}

void HttpConnection::send_piece(Expected<std::string> piece) {
  if (!is_open() || !streaming_) return;
  // The head has promised a length: only a connection that ends early says that it could not be kept.
  if (!piece || piece->empty() || piece->size() > streaming_->left_bytes) return abort();
  streaming_->left_bytes -= piece->size();
  const bool last = streaming_->left_bytes == 0;
  const Streaming streaming = *streaming_;
  if (last) streaming_.reset();
  began_to_write(piece->size());
  write_response(*this, *streaming.owner, streaming.sequence, {}, std::move(*piece),
                 {.last = last, .close = streaming.close});
}

void HttpConnection::began_to_write(std::size_t bytes) {
  unwritten_bytes_ = bytes;
  write_by_ = write_deadline(core_.limits, bytes);
}

void HttpConnection::stream(std::shared_ptr<StreamedBody> body) {
  if (!is_open() || !awaited_ || awaited_->sequence != body->address().sequence) return body->cut_off();
  if (!streamed_) begin_stream(std::move(body));
  send_streamed();
}

void HttpConnection::begin_stream(std::shared_ptr<StreamedBody> body) {
  closes_after_stream_ = !awaited_->keep_alive || awaited_->http_1_0 || core_.stopping;
  stream_head_ = response_head(body->head(), {.request_id = awaited_->request_id,
                                              .date = core_.date(),
                                              .close = closes_after_stream_,
                                              .http_1_0 = awaited_->http_1_0,
                                              .streamed = true});
  streamed_ = std::move(body);
}

/// One batch at a time: what is written meanwhile goes out with the next, in one chunk.
void HttpConnection::send_streamed() {
  using Fate = StreamedBody::Fate;
  const auto body = streamed_;
  if (!is_open() || !awaited_) return;
  if (body->fate() == Fate::overflowed) return abort();
  if (is_writing()) return;
  const bool has_no_body = awaited_->head || !has_body(body->head().status);
  if (has_no_body) body->cut_off();
  const bool abandoned = body->fate() == Fate::abandoned;
  bool ended = false;
  auto batch = body->take(ended);
  ended |= has_no_body;
  std::string bytes = std::exchange(stream_head_, {});
  if (!batch.bytes.empty()) bytes += awaited_->http_1_0 ? batch.bytes : chunk_of(batch.bytes);
  if (ended && !has_no_body && !awaited_->http_1_0) bytes += chunk_of({});
  if (bytes.empty() && !ended) {
    if (abandoned) close();
    return;
  }
  waiting_since_ = Clock::now();
  response_ = std::move(batch.in_flight);
  began_to_write(bytes.size());
  const unsigned sequence = awaited_->sequence;
  const auto owner = owner_;
  if (ended) {
    awaited_.reset();
    owner_.reset();
    streamed_.reset();
  }
  write_response(*this, *owner, sequence, {}, std::move(bytes), {.last = ended, .close = closes_after_stream_});
}

std::shared_ptr<Stream> HttpConnection::take_stream() { return is_open() ? detach() : nullptr; }

void HttpConnection::check_deadlines(Clock::time_point now) {
  const ServerLimits& limits = core_.limits;
  if (unwritten_bytes_ > 0 && now > write_by_) return abort();
  Clock::duration time_to_read = limits.read_request_timeout;
  if (intake_)
    time_to_read += intake_->held_up() +
                    std::chrono::seconds(intake_->arrived_bytes() / limits.min_upload_bytes_per_second);
  if (request_began_ && now - request_began_at_ > time_to_read) {
    refuse(408);
    return close();
  }
  if (awaited_ && now - waiting_since_ > limits.handle_request_timeout) {
    if (streamed_) return close();
    auto response = plain_error(503, "The request was not handled in time");
    response.headers.emplace_back("Retry-After", defaults::kRetryAfterSeconds);
    awaited_->keep_alive = false;
    return answer(awaited_->sequence, std::move(response));
  }
  if (awaited_) watch_for_leaving();
  if (is_idle() && now - idle_since_ > limits.keep_alive_timeout) close();
}

/// Nothing is read while a request is handled, so that a client has left shows here, within a second.
void HttpConnection::watch_for_leaving() {
  pollfd socket{stream_->socket().native_handle(), POLLRDHUP, 0};
  if (::poll(&socket, 1, 0) == 1 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
    gone_.store(true, std::memory_order_relaxed);
}

void HttpConnection::shut_down() {
  if (is_open() && is_idle()) close();
}

void HttpConnection::abort() {
  if (!is_open()) return;
  detach()->reset();
}

std::shared_ptr<Stream> HttpConnection::detach() {
  gone_.store(true, std::memory_order_relaxed);
  body_.clear();
  response_.clear();
  awaited_.reset();
  if (const auto intake = std::exchange(intake_, nullptr))
    if (auto resume = intake->end()) asio::post(core_.io, std::move(resume));
  if (const auto body = std::exchange(streamed_, nullptr)) body->cut_off();
  auto streaming = std::exchange(streaming_, std::nullopt);
  if (streaming && !owner_) owner_ = std::move(streaming->owner);
  unlink();
  core_.counters->connections.fetch_sub(1, std::memory_order_relaxed);
  // RESTinio may be in the middle of one of its own functions: its connection must outlive this call.
  if (owner_) asio::post(core_.io, [owner = std::exchange(owner_, nullptr)] {});
  return std::exchange(stream_, nullptr);
}

}  // namespace troupe::http
