// given(events).when(command) -> what follows, or why not.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "actors/decider.hpp"

namespace troupe::actors::testing {

template <class Decider>
struct Given {
  using Event = typename Decider::Event;

  explicit Given(std::vector<Event> events = {}, Micros time = 0) {
    for (const auto& event : events) Decider::evolve(state, event, time);
  }

  Expected<std::vector<Event>> when(const typename Decider::Command& command, Micros now = 1'000'000) const {
    return Decider::decide(state, command, now);
  }

  typename Decider::State state;
};

/// The one event that followed, as its own type.
template <class E, class Variant>
const E& only(const Expected<std::vector<Variant>>& events) {
  static const E kNone{};
  EXPECT_TRUE(events.has_value()) << (events ? "" : events.error().message);
  if (!events || events->size() != 1 || !std::holds_alternative<E>(events->front())) {
    ADD_FAILURE() << "expected exactly one " << E::type;
    return kNone;
  }
  return std::get<E>(events->front());
}

template <class Variant>
void expect_refused(const Expected<std::vector<Variant>>& events, Errc code, const std::string& field = "") {
  ASSERT_FALSE(events.has_value()) << "expected a refusal";
  EXPECT_EQ(events.error().code, code) << events.error().message;
  EXPECT_EQ(events.error().field, field) << events.error().message;
}

}  // namespace troupe::actors::testing
