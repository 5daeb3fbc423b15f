// What every surface stands on, and how its handlers wait for what the house answers later.
#pragma once

#include "actors/system.hpp"
#include "http/event_loop.hpp"
#include "http/route.hpp"
#include "http/security/unknown_names.hpp"
#include "storage/store.hpp"

namespace troupe::http {

class Metrics;

/// All of it outlives the surfaces.
struct Services {
  storage::Store& store;
  actors::System& system;
  const actors::Secrets& secrets;
  EventLoop& loop;
  const Metrics& metrics;
  UnknownNames& unknown_names;  ///< the loop's thread

  /// Continues on the loop's thread with the record, or refuses the call.
  template <class Next>
  actors::RecordAnswer then(const CallPtr& call, Next next) const {
    return then_with<storage::RecordPtr>(call,
                                         [next = std::move(next)](const storage::RecordPtr& record) { next(*record); });
  }

  /// True when the call is the repeat of one that was answered: then this is answered as the first was.
  bool answered_before(const CallPtr& call, const actors::RecordAnswer& answer) const {
    auto first = actors::answer_to_repeat(store, call->cause());
    if (!first) return false;
    answer(std::move(*first));
    return true;
  }

  /// The same as `then` for any other answer. `refused` answers the call where an error has words of its own; empty: a plain
  /// refusal.
  template <class T, class Next>
  std::function<void(Expected<T>)> then_with(const CallPtr& call, Next next,
                                             std::function<void(const Error&)> refused = {}) const {
    return [&loop = loop, call, next = std::move(next), refused = std::move(refused)](Expected<T> result) mutable {
      loop.post([call = std::move(call), next = std::move(next), refused = std::move(refused),
                 result = std::move(result)]() mutable {
        call->guarded([&] {
          if (result) return next(std::move(*result));
          refused ? refused(result.error()) : call->refuse(result.error());
        });
      });
    };
  }
};

}  // namespace troupe::http
