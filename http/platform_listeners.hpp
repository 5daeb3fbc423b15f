// Where chat platforms connect to the house: listeners for WebSockets on the HTTP server, opened and closed while it runs.
#pragma once

#include "actors/platforms/listening.hpp"
#include "http/server.hpp"

namespace troupe::http {

/// Thread-safe. The server outlives it, and runs until the last platform has stopped or will never be asked again.
class PlatformListeners final : public actors::platforms::Listening {
 public:
  explicit PlatformListeners(Server& server) : server_(server) {}

  void open(const std::string& address, std::uint16_t port, std::shared_ptr<actors::platforms::Doorkeeper> doorkeeper,
            std::function<void(Expected<void>)> opened) override;
  void close(const std::string& address, std::uint16_t port) override;

 private:
  Server& server_;
};

}  // namespace troupe::http
