// Asks something that answers later, and waits for the answer.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>

#include "storage/journal.hpp"

namespace troupe::actors::testing {

/// Fails with timed_out when no answer comes in 20 s.
template <class T = storage::RecordPtr>
Expected<T> wait(const std::type_identity_t<std::function<void(std::function<void(Expected<T>)>)>>& ask) {
  auto promise = std::make_shared<std::promise<Expected<T>>>();
  auto future = promise->get_future();
  ask([promise](Expected<T> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
    return fail(Errc::timed_out, "no answer in 20 s");
  return future.get();
}

}  // namespace troupe::actors::testing
