#include "actors/llm/calls.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "events/time.hpp"

namespace troupe::actors::llm {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

Routes routes_to(const Listing& candidates, std::chrono::milliseconds retry_delay) {
  std::vector<std::size_t> keys, first_key;
  for (const auto& candidate : candidates) {
    keys.push_back(candidate->provider.keys.size());
    first_key.push_back(candidate->key_to_begin_with());
  }
  return {keys, first_key, retry_delay};
}

/// A line break in a key would end its header and begin another.
bool has_control_characters(const HttpRequest& request) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  const auto is_bad = [&](const std::string& line) { return std::any_of(line.begin(), line.end(), is_control); };
  return std::any_of(request.headers.begin(), request.headers.end(), is_bad);
}

}  // namespace

/// One try at one route: sorts what comes into answers and failures.
class Call::Attempt : public HttpListener {
 public:
  Attempt(Calls& calls, Call& call, const Route& route) : calls_(calls), call_(call), route_(route) {}

  bool bytes(int status, std::string_view bytes) override {
    if (call_.is_done_) return true;
    call_.heard_ = steady_clock::now();
    if (status / 100 != 2) {
      refusal_ += bytes.substr(0, defaults::kMaxModelErrorBytes - refusal_.size());
      return refusal_.size() < defaults::kMaxModelErrorBytes;
    }
    if (const auto taken = call_.take(bytes); !taken) {
      failure_ = unreadable(provider(), taken.error());
      return false;
    }
    if (call_.is_over()) calls_.succeed(call_, route_);
    return true;
  }

  void ended(const HttpHead& head, const HttpEnd& end) override {
    call_.transfer_ = 0;
    if (call_.is_done_) return;
    if (failure_) return calls_.attempt_failed(call_, route_, *failure_);
    if (head.status != 0 && head.status / 100 != 2)
      return calls_.attempt_failed(
          call_, route_, refused(provider(), head.status, refusal_, head.retry_after, now_micros() / kMicrosPerSecond));
    if (!end.is_whole && !call_.is_complete())
      return calls_.attempt_failed(
          call_, route_, broke(provider(), end.why, end.can_come_right ? Again::later : Again::other_provider));
    if (const auto whole = call_.take_end(); !whole)
      return calls_.attempt_failed(call_, route_, unreadable(provider(), whole.error()));
    if (!call_.is_complete())
      return calls_.attempt_failed(call_, route_, broke(provider(), "it ended in the middle of the answer"));
    calls_.succeed(call_, route_);
  }

  const Route& route() const { return route_; }

 private:
  const Provider& provider() const { return call_.candidates_[route_.provider]->provider; }

  Calls& calls_;
  Call& call_;
  Route route_;
  std::string refusal_;
  std::optional<Failure> failure_;
};

std::size_t Listed::key_to_begin_with() const {
  const std::size_t keys = provider.keys.size();
  if (keys <= 1) return 0;
  switch (provider.key_order) {
    case KeyOrder::failover: return first_key;
    case KeyOrder::round_robin: return first_key++ % keys;
    case KeyOrder::weighted:
    case KeyOrder::random: {
      thread_local std::minstd_rand random{std::random_device{}()};
      return std::uniform_int_distribution<std::size_t>{0, keys - 1}(random);
    }
    case KeyOrder::least_used:
      return static_cast<std::size_t>(std::min_element(uses.begin(), uses.end()) - uses.begin());
  }
  return 0;
}

Call::Call(Listing candidates, std::chrono::milliseconds retry_delay)
    : candidates_(std::move(candidates)), routes_(routes_to(candidates_, retry_delay)) {}

Calls::Calls(CallTimes times)
    : times_(times), loop_(times.connect_timeout, [this](SteadyTime now) { return turn(now); }) {}

Expected<Calls::Ticket> Calls::add(std::unique_ptr<Call> call) {
  if (++under_way_ > defaults::kMaxModelRequests) {
    --under_way_;
    return troupe::fail(Errc::overloaded, "too many requests to models are under way");
  }
  const Ticket ticket = ++last_ticket_;
  const bool taken = loop_.post([this, ticket, call = std::make_shared<std::unique_ptr<Call>>(std::move(call))] {
    const auto [at, added] = calls_.emplace(ticket, std::move(*call));
    try_next(*at->second, steady_clock::now());
  });
  if (taken) return ticket;
  --under_way_;
  return troupe::fail(Errc::shutting_down, "the server is ending");
}

