// What every decider shares. A decider is the whole logic of one kind of entity, with no I/O, no clock and no actors:
//
//   decide(state, command, now) -> events | Error     what follows from a command
//   evolve(state, event, time)                        what an event makes of the state; never fails
//   claims(state before, event) -> claims             which unique names the event takes or gives up
//   owner(state) -> account                           whose the personal fields of its events, and its state, are; or 0
//
// A state starts as `State{}`, copies, and is stored in snapshots as CBOR through its JSON form.
#pragma once

#include <variant>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "events/time.hpp"
#include "storage/journal.hpp"

namespace troupe::actors {

using storage::Claim;

/// Visits a variant with one lambda an alternative.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

inline Claim take(std::string name) { return {Claim::Kind::take, std::move(name)}; }
inline Claim release(std::string name) { return {Claim::Kind::release, std::move(name)}; }

}  // namespace troupe::actors
