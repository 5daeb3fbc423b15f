// Routes of the tags tools and skills. Statistics of tools have the tag tools.
#include "http/surfaces/chatai/tools.hpp"

#include "http/surfaces/chatai/live.hpp"
#include "http/surfaces/chatai/routes/routes.hpp"
#include "http/surfaces/chatai/skills.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define TOOL                                                                                                      \
  R"({"name":"current_time","description":"Tells the time","category":"time","enabled":true,"source":"builtin",)" \
  R"("serverName":"builtin","isBuiltin":true,"isCustom":false,"dangerous":false,"adminOnly":false,"parameters":)" \
  R"({"type":"object"},"inputSchema":{"type":"object"}})"
#define CATEGORY R"({"key":"time","name":"time","toolCount":1,"enabled":true})"
#define CALLED                                                                                 \
  R"({"toolName":"current_time","arguments":{},"result":"2026-01-31T12:00:00Z","duration":1,)" \
  R"("success":true,"id":"AbCdEfGhIjKlMnOp"})"
#define RESULT R"("content":[{"type":"text","text":"2026-01-31T12:00:00Z"}],"isError":false)"
#define TOOL_CALL                                                                                                  \
  R"({"id":"AbCdEfGhIjKlMnOp","tool":"current_time","toolName":"current_time","source":"builtin","args":{},)"      \
  R"("request":{},"result":"2026-01-31T12:00:00Z","response":"2026-01-31T12:00:00Z",)"                             \
  R"("success":true,"outcome":"succeeded","error":null,"duration":1,"timestamp":1769860800000,"through":"model",)" \
  R"("userId":"1","username":"ada","groupId":null})"
#define TOOL_FIGURES R"("calls":3,"success":2,"failed":1,"successRate":0.67,"avgDuration":4)"
#define COUNTS                                                                                      \
  R"({"total":3,"totalTools":3,"enabled":3,"enabledTools":3,"disabled":0,"categories":{"time":1},)" \
  R"("mcpServers":1})"

std::vector<Field> switch_fields(std::initializer_list<std::string_view> names) {
  std::vector<Field> fields = requiring({"enabled"}, {flag("enabled")});
  for (const auto name : names) fields.push_back(required(std::string(name), {}, defaults::kMaxCatalogueNameLength));
  return fields;
}

std::vector<Field> call_fields() {
  return {text("name", "Of the tool", defaults::kMaxToolNameLength),
          text("toolName", "As `name`", defaults::kMaxToolNameLength),
          anything("args", "An object that fits the tool's schema"), anything("arguments", "As `args`")};
}

std::vector<Parameter> tool_filters() {
  return {text_parameter("category", "Of this one alone"), text_parameter("source", "builtin, custom, mcp or plugin")};
}

std::vector<Parameter> log_filters() {
  return {limit_parameter(),
          offset_parameter(),
          text_parameter("tool", "Of this tool"),
          text_parameter("toolName", "As `tool`"),
          text_parameter("userId", "For this account or person, by number"),
          text_parameter("groupId", "Asked for in this group of a platform")};
}

}  // namespace

