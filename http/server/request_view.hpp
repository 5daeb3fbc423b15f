// Reading the parts of a request that need no server.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace troupe::http {

/// Fills target, path and query. Of an absolute target (`http://host/path`, RFC 9112, section 3.2.2) the path
/// begins after the authority.
void set_target(Request& request, std::string_view target);

/// The answer to a WebSocket request that cannot be accepted (RFC 6455, sections 4.2.1 and 4.4); nothing if
/// it can.
std::optional<Response> websocket_refusal(const Request& request);

}  // namespace troupe::http
