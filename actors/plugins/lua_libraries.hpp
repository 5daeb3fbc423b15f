// The part of Lua's libraries that plugins have.
#pragma once

struct lua_State;

namespace troupe::actors::plugins {

/// Opens them in an empty state, within LuaState::run.
///
/// There: the basic functions but for `collectgarbage`, `dofile`, `load`, `loadfile`, `print` and `warn`; `string` but
/// for `dump`, `pack`, `packsize` and `unpack`; `table`, `math`, `utf8`, `coroutine` whole; of `os`, `clock`, `date`,
/// `difftime` and `time`. Different from Lua's own: `setmetatable` takes no `__gc`; the functions of `table` take no
/// table with a `__len`; `getmetatable("")` is false.
void open_safe_libraries(lua_State* state);

}  // namespace troupe::actors::plugins