void tool_routes(RouteTable& table, Tools& tools) {
  using P = Tools;
  constexpr const char* kFailures =
      "Fails with TOOL_NOT_FOUND, TOOL_DISABLED (switched off, or dangerous where those are not allowed), INVALID_ARGS "
      "or EXECUTION_ERROR. Every call of a tool that there is stands in the log.";
  table.tag("ChatAI: tools");
  table.get("/api/tools", A::admin, to(tools, &P::list), "Tools, the house's own first")
      .query(tool_filters())
      .answers(OK(R"({"tools":[)" TOOL R"(],"count":1,"categories":{"time":)" CATEGORY "}}"));
  table.get("/api/tools/list", A::admin, to(tools, &P::list_alone), "Tools as an array, the house's own first")
      .query(tool_filters())
      .answers(OK("[" TOOL "]"));
  table.post("/api/tools/call", A::admin, to(tools, &P::call), "Call a tool")
      .takes(call_fields())
      .answers(OK(CALLED))
      .note(kFailures);
  table.post("/api/tools/{tool}/execute", A::admin, to(tools, &P::call), "Call a tool")
      .takes(call_fields())
      .answers(OK(CALLED))
      .note(kFailures);
  table.post("/api/tools/test", A::admin, to(tools, &P::test), "Call a tool; a failure is an answer as well")
      .takes(call_fields())
      .answers(OK(R"({"toolName":"current_time","arguments":{},"result":{)" RESULT
                  R"(},"duration":1,"success":true,"id":"AbCdEfGhIjKlMnOp"})"));
  table.put("/api/tools/{tool}/toggle", A::admin, to(tools, &P::toggle), "Switch a tool on or off")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"name":"current_time","tool":"current_time","enabled":false})"));
  table
      .put("/api/tools/category/{category}/toggle", A::admin, to(tools, &P::toggle_category),
           "Switch a category of tools on or off")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"category":"time","enabled":false})"));
  constexpr const char* kSwitches =
      R"({"enabled":true,"enabledCategories":["time"],"disabledCategories":[],"disabledTools":[],"dangerousTools":[],)"
      R"("allowDangerous":false})";
  table.get("/api/tools/builtin/config", A::admin, to(tools, &P::builtin_config), "The switches of tools")
      .answers(std::string(R"({"success":true,"data":)") + kSwitches + "}");
  table.put("/api/tools/builtin/config", A::admin, to(tools, &P::change_builtin_config), "Set the switches of tools")
      .takes({flag("enabled", "Of all tools"), array("enabledCategories", "All others are off"),
              array("disabledTools", "By name")})
      .answers(std::string(R"({"success":true,"data":)") + kSwitches + "}");
  table.get("/api/tools/dangerous", A::admin, to(tools, &P::dangerous), "Which tools are dangerous")
      .answers(
          OK(R"({"allowDangerous":false,"dangerousTools":[],"adminOnlyTools":[],"dangerousNow":["send_message"]})"))
      .note("`dangerousTools` are named here; `dangerousNow` has those that say it of themselves as well.");
  table.put("/api/tools/dangerous", A::admin, to(tools, &P::change_dangerous), "Say which tools are dangerous")
      .takes({flag("allowDangerous", "Models and people may call them"), array("dangerousTools"),
              array("adminOnlyTools", "For administrators of the bots")})
      .answers(
          OK(R"({"allowDangerous":true,"dangerousTools":[],"adminOnlyTools":[],"dangerousNow":["send_message"]})"));
  table.post("/api/tools/reload", A::admin, to(tools, &P::reload), "Nothing to reload: counts the tools by source")
      .answers(OK(R"({"builtin":3,"custom":0,"mcp":0,"plugin":0})"));
  table.get("/api/tools/builtin/list", A::admin, to(tools, &P::list_builtin), "The house's own tools")
      .answers(OK("[" TOOL "]"));
  table.get("/api/tools/builtin/categories", A::admin, to(tools, &P::categories), "Categories of tools")
      .answers(OK("[" CATEGORY "]"));
  for (const std::string base : {"/api/tools/builtin", "/api/skills"}) {
    table.post(base + "/enable-all", A::admin, to(tools, &P::enable_all), "Switch every tool on")
        .answers(OK(R"({"success":true,"enabledCount":1})"));
    table.post(base + "/disable-all", A::admin, to(tools, &P::disable_all), "Switch every tool off that there is")
        .answers(OK(R"({"success":true,"disabledCount":3})"));
  }
  table.get("/api/tools/stats", A::admin, to(tools, &P::stats), "How many tools there are").answers(OK(COUNTS));
  auto filters = log_filters();
  filters.push_back(text_parameter("success", "true or false"));
  table.get("/api/tools/logs", A::admin, to(tools, &P::logs), "The tool log, newest first")
      .query(filters)
      .answers(OK(R"({"logs":[)" TOOL_CALL R"(],"total":1})"))
      .note("Calls that models, people, programs and plugins made, of a day and of years ago.")
      .elsewhere();
  table.del("/api/tools/logs", A::admin, to(tools, &P::clear_logs), "Clear the tool log: refused")
      .answers("{}")
      .note(
          "409 LOG_IS_PERMANENT: it is part of the event log. To delete a user makes what they asked unreadable for "
          "good.");
  table.get("/api/tools/{tool}", A::admin, to(tools, &P::show), "One tool").answers(OK(TOOL));
  for (const std::string base : {"/api/stats", "/api/system/stats"})
    for (const char* path : {"/tools", "/tool-calls"})
      table.get(base + path, A::admin, to(tools, &P::figures), "Calls of tools by tool, most first; and by day, UTC")
          .query({text_parameter("period", "day, week, month or all; default: day"), limit_parameter()})
          .answers(OK(R"({"tools":[{"tool":"current_time","toolName":"current_time",)" TOOL_FIGURES
                      R"(}],"summary":{)" TOOL_FIGURES R"(},"daily":[{"date":"2026-01-31",)" TOOL_FIGURES "}]}"));
  table.get("/api/stats/tool-calls/records", A::admin, to(tools, &P::logs), "The tool log, newest first (older path)")
      .query(filters)
      .answers(OK(R"({"logs":[)" TOOL_CALL R"(],"total":1})"))
      .elsewhere();
  table.get("/api/stats/tool-calls/errors", A::admin, to(tools, &P::errors), "Failed calls in the tool log")
      .query(log_filters())
      .answers(OK(R"({"logs":[)" TOOL_CALL R"(],"total":1})"))
      .elsewhere();
  table.get("/api/stats/tool-calls/record/{call}", A::admin, to(tools, &P::log_record), "One call in the tool log")
      .answers(OK(TOOL_CALL));
}

