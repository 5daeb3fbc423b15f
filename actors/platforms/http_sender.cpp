#include "actors/platforms/http_sender.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::actors::platforms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Kind = SendOutcome::Kind;

/// Of a request whose predecessors were sent.
constexpr int kMaxAttempts = 5;
/// Places that rest are forgotten when they are so many, as far as their time has passed.
constexpr std::size_t kManyRests = 1000;

}  // namespace

milliseconds retry_after(const llm::HttpHead& head) {
  double seconds = 0;
  const char* end = head.retry_after.data() + head.retry_after.size();
  const auto [stop, error] = std::from_chars(head.retry_after.data(), end, seconds);
  if (error != std::errc{} || stop != end || !(seconds > 0)) return milliseconds(0);
  constexpr double kLongest = milliseconds(defaults::kPlatformMaxRetryAfter).count();
  return milliseconds(static_cast<milliseconds::rep>(std::min(seconds * 1000, kLongest)));
}

SendOutcome outcome_by_status(const HttpAnswer& answer) {
  const int status = answer.head.status;
  if (status / 100 == 2) return {};
  SendOutcome outcome{Kind::refused, {}, "the platform answered with status " + std::to_string(status)};
  if (status != 429 && status / 100 != 5) return outcome;
  outcome.kind = Kind::again;
  outcome.rest = retry_after(answer.head);
  return outcome;
}

HttpSender::HttpSender(const ConnectionSetup& setup, Judge judge)
    : loop_(setup.loop),
      http_(setup.http),
      events_(setup.events),
      judge_(std::move(judge)),
      backoff_(setup.retry_delay) {}

void HttpSender::send(const std::string& place, std::vector<llm::HttpRequest> requests, SendAnswer sent) {
  if (requests.empty()) return sent(fail(Errc::invalid, "there is nothing to send", "text"));
  if (rests_until(place) > steady_clock::now()) return sent(fail(Errc::overloaded, "the platform asked for patience"));
  if (under_way_.size() >= defaults::kMaxUnansweredSends)
    return sent(fail(Errc::overloaded, "too many answers wait for the platform"));
  auto sending = std::make_shared<Sending>();
  sending->place = place;
  sending->requests = std::move(requests);
  sending->sent = std::move(sent);
  under_way_.insert(sending);
  post(sending);
}

void HttpSender::post(const std::shared_ptr<Sending>& sending) {
  sending->ticket = http_.post(sending->requests[sending->next], defaults::kPlatformAnswerTimeout,
                               [me = weak_from_this(), sending](const Expected<HttpAnswer>& answer) {
                                 const auto alive = me.lock();
                                 if (alive && alive->under_way_.contains(sending))
                                   alive->went(sending, alive->outcome_of(answer));
                               });
}

SendOutcome HttpSender::outcome_of(const Expected<HttpAnswer>& answer) const {
  if (answer) return judge_(*answer);
  const bool may_come_right = answer.error().code == Errc::upstream_failed || answer.error().code == Errc::timed_out;
  return {may_come_right ? Kind::again : Kind::refused, {}, answer.error().message};
}

void HttpSender::went(const std::shared_ptr<Sending>& sending, const SendOutcome& outcome) {
  if (outcome.kind == Kind::refused) return finish(sending, fail(Errc::upstream_failed, outcome.why));
  if (outcome.kind == Kind::sent) {
    backoff_.succeeded();
    rest(outcome.rests_everywhere ? std::string() : sending->place, outcome.rest);
    sending->attempts = 0;
    if (++sending->next == sending->requests.size()) return finish(sending, outcome.id);
    return post_when_rested(sending);
  }
  const auto delay = backoff_.failed(events_.dice(), outcome.rest);
  rest(outcome.rests_everywhere ? std::string() : sending->place, delay);
  if (sending->next == 0) return finish(sending, fail(Errc::overloaded, outcome.why));
  events_.erred(outcome.why);
  if (++sending->attempts == kMaxAttempts)
    return finish(sending, fail(Errc::upstream_failed, "only the beginning was sent: " + outcome.why));
  post_when_rested(sending);
}

void HttpSender::post_when_rested(const std::shared_ptr<Sending>& sending) {
  const auto now = steady_clock::now();
  const auto until = rests_until(sending->place);
  if (until <= now) return post(sending);
  const auto delay = std::chrono::ceil<milliseconds>(until - now);
  sending->again = loop_.after(delay, [me = weak_from_this(), sending = sending.get()] {
    const auto alive = me.lock();
    if (!alive) return;
    for (const auto& one : alive->under_way_)
      if (one.get() == sending) return alive->post_when_rested(std::shared_ptr<Sending>(one));
  });
}

void HttpSender::finish(const std::shared_ptr<Sending>& sending, Expected<std::string> result) {
  const auto held = sending;
  under_way_.erase(held);
  held->sent(std::move(result));
}

void HttpSender::stop() {
  for (const auto& sending : std::exchange(under_way_, {})) {
    http_.cancel(sending->ticket);
    sending->again = nullptr;
    sending->sent(fail(Errc::overloaded, "the connection was stopped"));
  }
}

HttpSender::SteadyTime HttpSender::rests_until(const std::string& place) const {
  SteadyTime until{};
  for (const auto& where : {std::string(), place})
    if (const auto at = rests_.find(where); at != rests_.end()) until = std::max(until, at->second);
  return until;
}

void HttpSender::rest(const std::string& place, milliseconds delay) {
  if (delay.count() <= 0) return;
  const auto now = steady_clock::now();
  if (rests_.size() >= kManyRests) std::erase_if(rests_, [&](const auto& rest) { return rest.second <= now; });
  SteadyTime& until = rests_[place];
  until = std::max(until, now + delay);
}

}  // namespace troupe::actors::platforms
