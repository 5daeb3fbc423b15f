// Which provider is asked next, with which key, and when. Pure: the time and the dice come in.
//
// A key that has not been tried is tried at once, in order of preference; one that failed rests first, each time twice
// as long, or as long as its provider asks for. So the next key of a provider comes before the next provider, and
// nothing waits while there is someone left to ask.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "events/defaults.hpp"

namespace troupe::actors::llm {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What a failure says about trying again.
enum class Again : std::uint8_t {
  later,           ///< too busy, broken, silent: the same may work another time
  other_key,       ///< this key is no good
  other_provider,  ///< this provider does not have it
  never,           ///< the request itself is no good
};

struct Route {
  std::size_t provider = 0;
  std::size_t key = 0;
  SteadyTime not_before = {};
};

class Routes {
 public:
  /// `keys` are those of each provider, the most preferred provider first; a provider without keys counts as one.
  /// `first_key` is the key to begin with, of each.
  Routes(const std::vector<std::size_t>& keys, const std::vector<std::size_t>& first_key,
         std::chrono::milliseconds retry_delay);

  /// Whom to ask now, or at `not_before` when that is later; none when nobody is left.
  std::optional<Route> next() const;

  /// The route that `next` named has failed. `retry_after` is what the provider asked for; `dice` from 0 to 1 spreads
  /// those who wait, so that they do not all come back at once.
  void failed(const Route& route, Again again, std::optional<std::chrono::milliseconds> retry_after, SteadyTime now,
              double dice);

 private:
  struct Way {
    Route route;
    int failures = 0;
    bool closed = false;
  };

  std::vector<Way> ways_;
  std::vector<int> attempts_;  ///< of each provider
  std::chrono::milliseconds retry_delay_;
};

}  // namespace troupe::actors::llm
