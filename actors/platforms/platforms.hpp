// The platforms of the house: a connection for each entry of the catalogue that is enabled, begun anew when its entry
// changes. What comes in goes to Talks, answers come from there. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/platforms/connection.hpp"
#include "actors/platforms/http_client.hpp"
#include "actors/platforms/websocket_client.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {

struct PlatformError {
  std::string message;
  Micros time = 0;
};

/// How it goes with one platform since the server began.
struct PlatformStatus {
  std::string id, name, type, display_name;
  std::string status = "stopped";  ///< pending, running, error or stopped
  Micros started_at = 0;           ///< 0: it does not run
  std::uint64_t received = 0, sent = 0, errors = 0;
  std::uint64_t notices = 0, requests = 0;  ///< of OneBot
  std::uint64_t restarts = 0;               ///< attempts after the first, and changes of its entry
  std::size_t clients = 0;                  ///< that are connected to us
  std::optional<PlatformError> last_error;
};

/// What the platforms of one type came to since the server began.
struct PlatformCounts {
  std::size_t running = 0, failing = 0, clients = 0;  ///< now
  std::uint64_t received = 0, sent = 0, errors = 0, restarts = 0;
};

class Platforms {
 public:
  struct House {
    storage::Store& store;
    const Secrets& secrets;
    Talks& talks;
    Reach reach = Reach::everywhere;
    std::chrono::milliseconds retry_delay = defaults::kPlatformRetryDelay;
  };

  explicit Platforms(House house);
  ~Platforms();

  /// Connects all that are enabled. `listening` outlives this. Once; without it nothing is ever connected.
  void start(platforms::Listening& listening);
  /// The entry was added, changed or removed.
  void changed(const std::string& id);
  /// Connects anew, as if its entry had changed. Errors: not_found, conflict (it is not enabled, or nothing runs).
  Expected<void> restart(const std::string& id);
  /// Ends all connections and the threads. Once.
  void stop();

  /// Of every entry there is, the oldest first.
  std::vector<PlatformStatus> status() const;
  std::optional<PlatformStatus> status(const std::string& id) const;
  /// By type, of every type that there is an entry of.
  std::map<std::string, PlatformCounts> counts() const;

  /// Errors: overloaded (there is no connection at the moment), not_found (there is no such platform), others (final).
  void send(Outgoing answer, SendAnswer sent);

  /// A delivery to a webhook. Errors: unauthenticated (also where there is no such webhook, which is nobody's business),
  /// invalid, conflict (it was heard before), overloaded.
  void take(const std::string& id, platforms::Delivery delivery, std::function<void(Expected<void>)> taken);

 private:
  class Line;

  void change(const std::string& id, const std::function<void(PlatformStatus&)>& change);
  PlatformStatus status_of(const projections::PlatformRow& row) const;
  void connect(const projections::PlatformRow& row);
  void disconnect(const std::string& id);

  House house_;
  projections::PlatformQueries entries_;
  std::atomic<bool> is_started_{false}, is_stopped_{false};
  platforms::Listening* listening_ = nullptr;  ///< on the loop's thread, as the lines
  std::map<std::string, std::shared_ptr<Line>> lines_;
  mutable std::mutex mutex_;                        ///< of the next
  std::map<std::string, PlatformStatus> statuses_;  ///< of those that ever ran
  platforms::Loop loop_;
  platforms::HttpClient http_;
  platforms::WebSocketClient sockets_;
};

}  // namespace troupe::actors
