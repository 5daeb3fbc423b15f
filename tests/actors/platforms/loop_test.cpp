// The thread of the platforms.
#include "actors/platforms/loop.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

namespace troupe::actors::platforms {
namespace {

TEST(PlatformLoop, GoesOnAfterWorkThatFails) {
  Loop loop;
  std::promise<void> done;
  loop.post([&] {  // what is posted meanwhile is run in one go
    loop.post([] { throw std::runtime_error("it broke"); });
    loop.post([&] { done.set_value(); });
  });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(PlatformLoop, RunsTheLastWorkAfterOthersFailed) {
  Loop loop;
  std::promise<void> held_up;
  loop.post([&] { held_up.get_future().wait(); });
  loop.post([] { throw std::runtime_error("it broke"); });
  bool has_ended = false;
  held_up.set_value();
  loop.stop([&] { has_ended = true; });
  EXPECT_TRUE(has_ended);
}

}  // namespace
}  // namespace troupe::actors::platforms
