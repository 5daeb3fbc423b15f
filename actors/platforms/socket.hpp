// A WebSocket between the house and a platform, whoever opened it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors::platforms {

/// The sending side. Thread-safe; nothing happens once it is closed. A peer that does not read is dropped.
class PlatformSocket {
 public:
  virtual ~PlatformSocket() = default;
  virtual void send(std::string text) = 0;
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

/// The receiving side. `opened` comes first; `closed` last, exactly once, also when it never opened. Calls come one after
/// the other, on a thread that must not be held up.
class SocketReceiver {
 public:
  virtual ~SocketReceiver() = default;
  virtual void opened(std::shared_ptr<PlatformSocket> socket) = 0;
  virtual void message(std::string_view text) = 0;
  /// `code`: of the close frame, 1006 without one. `why`: for people, without secrets.
  virtual void closed(std::uint16_t code, std::string why) = 0;
};

}  // namespace troupe::actors::platforms
