// Sends answers to a platform's HTTP API: each in one or more requests, one after the other, as fast as the platform
// allows. On the loop's thread.
//
// When the first request of an answer may come right later, its sender is told so (overloaded) and tries again; a later
// one is tried again here, because the beginning has been sent.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/platforms/backoff.hpp"
#include "actors/platforms/connection.hpp"
#include "actors/platforms/http_client.hpp"

namespace troupe::actors::platforms {

/// What the platform made of one request.
struct SendOutcome {
  enum class Kind : std::uint8_t { sent, again, refused };
  Kind kind = Kind::sent;
  std::string id;                     ///< of the sent message, as the platform calls it
  std::string why;                    ///< otherwise; without secrets
  std::chrono::milliseconds rest{0};  ///< nothing is sent there for so long
  bool rests_everywhere = false;
};

/// `Retry-After` in seconds, or nothing.
std::chrono::milliseconds retry_after(const llm::HttpHead& head);

/// By the status alone: 2xx is sent, 429 and 5xx come right later, anything else is refused.
SendOutcome outcome_by_status(const HttpAnswer& answer);

class HttpSender : public std::enable_shared_from_this<HttpSender> {
 public:
  using Judge = std::function<SendOutcome(const HttpAnswer&)>;

  HttpSender(const ConnectionSetup& setup, Judge judge);

  /// `place`: what the platform's limits are about, such as a channel.
  void send(const std::string& place, std::vector<llm::HttpRequest> requests, SendAnswer sent);
  /// What was not sent is answered: overloaded.
  void stop();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Sending {
    std::string place;
    std::vector<llm::HttpRequest> requests;
    SendAnswer sent;
    std::size_t next = 0;
    int attempts = 0;
    HttpClient::Ticket ticket = 0;
    Loop::TimerPtr again;
  };

  void post(const std::shared_ptr<Sending>& sending);
  SendOutcome outcome_of(const Expected<HttpAnswer>& answer) const;
  void went(const std::shared_ptr<Sending>& sending, const SendOutcome& outcome);
  void finish(const std::shared_ptr<Sending>& sending, Expected<std::string> result);
  void post_when_rested(const std::shared_ptr<Sending>& sending);
  SteadyTime rests_until(const std::string& place) const;
  void rest(const std::string& place, std::chrono::milliseconds delay);

  Loop& loop_;
  HttpClient& http_;
  ConnectionEvents& events_;
  Judge judge_;
  Backoff backoff_;
  std::map<std::string, SteadyTime> rests_;  ///< by place; the empty one is everywhere
  std::set<std::shared_ptr<Sending>> under_way_;
};

}  // namespace troupe::actors::platforms
