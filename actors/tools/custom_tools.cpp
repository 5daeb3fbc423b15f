#include "actors/tools/custom_tools.hpp"

#include <atomic>
#include <lua.hpp>
#include <memory>

#include "actors/plugins/lua_json.hpp"
#include "actors/rules.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {
namespace {

using plugins::LuaState;

std::string chunk_name(const events::CustomTool& tool) { return tool.name + ".lua"; }

/// Errors name the tool, also where Lua knows no line.
Error named(Error error, const events::CustomTool& tool) {
  if (!error.message.starts_with(chunk_name(tool))) error.message = chunk_name(tool) + ": " + error.message;
  if (!is_utf8(error.message)) error.message = chunk_name(tool) + ": an error that is no UTF-8 text";
  return error;
}

}  // namespace

Expected<void> check_code(const events::CustomTool& tool) {
  if (tool.code.find_first_not_of(" \t\r\n") == tool.code.npos)
    return fail(Errc::invalid, "code must not be empty", "code");
  if (!is_utf8(tool.code) || tool.code.size() > defaults::kMaxCustomToolBytes)
    return fail(Errc::invalid,
                "code must be UTF-8 and at most " + std::to_string(defaults::kMaxCustomToolBytes >> 10) + " KiB",
                "code");
  LuaState state;
  const auto compiled = state.run([&](lua_State* lua) { LuaState::load_text(lua, tool.code, chunk_name(tool)); });
  if (!compiled) return fail(Errc::invalid, named(compiled.error(), tool).message, "code");
  return {};
}

Expected<ToolResult> run_code(const events::CustomTool& tool, const Json& arguments, plugins::LuaLimits limits) {
  LuaState state(limits);
  ToolResult result;
  const auto ran = state.run([&](lua_State* lua) {
    plugins::push_json(lua, arguments);
    lua_setglobal(lua, "args");
    LuaState::load_text(lua, tool.code, chunk_name(tool));
    lua_call(lua, 0, 2);
    if (lua_type(lua, 1) == LUA_TFUNCTION) {
      lua_settop(lua, 1);
      plugins::push_json(lua, arguments);
      lua_call(lua, 1, 2);
    }
    result.failed = lua_isnil(lua, 1) && lua_type(lua, 2) == LUA_TSTRING;
    const Json value = plugins::json_at(lua, result.failed ? 2 : 1, "the result");
    if (!value.is_null()) result.text = value.is_string() ? value.get<std::string>() : json_text(value);
  });
  if (!ran) return tl::unexpected(named(ran.error(), tool));
  return result;
}

OfferedTool CustomTools::offered(events::CustomTool tool) const {
  OfferedTool offer;
  offer.name = tool.name;
  offer.description = tool.description;
  offer.category = "custom";
  offer.parameters = tool.parameters;
  offer.dangerous = tool.dangerous;
  offer.run = [elsewhere = elsewhere_, tool = std::make_shared<const events::CustomTool>(std::move(tool))](
                  const Json& arguments, const ToolContext&, const ToolAnswer& answer) -> StopTool {
    const auto is_stopped = std::make_shared<std::atomic<bool>>(false);
    const bool taken = elsewhere([tool, arguments, answer, is_stopped] {
      if (!*is_stopped) answer(run_code(*tool, arguments));
    });
    if (!taken) answer(fail(Errc::overloaded, "too many custom tools wait"));
    return [is_stopped] { *is_stopped = true; };
  };
  return offer;
}

void CustomTools::refresh() {
  const std::lock_guard lock(mutex_);
  std::vector<OfferedTool> offers;
  for (auto& row : projections::CustomToolQueries(store_).all())
    if (row.entry.enabled) offers.push_back(offered(std::move(row.entry)));
  tools_.offer("custom", std::move(offers));
}

}  // namespace troupe::actors
