#include "http/server/http_connection.hpp"

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

}  // namespace

HttpConnection::HttpConnection(Core& core, std::shared_ptr<Stream> stream,
                               std::shared_ptr<const Application> application, const tcp::endpoint& remote)
    : core_(core),
      stream_(std::move(stream)),
      application_(std::move(application)),
      remote_address_(printable(remote.address())),
      remote_port_(remote.port()),
      is_tls_(stream_->is_tls()),
      body_(core.counters) {
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

BytesInFlight HttpConnection::request_complete() {
  request_began_ = false;
  return std::move(body_);
}

void HttpConnection::refuse(int status) {
  if (refusal_ == 0) refusal_ = status;
}

void HttpConnection::send_continue() {
  if (!waiting_.empty() || writing_) return;
  error_code ignored;  // a broken connection shows at the next read
  stream_->write_now("HTTP/1.1 100 Continue\r\n\r\n", ignored);
}

void HttpConnection::write_began(std::size_t bytes_left) {
  // RESTinio writes a response in pieces; only a new response starts the clock again.
  if (bytes_left != bytes_left_to_write_) writing_since_ = Clock::now();
  bytes_left_to_write_ = bytes_left;
  writing_ = true;
}

void HttpConnection::write_ended(std::size_t bytes) {
  bytes_left_to_write_ -= bytes;
  writing_ = false;
  if (waiting_.empty()) idle_since_ = Clock::now();
}

bool HttpConnection::hold_end_of_input(std::function<void()> tell) {
  gone_.store(true, std::memory_order_relaxed);
  if (waiting_.empty() && !writing_) return false;
  held_end_of_input_ = std::move(tell);
  return true;
}

void HttpConnection::deliver_held_end_of_input() {
  if (!held_end_of_input_ || !waiting_.empty() || writing_) return;
  std::exchange(held_end_of_input_, nullptr)();
}

void HttpConnection::close() {
  if (!is_open()) return;
  const bool can_answer = refusal_ != 0 && waiting_.empty() && !writing_;
  const bool is_tls = is_tls_ && !writing_;
  const auto stream = detach();
  if (handshaking_)
    stream->close();
  else if (can_answer)
    linger(core_, stream, refusal(refusal_, core_.date()));
  else if (is_tls || stream->has_unread_bytes())
    linger(core_, stream, {});
  else
    stream->close();
}

void HttpConnection::waiting_for_answer(std::shared_ptr<restinio::impl::connection_base_t> owner,
                                        unsigned sequence) {
  if (waiting_.empty()) waiting_since_ = Clock::now();
  waiting_.push_back(sequence);
  last_sequence_ = sequence;
  owner_ = std::move(owner);
}

bool HttpConnection::keep_back_answers(bool keep) {
  const bool before = std::exchange(keeps_back_answers_, keep);
  if (!keep && !kept_back_.empty() && !flush_scheduled_) {
    flush_scheduled_ = true;
    core_.flush_at_end_of_turn(shared_from_this());
  }
  return before;
}

void HttpConnection::flush() {
  flush_scheduled_ = false;
  for (auto& [address, response] : std::exchange(kept_back_, {}))
    answer(address, std::move(response));
}

void HttpConnection::answer(const ReplyAddress& address, Response response) {
  if (keeps_back_answers_) return void(kept_back_.emplace_back(address, std::move(response)));
  const auto found = std::find(waiting_.begin(), waiting_.end(), address.sequence);
  if (!is_open() || found == waiting_.end()) return;
  waiting_.erase(found);
  const auto owner = waiting_.empty() ? std::exchange(owner_, nullptr) : owner_;
  waiting_since_ = Clock::now();
  if (waiting_.empty()) idle_since_ = waiting_since_;
  if (close_after_ && address.sequence > *close_after_) return;

  const bool last_of_all = (core_.stopping || gone()) && address.sequence == last_sequence_;
  const bool close = !address.keep_alive || last_of_all;
  if (close) close_after_ = address.sequence;
  if (response.status < 200 || response.status > 999)
    response = {.status = 500, .body = R"({"error":"Internal Server Error"})"};
  auto head = response_head(
      response,
      {.request_id = address.request_id, .date = core_.date(), .close = close, .http_1_0 = address.http_1_0});
  if (address.head || !has_body(response.status)) response.body.clear();
  write_response(*this, *owner, address.sequence, std::move(head), std::move(response.body), close);
}

std::shared_ptr<Stream> HttpConnection::take_stream() {
  return is_open() ? detach() : nullptr;
}

void HttpConnection::check_deadlines(Clock::time_point now) {
  const ServerLimits& limits = core_.limits;
  if (writing_ && now - writing_since_ > limits.write_response_timeout) return abort();
  if (request_began_ && now - request_began_at_ > limits.read_request_timeout) {
    refuse(408);
    return close();
  }
  if (!waiting_.empty() && now - waiting_since_ > limits.handle_request_timeout) {
    return answer({.sequence = waiting_.front(), .keep_alive = false},
                  {.status = 503,
                   .body = R"({"error":"The request was not handled in time"})",
                   .headers = {{"Retry-After", "1"}}});
  }
  if (is_idle() && now - idle_since_ > limits.keep_alive_timeout) close();
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
  unlink();
  core_.counters->connections.fetch_sub(1, std::memory_order_relaxed);
  // RESTinio may be in the middle of one of its own functions: its connection must outlive this call.
  if (owner_) asio::post(core_.io, [owner = std::exchange(owner_, nullptr)] {});
  if (held_end_of_input_) asio::post(core_.io, [held = std::exchange(held_end_of_input_, nullptr)] {});
  return std::exchange(stream_, nullptr);
}

}  // namespace troupe::http
