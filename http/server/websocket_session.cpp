#include "http/server/websocket_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/zlib/error.hpp>

#include "events/utf8.hpp"
#include "http/server/linger.hpp"

namespace troupe::http {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::uint16_t kNoCode = 1005;
constexpr std::uint16_t kBroken = 1006;

class Session;

/// The stream that Beast sees: reads come from the socket, writes end in the session's outbox and are
/// complete at once. Beast writes its control frames whole, so they never come between the bytes of a
/// message.
class OutboxStream {
 public:
  using executor_type = asio::any_io_executor;

  explicit OutboxStream(Session& session) : session_(session) {}
  executor_type get_executor();

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler);
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler);
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error);
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    error_code ignored;
    return write_some(buffers, ignored);
  }
  // Beast asks for these in its types; it never calls them here.
  template <class Buffers>
  std::size_t read_some(const Buffers&, error_code& error) {
    error = asio::error::operation_not_supported;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    return 0;
  }

 private:
  Session& session_;
};

// The session ends the connection itself when Beast has finished with it.
template <class Handler>
void async_teardown(beast::role_type, OutboxStream& stream, Handler&& handler) {
  asio::post(stream.get_executor(), beast::bind_handler(std::forward<Handler>(handler), error_code{}));
}
void beast_close_socket(OutboxStream&) {}

using BeastStream = websocket::stream<OutboxStream, true>;

/// The request as Beast's handshake wants it.
beast::http::request<beast::http::empty_body> beast_request(const Request& request) {
  beast::http::request<beast::http::empty_body> converted(beast::http::verb::get,
                                                          {request.target.data(), request.target.size()}, 11);
  for (const auto& [name, value] : request.headers)
    converted.insert({name.data(), name.size()}, {value.data(), value.size()});
  return converted;
}

/// What a close frame may carry (RFC 6455, sections 5.5.1 and 7.4); a reason is cut at a whole UTF-8
/// character.
websocket::close_reason close_reason(std::uint16_t code, std::string_view reason) {
  constexpr std::size_t kMaxReasonBytes = 123;
  if (code == kNoCode) return {};
  reason = first_bytes(reason, kMaxReasonBytes);
  return {static_cast<websocket::close_code>(code), {reason.data(), reason.size()}};
}

bool is_broken_compression(const error_code& error) {
  return error.category() == beast::zlib::make_error_code(beast::zlib::error::general).category();
}

/// The close code that says why reading ended.
std::uint16_t code_of(const error_code& error, const websocket::close_reason& peer) {
  if (error == websocket::error::closed) return peer.code == websocket::close_code::none ? kNoCode : peer.code;
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) return 1009;
  if (error == websocket::error::bad_frame_payload || is_broken_compression(error)) return 1007;
  if (error == websocket::condition::protocol_violation) return 1002;
  return kBroken;
}

class Session final : public WebSocket, public Peer, public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, std::shared_ptr<Stream> stream, std::string early_bytes,
          std::shared_ptr<WebSocketListener> listener, const WebSocketLimits& limits)
      : core_(core),
        stream_(std::move(stream)),
        early_bytes_(std::move(early_bytes)),
        limits_(limits),
        listener_(std::move(listener)),
        beast_(std::make_unique<BeastStream>(*this)),
        buffer_(buffer_limit()),
        message_bytes_(core.bodies_in_flight) {
    core_.counters->websockets.fetch_add(1, std::memory_order_relaxed);
    core_.add(*this);
    if (limits_.idle_timeout.count() > 0) core_.check_often_enough_for(limits_.idle_timeout);
  }

  void open(const Request& request);

  // WebSocket
  void send_text(std::string_view text) override { send_message(text, false); }
  void send_binary(std::string_view bytes) override { send_message(bytes, true); }
  void send_frame(const SharedFrame& frame) override {
    if (!closing_) gather(*frame);
  }
  void close(std::uint16_t code, std::string_view reason) override;
  std::size_t queued_bytes() const override { return outbox_.size() + sending_.size() - sent_; }

  // Peer
  void check_deadlines(Clock::time_point now) override;
  void shut_down() override { close(1001, "The server is stopping"); }
  void abort() override;
  void flush() override;
  std::shared_ptr<Peer> self() override { return shared_from_this(); }

  // OutboxStream
  Stream& stream() { return *stream_; }
  bool has_stream() const { return stream_ != nullptr; }
  asio::any_io_executor executor() { return core_.io.get_executor(); }
  std::string& early_bytes() { return early_bytes_; }
  void heard_from_peer() {
    last_heard_ = Clock::now();
    pinged_ = false;
  }
  void gather(std::string_view bytes);

 private:
  /// More than a message may have: a compressed one that unpacks to too much must pass Beast's check to be
  /// told so.
  std::size_t buffer_limit() const { return limits_.max_message_bytes + defaults::kReadBufferBytes; }
  void send_message(std::string_view payload, bool binary);
  void drop();
  void read();
  void received(const error_code& error, std::size_t bytes);
  void deliver();
  void write();
  void wrote(const error_code& error, std::size_t bytes);
  void ended(std::uint16_t code);
  void tell_closed(std::uint16_t code);
  void leave();
  void finish();

  Core& core_;
  std::shared_ptr<Stream> stream_;
  std::string early_bytes_;  ///< came with the request and are not read yet
  const WebSocketLimits limits_;
  std::shared_ptr<WebSocketListener> listener_;  ///< until it knows that the socket is closed
  std::unique_ptr<BeastStream> beast_;
  beast::flat_buffer buffer_;
  BytesInFlight message_bytes_;
  std::string outbox_;   ///< whole frames that wait for the write in flight
  std::string sending_;  ///< what is being written
  std::size_t sent_ = 0;
  bool writing_ = false;
  bool flush_scheduled_ = false;
  bool closing_ = false;  ///< our close frame is on its way: nothing more is sent or delivered
  bool ended_ = false;    ///< Beast has finished; what is gathered still goes out
  bool dropped_ = false;
  bool pinged_ = false;
  Clock::time_point last_heard_ = Clock::now();
  Clock::time_point last_written_ = Clock::now();
  Clock::time_point close_by_ = Clock::time_point::max();
};

