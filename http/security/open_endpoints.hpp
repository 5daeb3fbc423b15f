// Endpoints that a dialect serves without a token, and to whom: programs on the server's own machine that speak for nobody
// else. Pure.
#pragma once

#include "http/message.hpp"

namespace troupe::http {

enum class OpenEndpoints : std::uint8_t {
  local,   ///< to who is on this machine
  always,  ///< to everyone
  never,   ///< to nobody
};

/// Whether the request comes from this machine, and neither a proxy nor a page of another site stands behind it: the peer
/// is on loopback; no header tells of a proxy, nor HTTP/1.0; `Host` names loopback, so that no foreign name was made to lead here; and an
/// `Origin` is that very host.
bool comes_from_this_machine(const Request& request);

bool is_open_to(OpenEndpoints endpoints, const Request& request);

}  // namespace troupe::http
