// What every part of this surface stands on.
#pragma once

#include "http/security/credentials.hpp"
#include "http/services.hpp"
#include "http/surfaces/chatai/errors.hpp"
#include "http/surfaces/chatai/options.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/queries.hpp"
#include "projections/session_queries.hpp"

namespace troupe::http::chatai {

/// Outlives the parts. `credentials` on the event loop's thread only; the rest is thread-safe.
struct Context {
  Context(const Services& house, ChatAiOptions options_in)
      : services(house),
        options(std::move(options_in)),
        queries(house.store),
        sessions(house.store),
        providers(house.store),
        personalities(house.store),
        credentials(queries, house.system, house.secrets) {}

  Services services;
  ChatAiOptions options;
  projections::Queries queries;
  projections::SessionQueries sessions;
  projections::ProviderQueries providers;
  projections::PersonalityQueries personalities;
  Credentials credentials;
};

/// The envelope of every good answer. `more` stands beside `data`.
inline void succeed(const CallPtr& call, OrderedJson data, Fields more = {}, Headers headers = {}) {
  Fields envelope = {{"success", true}, {"data", std::move(data)}};
  for (auto& field : more) envelope.insert(std::move(field));
  call->answer(std::move(envelope), std::move(headers));
}

/// Milliseconds since 1970, as this dialect has its times.
inline std::int64_t milliseconds(Micros time) { return time / 1000; }

}  // namespace troupe::http::chatai
