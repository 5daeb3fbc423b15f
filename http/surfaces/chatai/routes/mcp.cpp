// Routes of the tag MCP: servers of the Model Context Protocol.
#include "http/surfaces/chatai/mcp_servers.hpp"
#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define PROMPTS R"({"prompts":[{"name":"review","description":"Reviews","arguments":[]}],"count":1})"
#define RESOURCES R"({"resources":[{"uri":"file:///a.txt","name":"a.txt","mimeType":"text/plain"}],"count":1})"

std::vector<Field> server_fields() {
  return {text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
          object("config", "The fields below, which may stand beside it instead"),
          text("type", "stdio, npx, npm, http or sse; else by the address, package or command"),
          text("command", "Of stdio: a program that `--mcp-command` names, by its path or its name"),
          array("args"),
          object("env", "Stored sealed; shown by its names. `****` keeps the value that is there"),
          text("package", "Of npx"),
          text("url", "Of http and sse", defaults::kMaxBaseUrlLength),
          object("headers", "As `env`"),
          integer("timeout", 1, 600'000, "Of one call, in milliseconds; default: 30000"),
          flag("enabled", "Default: true")};
}

}  // namespace

void mcp_server_routes(RouteTable& table, McpServers& servers, const std::string& base) {
  using P = McpServers;
  const std::string one = base + "/{server}";
  table.get(base, A::admin, to(servers, &P::list), "Servers, oldest first")
      .answers(OK(R"({"servers":[)" SERVER R"(],"total":1})"));
  table.post(base, A::admin, to(servers, &P::add), "Add a server, or set up anew the one of that name")
      .takes(server_fields())
      .answers(OK(SERVER))
      .status(201)
      .creates()
      .note("200 where it was there. It is connected from then on, while it is enabled.");
  table.get(one, A::admin, to(servers, &P::show), "One server, with its tools").answers(OK(SERVER));
  table.del(one, A::admin, to(servers, &P::remove), "Remove a server").answers(R"({"success":true,"data":null})");
  constexpr const char* kCodes = "Fails with SERVER_NOT_FOUND, ALREADY_CONNECTED, CONNECTION_FAILED or TIMEOUT.";
  table.post(one + "/connect", A::admin, to(servers, &P::connect), "Connect a server").answers(OK(SERVER)).note(kCodes);
  table
      .post(one + "/disconnect", A::admin, to(servers, &P::disconnect),
            "Disconnect a server, until it is asked for again")
      .answers(OK(SERVER));
  for (const char* again : {"/reconnect", "/reload"})
    table.post(one + again, A::admin, to(servers, &P::reconnect), "Connect a server anew")
        .answers(OK(SERVER))
        .note(kCodes);
}

void mcp_routes(RouteTable& table, McpServers& servers) {
  using P = McpServers;
  table.tag("ChatAI: MCP");
  mcp_server_routes(table, servers, "/api/mcp/servers");
  table.put("/api/mcp/servers/{server}", A::admin, to(servers, &P::change), "Change a server")
      .takes(server_fields())
      .answers(OK(SERVER));
  table.post("/api/mcp/connect", A::admin, to(servers, &P::connect_any), "Connect a server")
      .takes({text("name"), anything("server", "A name, or a configuration"), object("config")})
      .answers(OK(SERVER))
      .note("By its name; or by a whole configuration, which is kept as if it were added.");
  table.post("/api/mcp/servers/reconnect-all", A::admin, to(servers, &P::reconnect_all), "Connect all servers anew")
      .answers(OK(R"({"success":1,"failed":0,"total":1,"errors":[]})"));
  table.post("/api/mcp/import", A::admin, to(servers, &P::import_all), "Add servers by a configuration file")
      .takes(requiring({"mcpServers"}, {object("mcpServers", "By their names")}))
      .answers(OK(R"({"success":1,"failed":0,"total":1,"errors":[]})"))
      .note("Those of a known name are set up anew. What is wrong with one does not keep the others out.");
  table.get("/api/mcp/servers/{server}/tools", A::admin, to(servers, &P::tools), "A server's tools, as it lists them")
      .answers(OK(R"({"tools":[{"name":"echo","description":"Echoes","inputSchema":{"type":"object"}}],"count":1})"));
  table.get("/api/mcp/servers/{server}/resources", A::admin, to(servers, &P::resources), "A server's resources")
      .answers(OK(RESOURCES));
  table.get("/api/mcp/servers/{server}/prompts", A::admin, to(servers, &P::prompts), "A server's prompts")
      .answers(OK(PROMPTS));
  const Parameter server = text_parameter("server", "Of this one; default: of all that are connected");
  table.get("/api/mcp/resources", A::admin, to(servers, &P::all_resources), "Resources of servers, or what one holds")
      .query({server, text_parameter("uri", "Of the one to read; needs `server`")})
      .answers(OK(RESOURCES));
  table.post("/api/mcp/resources/read", A::admin, to(servers, &P::read_resource), "What a resource holds")
      .takes({text("serverName", "Also `server`"), required("uri", {}, defaults::kMaxBaseUrlLength)})
      .answers(OK(R"({"content":"hello","mimeType":"text/plain","encoding":"utf-8","contents":[]})"))
      .only_reads();
  table.get("/api/mcp/prompts", A::admin, to(servers, &P::all_prompts), "Prompts of servers")
      .query({server})
      .answers(OK(PROMPTS));
  table
      .post("/api/mcp/prompts/get", A::admin, to(servers, &P::get_prompt),
            "A server's prompt, with its arguments filled in")
      .takes({text("serverName", "Also `server`"), required("name"), object("args")})
      .answers(OK(R"({"description":"Reviews","messages":[{"role":"user","content":{"type":"text","text":"Look"}}]})"))
      .only_reads();
  table.get("/api/mcp/sse", A::admin, to(servers, &P::stream), "What becomes of servers, as server-sent events")
      .answers("{}")
      .streams(R"({"type":"connected","server":"files","status":"connected","toolCount":4})")
      .note("First how each stands; then connecting, connected, disconnected, error and tools_updated.");
}

}  // namespace troupe::http::chatai
