// Routes of the tag custom tools: those that administrators write in Lua.
#include "http/surfaces/chatai/custom_tools.hpp"

#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define CUSTOM_TOOL                                                                                                   \
  R"({"id":"AbCdEfGhIjKl","name":"greet","description":"Greets","category":"custom","source":"custom","parameters":)" \
  R"({"type":"object"},"inputSchema":{"type":"object"},"language":"lua","code":"return \"hello \" .. args.name",)"    \
  R"("dangerous":false,"enabled":true,"createdAt":1769860800000,"updatedAt":1769860800000})"

}  // namespace

void custom_tool_routes(RouteTable& table, CustomTools& tools) {
  using P = CustomTools;
  const std::vector<Field> fields = {
      text("name", "Letters, digits, `_` and `-`; unique among all tools", defaults::kMaxToolNameLength),
      text("description", "What models are told", defaults::kMaxToolDescriptionBytes),
      object("parameters", "JSON Schema of the arguments; also `inputSchema`"),
      text("code", "Lua 5.4; also `handler` or `source`", defaults::kMaxCustomToolBytes),
      flag("dangerous", "Called only where dangerous tools are allowed"),
      flag("enabled", "Default: true")};
  constexpr const char* kNote =
      "The code is the body of a Lua function: the arguments are the table `args`, and what it returns is the result "
      "(a text, or what can be JSON); `nil` and a text say why it failed. It runs in a state of the call's own, "
      "without files, processes, network or the house, and with limits of memory, instructions and time. What does not "
      "compile is refused with its line.";
  table.tag("ChatAI: custom tools");
  table.get("/api/tools/custom", A::admin, to(tools, &P::list), "Tools in Lua, oldest first")
      .answers(OK("[" CUSTOM_TOOL "]"));
  table
      .post(
          "/api/tools/custom", A::admin, [&tools](const CallPtr& call) { tools.add(call); }, "Add a tool in Lua")
      .uploads(defaults::kMaxCustomToolUploadBytes, fields, [&tools](const Call& call) { return tools.sink(call); })
      .answers(OK(CUSTOM_TOOL))
      .status(201)
      .note(std::string(kNote) +
            " JSON, or a form: the fields, and a `file`, `name.lua` with the code or `name.json` with the fields. 409 "
            "TOOL_EXISTS where a tool has the name.");
  table.get("/api/tools/custom/{tool}", A::admin, to(tools, &P::show), "A custom tool").answers(OK(CUSTOM_TOOL));
  table.put("/api/tools/custom/{tool}", A::admin, to(tools, &P::change), "Change a custom tool")
      .takes(fields)
      .answers(OK(CUSTOM_TOOL))
      .note(kNote);
  table.del("/api/tools/custom/{tool}", A::admin, to(tools, &P::remove), "Remove a custom tool")
      .answers(R"({"success":true,"data":null})");
}

}  // namespace troupe::http::chatai
