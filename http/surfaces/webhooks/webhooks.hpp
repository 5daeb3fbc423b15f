// Where webhooks of the platform type `webhook` bring their messages. It has no accounts: each delivery is signed, and
// the platform's connection checks that (actors/platforms/webhook.hpp).
#pragma once

#include "http/services.hpp"
#include "http/surface.hpp"

namespace troupe::http {

class Webhooks final : public Surface {
 public:
  explicit Webhooks(Services services);

  std::string_view name() const override { return "webhooks"; }
  std::string_view title() const override { return "Webhooks"; }
  const std::vector<Route>& routes() const override { return routes_; }
  Expected<Caller> authenticate(const Request&, std::string_view) override { return Caller{}; }
  Subject bot(std::string_view) const override { return {}; }
  Response error(const Error& error, std::string_view request_id) const override;
  std::string_view not_authenticated_text() const override { return "the signature is not good"; }
  std::string_view wrong_bot_token_text() const override { return not_authenticated_text(); }
  OrderedJson security_schemes() const override { return OrderedJson::object(); }
  std::vector<std::string> security_of(const Route&) const override { return {}; }
  OrderedJson error_schema() const override;

 private:
  void deliver(const CallPtr& call);

  Services services_;
  std::vector<Route> routes_;
};

}  // namespace troupe::http
