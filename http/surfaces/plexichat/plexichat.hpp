// The PlexiChat API: people in channels, their files, a model to ask, and the administration of it all.
#pragma once

#include "http/surface.hpp"
#include "http/surfaces/plexichat/admin.hpp"
#include "http/surfaces/plexichat/api_keys.hpp"
#include "http/surfaces/plexichat/assistant.hpp"
#include "http/surfaces/plexichat/authentication.hpp"
#include "http/surfaces/plexichat/channels.hpp"
#include "http/surfaces/plexichat/context.hpp"
#include "http/surfaces/plexichat/files.hpp"
#include "http/surfaces/plexichat/ids.hpp"
#include "http/surfaces/plexichat/live.hpp"
#include "http/surfaces/plexichat/messages.hpp"
#include "http/surfaces/plexichat/multi_factor.hpp"
#include "http/surfaces/plexichat/users.hpp"

namespace troupe::http {

class PlexiChat final : public Surface {
 public:
  explicit PlexiChat(const Services& services);

  std::string_view name() const override { return "plexichat"; }
  std::string_view title() const override { return "PlexiChat API"; }
  const std::vector<Route>& routes() const override { return routes_; }
  /// A bearer token, an API key in `X-API-Key` or as the bearer, or the cookie of a login.
  Expected<Caller> authenticate(const Request& request, std::string_view body_token) override;
  Subject bot(std::string_view) const override { return {}; }
  std::optional<events::AccountId> account(std::string_view user_id) const override {
    return plexichat::id_number(plexichat::kUser, user_id);
  }
  Response error(const Error& in_the_house, std::string_view request_id) const override;
  Response too_fast(int seconds_to_wait, std::string_view request_id) const override;
  /// `/ws`: the same credentials, or a bearer's token as the query's `token`.
  bool take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) override;
  std::size_t connected_clients() const override { return live_.sockets(); }
  void shut_down() override { live_.shut_down(); }
  Headers rate_headers(const RateClass& rate, const RateVerdict& verdict) const override;
  std::string_view not_authenticated_text() const override { return "Authentication required"; }
  std::string_view wrong_bot_token_text() const override { return "Invalid token"; }
  OrderedJson security_schemes() const override;
  std::vector<std::string> security_of(const Route& route) const override {
    if (route.logins_only) return {"bearer", "session"};
    return {"bearer", "apiKey", "session"};
  }
  OrderedJson error_schema() const override;
  void committed(const std::vector<storage::RecordPtr>& records) override {
    live_.committed(records);
    admin_.committed(records);
  }

 private:
  static std::vector<Route> make_routes(PlexiChat& self);
  static plexichat::LiveRates live_rates();
  /// An access token, or an API key.
  Expected<Caller> of_token(std::string_view token);

  plexichat::Context context_;
  plexichat::Authentication authentication_{context_};
  plexichat::MultiFactor multi_factor_{context_};
  plexichat::ApiKeys api_keys_{context_};
  plexichat::Users users_{context_};
  plexichat::Channels channels_{context_};
  plexichat::Messages messages_{context_};
  plexichat::Live live_{context_, messages_, *this, live_rates()};
  plexichat::Files files_{context_, *this};
  plexichat::Assistant assistant_{context_};
  plexichat::Admin admin_{context_};
  std::vector<Route> routes_;
};

}  // namespace troupe::http
