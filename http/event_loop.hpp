// The thread on which HTTP handlers, WebSockets and their timers run.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace troupe::http {

class EventLoop {
 public:
  /// Cancels its timer when destroyed (on the loop's thread).
  struct Timer {
    virtual ~Timer() = default;
  };

  virtual ~EventLoop() = default;

  /// Runs `work` on the loop's thread, after what is already posted. From any thread.
  virtual void post(std::function<void()> work) = 0;

  /// Runs `work` once after `delay`, unless the timer is destroyed first. On the loop's thread.
  [[nodiscard]] virtual std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> work) = 0;
};

}  // namespace troupe::http
