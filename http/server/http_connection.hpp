// What the server keeps about one HTTP connection beside RESTinio's parser: its socket, its deadlines, the
// requests that wait for an answer, the bytes of the body that is arriving, and how it ends.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "http/server/body_intake.hpp"
#include "http/server/core.hpp"
#include "http/server/stream.hpp"
#include "http/server/streamed_body.hpp"

namespace restinio::impl {
class connection_base_t;
}

namespace troupe::http {

/// The answer that a connection waits for. One at a time: what a client pipelines is handled in its order, each after
/// the answer before it. So no read is under way while a request is handled or answered.
struct AwaitedAnswer {
  unsigned sequence = 0;  ///< RESTinio's number of the request on its connection
  std::string request_id;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool head = false;
};

/// Loop thread only, except `gone`. RESTinio's connection holds it through its socket; the list of peers sees
/// it until it is closed. Once closed it holds nothing of the loop, so that a late reply may destroy it on
/// any thread.
class HttpConnection final : public Peer, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Core& core, std::shared_ptr<Stream> stream, std::shared_ptr<const Application> application,
                 const tcp::endpoint& remote);
  ~HttpConnection() override;

  Core& core() { return core_; }
  const Application& application() const { return *application_; }
  const std::string& remote_address() const { return remote_address_; }
  std::uint16_t remote_port() const { return remote_port_; }
  const std::shared_ptr<Stream>& stream() { return stream_; }
  bool is_tls() const { return is_tls_; }
  bool is_open() const { return stream_ != nullptr; }
  /// True when the client has closed its side or the connection has ended. Any thread.
  bool gone() const { return gone_.load(std::memory_order_relaxed); }

  // What RESTinio's socket and parser report

  /// The TLS handshake is under way; it has the time of a request.
  void handshake_began();
  void handshake_ended();
  /// The first byte of a request: from now on the rest must come in time.
  void request_began();
  /// False: the sum of all bodies is full, and the connection must end.
  bool body_arrived(std::size_t bytes);
  /// The body that is about to arrive goes into a sink. False: the sum of all bodies is full.
  bool body_begins(BodyPlan plan, const std::string& request_id);
  /// The way of the present request's body into its sink; null when it has none.
  const std::shared_ptr<BodyIntake>& intake() const { return intake_; }
  void body_taken() { intake_.reset(); }
  /// The request is complete; gives its share of the bytes in flight to whoever holds the request.
  BytesInFlight request_complete();
  /// Answers with this status when RESTinio closes the connection, which it does next. The first reason
  /// counts.
  void refuse(int status);
  void refuse(Response response, std::string_view request_id);
  /// `100 Continue`, if nothing else is being sent.
  void send_continue();
  void wrote(std::size_t bytes);
  void close();
  /// RESTinio's connection is gone.
  void abandon() { abort(); }

  // Requests and answers

  /// A request was handed to a handler; `owner` keeps RESTinio's connection until the answer.
  void waiting_for_answer(std::shared_ptr<restinio::impl::connection_base_t> owner, AwaitedAnswer awaited);
  /// Answers the request of this number, unless it was answered or the connection has ended.
  void answer(unsigned sequence, Response response);
  /// The same with a body that is written while it is made: there is more of it, or it is settled.
  void stream(std::shared_ptr<StreamedBody> body);
  /// Answers given while true wait for the end of the turn in which it is false again: sent in one burst with
  /// those of other connections, they wake a client once and not once each. Returns what it was.
  bool keep_back_answers(bool keep);
  /// Takes the socket away from RESTinio, for a WebSocket. Null when the connection has ended.
  std::shared_ptr<Stream> take_stream();

  // Peer

  void check_deadlines(Clock::time_point now) override;
  void shut_down() override;
  void abort() override;
  void flush() override;
  std::shared_ptr<Peer> self() override { return shared_from_this(); }

 private:
  /// An answer whose body comes from a source, piece by piece.
  struct Streaming {
    std::shared_ptr<BodySource> source;
    std::shared_ptr<restinio::impl::connection_base_t> owner;
    unsigned sequence = 0;
    std::uint64_t left_bytes = 0;
    bool close = false;
  };

  bool is_writing() const { return unwritten_bytes_ > 0 || streaming_; }
  void read_next_piece();
  void send_piece(Expected<std::string> piece);
  bool is_idle() const { return !awaited_ && !is_writing() && !request_began_; }
  void watch_for_leaving();
  void begin_stream(std::shared_ptr<StreamedBody> body);
  void send_streamed();
  /// What is written from now on is so much, and must be taken in time.
  void began_to_write(std::size_t bytes);
  /// Leaves the list and drops everything; the stream is the caller's.
  std::shared_ptr<Stream> detach();

  Core& core_;
  std::shared_ptr<Stream> stream_;
  const std::shared_ptr<const Application> application_;
  std::string remote_address_;
  const std::uint16_t remote_port_;
  const bool is_tls_;
  std::atomic<bool> gone_{false};
  std::shared_ptr<restinio::impl::connection_base_t> owner_;
  BytesInFlight body_;
  std::shared_ptr<BodyIntake> intake_;
  std::string last_words_;  ///< the answer of a connection that ends before its request was complete
  std::optional<AwaitedAnswer> awaited_;
  bool keeps_back_answers_ = false;
  bool flush_scheduled_ = false;
  std::optional<Response> kept_back_;       ///< of the awaited answer
  std::shared_ptr<StreamedBody> streamed_;  ///< the body of the awaited answer, once that has begun
  std::string stream_head_;                 ///< until it is sent
  bool closes_after_stream_ = false;
  bool handshaking_ = false;
  bool request_began_ = false;
  std::size_t unwritten_bytes_ = 0;
  std::optional<Streaming> streaming_;
  BytesInFlight response_;
  Clock::time_point idle_since_ = Clock::now();
  Clock::time_point request_began_at_;
  Clock::time_point waiting_since_;
  Clock::time_point write_by_;
};

}  // namespace troupe::http
