// A command on its way to an entity, and the way its answer takes back.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "events/expected.hpp"
#include "events/time.hpp"
#include "storage/journal.hpp"

namespace troupe::storage {
class Store;
}

namespace troupe::actors {

/// Who asks, why and when: what the envelope of the events will say.
struct Cause {
  std::string caused_by;    ///< `account/7`, `bot/AbCdEf`, `system`
  std::string correlation;  ///< the request id
  Micros now = 0;
  std::optional<storage::IdempotencyKey> idempotency = {};
};

/// A request that was answered before: it makes nothing new, so no limit stands in its way.
bool is_repeat(const storage::Store& store, const Cause& cause);

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

template <class Decider>
struct Ask {
  typename Decider::Command command;
  Cause cause;
  RecordAnswer answer;  ///< called once, on any thread: hand the work on, do not do it there
  std::size_t attempts = 0;
};

}  // namespace troupe::actors
