// What all parts of the server share: the loop, the limits, the counters, and the list of everything with a
// deadline.
#pragma once

#include <time.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/server.hpp"
#include "http/server/stream.hpp"

namespace troupe::http {

/// Monotonic, a few milliseconds coarse: enough for deadlines, and a tenth of the price, several times a
/// request.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  }
};

class HttpConnection;
class RestinioAdapter;
class StreamedBody;

/// Shared with requests, which may outlive the server.
struct Counters {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> websockets{0};
  std::atomic<std::uint64_t> bodies_in_flight_bytes{0};
  std::atomic<std::uint64_t> responses_in_flight_bytes{0};
  std::atomic<std::uint64_t> websockets_dropped{0};
  std::atomic<std::uint64_t> streams_dropped{0};
};

/// The share of one body or message in the sum of all that are in flight; given back when destroyed, on any
/// thread.
class BytesInFlight {
 public:
  BytesInFlight() = default;
  explicit BytesInFlight(std::shared_ptr<std::atomic<std::uint64_t>> sum) : sum_(std::move(sum)) {}
  BytesInFlight(BytesInFlight&& other) noexcept : sum_(other.sum_), bytes_(std::exchange(other.bytes_, 0)) {}
  BytesInFlight& operator=(BytesInFlight&& other) noexcept {
    clear();
    sum_ = other.sum_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~BytesInFlight() { clear(); }

  /// False when the sum would pass `max_sum`. A small body is always let in, so that large ones cannot shut
  /// out all others: kMaxConnections times kSmallBodyBytes bounds what that adds.
  bool add(std::size_t bytes, std::size_t max_sum) {
    const auto sum = sum_->load(std::memory_order_relaxed) + bytes;
    if (sum > max_sum && bytes_ + bytes > defaults::kSmallBodyBytes) return false;
    sum_->fetch_add(bytes, std::memory_order_relaxed);
    bytes_ += bytes;
    return true;
  }

  void clear() {
    if (bytes_ > 0) sum_->fetch_sub(bytes_, std::memory_order_relaxed);
    bytes_ = 0;
  }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> sum_;
  std::size_t bytes_ = 0;
};

/// Where the answer to one request belongs.
struct ReplyAddress {
  std::shared_ptr<HttpConnection> connection;
  unsigned sequence = 0;  ///< RESTinio's number of the request on its connection
};

/// Answers and other work from other threads on their way to the loop. Much of it costs one wake-up. Any thread.
class ReplyQueue {
 public:
  ReplyQueue(asio::io_context& io, const ServerLimits& server_limits, std::shared_ptr<Counters> server_counters)
      : limits(server_limits), counters(std::move(server_counters)), io_(&io) {}
  void push(ReplyAddress address, Response response);
  /// Lets the connection look at what was written of a body.
  void push(std::shared_ptr<StreamedBody> body);
  /// Runs the work on the loop, also when called there: after the handler that runs now.
  void post(std::function<void()> work);
  /// What is pushed later is dropped; called before the io_context goes.
  void close();
  /// True on the thread that runs this queue's loop.
  bool on_loop_thread() const { return running_here_ == this; }
  void set_loop_thread(bool running) { running_here_ = running ? this : nullptr; }

  const ServerLimits limits;
  const std::shared_ptr<Counters> counters;

 private:
  struct Waiting {
    ReplyAddress address;
    Response response;
    std::shared_ptr<StreamedBody> body;  ///< then the other two are empty
  };

  void push(Waiting answer);
  void wake();
  void drain();

  static thread_local const ReplyQueue* running_here_;
  std::mutex mutex_;
  asio::io_context* io_;
  std::vector<Waiting> waiting_;
  std::vector<std::function<void()>> work_;
};

/// Anything that holds a socket: an HTTP connection, a WebSocket, a connection about to end. Loop thread
/// only.
class Peer : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Peer() = default;
  /// Acts on the deadlines that have passed. Called at least once a second.
  virtual void check_deadlines(Clock::time_point now) = 0;
  /// The server is stopping: end as soon as it can be done politely.
  virtual void shut_down() = 0;
  /// Lets go of the socket now and says goodbye to whoever listens.
  virtual void abort() = 0;
  /// Sends what was gathered during this turn of the loop.
  virtual void flush() {}
  virtual std::shared_ptr<Peer> self() = 0;
};

struct Core {
  explicit Core(const ServerLimits& limits);
  ~Core();

  void add(Peer& peer) { peers.push_back(peer); }
  /// All peers, kept alive while the caller walks them: each may leave the list or bring others in.
  std::vector<std::shared_ptr<Peer>> all_peers();
  /// Calls `flush` of the peer when the handlers that are ready now have run.
  void flush_at_end_of_turn(std::shared_ptr<Peer> peer);
  /// Deadlines of this length must be noticed in time: checks at least four times as often, at most once per
  /// 10 ms.
  void check_often_enough_for(std::chrono::milliseconds shortest);
  const std::string& date() const { return date_; }

  void start_checking();
  void check_deadlines();
  void stop(std::chrono::milliseconds grace);

  const ServerLimits limits;
  const std::shared_ptr<Counters> counters = std::make_shared<Counters>();
  const std::shared_ptr<std::atomic<std::uint64_t>> bodies_in_flight{counters, &counters->bodies_in_flight_bytes};
  const std::shared_ptr<std::atomic<std::uint64_t>> responses_in_flight{counters, &counters->responses_in_flight_bytes};
  boost::intrusive::list<Peer, boost::intrusive::constant_time_size<false>> peers;
  std::size_t lingering = 0;
  bool stopping = false;
  std::map<std::pair<std::string, std::uint16_t>, std::function<void()>> close_listeners;  ///< by address and port
  /// What lingering connections still receive ends here, unread.
  std::array<char, 65536> scrap;
  /// Sockets and timers are used on the loop's thread only; other threads post.
  asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  const std::shared_ptr<ReplyQueue> replies = std::make_shared<ReplyQueue>(io, limits, counters);
  std::unique_ptr<RestinioAdapter> restinio;

 private:
  void schedule_check();
  void end_if_idle();

  std::vector<std::shared_ptr<Peer>> to_flush_;
  std::chrono::milliseconds check_period_{1000};
  Clock::time_point stop_at_ = Clock::time_point::max();
  std::string date_;
  asio::steady_timer check_timer_{io};
};

}  // namespace troupe::http