// OutboxStream

OutboxStream::executor_type OutboxStream::get_executor() { return session_.executor(); }

template <class Buffers, class Handler>
void OutboxStream::async_read_some(const Buffers& buffers, Handler&& handler) {
  if (!session_.has_stream()) {
    asio::post(get_executor(),
               beast::bind_handler(std::forward<Handler>(handler), asio::error::operation_aborted, std::size_t{0}));
    return;
  }
  if (auto& early = session_.early_bytes(); !early.empty()) {
    const std::size_t bytes = asio::buffer_copy(buffers, asio::buffer(early));
    early.erase(0, bytes);
    asio::post(get_executor(), beast::bind_handler(std::forward<Handler>(handler), error_code{}, bytes));
    return;
  }
  // The handler keeps the session.
  session_.stream().async_read_some(buffers, [session = &session_, handler = std::forward<Handler>(handler)](
                                                 error_code error, std::size_t bytes) mutable {
    session->heard_from_peer();
    handler(error, bytes);
  });
}

template <class Buffers>
std::size_t OutboxStream::write_some(const Buffers& buffers, error_code& error) {
  std::size_t written = 0;
  error = {};
  std::string frame;
  for (const asio::const_buffer buffer : beast::buffers_range_ref(buffers)) {
    frame.append(static_cast<const char*>(buffer.data()), buffer.size());
    written += buffer.size();
  }
  session_.gather(frame);
  return written;
}

template <class Buffers, class Handler>
void OutboxStream::async_write_some(const Buffers& buffers, Handler&& handler) {
  error_code error;
  const std::size_t written = write_some(buffers, error);
  asio::post(get_executor(), beast::bind_handler(std::forward<Handler>(handler), error, written));
}

// Opening and closing

void Session::open(const Request& request) {
  websocket::stream_base::timeout no_timeouts{websocket::stream_base::none(), websocket::stream_base::none(), false};
  beast_->set_option(no_timeouts);
  beast_->set_option(websocket::stream_base::decorator([this, id = request.id](websocket::response_type& response) {
    response.set(beast::http::field::server, "troupe");
    response.set("X-Request-Id", id);
    if (!limits_.subprotocol.empty()) response.set(beast::http::field::sec_websocket_protocol, limits_.subprotocol);
  }));
  if (limits_.permessage_deflate) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    // Without a window kept between messages an idle socket costs less, and the memory is bounded.
    deflate.server_no_context_takeover = true;
    deflate.client_no_context_takeover = true;
    deflate.server_max_window_bits = 12;
    deflate.memLevel = 5;
    beast_->set_option(deflate);
  }
  beast_->read_message_max(limits_.max_message_bytes);
  error_code error;
  beast_->accept(beast_request(request), error);
  if (error) {
    tell_closed(kBroken);
    return finish();
  }
  listener_->opened(shared_from_this());
  if (!ended_) read();
}

void Session::close(std::uint16_t code, std::string_view reason) {
  if (closing_ || ended_) return;
  closing_ = true;
  close_by_ = Clock::now() + defaults::kWebSocketCloseTimeout;
  if (!beast_->is_open()) return;  // the peer's close frame is being answered
  beast_->async_close(close_reason(code, reason), [me = shared_from_this()](const error_code& error) {
    // When a read was in flight it met the peer's close frame and has ended the session already.
    if (!me->ended_) me->ended(error ? kBroken : code_of(websocket::error::closed, me->beast_->reason()));
  });
}

void Session::drop() {
  dropped_ = true;
  core_.counters->websockets_dropped.fetch_add(1, std::memory_order_relaxed);
  outbox_.clear();
  // Later: the sender may be walking a list of listeners that `closed` changes.
  asio::post(core_.io, [me = shared_from_this()] {
    me->close(1008, "Too many bytes wait for this client");
    me->tell_closed(1008);
  });
}

void Session::ended(std::uint16_t code) {
  if (ended_) return;
  ended_ = closing_ = true;
  close_by_ = std::min(close_by_, Clock::now() + defaults::kWebSocketCloseTimeout);
  buffer_ = beast::flat_buffer();
  message_bytes_.clear();
  tell_closed(code);
  finish();
}

