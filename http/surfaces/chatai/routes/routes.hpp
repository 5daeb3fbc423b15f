// What the declarations of the routes share. `../routes.cpp` says which file has which paths.
#pragma once

#include <algorithm>

#include "http/route_table.hpp"

// Examples of answers are JSON in string literals, which only a macro can join. Those here stand in several files.
#define OK(data) R"({"success":true,"data":)" data "}"
#define DONE(text) R"({"success":true,"data":null,"message":")" text R"("})"
#define CONVERSATION                                                                                    \
  R"("id":"conv_7","userId":"123","groupId":null,"messageCount":2,"lastMessage":"Hello!","createdAt":)" \
  R"(1769860800000,"updatedAt":1769860800000)"
#define SERVER                                                                                                     \
  R"({"name":"files","id":"AbCdEfGhIjKl","status":"connected","type":"stdio","transport":"stdio","enabled":true,)" \
  R"("toolCount":4,"toolsCount":4,"resourcesCount":0,"promptsCount":0,"connectedAt":1769860800000,"error":null,)"  \
  R"("config":{"type":"stdio","command":"/usr/bin/npx","args":["-y","a-server"],"env":{"TOKEN":"****"},"url":"",)" \
  R"("headers":{},"timeout":30000}})"

namespace troupe::http::chatai {

class Authentication;
class Channels;
class Chat;
class Config;
class CustomTools;
class GroupAdmin;
class Groups;
class House;
class Live;
class McpServers;
class Memories;
class Presets;
class Skills;
class Tools;

void authentication_routes(RouteTable& table, Authentication& authentication);
void config_routes(RouteTable& table, Config& config);
void channel_routes(RouteTable& table, Channels& channels);
void preset_routes(RouteTable& table, Presets& presets);
void chat_routes(RouteTable& table, Chat& chat);
void system_routes(RouteTable& table, House& house);
void statistics_routes(RouteTable& table, House& house);
void group_admin_routes(RouteTable& table, GroupAdmin& group);
void groups_routes(RouteTable& table, Groups& groups);
void tool_routes(RouteTable& table, Tools& tools);
void custom_tool_routes(RouteTable& table, CustomTools& tools);
void mcp_routes(RouteTable& table, McpServers& servers);
/// The part of them that stands below two paths; `base` is the path of the list.
void mcp_server_routes(RouteTable& table, McpServers& servers, const std::string& base);
void memory_routes(RouteTable& table, Memories& memories);
void skill_routes(RouteTable& table, Live& live, Skills& skills, Tools& tools, McpServers& servers);

/// A handler of one of the surface's parts.
template <class Part>
Handler to(Part& part, void (Part::*handler)(const CallPtr&)) {
  return [&part, handler](const CallPtr& call) { (part.*handler)(call); };
}

/// The fields, with those of these names required and all others not.
inline std::vector<Field> requiring(std::initializer_list<std::string_view> names, std::vector<Field> fields) {
  for (Field& field : fields) field.required = std::find(names.begin(), names.end(), field.name) != names.end();
  return fields;
}

/// A field of any type: clients send ids as texts and as numbers.
inline Field anything(std::string name, std::string description = {}) {
  return {.name = std::move(name), .type = Field::Type::any, .description = std::move(description)};
}

inline Parameter limit_parameter(long long fallback = 50, long long max = defaults::kMaxListLimit) {
  return integer_parameter("limit", "How many to answer", fallback, 1, max);
}

inline Parameter offset_parameter(long long max = 1'000'000) {
  return integer_parameter("offset", "How many to leave out", 0, 0, max);
}

}  // namespace troupe::http::chatai
