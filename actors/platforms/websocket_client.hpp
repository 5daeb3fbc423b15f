// WebSockets that the house opens, all of them on the platforms' loop.
//
// Names are looked up there and then, and no connection is made to an address that may not be reached. Certificates are
// checked against the system's authorities (or SSL_CERT_FILE). A silent peer is pinged, and dropped when it stays silent.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/platforms/loop.hpp"
#include "actors/platforms/socket.hpp"
#include "actors/reach.hpp"

namespace troupe::actors::platforms {

struct WebSocketTarget {
  std::string url;  ///< ws or wss
  std::vector<std::pair<std::string, std::string>> headers;
  Reach reach = Reach::everywhere;
};

class WebSocketClient {
 public:
  explicit WebSocketClient(Loop& loop);
  ~WebSocketClient();

  /// Begins to connect. On the loop's thread, where the receiver is called too. What is sent before it is open goes out
  /// then. A message over kMaxPlatformMessageBytes ends it with 1009, more than kMaxPlatformQueueBytes to send with 1008.
  std::shared_ptr<PlatformSocket> connect(WebSocketTarget target, std::shared_ptr<SocketReceiver> receiver);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors::platforms
