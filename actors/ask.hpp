// A command on its way to an entity, and the way its answer takes back.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "events/expected.hpp"
#include "events/time.hpp"
#include "storage/journal.hpp"

namespace troupe::actors {

/// Who asks, why and when: what the envelope of the events will say.
struct Cause {
  std::string caused_by;    ///< `account/7`, `bot/AbCdEf`, `system`
  std::string correlation;  ///< the request id
  Micros now = 0;
  std::optional<storage::IdempotencyKey> idempotency = {};
};

/// What the house does on its own account.
inline Cause by_the_house(std::string correlation = {}) { return {"system", std::move(correlation), now_micros(), {}}; }

/// An append to the stream with this cause in its envelope, still without events.
inline storage::Append append_to(std::string stream, const Cause& cause) {
  storage::Append append;
  append.stream = std::move(stream);
  append.time = cause.now;
  append.caused_by = cause.caused_by;
  append.correlation = cause.correlation;
  append.idempotency = cause.idempotency;
  return append;
}

/// Runs work on a thread that may block; false when too much waits there.
using Elsewhere = std::function<bool(std::function<void()>)>;

/// The durable record of what followed (without events when nothing had to change), or why not.
using RecordAnswer = std::function<void(Expected<storage::RecordPtr>)>;

/// What a repeat of a request (its idempotency key was used) is answered with; nothing when this is none. A repeat makes
/// nothing new and names what may be gone: ask here before any limit or look-up.
inline std::optional<Expected<storage::RecordPtr>> answer_to_repeat(const storage::Journal& journal,
                                                                    const Cause& cause) {
  if (!cause.idempotency) return std::nullopt;
  auto first = journal.find_idempotent(*cause.idempotency);
  if (first && !*first) return std::nullopt;
  return first;
}

inline bool is_repeat(const storage::Journal& journal, const Cause& cause) {
  const auto first = answer_to_repeat(journal, cause);
  return first && *first;
}

template <class Decider>
struct Ask {
  typename Decider::Command command;
  Cause cause;
  RecordAnswer answer;  ///< called once, on any thread: hand the work on, do not do it there
  std::size_t attempts = 0;
};

}  // namespace troupe::actors