void skill_routes(RouteTable& table, Live& live, Skills& skills, Tools& tools, McpServers& servers) {
  table.tag("ChatAI: skills");
  table
      .get("/api/skills/status", A::admin, to(skills, &Skills::status),
           "MCP servers, and figures and categories of tools")
      .answers(OK(R"({"servers":[)" SERVER R"(],"stats":)" COUNTS R"(,"categories":[)" CATEGORY
                  R"(],"timestamp":1769860800000})"));
  table.get("/api/skills/tools", A::admin, to(skills, &Skills::list), "Tools, the house's own first")
      .query({text_parameter("includeBuiltin", "false: without the house's own"),
              text_parameter("includeMcp", "false: without those of servers")})
      .answers(OK(R"({"count":1,"tools":[)" TOOL "]}"));
  for (const std::string base : {"/api/tools", "/api/skills/tools"})
    table.get(base + "/by-source", A::admin, to(tools, &Tools::list_by_source), "Tools by where they come from")
        .query(tool_filters())
        .answers(OK(R"({"builtin":[)" TOOL R"(],"custom":[],"mcp":[],"plugin":[]})"));
  table.get("/api/skills/tools/{tool}/detail", A::admin, to(tools, &Tools::show), "One tool").answers(OK(TOOL));
  table.post("/api/skills/execute", A::admin, to(tools, &Tools::execute), "Call a tool; a failure is an answer as well")
      .takes(call_fields())
      .answers(OK("{" RESULT R"(,"toolName":"current_time","duration":1,"id":"AbCdEfGhIjKlMnOp"})"));
  table.post("/api/skills/execute/batch", A::admin, to(tools, &Tools::execute_batch), "Call several tools side by side")
      .takes(requiring({"calls"}, {array("calls", "Each with `toolName` and `args`")}))
      .answers(OK(R"({"results":[{"toolName":"current_time","success":true,"result":{)" RESULT
                  R"(},"isError":false,"duration":1,"id":"AbCdEfGhIjKlMnOp"}],"count":1})"));
  auto found_by = tool_filters();
  found_by.push_back(text_parameter("q", "Words of their names and descriptions"));
  found_by.push_back(limit_parameter(20));
  table.get("/api/skills/search", A::admin, to(skills, &Skills::search), "Find tools, the best first")
      .query(found_by)
      .answers(OK(R"({"tools":[)" TOOL R"(],"count":1})"));
  table.get("/api/skills/discover", A::admin, to(skills, &Skills::discover), "What can be called now, by category")
      .answers(OK(R"({"categories":[)" CATEGORY R"(],"timestamp":1769860800000})"));
  table.post("/api/skills/recommend", A::admin, to(skills, &Skills::recommend), "Tools for what is to be done")
      .takes({required("context", "In words", defaults::kMaxQuestionLength),
              integer("limit", 1, defaults::kMaxListLimit, "Default: 5")})
      .answers(OK(R"({"recommendations":[)" TOOL R"(],"tools":[],"count":1})"))
      .only_reads();
  table.get("/api/skills/categories", A::admin, to(tools, &Tools::categories), "Categories of tools")
      .answers(OK("[" CATEGORY "]"));
  table
      .post("/api/skills/categories/{category}/toggle", A::admin, to(tools, &Tools::toggle_category),
            "Switch a category of tools on or off")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"category":"time","enabled":false})"));
  table
      .post("/api/skills/toggle-category", A::admin, to(tools, &Tools::toggle_category),
            "Switch a category of tools on or off")
      .takes(switch_fields({"category"}))
      .answers(OK(R"({"success":true,"category":"time","enabled":false})"));
  table.post("/api/skills/tools/{tool}/toggle", A::admin, to(tools, &Tools::toggle), "Switch a tool on or off")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"name":"current_time","tool":"current_time","enabled":false})"));
  table.post("/api/skills/toggle-tool", A::admin, to(tools, &Tools::toggle), "Switch a tool on or off")
      .takes(switch_fields({"toolName"}))
      .answers(OK(R"({"success":true,"name":"current_time","tool":"current_time","enabled":false})"));
  table.post("/api/skills/reload", A::admin, to(tools, &Tools::reload), "Nothing to reload: counts the tools by source")
      .answers(OK(R"({"builtin":3,"custom":0,"mcp":0,"plugin":0})"));
  table.get("/api/skills/stats", A::admin, to(tools, &Tools::stats), "How many tools there are").answers(OK(COUNTS));
  mcp_server_routes(table, servers, "/api/skills/mcp/servers");
  table.get("/api/skills/sse", A::admin, to(live, &Live::stream), "What happens now, as server-sent events")
      .answers("{}")
      .streams(R"({"type":"channel-changed","id":"AbCdEfGhIjKl","name":"main","timestamp":1769860800000})")
      .note(
          "Events have no name and a `type` inside: first `connected`, then what is added, changed and removed of "
          "channels, presets, platforms, plugins, servers, tools and the configuration; tool-executed, tool-toggled, "
          "category-toggled, batch-executed, tools-reloaded, server-connecting, server-connected, "
          "server-disconnected, server-error and server-updated; and `heartbeat` every 15 seconds. "
          "After a break `Last-Event-ID` brings what was missed, or `complete` is false in `connected`.");
}

}  // namespace troupe::http::chatai
