// A WebSocket connection as the protocols above it see it: messages in, messages out, one close.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "events/defaults.hpp"
#include "http/message.hpp"

namespace troupe::http {

/// A message framed once for many clients (RFC 6455, unmasked, uncompressed, FIN set).
using SharedFrame = std::shared_ptr<const std::string>;

SharedFrame make_text_frame(std::string_view text);
SharedFrame make_binary_frame(std::string_view bytes);

/// The sending side. All calls on the event loop's thread. A client that does not read is dropped: when more than
/// `WebSocketLimits::max_queue_bytes` wait for it, the connection is closed with 1008.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  virtual void send_text(std::string_view text) = 0;
  virtual void send_binary(std::string_view bytes) = 0;
  /// Queues a frame that other clients get too: framed once, not once per client.
  virtual void send_frame(const SharedFrame& frame) = 0;
  /// Sends what is queued, then the close frame. Code 1005 closes without a code.
  virtual void close(std::uint16_t code, std::string_view reason = {}) = 0;
  /// Bytes accepted for sending that the kernel has not taken yet.
  virtual std::size_t queued_bytes() const = 0;
};

/// The receiving side. All calls on the event loop's thread; `closed` is the last one, exactly once.
class WebSocketListener {
 public:
  virtual ~WebSocketListener() = default;
  virtual void opened(std::shared_ptr<WebSocket> socket) = 0;
  virtual void message(std::string_view payload, bool binary) = 0;
  /// `code` 1005: the peer gave none; 1006: the connection broke.
  virtual void closed(std::uint16_t code) = 0;
};

struct WebSocketLimits {
  std::size_t max_message_bytes = defaults::kMaxWebSocketMessageBytes;  ///< past it: close 1009
  std::size_t max_queue_bytes = defaults::kMaxWebSocketQueueBytes;
  /// Silence after which a ping is sent, and as long again after which the peer is dropped; zero = never (a protocol
  /// above has its own heartbeat).
  std::chrono::milliseconds idle_timeout{0};
  bool permessage_deflate = false;
  std::string subprotocol = {};  ///< one of those that the client offers; empty: none is chosen
};

/// A request that asks for a WebSocket. Call exactly one of the two.
class Upgrade {
 public:
  virtual ~Upgrade() = default;
  /// Completes the handshake and hands the connection to `listener` (`opened` comes first).
  virtual void accept(std::shared_ptr<WebSocketListener> listener, const WebSocketLimits& limits) = 0;
  /// Answers as plain HTTP and closes the connection.
  virtual void refuse(Response response) = 0;
};

}  // namespace troupe::http
