// What every part of a surface stands on, where a surface has parts.
#pragma once

#include "http/security/credentials.hpp"
#include "http/services.hpp"
#include "projections/queries.hpp"
#include "projections/session_queries.hpp"

namespace troupe::http {

/// Outlives the parts. `credentials` on the event loop's thread only; the rest is thread-safe.
struct SurfaceContext {
  explicit SurfaceContext(const Services& house)
      : services(house),
        queries(house.store),
        sessions(house.store),
        credentials(queries, house.system, house.secrets) {}

  Services services;
  projections::Queries queries;
  projections::SessionQueries sessions;
  Credentials credentials;
};

}  // namespace troupe::http
