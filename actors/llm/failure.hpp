// Why an attempt at a provider failed: what the asker is told, what the log is told, and whether to try again. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "actors/llm/provider.hpp"
#include "actors/llm/routes.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

struct Failure {
  Error error;  ///< for the asker and for the log of events: nothing of the provider's own words
  Again again = Again::never;
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::string words = {};  ///< the provider's own, for the operator: short, on one line, without its keys
};

/// The provider answered with another status than 2xx. `body` is what was read of it; `retry_after` the header, seconds
/// or a date (RFC 9110, section 10.2.3), empty for none, and `now` in seconds since 1970.
Failure refused(const Provider& provider, int status, std::string_view body, const std::string& retry_after,
                std::int64_t now);

/// The connection could not be made, or broke; `why` is curl's word for it.
Failure broke(const Provider& provider, const std::string& why, Again again = Again::later);

/// `silent` for how long it may be, or longer.
Failure fell_silent(const Provider& provider);

/// Its quota lets no request through at the moment.
Failure used_up(const Provider& provider);

/// A wire format's parser found fault with the answer: corrupt, too_large, or upstream_failed as Wire::delta says.
Failure unreadable(const Provider& provider, const Error& error);

/// One line of at most kMaxModelErrorLength characters with every key of the provider replaced.
std::string for_operators(const std::string& words, const Provider& provider);

}  // namespace troupe::actors::llm
