// A body between the one that makes it, on any thread, and its connection on the loop's.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/server/core.hpp"

namespace troupe::http {

class StreamedBody : public std::enable_shared_from_this<StreamedBody> {
 public:
  StreamedBody(std::shared_ptr<ReplyQueue> replies, ReplyAddress address, Response head)
      : address_(std::move(address)),
        replies_(std::move(replies)),
        head_(std::move(head)),
        in_flight_({replies_->counters, &replies_->counters->responses_in_flight_bytes}) {}

  const ReplyAddress& address() const { return address_; }

  // Its maker, any thread

  void begin() {
    const std::lock_guard lock(mutex_);
    wake();
  }

  /// False when nobody takes it any more.
  bool write(std::string_view piece) {
    const std::lock_guard lock(mutex_);
    if (fate_ != Fate::open) return false;
    const bool fits = waiting_.size() + piece.size() <= replies_->limits.max_stream_queue_bytes;
    if (!fits || !in_flight_.add(piece.size(), replies_->limits.max_responses_in_flight_bytes)) {
      fate_ = Fate::overflowed;
      waiting_ = {};
      in_flight_.clear();
      ++replies_->counters->streams_dropped;
      woken_ = false;  // it may be waiting for the client to read
    } else {
      waiting_ += piece;
    }
    wake();
    return fate_ == Fate::open;
  }

  void end() { settle(Fate::ended); }
  /// Nothing more comes, and what came is not the whole.
  void abandon() { settle(Fate::abandoned); }

  // Its connection, loop's thread

  enum class Fate : std::uint8_t {
    open,
    ended,
    abandoned,   ///< by its maker
    overflowed,  ///< the client did not read
    cut_off,     ///< the connection is gone, or wants no body
  };

  struct Batch {
    std::string bytes;
    BytesInFlight in_flight;
  };

  const Response& head() const { return head_; }
  Fate fate() const {
    const std::lock_guard lock(mutex_);
    return fate_;
  }
  /// All that waits. `ended` is true when it is the last of it.
  Batch take(bool& ended) {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    ended = fate_ == Fate::ended;
    return {std::exchange(waiting_, {}), std::move(in_flight_)};
  }
  void cut_off() {
    const std::lock_guard lock(mutex_);
    fate_ = Fate::cut_off;
    waiting_ = {};
    in_flight_.clear();
  }

 private:
  void settle(Fate fate) {
    const std::lock_guard lock(mutex_);
    if (fate_ != Fate::open) return;
    fate_ = fate;
    wake();
  }
  void wake() {
    if (!std::exchange(woken_, true)) replies_->push(shared_from_this());
  }

  const ReplyAddress address_;
  const std::shared_ptr<ReplyQueue> replies_;
  const Response head_;
  mutable std::mutex mutex_;
  std::string waiting_;
  BytesInFlight in_flight_;  ///< the share of what waits
  Fate fate_ = Fate::open;
  bool woken_ = false;  ///< the connection will look
};

}  // namespace troupe::http
