// Plain HTTP messages: what every handler sees. RESTinio stays behind http/server/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/expected.hpp"

namespace troupe::http {

class BodySink;

/// One request. The views point into the connection's own buffers and stay valid as long as a copy of the request
/// (it is cheap to copy and move). Header names compare without case.
struct Request {
  std::string_view method;              ///< upper case: `GET`
  std::string_view target;              ///< as sent: `/api/logs?limit=5`
  std::string_view path;                ///< the target up to `?`, still percent-encoded
  std::string_view query;               ///< what follows `?`, still percent-encoded
  std::string_view body;                ///< empty when a sink took it
  std::shared_ptr<BodySink> body_sink;  ///< that took the body, when the application gave one for it
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string remote_address;  ///< of the TCP peer: `127.0.0.1`
  std::uint16_t remote_port = 0;
  std::string id;  ///< request id, unique in this process; also the `X-Request-Id` of the answer
  bool tls = false;
  bool http_1_0 = false;
  std::shared_ptr<const void> keep_alive;  ///< owns what the views point into

  /// The first header of that name.
  std::optional<std::string_view> header(std::string_view name) const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A response body that is read while it is sent, so that a large one is never held whole.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;
  /// Reads the next piece, at most defaults::kBodyPieceBytes and never empty; all pieces together have `size` bytes.
  /// Never blocks. `ready` is called once, on any thread; the next call comes after it. An error cuts the response off.
  virtual void next(std::function<void(Expected<std::string>)> ready) = 0;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  Headers headers = {};
  std::shared_ptr<BodySource> source = {};  ///< when set, the body comes from it
  std::uint64_t content_length() const { return source ? source->size() : body.size(); }
};

/// Takes the body of one request while it arrives, so that a large one is never held whole. Destroyed when the client
/// leaves or is refused, or else with the last copy of the request.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Takes the next piece, at most about defaults::kBodyPieceBytes. Never blocks. `taken` is called once, on any thread;
  /// the next call comes after it. With a refusal, that is the answer, and the rest of the body is not read.
  virtual void write(std::string piece, std::function<void(std::optional<Response> refusal)> taken) = 0;
};

/// What is to become of a body that is about to arrive.
struct BodyPlan {
  std::shared_ptr<BodySink> sink;
  std::uint64_t max_bytes = 0;  ///< past it: 413
  /// Instead of a sink: the answer at once. The body is not read, and the connection ends.
  std::optional<Response> refusal = {};
};

/// `{"error":"..."}`, for refusals below any surface. `text` needs no escaping.
Response plain_error(int status, std::string_view text);

class BodyStream;

/// The one answer to one request. Move-only; call it at most once, from any thread. Destroyed unused, it answers 500
/// so that no client waits for ever.
class Reply {
 public:
  struct Sink {
    virtual ~Sink() = default;
    virtual void send(Response response) = 0;
    /// Instead of `send`: an answer whose body follows in pieces. A sink that was begun and is destroyed before its end
    /// lets the client see that the body is cut short. One that cannot stream answers 500.
    virtual void begin(Response head);
    virtual bool write(std::string_view) { return false; }
    virtual void end() {}
    /// True when the client has gone: a long poll may stop early. A hint, from any thread.
    virtual bool gone() const { return false; }
  };

  Reply() = default;
  explicit Reply(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Reply(Reply&&) = default;
  Reply& operator=(Reply&& other) noexcept;  ///< a reply that is replaced unused answers 500 too
  ~Reply();

  void operator()(Response response) {
    if (auto sink = std::move(sink_)) sink->send(std::move(response));
  }
  /// Begins an answer whose body is written while it is made; the body of `head` is left out.
  BodyStream stream(Response head);
  bool gone() const { return !sink_ || sink_->gone(); }
  /// Nobody waits for an answer after all.
  void forget() { sink_.reset(); }

 private:
  std::unique_ptr<Sink> sink_;
};

/// The body of an answer while it is made, in chunks to HTTP/1.1 and up to the end of the connection to HTTP/1.0.
/// Move-only; from any thread, one at a time. Destroyed without an end, it cuts the connection, so that the client does
/// not take what it has for the whole.
class BodyStream {
 public:
  BodyStream() = default;
  explicit BodyStream(std::unique_ptr<Reply::Sink> sink) : sink_(std::move(sink)) {}

  /// Does not wait. False when nobody takes it any more: the client has left, the server is ending, or more than
  /// ServerLimits::max_stream_queue_bytes wait for the client, which is then dropped.
  bool write(std::string_view piece) { return sink_ && sink_->write(piece); }
  void end() {
    if (const auto sink = std::move(sink_)) sink->end();
  }
  /// True when the client has gone: what makes the body may stop. A hint, at most a second late.
  bool gone() const { return !sink_ || sink_->gone(); }

 private:
  std::unique_ptr<Reply::Sink> sink_;
};

inline BodyStream Reply::stream(Response head) {
  auto sink = std::move(sink_);
  if (sink) sink->begin(std::move(head));
  return BodyStream(std::move(sink));
}

/// One server-sent event (WHATWG HTML, section 9.2.6) with this data, of a named type or of none.
std::string server_sent_event(std::string_view data, std::string_view type = {});
inline constexpr const char* kEventStream = "text/event-stream; charset=utf-8";

/// Compares header names and the like: ASCII letters without case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Decodes %XX (and, in a query, `+` as a space). Nothing when an escape is broken or decodes to NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// The decoded value of a query parameter, the first when it is repeated.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

/// The value of a cookie in the request's `Cookie` header (RFC 6265, section 5.4).
std::optional<std::string_view> cookie(const Request& request, std::string_view name);

/// The standard reason phrase: 404 is `Not Found`.
std::string_view reason_phrase(int status);

}  // namespace troupe::http
