// Where platforms connect to the house. The HTTP server implements it (http/platform_listeners.hpp), so that sockets are
// accepted and limited in one place.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/platforms/socket.hpp"
#include "events/expected.hpp"

namespace troupe::actors::platforms {

/// The request for a WebSocket.
struct Handshake {
  std::string path;
  std::string access_token;                                  ///< of the query, decoded; empty: none
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string remote_address;

  /// Empty when there is none.
  std::string_view header(std::string_view name) const {
    const auto at =
        std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
    return at == headers.end() ? std::string_view() : std::string_view(at->second);
  }
};

/// What stands behind a listener. Called on the server's thread, which must not be held up.
class Doorkeeper {
 public:
  struct Refusal {
    int status = 403;
    std::string why;
  };
  struct Verdict {
    std::optional<Refusal> refusal;            ///< empty: it may come in
    std::shared_ptr<SocketReceiver> receiver;  ///< then
  };
  virtual ~Doorkeeper() = default;
  virtual Verdict admit(const Handshake& handshake) = 0;
};

/// Thread-safe. What is asked happens in the order in which it was asked.
class Listening {
 public:
  virtual ~Listening() = default;
  /// `opened` on any thread. Errors: conflict (the address is in use or not ours), invalid (it is none), shutting_down.
  virtual void open(const std::string& address, std::uint16_t port, std::shared_ptr<Doorkeeper> doorkeeper,
                    std::function<void(Expected<void>)> opened) = 0;
  /// Nobody is let in any more; sockets that are open stay. Nothing when it is not open.
  virtual void close(const std::string& address, std::uint16_t port) = 0;
};

}  // namespace troupe::actors::platforms
