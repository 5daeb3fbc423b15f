// A surface is one public API dialect: its routes, how it knows its callers, and how it words its errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"
#include "http/websocket.hpp"

namespace troupe::http {

inline constexpr const char* kNoSuchPath = "Not found";

/// Who a route concerns, looked up once for its authorisation.
struct Subject {
  bool exists = false;
  events::AccountId owner = 0;
};

/// All calls on the event loop's thread, except handlers of routes that say `elsewhere`.
class Surface {
 public:
  virtual ~Surface() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view title() const = 0;
  virtual const std::vector<Route>& routes() const = 0;

  /// Who is calling. `body_token` is the body's field `token` on routes that a bot may call. Errors: unauthenticated,
  /// when credentials were given and are not good; nobody when none were given.
  virtual Expected<Caller> authenticate(const Request& request, std::string_view body_token) = 0;
  virtual Subject bot(std::string_view bot_id) const = 0;
  /// The account that a path's `user_id` names in this dialect; nothing when it is no such id.
  virtual std::optional<events::AccountId> account(std::string_view user_id) const { return whole_number(user_id); }

  /// Whether routes that are open to some need no credentials for this request, which has none.
  virtual bool is_open_to(const Request&) const { return false; }

  virtual Response error(const Error& error, std::string_view request_id) const = 0;
  /// The same in the words for this request, where they depend on it.
  virtual Response refusal(const Error& why, const Request& request) const { return error(why, request.id); }
  /// The refusal of a request that came too fast.
  virtual Response too_fast(int seconds_to_wait, std::string_view request_id) const;
  virtual Response too_fast_to(const Request& request, int seconds_to_wait) const {
    return too_fast(seconds_to_wait, request.id);
  }
  /// What every answer of a limited route says about its limit.
  virtual Headers rate_headers(const RateClass&, const RateVerdict&) const { return {}; }
  Response no_such_path(std::string_view request_id) const { return error({Errc::not_found, kNoSuchPath}, request_id); }
  /// Only what people may know of an error that happened inside; the rest is for the log, under the same request id.
  static std::string public_text(const Error& error, std::string_view request_id);
  virtual std::string_view not_authenticated_text() const = 0;
  /// A token that is good, but another bot's.
  virtual std::string_view wrong_bot_token_text() const = 0;

  /// Whether browsers may call from every origin where the settings name none. Not where a cookie opens more than the
  /// dialect's own servers let in.
  virtual bool takes_every_origin() const { return true; }

  /// Paths that are not routes (a protocol of its own, such as Socket.IO). True when it took the request.
  virtual bool take(Request&, Reply&) { return false; }
  virtual bool take_upgrade(Request&, std::unique_ptr<class Upgrade>&) { return false; }

  /// Live events: what was committed, rendered once and sent to those who may see it.
  virtual void committed(const std::vector<storage::RecordPtr>&) {}
  virtual std::size_t connected_clients() const { return 0; }
  /// Ends what clients hold open, so that they connect again elsewhere.
  virtual void shut_down() {}

  // What the documentation says of this dialect

  /// Ways to sign in, by name: OpenAPI security schemes.
  virtual OrderedJson security_schemes() const = 0;
  /// The names of those that a route takes.
  virtual std::vector<std::string> security_of(const Route& route) const = 0;
  /// The schema of an error's body.
  virtual OrderedJson error_schema() const = 0;

  // Rates: each surface has its own, over all its listeners and sockets

  RateVerdict take_from_rate(const RateClass& rate, const std::string& client, Micros now) {
    if (!limits_rates_) return {true, rate.limit, now};
    return limiters_.try_emplace(&rate, rate).first->second.take(client, now);
  }
  /// For tests and for houses behind a gateway that limits.
  void limit_rates(bool limited) { limits_rates_ = limited; }

 private:
  std::unordered_map<const RateClass*, RateLimiter> limiters_;
  bool limits_rates_ = true;
};

/// The usual status of an error.
int status_of(Errc code);

/// Sign-in, registration and reset requests, where a dialect has no limits of its own.
inline constexpr RateClass kSignIns{"sign_in", defaults::kSignInsPerWindow, defaults::kSignInWindow};

}  // namespace troupe::http
