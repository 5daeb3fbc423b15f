// The effect actor behind one poll: finds commands that nobody holds, leases them one by one, and, when there are none,
// waits for the next.
#pragma once

#include <mutex>
#include <unordered_map>

#include "actors/command.hpp"
#include "actors/entity.hpp"
#include "actors/system.hpp"

namespace troupe::actors {

/// Who waits for which bot's commands. Thread-safe.
class WaitingPolls {
 public:
  void began() { ++running_; }
  void ended() { --running_; }
  /// Polls under way, waiting or not.
  std::size_t running() const { return running_; }

  /// False when as many wait already as may.
  bool add(const std::string& bot_id, const caf::actor& poller) {
    const std::lock_guard lock(mutex_);
    if (ending_ || waiting_.size() >= defaults::kMaxWaitingPolls ||
        waiting_.count(bot_id) >= defaults::kMaxWaitingPollsPerBot)
      return false;
    waiting_.emplace(bot_id, poller);
    return true;
  }
  void remove(const std::string& bot_id, const caf::actor& poller) {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = waiting_.equal_range(bot_id);
    for (auto it = begin; it != end; ++it) {
      if (it->second == poller) {
        waiting_.erase(it);
        return;
      }
    }
  }
  void wake(const std::string& bot_id) {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = waiting_.equal_range(bot_id);
    for (auto it = begin; it != end; ++it) caf::anon_send(it->second, command_waiting_atom::value);
  }
  void give_up_all() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const auto& [bot_id, poller] : waiting_) caf::anon_send(poller, give_up_atom::value);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_multimap<std::string, caf::actor> waiting_;
  bool ending_ = false;
  std::atomic<std::size_t> running_{0};
};

class Poller : public caf::event_based_actor {
 public:
  using Answer = std::function<void(Expected<std::vector<std::string>>)>;

  Poller(caf::actor_config& config, const storage::Store& store, Directory<CommandDecider>& commands,
         WaitingPolls& waiting_polls, Micros lease, Poll poll, Answer answer)
      : caf::event_based_actor(config),
        queries_(store),
        commands_(commands),
        waiting_polls_(waiting_polls),
        lease_(lease),
        poll_(std::move(poll)),
        answer_(std::move(answer)),
        deadline_(poll_.cause.now + to_micros(poll_.wait)) {
    tsan::hand_over(this);
  }
  ~Poller() override { tsan::take_over(this); }

  caf::behavior make_behavior() override {
    const tsan::Turn turn(this);
    if (poll_.wait.count() > 0) {
      listed_ = waiting_polls_.add(poll_.bot_id, caf::actor(this));
      if (!listed_) {
        finish(fail(Errc::overloaded, "too many polls are waiting"));
        return {};
      }
      delayed_send(this, poll_.wait, give_up_atom::value);
    }
    lease_what_waits();
    return {
        [this](command_waiting_atom) {
          const tsan::Turn turn(this);
          lease_what_waits();
        },
        [this](leased_atom, std::size_t index, bool granted) {
          const tsan::Turn turn(this);
          note(index, granted);
        },
        [this](give_up_atom) {
          const tsan::Turn turn(this);
          given_up_ = true;
          if (open_ == 0) finish(std::vector<std::string>{});
        },
    };
  }

  const char* name() const override { return "poller"; }

 private:
  void lease_what_waits() {
    if (open_ != 0 || done_) return;
    if (poll_.gone && poll_.gone()) return finish(std::vector<std::string>{});
    const Micros now = now_micros();
    offered_ = queries_.leasable_commands(poll_.bot_id, now, poll_.limit);
    if (offered_.empty()) return wait(now);
    granted_.assign(offered_.size(), false);
    open_ = offered_.size();
    Cause cause = poll_.cause;
    cause.now = now;
    for (std::size_t i = 0; i < offered_.size(); ++i)
      commands_.ask(offered_[i], LeaseCommand{lease_}, cause,
                    [self = caf::actor(this), i](const Expected<storage::RecordPtr>& result) {
                      caf::anon_send(self, leased_atom::value, i, result.has_value());
                    });
  }

  void note(std::size_t index, bool granted) {
    granted_[index] = granted;
    if (--open_ != 0) return;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < offered_.size(); ++i)
      if (granted_[i]) ids.push_back(offered_[i]);
    // Another poll was quicker with all of them, or they cannot be leased: look again, but not before the others' leases
    // are written.
    if (ids.empty() && !given_up_ && now_micros() < deadline_)
      return delayed_send(this, defaults::kPollRetryDelay, command_waiting_atom::value);
    finish(std::move(ids));
  }

  void wait(Micros now) {
    if (given_up_ || now >= deadline_) return finish(std::vector<std::string>{});
    // A lease that ends while we wait makes its command available without any event.
    if (const auto next = queries_.next_lease_end(poll_.bot_id, now); next && *next < deadline_)
      delayed_send(this, std::chrono::microseconds(*next - now + 1000), command_waiting_atom::value);
  }

  void finish(Expected<std::vector<std::string>> result) {
    if (done_) return;
    done_ = true;
    if (listed_) waiting_polls_.remove(poll_.bot_id, caf::actor(this));
    // A timer may hold this actor until the wait is over, but not the request.
    const auto answer = std::exchange(answer_, nullptr);
    poll_.gone = nullptr;
    waiting_polls_.ended();
    answer(std::move(result));
    quit();
  }

  projections::Queries queries_;
  Directory<CommandDecider>& commands_;
  WaitingPolls& waiting_polls_;
  Micros lease_;
  Poll poll_;
  Answer answer_;
  Micros deadline_;
  std::vector<std::string> offered_;
  std::vector<bool> granted_;
  std::size_t open_ = 0;  ///< leases asked for and not answered yet
  bool listed_ = false;
  bool given_up_ = false;
  bool done_ = false;
};

}  // namespace troupe::actors
