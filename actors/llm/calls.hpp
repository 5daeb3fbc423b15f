// Calls of providers under way: each is tried, and tried again by its routes, until it has an answer or nobody is left.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "actors/llm/failure.hpp"
#include "actors/llm/http_loop.hpp"
#include "actors/llm/order.hpp"
#include "actors/llm/provider.hpp"
#include "actors/llm/routes.hpp"

namespace troupe::actors::llm {

/// A provider as the calls know it. Immutable but for what is remembered of its keys.
struct Listed {
  explicit Listed(Provider listed, std::shared_ptr<QuotaMeter> meter_in = nullptr)
      : provider(std::move(listed)), meter(std::move(meter_in)), uses(provider.keys.size()) {}

  /// The key that a request begins with, by the provider's order; 0 where there is none. Thread-safe.
  std::size_t key_to_begin_with() const;

  const Provider provider;
  const std::shared_ptr<QuotaMeter> meter;               ///< null: it has no quota
  mutable std::atomic<std::size_t> first_key{0};         ///< of failover and round-robin
  mutable std::vector<std::atomic<std::uint64_t>> uses;  ///< attempts with each key
};
using Listing = std::vector<std::shared_ptr<const Listed>>;

/// One request to whichever of its providers answers. On the calls' thread, once it has been handed over.
class Call {
 public:
  /// `candidates` are at least one, the most preferred first.
  Call(Listing candidates, std::chrono::milliseconds retry_delay);
  virtual ~Call() = default;

  virtual HttpRequest request_to(const Provider& provider, const std::string& key) const = 0;
  /// A new attempt begins: what came of another is forgotten.
  virtual void begin(const Provider& provider) = 0;
  /// The next bytes of a good response. Errors: as Wire::delta, and too_large.
  virtual Expected<void> take(std::string_view bytes) = 0;
  /// The response has ended. Errors: corrupt.
  virtual Expected<void> take_end() = 0;
  /// Nothing of the answer is missing, whatever becomes of the connection.
  virtual bool is_complete() const = 0;
  /// Nothing more is to come.
  virtual bool is_over() const = 0;
  /// A part of the answer is with the asker, so that there is no second attempt.
  virtual bool is_handed_out() const = 0;

  // The outcome; one of them, once

  virtual void succeed(const Provider& provider, std::chrono::microseconds took) = 0;
  virtual void fail(Error error) = 0;

 private:
  friend class Calls;
  class Attempt;

  Listing candidates_;
  Routes routes_;
  SteadyTime started_ = std::chrono::steady_clock::now();
  std::shared_ptr<Attempt> attempt_;
  HttpLoop::TransferId transfer_ = 0;  ///< 0: none runs
  SteadyTime heard_;                   ///< of the transfer; when it had to say something last
  SteadyTime rests_until_;             ///< while none runs
  Error last_error_{Errc::upstream_failed, "no provider is left to ask"};
  bool is_done_ = false;  ///< has its outcome; a transfer may still be finishing
};

struct CallTimes {
  std::chrono::milliseconds connect_timeout, silence_timeout, request_timeout;
};

/// Thread-safe. Outcomes come on the thread of the calls.
class Calls {
 public:
  using Ticket = std::uint64_t;

  explicit Calls(CallTimes times);
  ~Calls() { stop(); }

  /// Errors: overloaded (kMaxModelRequests are under way), shutting_down. The call is told of neither.
  Expected<Ticket> add(std::unique_ptr<Call> call);
  /// The call fails with cancelled and its connection is closed. Nothing when it has its outcome.
  void cancel(Ticket ticket);
  /// All calls fail with shutting_down. Blocks until the thread has ended.
  void stop();
  std::size_t under_way() const { return under_way_; }

 private:
  friend class Call::Attempt;

  void try_next(Call& call, SteadyTime now);
  void attempt_failed(Call& call, const Route& route, Failure failure);
  void succeed(Call& call, const Route& route);
  void fail(Call& call, Error error);
  void end_transfer(Call& call);
  SteadyTime turn(SteadyTime now);
  /// What time has brought to one call; when to look again.
  SteadyTime look_at(Call& call, SteadyTime now);

  CallTimes times_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<Ticket> last_ticket_{0};
  std::map<Ticket, std::unique_ptr<Call>> calls_;  ///< on the loop's thread, as all below
  std::minstd_rand random_{std::random_device{}()};
  HttpLoop loop_;  ///< last: it ends before what it uses
};

}  // namespace troupe::actors::llm
