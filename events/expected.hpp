// Expected failures as values: what every layer of Troupe returns instead of throwing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace troupe {

/// Why something was refused. Surfaces translate these into their dialect's status and envelope.
enum class Errc : std::uint8_t {
  invalid,          ///< the input breaks a rule; `Error::field` names the offender when there is one
  unauthenticated,  ///< no credentials, or credentials that are not (or no longer) good
  forbidden,        ///< known caller, but not allowed
  not_found,        ///< no such thing
  wrong_method,     ///< there is such a thing, but this cannot be done with it
  conflict,         ///< taken, or the state does not allow it (a claim, a stream version, a finished command)
  duplicate,        ///< an idempotency key was used before with another request
  too_large,        ///< over a named limit of size
  too_fast,         ///< over a named limit of rate; try again later
  overloaded,       ///< a bounded queue is full; try again later
  timed_out,        ///< an outside call took too long
  upstream_failed,  ///< an outside service failed
  cancelled,        ///< nobody waits for it any more
  corrupt,          ///< stored bytes do not decode: never ignored, never repaired silently
  storage_failed,   ///< a file could not be read or written; when it is the journal's, the process must stop
  maintenance,      ///< the operator has closed the house for a while
  shutting_down,    ///< the server is ending and takes nothing new
};

std::string_view name(Errc code);

/// A refusal: a code for programs, a sentence for people, and the field at fault (empty when none is).
struct Error {
  Errc code = Errc::invalid;
  std::string message;
  std::string field = {};
};

template <class T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc code, std::string message, std::string field = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(field)});
}

}  // namespace troupe
