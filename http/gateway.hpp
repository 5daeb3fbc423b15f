// One entrance for all dialects on a listener: routing, CORS, rates, credentials, validation and idempotency keys
// happen here, once, as the route table says.
#pragma once

#include <string>
#include <vector>

#include "http/metrics.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/surface.hpp"

namespace troupe::http {

struct GatewayOptions {
  /// Origins that browsers may call from; empty: every origin, where the dialects on the listener take them
  /// (Surface::takes_every_origin). Cookies are SameSite=Lax, so another site cannot use a visitor's login either way.
  std::vector<std::string> allowed_origins;
  bool limit_rates = true;
  /// Why nothing is served for a while; empty: all is.
  std::string maintenance = {};
  bool log_requests = false;
  std::function<std::string(std::string_view)> fingerprint;  ///< of a body; it may hold a password, so no plain digest
  std::function<bool()> ready;                               ///< what /readyz says
  actors::Elsewhere read_elsewhere;                          ///< false when its queue is full
  std::string docs_folder;  ///< assets of the pages at /docs and /redoc; empty: left out
};

/// Whether browsers may call from there.
bool allows_origin(const std::vector<std::string>& allowed, std::string_view origin);

/// On the event loop's thread. Surfaces must outlive it.
class Gateway {
 public:
  Gateway(GatewayOptions options, Metrics& metrics);

  /// Errors: conflict (two routes collide; both are named).
  Expected<void> add(Surface& surface);

  Application application();

  void handle(Request request, Reply reply);

 private:
  bool answer_house_paths(const Request& request, Reply& reply);
  BodyPlan receive(const Request& head);
  CallPtr call_for(Surface& surface, Router::Match match, Request request, Reply reply);
  // Maintenance and the rate of an address; then authorisation and the rate of a caller. False when the request is
  // refused; it is answered then.
  bool may_knock(Surface& surface, Call& call);
  bool let_in(Surface& surface, Call& call);
  void dispatch(Surface& surface, Router::Match match, Request request, Reply reply);
  Expected<void> authorize(Surface& surface, Call& call) const;
  Expected<void> check(Call& call) const;
  Expected<void> take_idempotency_key(Call& call) const;
  /// False when the request came too fast; it is answered then.
  bool within_rate(Surface& surface, Call& call, RateClass::Per per, const std::string& client);
  std::optional<Error> refusal_of_upgrade(const Request& request) const;
  Reply with_cors(const Request& request, Reply reply) const;
  Response preflight(const Request& request) const;
  Response method_not_allowed(const Request& request, const std::vector<std::string>& allowed) const;

  GatewayOptions options_;
  Metrics& metrics_;
  Router router_;
  std::vector<Surface*> surfaces_;
  std::unordered_map<const Route*, Surface*> surface_of_;
  std::string openapi_;
  bool takes_uploads_ = false;
};

}  // namespace troupe::http
