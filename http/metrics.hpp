// What `/metrics` says, in Prometheus' text form. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/system.hpp"
#include "http/route.hpp"
#include "http/server.hpp"
#include "storage/store.hpp"

namespace troupe::http {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// One answered request.
  void observe(const Route& route, int status, double seconds);

  /// Everything that is counted elsewhere and read when it is asked for.
  struct Sources {
    std::function<storage::StoreMetrics()> store;
    std::function<actors::SystemMetrics()> actors;
    std::function<ServerMetrics()> server;
    std::function<std::size_t()> socketio_clients;
    std::function<std::uint64_t()> last_position;
  };
  std::string text(const Sources& sources) const;

  /// The median of the last requests; 0 before the first.
  double recent_median_seconds() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::http
