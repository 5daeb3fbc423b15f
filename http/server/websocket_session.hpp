// A WebSocket on a connection that was taken over from HTTP. Boost.Beast reads, checks, answers pings and
// closes; everything sent is gathered and leaves in one write a turn of the loop.
#pragma once

#include <memory>
#include <string>

#include "http/message.hpp"
#include "http/server/core.hpp"
#include "http/server/stream.hpp"
#include "http/websocket.hpp"

namespace troupe::http {

/// Completes the handshake that `request` began (it has passed `websocket_refusal`), tells the listener that
/// it is open, and starts reading: first `early_bytes`, which the client sent right behind its request, then the stream.
void open_websocket(Core& core, std::shared_ptr<Stream> stream, const Request& request, std::string early_bytes,
                    std::shared_ptr<WebSocketListener> listener, const WebSocketLimits& limits);

}  // namespace troupe::http
