// What an operator may set of the NekoBot dialect, and what it is given to show.
#pragma once

#include <memory>

#include "http/log_ring.hpp"
#include "http/security/open_endpoints.hpp"

namespace troupe::http {

struct NekoBotOptions {
  OpenEndpoints open_endpoints = OpenEndpoints::local;
  std::shared_ptr<LogRing> log;  ///< null: nothing is shown of the process's own log
  bool demo = false;             ///< the accounts have well-known passwords
};

}  // namespace troupe::http
