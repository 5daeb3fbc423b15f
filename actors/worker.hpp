// A thread of its own for work that blocks: hashing, mail, long reads. Jobs run in order; the queue is bounded.
#pragma once

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "actors/handover.hpp"
#include "actors/protocol.hpp"
#include "events/expected.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::Job)

namespace troupe::actors {

class Worker {
 public:
  Worker(caf::actor_system& system, std::size_t max_queued) : system_(system), max_queued_(max_queued) {
    actor_ = system.spawn<caf::detached>([shared = shared_](caf::event_based_actor* self) -> caf::behavior {
      return {
          [shared](const Job& job) {
            tsan::take_over(job.get());
            --shared->waiting;
            if (shared->dropping) return;
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

  /// False when the queue is full or has been stopped: the job was not taken. A job must not throw.
  bool post(std::function<void()> job) {
    if (++shared_->waiting > max_queued_ || stopped_) {
      --shared_->waiting;
      return false;
    }
    Job boxed = std::make_shared<std::function<void()>>(std::move(job));
    tsan::hand_over(boxed.get());
    caf::anon_send(actor_, std::move(boxed));
    return true;
  }

  enum class Queued : std::uint8_t { finish, drop };

  /// Waits until what is queued is done or dropped, and the thread has ended.
  void stop(Queued queued) {
    if (stopped_.exchange(true)) return;
    shared_->dropping = queued == Queued::drop;
    caf::anon_send(actor_, passivate_atom::value);
    caf::scoped_actor self{system_};
    self->wait_for(actor_);
  }

  std::size_t waiting() const { return shared_->waiting; }

 private:
  struct Shared {
    std::atomic<std::size_t> waiting{0};
    std::atomic<bool> dropping{false};
  };

  caf::actor_system& system_;
  caf::actor actor_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::size_t max_queued_;
  std::atomic<bool> stopped_{false};
};

}  // namespace troupe::actors
