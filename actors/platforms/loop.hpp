// The thread of the platforms: their connections, their timers and what comes in from them take turns here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace troupe::actors::platforms {

class Loop {
 public:
  /// Cancels its timer when destroyed (on the loop's thread).
  struct Timer {
    virtual ~Timer() = default;
  };
  using TimerPtr = std::unique_ptr<Timer>;

  Loop();
  ~Loop();

  /// Runs `work` on the loop's thread, which begins with the first, after what was posted before. Thread-safe. False
  /// after `stop`.
  bool post(std::function<void()> work);

  /// Runs `work` once after `delay`, unless the timer is destroyed first. On the loop's thread.
  [[nodiscard]] TimerPtr after(std::chrono::milliseconds delay, std::function<void()> work);

  /// Runs what was posted, then `last`, and ends the thread. Thread-safe; once.
  void stop(std::function<void()> last);

  struct Impl;
  Impl& impl() { return *impl_; }  ///< of actors/platforms/asio_loop.hpp

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors::platforms