void Session::tell_closed(std::uint16_t code) {
  if (const auto listener = std::exchange(listener_, nullptr)) listener->closed(code);
}

void Session::finish() {
  ended_ = closing_ = true;
  if (!stream_ || writing_) return;
  if (!outbox_.empty()) return write();
  leave();
  linger(core_, std::exchange(stream_, nullptr), {});
}

void Session::abort() {
  if (!stream_) return;
  ended_ = closing_ = true;
  leave();
  std::exchange(stream_, nullptr)->reset();
  tell_closed(kBroken);
}

/// The session is no longer a peer, and whoever still holds it may destroy it after the loop is gone.
void Session::leave() {
  unlink();
  core_.counters->websockets.fetch_sub(1, std::memory_order_relaxed);
  message_bytes_.clear();
  // Beast may be in the middle of one of its own functions.
  asio::post(core_.io, [beast = std::shared_ptr<BeastStream>(std::move(beast_)), me = shared_from_this()] {});
}

void Session::check_deadlines(Clock::time_point now) {
  if (now >= close_by_) return abort();
  if (writing_ && now - last_written_ > core_.limits.write_response_timeout) return abort();
  if (limits_.idle_timeout.count() == 0 || closing_) return;
  if (now - last_heard_ > 2 * limits_.idle_timeout) return abort();
  if (now - last_heard_ > limits_.idle_timeout && !pinged_) {
    pinged_ = true;
    gather(std::string_view("\x89\x00", 2));
  }
}

// Reading

void Session::read() {
  beast_->async_read_some(buffer_, 0, [me = shared_from_this()](const error_code& error, std::size_t bytes) {
    me->received(error, bytes);
  });
}

void Session::received(const error_code& error, std::size_t bytes) {
  if (ended_) return;
  // Beast answers every error of the peer with a close frame but this one.
  if (is_broken_compression(error)) gather(std::string_view("\x88\x02\x03\xEF", 4));
  if (error) return ended(code_of(error, beast_->reason()));
  if (closing_) return;  // the close in flight reads on
  if (!message_bytes_.add(bytes, core_.limits.max_bodies_in_flight_bytes))
    return close(1013, "Too many bytes are in flight");
  if (beast_->is_message_done()) deliver();
  if (!closing_ && !ended_) read();
}

void Session::deliver() {
  const auto data = buffer_.cdata();
  try {
    const auto listener = listener_;
    if (listener && !dropped_)
      listener->message({static_cast<const char*>(data.data()), data.size()}, beast_->got_binary());
  } catch (...) {
    close(1011, "Internal error");
  }
  if (ended_) return;
  message_bytes_.clear();
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > defaults::kMaxIdleBufferBytes) buffer_ = beast::flat_buffer(buffer_limit());
}

// Writing

void Session::send_message(std::string_view payload, bool binary) {
  if (closing_ || dropped_) return;
  if (!limits_.permessage_deflate || payload.size() < defaults::kMinCompressedBytes) {
    // Uncompressed messages are allowed at any time, also when compression was agreed (RFC 7692, section 6).
    gather(binary ? *make_binary_frame(payload) : *make_text_frame(payload));
    return;
  }
  error_code error;
  beast_->binary(binary);
  beast_->write(asio::buffer(payload.data(), payload.size()), error);
}

void Session::gather(std::string_view bytes) {
  if (!stream_ || (dropped_ && !closing_)) return;
  if (!closing_ && queued_bytes() + bytes.size() > limits_.max_queue_bytes) return drop();
  outbox_.append(bytes);
  if (writing_ || flush_scheduled_) return;
  flush_scheduled_ = true;
  core_.flush_at_end_of_turn(shared_from_this());
}

void Session::flush() {
  flush_scheduled_ = false;
  if (stream_ && !writing_ && !outbox_.empty()) write();
}

void Session::write() {
  if (!writing_) {
    sending_.swap(outbox_);
    sent_ = 0;
    writing_ = true;
    last_written_ = Clock::now();
  }
  stream_->async_write_some(
      asio::buffer(sending_.data() + sent_, sending_.size() - sent_),
      [me = shared_from_this()](const error_code& error, std::size_t bytes) { me->wrote(error, bytes); });
}

void Session::wrote(const error_code& error, std::size_t bytes) {
  if (!stream_) return;
  if (error) return abort();
  last_written_ = Clock::now();
  sent_ += bytes;
  if (sent_ < sending_.size()) return write();
  writing_ = false;
  sent_ = 0;
  sending_.clear();
  if (sending_.capacity() > defaults::kMaxIdleBufferBytes) sending_ = std::string();
  if (!outbox_.empty())
    write();
  else if (ended_)
    finish();
}

}  // namespace

void open_websocket(Core& core, std::shared_ptr<Stream> stream, const Request& request, std::string early_bytes,
                    std::shared_ptr<WebSocketListener> listener, const WebSocketLimits& limits) {
  std::make_shared<Session>(core, std::move(stream), std::move(early_bytes), std::move(listener), limits)
      ->open(request);
}

}  // namespace troupe::http
