// A thread of its own for work that blocks: hashing, mail, long reads. Jobs run in order; the queue is bounded.
#pragma once

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "actors/handover.hpp"
#include "actors/protocol.hpp"
#include "events/expected.hpp"

namespace troupe::actors {

class Worker {
 public:
  Worker(caf::actor_system& system, std::size_t max_queued)
      : system_(system), waiting_(std::make_shared<std::atomic<std::size_t>>(0)), max_queued_(max_queued) {
    actor_ = system.spawn<caf::detached>([waiting = waiting_](caf::event_based_actor* self) -> caf::behavior {
      return {
          [waiting](const Job& job) {
            tsan::take_over(job.get());
            --*waiting;
            try {
              (*job)();
            } catch (const std::exception& e) {
              spdlog::error("a job failed: {}", e.what());  // it must not end the worker
            }
          },
          [self](passivate_atom) { self->quit(); },
      };
    });
  }
  Worker(const Worker&) = delete;

  /// False when the queue is full: the job was not taken. A job must not throw.
  bool post(std::function<void()> job) {
    if (++*waiting_ > max_queued_) {
      --*waiting_;
      return false;
    }
    Job boxed = std::make_shared<std::function<void()>>(std::move(job));
    tsan::hand_over(boxed.get());
    caf::anon_send(actor_, std::move(boxed));
    return true;
  }

  /// Waits until what is queued is done and the thread has ended.
  void stop() {
    if (!actor_) return;
    caf::anon_send(actor_, passivate_atom::value);
    caf::scoped_actor self{system_};
    self->wait_for(actor_);
    actor_ = nullptr;
  }

  std::size_t waiting() const { return *waiting_; }

 private:
  caf::actor_system& system_;
  caf::actor actor_;
  std::shared_ptr<std::atomic<std::size_t>> waiting_;
  std::size_t max_queued_;
};

}  // namespace troupe::actors
