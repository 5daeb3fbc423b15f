// Where every endpoint of the ChatAI API stands. Paths begin with `/api`; the longest that fits counts.
//
//   /auth, /login/token (without /api)                    routes/authentication.cpp
//   /config                                               routes/config.cpp
//   /channels                                             routes/channels.cpp
//   /presets, /preset                                     routes/presets.cpp
//   /chat, /conversations                                 routes/chat.cpp
//   /system, /health, /version, /stats                    routes/statistics.cpp
//   /tools, /skills, /stats/tools, /stats/tool-calls      routes/tools.cpp
//   /tools/custom                                         routes/custom_tools.cpp
//   /mcp, /skills/mcp                                     routes/mcp.cpp
//   /memory, /memories, /chat/memories, /contacts         routes/memory.cpp
//   /groups, /group-admin                                 routes/groups.cpp
#include "http/surfaces/chatai/routes/routes.hpp"

#include "http/surfaces/chatai/chatai.hpp"

namespace troupe::http {
namespace {

using namespace std::chrono_literals;

// One budget for all, as the specification has it; people are told apart by their account, strangers by their address.
constexpr RateClass kRequests{"chatai", defaults::kPanelRequestsPerMinute, 60s, RateClass::Per::caller};

}  // namespace

std::vector<Route> ChatAi::make_routes(ChatAi& self) {
  using namespace chatai;
  RouteTable table;
  authentication_routes(table, self.authentication_);
  config_routes(table, self.config_);
  channel_routes(table, self.channels_);
  preset_routes(table, self.presets_);
  chat_routes(table, self.chat_);
  system_routes(table, self.house_);
  statistics_routes(table, self.house_);
  group_admin_routes(table, self.group_admin_);
  groups_routes(table, self.groups_);
  tool_routes(table, self.tools_);
  custom_tool_routes(table, self.custom_tools_);
  mcp_routes(table, self.mcp_servers_);
  memory_routes(table, self.memories_);
  skill_routes(table, self.live_, self.skills_, self.tools_, self.mcp_servers_);
  auto routes = std::move(table).take();
  for (Route& route : routes)
    if (!route.rate) route.rate = &kRequests;
  return routes;
}

}  // namespace troupe::http
