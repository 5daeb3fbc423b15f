// One TCP connection, plain or TLS behind the same few calls, so that everything above is compiled once.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string_view>

namespace troupe::http {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

/// Loop thread only. A TLS operation in flight refers to its stream until its handler has been called, so the
/// handlers hold it.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  using executor_type = asio::any_io_executor;

  Stream(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
      : socket_(std::move(socket)), tls_context_(std::move(tls)) {
    if (tls_context_) tls_.emplace(socket_, *tls_context_);
  }
  Stream(const Stream&) = delete;

  bool is_tls() const { return tls_.has_value(); }
  bool is_open() const { return socket_.is_open(); }
  tcp::socket& socket() { return socket_; }
  executor_type get_executor() { return socket_.get_executor(); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_read_some(buffers, holding_me(std::forward<Handler>(handler)));
    else
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_write_some(buffers, holding_me(std::forward<Handler>(handler)));
    else
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

  template <class Handler>
  void async_handshake(Handler handler) {
    tls_->async_handshake(asio::ssl::stream_base::server,
                          [me = shared_from_this(), handler](error_code error) mutable { handler(error); });
  }

  /// Says goodbye in TLS and waits for the peer's.
  template <class Handler>
  void async_tls_shutdown(Handler handler) {
    tls_->async_shutdown([me = shared_from_this(), handler](error_code error) mutable { handler(error); });
  }

  /// Writes a few bytes at once. Only while no other write is in flight and the socket is writable: otherwise it blocks.
  void write_now(std::string_view bytes, error_code& error) {
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    tls_ ? tls_->write_some(buffer, error) : socket_.write_some(buffer, error);
  }

  void cancel() {
    error_code ignored;
    socket_.cancel(ignored);
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  /// Closes at once and lets the kernel forget what the peer did not take: without this a peer that never
  /// reads pins its send buffer for minutes.
  void reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

  /// True when received bytes wait unread; closing then would send a reset that can overtake our last answer.
  bool has_unread_bytes() {
    error_code error;
    return socket_.available(error) > 0 && !error;
  }

 private:
  template <class Handler>
  auto holding_me(Handler&& handler) {
    return [me = shared_from_this(), handler = std::forward<Handler>(handler)](
               error_code error, std::size_t bytes) mutable { handler(error, bytes); };
  }

  tcp::socket socket_;
  std::shared_ptr<asio::ssl::context> tls_context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
};

}  // namespace troupe::http
