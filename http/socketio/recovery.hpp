// Connection-state recovery: what lost clients need in order to come back as if they had never been away.
// Rules: socket.io/docs/v4/connection-state-recovery. On the event loop's thread.
#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/defaults.hpp"
#include "http/event_loop.hpp"
#include "http/socketio/socketio_codec.hpp"

namespace troupe::socketio {

struct RecoveryOptions {
  bool enabled = false;
  std::chrono::milliseconds window = defaults::kRecoveryWindow;
  std::size_t max_events = defaults::kMaxRecoveryEvents;
  std::size_t max_bytes = defaults::kMaxRecoveryBytes;
  std::size_t max_sockets = defaults::kMaxRecoverableSockets;
};

/// A lost socket's place.
struct LostSocket {
  std::string id;
  std::string nsp;
  std::set<std::string, std::less<>> rooms;
  std::uint64_t connected_at = 0;  ///< the newest offset when it connected
  std::string identity = {};       ///< whom it was let in as
};

/// The newest events of all namespaces, numbered by their offset, and the sockets lost within the window.
class RecoveryLog {
 public:
  RecoveryLog(http::EventLoop& loop, RecoveryOptions options) : loop_(loop), options_(options) {}

  std::uint64_t newest_offset() const { return newest_; }

  /// Keeps an event under the next offset. No rooms: it went to the whole namespace.
  void record(std::string_view nsp, std::vector<std::string> rooms, Frames frames);

  /// Keeps a place until the window is over. `pid` is the client's secret.
  void keep(const std::string& pid, LostSocket socket);
  /// The place, once; nothing when it is unknown, over, or in another namespace.
  std::optional<LostSocket> take(const std::string& pid, std::string_view nsp);
  bool has_lost_sockets() const { return !lost_.empty(); }

  /// The events for that socket after `offset`; nothing when some of them are no longer kept, or when they
  /// are more than `max_packets` or `max_bytes`.
  std::optional<std::vector<Frames>> missed(const LostSocket& socket, std::uint64_t offset, std::size_t max_packets,
                                            std::size_t max_bytes) const;

  std::size_t events() const { return events_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t lost_sockets() const { return lost_.size(); }

 private:
  struct Event {
    std::string nsp;
    std::vector<std::string> rooms;
    Frames frames;
    std::size_t bytes;
  };
  struct Lost {
    LostSocket socket;
    std::list<std::string>::iterator place;
    std::unique_ptr<http::EventLoop::Timer> expiry;
  };

  void forget(const std::string& pid);

  http::EventLoop& loop_;
  const RecoveryOptions options_;
  std::deque<Event> events_;  ///< the last one has offset `newest_`
  std::uint64_t newest_ = 0;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, Lost> lost_;  ///< by pid
  std::list<std::string> lost_order_;           ///< pids, first lost first
};

}  // namespace troupe::socketio
