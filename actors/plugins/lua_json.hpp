// Values between Lua and JSON. Tables with the keys 1 to n become arrays, others (and an empty one) objects; `null`, which
// Lua cannot keep in a table, is `troupe.null` in arrays and left out of objects.
#pragma once

#include "events/json.hpp"

struct lua_State;

namespace troupe::actors::plugins {

/// Pushes it. Within LuaState::run.
void push_json(lua_State* state, const Json& value);

/// The value at `index`. Raises an error, which begins with `what`, for anything that is not JSON, and past
/// kMaxPluginValueDepth, kMaxPluginValues or kMaxPluginValueBytes. Runs no metamethod. Within LuaState::run.
Json json_at(lua_State* state, int index, const char* what);

}  // namespace troupe::actors::plugins
