// What every part of this surface stands on.
#pragma once

#include "http/security/credentials.hpp"
#include "http/services.hpp"
#include "projections/queries.hpp"
#include "projections/session_queries.hpp"

namespace troupe::http::plexichat {

/// Outlives the parts. `credentials` on the event loop's thread only; the rest is thread-safe.
struct Context {
  explicit Context(const Services& house)
      : services(house),
        queries(house.store),
        sessions(house.store),
        credentials(queries, house.system, house.secrets) {}

  Services services;
  projections::Queries queries;
  projections::SessionQueries sessions;
  Credentials credentials;
};

}  // namespace troupe::http::plexichat
