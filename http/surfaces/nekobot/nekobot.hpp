// The NekoBot API: the control panel of running bots. Their platforms, plugins, commands, personalities and models, a chat
// with them, and what happens in the house as it happens.
#pragma once

#include "http/surface.hpp"
#include "http/surfaces/nekobot/authentication.hpp"
#include "http/surfaces/nekobot/chat.hpp"
#include "http/surfaces/nekobot/commands.hpp"
#include "http/surfaces/nekobot/context.hpp"
#include "http/surfaces/nekobot/guest.hpp"
#include "http/surfaces/nekobot/live.hpp"
#include "http/surfaces/nekobot/logs.hpp"
#include "http/surfaces/nekobot/mcp_servers.hpp"
#include "http/surfaces/nekobot/models.hpp"
#include "http/surfaces/nekobot/personalities.hpp"
#include "http/surfaces/nekobot/platforms.hpp"
#include "http/surfaces/nekobot/plugins.hpp"
#include "http/surfaces/nekobot/settings.hpp"
#include "http/surfaces/nekobot/streams.hpp"

namespace troupe::http {

class NekoBot final : public Surface {
 public:
  NekoBot(const Services& services, NekoBotOptions options);

  std::string_view name() const override { return "nekobot"; }
  std::string_view title() const override { return "NekoBot API"; }
  const std::vector<Route>& routes() const override { return routes_; }
  /// A bearer token: an access token, or an API key.
  Expected<Caller> authenticate(const Request& request, std::string_view body_token) override;
  bool is_open_to(const Request& request) const override {
    return http::is_open_to(context_.options.open_endpoints, request);
  }
  Subject bot(std::string_view) const override { return {}; }
  Response error(const Error& error, std::string_view request_id) const override;
  Response refusal(const Error& why, const Request& request) const override;
  Headers rate_headers(const RateClass& rate, const RateVerdict& verdict) const override;
  /// `/ws`, with the same credentials or an access token as the query's `token`.
  bool take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) override;
  std::size_t connected_clients() const override { return live_.sockets(); }
  void shut_down() override { live_.shut_down(); }
  void committed(const std::vector<storage::RecordPtr>& records) override { live_.committed(records); }
  std::string_view not_authenticated_text() const override { return "Authentication required"; }
  std::string_view wrong_bot_token_text() const override { return "Invalid token"; }
  OrderedJson security_schemes() const override;
  std::vector<std::string> security_of(const Route&) const override { return {"bearer"}; }
  OrderedJson error_schema() const override;

 private:
  static std::vector<Route> make_routes(NekoBot& self);
  static const RateClass& frame_rate();
  Expected<Caller> of_token(std::string_view token);

  nekobot::Context context_;
  nekobot::Guest guest_{context_};
  nekobot::Streams streams_{context_};
  nekobot::Authentication authentication_{context_};
  nekobot::Settings settings_{context_};
  nekobot::Models models_{context_, guest_, streams_};
  nekobot::Personalities personalities_{context_};
  nekobot::Commands commands_{context_};
  nekobot::Plugins plugins_{context_, *this};
  nekobot::Platforms platforms_{context_};
  nekobot::McpServers mcp_servers_{context_};
  nekobot::Logs logs_{context_};
  nekobot::Chat chat_{context_, guest_, streams_};
  nekobot::Live live_{context_, *this, frame_rate()};
  std::vector<Route> routes_;
};

}  // namespace troupe::http
