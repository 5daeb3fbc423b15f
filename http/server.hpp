// The HTTP server: listeners, limits, TLS and WebSocket take-over around plain handlers. RESTinio and Beast live in
// its .cpp files and nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/websocket.hpp"

namespace troupe::http {

/// What a listener does with requests. Called on the loop's thread: never block there.
struct Application {
  std::function<void(Request, Reply)> request;
  std::function<void(Request, std::unique_ptr<Upgrade>)> upgrade;  ///< empty: every upgrade is refused with 400
  /// Whether `receive` is asked for what is sent there. Empty: never. All other bodies are held in memory, up to
  /// ServerLimits::max_body_bytes.
  std::function<bool(std::string_view method, std::string_view path)> streams = {};
  /// Called when the head of such a request has arrived and a body follows. The head is good during the call only.
  std::function<BodyPlan(const Request& head)> receive = {};
};

struct TlsFiles {
  std::string certificate;  ///< PEM, the chain
  std::string key;          ///< PEM
};

struct ListenerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free port; `Server::listen` says which
  std::optional<TlsFiles> tls = {};
  Application application;
};

struct ServerLimits {
  std::size_t max_url_bytes = defaults::kMaxUrlBytes;
  std::size_t max_header_fields = defaults::kMaxHeaderFields;
  std::size_t max_header_name_bytes = defaults::kMaxHeaderNameBytes;
  std::size_t max_header_value_bytes = defaults::kMaxHeaderValueBytes;
  std::size_t max_body_bytes = defaults::kMaxBodyBytes;
  std::size_t max_bodies_in_flight_bytes = defaults::kMaxBodiesInFlightBytes;
  std::size_t max_responses_in_flight_bytes = defaults::kMaxResponsesInFlightBytes;
  std::size_t max_stream_queue_bytes = defaults::kMaxStreamQueueBytes;
  std::size_t max_connections = defaults::kMaxConnections;
  std::chrono::milliseconds read_request_timeout = defaults::kReadRequestTimeout;
  std::size_t min_upload_bytes_per_second = defaults::kMinUploadBytesPerSecond;
  std::chrono::milliseconds keep_alive_timeout = defaults::kKeepAliveTimeout;
  std::chrono::milliseconds write_response_timeout = defaults::kWriteResponseTimeout;
  std::size_t min_response_bytes_per_second = defaults::kMinResponseBytesPerSecond;
  std::chrono::milliseconds handle_request_timeout = defaults::kHandleRequestTimeout;
};

struct ServerMetrics {
  std::uint64_t connections = 0;                ///< open now
  std::uint64_t websockets = 0;                 ///< open now
  std::uint64_t bodies_in_flight_bytes = 0;     ///< now
  std::uint64_t responses_in_flight_bytes = 0;  ///< now
  std::uint64_t websockets_dropped = 0;         ///< closed because the client did not read
  std::uint64_t streams_dropped = 0;            ///< answers cut off because the client did not read
};

/// One event loop on one thread, any number of listeners. Construct, listen, run; stop from any thread.
class Server {
 public:
  explicit Server(ServerLimits limits = {});
  ~Server();

  EventLoop& loop();

  /// Binds and starts accepting; the answer is the port. Before or while running, on the loop's thread.
  /// Errors: conflict (address in use or not ours), invalid (bad address, bad certificate or key).
  Expected<std::uint16_t> listen(ListenerOptions options);

  /// Stops accepting at an address and a port that `listen` was given and answered. Connections that are open stay. On
  /// the loop's thread. Nothing when nobody listens there.
  void close(const std::string& address, std::uint16_t port);

  /// Runs the loop on the calling thread until `stop`.
  void run();

  /// Stops accepting, lets requests in flight finish (at most `grace`), closes WebSockets with 1001, ends `run`.
  /// From any thread, also from a signal-handling thread.
  void stop(std::chrono::milliseconds grace);

  ServerMetrics metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::http
