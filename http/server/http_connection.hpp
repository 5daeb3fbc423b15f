// What the server keeps about one HTTP connection beside RESTinio's parser: its socket, its deadlines, the
// requests that wait for an answer, the bytes of the body that is arriving, and how it ends.
#pragma once

#include <atomic>
#include <boost/container/static_vector.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/server/core.hpp"
#include "http/server/stream.hpp"

namespace restinio::impl {
class connection_base_t;
}

namespace troupe::http {

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
  // ------------------------------------------------------------------------

  /// The TLS handshake is under way; it has the time of a request.
  void handshake_began();
  void handshake_ended();
  /// The first byte of a request: from now on the rest must come in time.
  void request_began();
  /// False: the sum of all bodies is full, and the connection must end.
  bool body_arrived(std::size_t bytes);
  /// The request is complete; gives its share of the bytes in flight to whoever holds the request.
  BytesInFlight request_complete();
  /// Answers with this status when RESTinio closes the connection, which it does next. The first reason
  /// counts.
  void refuse(int status);
  /// `100 Continue`, if nothing else is being sent.
  void send_continue();
  void write_began(std::size_t bytes_left);
  void write_ended(std::size_t bytes);
  /// The client closed its side. True: requests wait for answers it may still read, so RESTinio hears of the
  /// end later, when `tell` is called.
  bool hold_end_of_input(std::function<void()> tell);
  void close();
  /// RESTinio's connection is gone.
  void abandon() { abort(); }

  // Requests and answers
  // --------------------------------------------------------------------------------------------

  /// A request was handed to a handler; `owner` keeps RESTinio's connection until the answer.
  void waiting_for_answer(std::shared_ptr<restinio::impl::connection_base_t> owner, unsigned sequence);
  void answer(const ReplyAddress& address, Response response);
  /// Answers given while true wait for the end of the turn in which it is false again: sent in one burst with
  /// those of other connections, they wake a client once and not once each. Returns what it was.
  bool keep_back_answers(bool keep);
  /// Takes the socket away from RESTinio, for a WebSocket. Null when the connection has ended.
  std::shared_ptr<Stream> take_stream();
  void deliver_held_end_of_input();

  // Peer
  // ------------------------------------------------------------------------------------------------------------

  void check_deadlines(Clock::time_point now) override;
  void shut_down() override;
  void abort() override;
  void flush() override;
  std::shared_ptr<Peer> self() override { return shared_from_this(); }

 private:
  bool is_idle() const { return waiting_.empty() && !writing_ && !request_began_; }
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
  std::function<void()> held_end_of_input_;
  BytesInFlight body_;
  int refusal_ = 0;
  /// Requests without an answer, oldest first. RESTinio numbers them in the order of their arrival.
  boost::container::static_vector<unsigned, defaults::kMaxPipelinedRequests> waiting_;
  unsigned last_sequence_ = 0;
  std::optional<unsigned> close_after_;  ///< the request whose answer ends the connection
  bool keeps_back_answers_ = false;
  bool flush_scheduled_ = false;
  std::vector<std::pair<ReplyAddress, Response>> kept_back_;
  bool handshaking_ = false;
  bool request_began_ = false;
  bool writing_ = false;
  std::size_t bytes_left_to_write_ = 0;
  Clock::time_point idle_since_ = Clock::now();
  Clock::time_point request_began_at_;
  Clock::time_point waiting_since_;
  Clock::time_point writing_since_;
};

}  // namespace troupe::http