void Calls::cancel(Ticket ticket) {
  loop_.post([this, ticket] {
    const auto at = calls_.find(ticket);
    if (at == calls_.end() || at->second->is_done_) return;
    end_transfer(*at->second);
    fail(*at->second, {Errc::cancelled, "nobody waited for the answer any more"});
  });
}

void Calls::stop() {
  loop_.stop([this] {
    for (const auto& [ticket, call] : calls_) {
      end_transfer(*call);
      if (!call->is_done_) fail(*call, {Errc::shutting_down, "the server is ending"});
    }
  });
}

void Calls::try_next(Call& call, SteadyTime now) {
  const auto route = call.routes_.next();
  if (!route || route->not_before > call.started_ + times_.request_timeout) return fail(call, call.last_error_);
  call.rests_until_ = route->not_before;
  if (call.rests_until_ > now) return;
  const Provider& provider = call.candidates_[route->provider]->provider;
  auto request = call.request_to(provider, provider.keys.empty() ? "" : provider.keys[route->key]);
  request.reach = provider.reach;
  if (has_control_characters(request))
    return attempt_failed(call, *route, broke(provider, "its key cannot be sent", Again::other_key));
  if (const auto& meter = call.candidates_[route->provider]->meter; meter && !meter->take(now_micros()))
    return attempt_failed(call, *route, used_up(provider));
  if (!provider.keys.empty()) ++call.candidates_[route->provider]->uses[route->key];
  call.begin(provider);
  call.heard_ = now;
  call.attempt_ = std::make_shared<Call::Attempt>(*this, call, *route);
  call.transfer_ = loop_.start(request, call.attempt_);
}

void Calls::attempt_failed(Call& call, const Route& route, Failure failure) {
  const auto now = steady_clock::now();
  const auto& candidate = *call.candidates_[route.provider];
  const std::size_t keys = candidate.provider.keys.size();
  spdlog::warn("model provider {}, key {} of {}: {}{}{}", candidate.provider.name, keys == 0 ? 0 : route.key + 1, keys,
               failure.error.message, failure.words.empty() ? "" : ": ", failure.words);
  // Those who ask next begin with a key that has not just failed.
  if (keys > 1 && candidate.provider.key_order == KeyOrder::failover) candidate.first_key = (route.key + 1) % keys;
  if (call.is_handed_out()) return fail(call, std::move(failure.error));
  call.last_error_ = std::move(failure.error);
  call.routes_.failed(route, failure.again, failure.retry_after, now, std::uniform_real_distribution<>{}(random_));
  try_next(call, now);
}

void Calls::succeed(Call& call, const Route& route) {
  call.is_done_ = true;
  --under_way_;
  call.succeed(call.candidates_[route.provider]->provider,
               std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - call.started_));
}

void Calls::fail(Call& call, Error error) {
  call.is_done_ = true;
  --under_way_;
  call.fail(std::move(error));
}

void Calls::end_transfer(Call& call) { loop_.abort(std::exchange(call.transfer_, 0)); }

SteadyTime Calls::turn(SteadyTime now) {
  SteadyTime next = SteadyTime::max();
  for (auto at = calls_.begin(); at != calls_.end();) {
    next = std::min(next, look_at(*at->second, now));
    const bool is_over = at->second->is_done_ && at->second->transfer_ == 0;
    at = is_over ? calls_.erase(at) : std::next(at);
  }
  return next;
}

SteadyTime Calls::look_at(Call& call, SteadyTime now) {
  const auto deadline = call.started_ + times_.request_timeout;
  if (call.transfer_ == 0) {
    if (call.is_done_) return SteadyTime::max();
    if (now < call.rests_until_) return call.rests_until_;
    try_next(call, now);
    return now;
  }
  const auto end =
      call.is_done_ ? call.heard_ + defaults::kModelLinger : std::min(call.heard_ + times_.silence_timeout, deadline);
  if (now < end) return end;
  end_transfer(call);
  if (call.is_done_) return now;
  const Route route = call.attempt_->route();
  const Failure silence = fell_silent(call.candidates_[route.provider]->provider);
  if (call.is_complete())
    succeed(call, route);
  else if (now >= deadline)
    fail(call, silence.error);
  else
    attempt_failed(call, route, silence);
  return now;
}

}  // namespace troupe::actors::llm
