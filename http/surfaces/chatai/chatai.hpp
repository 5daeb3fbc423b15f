// The ChatAI API: the control panel of running bots. Their settings, the models' accounts (channels), presets,
// conversations with models, figures, and what happens now as a stream of events.
#pragma once

#include "http/surface.hpp"
#include "http/surfaces/chatai/authentication.hpp"
#include "http/surfaces/chatai/channels.hpp"
#include "http/surfaces/chatai/chat.hpp"
#include "http/surfaces/chatai/config.hpp"
#include "http/surfaces/chatai/context.hpp"
#include "http/surfaces/chatai/custom_tools.hpp"
#include "http/surfaces/chatai/group_admin.hpp"
#include "http/surfaces/chatai/groups.hpp"
#include "http/surfaces/chatai/house.hpp"
#include "http/surfaces/chatai/live.hpp"
#include "http/surfaces/chatai/mcp_servers.hpp"
#include "http/surfaces/chatai/memories.hpp"
#include "http/surfaces/chatai/presets.hpp"
#include "http/surfaces/chatai/skills.hpp"
#include "http/surfaces/chatai/tools.hpp"

namespace troupe::http {

class ChatAi final : public Surface {
 public:
  ChatAi(const Services& services, ChatAiOptions options);

  std::string_view name() const override { return "chatai"; }
  std::string_view title() const override { return "ChatAI API"; }
  const std::vector<Route>& routes() const override { return routes_; }
  /// A bearer token (a login's or an API key), an API key in `X-API-Key`, or the cookie of a login; never a query. A cookie
  /// that comes from a foreign origin counts for nothing. A token for looking after a group, as a bearer token alone.
  Expected<Caller> authenticate(const Request& request, std::string_view body_token) override;
  Subject bot(std::string_view) const override { return {}; }
  Response error(const Error& error, std::string_view request_id) const override;
  Response refusal(const Error& why, const Request& request) const override;
  Response too_fast_to(const Request& request, int seconds_to_wait) const override;
  bool takes_every_origin() const override { return false; }
  void committed(const std::vector<storage::RecordPtr>& records) override { live_.committed(records); }
  std::size_t connected_clients() const override { return live_.streams() + mcp_servers_.streams(); }
  void shut_down() override {
    live_.shut_down();
    mcp_servers_.shut_down();
    channels_.stop();
    context_.model_lists.stop();
  }
  Headers rate_headers(const RateClass& rate, const RateVerdict& verdict) const override;
  std::string_view not_authenticated_text() const override { return "Unauthorized"; }
  std::string_view wrong_bot_token_text() const override { return "Invalid token"; }
  OrderedJson security_schemes() const override;
  std::vector<std::string> security_of(const Route& route) const override {
    if (route.access == Access::group_admin) return {"groupAdmin"};
    if (route.logins_only) return {"bearer", "cookie"};
    return {"bearer", "cookie", "apiKey"};
  }
  OrderedJson error_schema() const override;

 private:
  static std::vector<Route> make_routes(ChatAi& self);
  Response worded(const Error& error, std::string_view request_id, bool chinese) const;

  chatai::Context context_;
  chatai::Authentication authentication_{context_};
  chatai::Channels channels_{context_};
  chatai::Presets presets_{context_};
  chatai::Config config_{context_, channels_, presets_};
  chatai::Chat chat_{context_, presets_};
  chatai::House house_{context_};
  chatai::GroupConfig group_config_{context_};
  chatai::GroupAdmin group_admin_{context_, group_config_};
  chatai::Groups groups_{context_, group_config_};
  chatai::Live live_{context_};
  chatai::Memories memories_{context_};
  chatai::Tools tools_{context_, live_};
  chatai::CustomTools custom_tools_{context_, *this};
  chatai::McpServers mcp_servers_{context_, live_};
  chatai::Skills skills_{tools_, mcp_servers_};
  std::vector<Route> routes_;
};

}  // namespace troupe::http
