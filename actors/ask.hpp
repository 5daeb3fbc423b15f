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
