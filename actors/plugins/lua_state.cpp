#include "actors/plugins/lua_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <lua.hpp>
#include <new>

#include "actors/plugins/lua_libraries.hpp"

namespace troupe::actors::plugins {
namespace {

/// The clock is looked at when so much was allocated without an instruction.
constexpr std::size_t kBytesBetweenLooks = std::size_t{64} << 10;

int run_body(lua_State* state) {
  const auto& body = *static_cast<const std::function<void(lua_State*)>*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  body(state);
  return 0;
}

}  // namespace

LuaState::LuaState(LuaLimits limits) {
  budget_.limits = limits;
  state_ = lua_newstate(&LuaState::allocate, &budget_);
  if (!state_) throw std::bad_alloc();
  // Every coroutine's extra space begins as a copy of this one's.
  *static_cast<Budget**>(lua_getextraspace(state_)) = &budget_;
  if (auto opened = run(open_safe_libraries); !opened) {
    lua_close(state_);
    throw std::bad_alloc();  // nothing else can go wrong there
  }
}

LuaState::~LuaState() { lua_close(state_); }

LuaState::Budget& LuaState::budget_of(lua_State* state) { return **static_cast<Budget**>(lua_getextraspace(state)); }

Expected<void> LuaState::run(const std::function<void(lua_State*)>& body) {
  budget_.instructions = static_cast<std::int64_t>(budget_.limits.instructions);
  budget_.deadline = std::chrono::steady_clock::now() + budget_.limits.time;
  budget_.since_look = 0;
  if (budget_.stop != Stop::none) return tl::unexpected(error_of(LUA_ERRRUN));
  lua_sethook(state_, &LuaState::count, LUA_MASKCOUNT, defaults::kPluginHookInterval);
  lua_settop(state_, 0);
  lua_pushcfunction(state_, run_body);
  lua_pushlightuserdata(state_, const_cast<void*>(static_cast<const void*>(&body)));
  const int status = lua_pcall(state_, 1, 0, 0);
  if (status == LUA_ERRMEM && budget_.stop == Stop::none) budget_.stop = Stop::memory;
  // What C code did last was seen by no hook.
  if (budget_.stop == Stop::none && std::chrono::steady_clock::now() > budget_.deadline) budget_.stop = Stop::time;
  if (status == LUA_OK && budget_.stop == Stop::none) return {};
  return tl::unexpected(error_of(status));
}

Error LuaState::error_of(int status) const {
  switch (budget_.stop) {
    case Stop::instructions:
      return {Errc::timed_out,
              budget_.where + "more than " + std::to_string(budget_.limits.instructions) + " instructions in one call"};
    case Stop::time:
      return {Errc::timed_out, budget_.where + "one call took longer than " +
                                   std::to_string(budget_.limits.time.count()) + " milliseconds"};
    case Stop::memory:
      return {Errc::too_large, budget_.where + "out of memory: " + std::to_string(budget_.limits.memory_bytes >> 10) +
                                   " KiB in all, " + std::to_string(budget_.limits.block_bytes >> 10) +
                                   " KiB in one string, table or stack"};
    case Stop::none: break;
  }
  // Not luaL_tolstring, which would run the plugin's own __tostring.
  if (status != LUA_OK && lua_type(state_, -1) == LUA_TSTRING) return {Errc::upstream_failed, lua_tostring(state_, -1)};
  return {Errc::upstream_failed, std::string("an error that is no text, but a ") + luaL_typename(state_, -1)};
}

void* LuaState::allocate(void* data, void* block, std::size_t old_size, std::size_t size) {
  Budget& budget = *static_cast<Budget*>(data);
  if (!block) old_size = 0;  // then it says what the block is for
  if (size == 0) {
    budget.used -= old_size;
    std::free(block);
    return nullptr;
  }
  if (size > old_size) {
    const std::size_t more = size - old_size;
    if (size > budget.limits.block_bytes || budget.used + more > budget.limits.memory_bytes) return nullptr;
    budget.since_look += more;
    if (budget.since_look > kBytesBetweenLooks) {
      budget.since_look = 0;
      if (budget.stop == Stop::none && std::chrono::steady_clock::now() > budget.deadline) budget.stop = Stop::time;
      if (budget.stop != Stop::none) return nullptr;
    }
  }
  void* moved = std::realloc(block, size);
  // Lua relies on a block that shrinks: then the old one serves.
  if (!moved) return size <= old_size ? block : nullptr;
  budget.used += size - old_size;
  return moved;
}

void LuaState::count(lua_State* state, lua_Debug*) {
  Budget& budget = budget_of(state);
  if (budget.stop == Stop::none) {
    budget.instructions -= defaults::kPluginHookInterval;
    if (budget.instructions < 0)
      stop_at(state, Stop::instructions);
    else if (std::chrono::steady_clock::now() > budget.deadline)
      stop_at(state, Stop::time);
    else
      return;
  }
  raise_stop(state);
}

/// Notes the innermost line of Lua as the place.
void LuaState::stop_at(lua_State* state, Stop why) {
  Budget& budget = budget_of(state);
  budget.stop = why;
  lua_Debug place;
  for (int level = 0; lua_getstack(state, level, &place) != 0; ++level) {
    lua_getinfo(state, "Sl", &place);
    if (place.currentline <= 0) continue;
    budget.where = std::string(place.short_src) + ":" + std::to_string(place.currentline) + ": ";
    return;
  }
}

void LuaState::raise_stop(lua_State* state) {
  // From here on the next instruction fails as well, wherever the error is caught.
  lua_sethook(state, &LuaState::count, LUA_MASKCOUNT, 1);
  luaL_error(state, "stopped");
  std::abort();  // luaL_error does not return
}

void LuaState::charge(lua_State* state, std::uint64_t instructions) {
  Budget& budget = budget_of(state);
  if (budget.stop == Stop::none) {
    if (instructions <= static_cast<std::uint64_t>(std::max<std::int64_t>(budget.instructions, 0))) {
      budget.instructions -= static_cast<std::int64_t>(instructions);
      return;
    }
    pay_down_to(state, -1);
  }
  raise_stop(state);
}

std::int64_t LuaState::left(lua_State* state) { return budget_of(state).instructions; }

void LuaState::pay_down_to(lua_State* state, std::int64_t left) {
  Budget& budget = budget_of(state);
  budget.instructions = left;
  if (left >= 0 && budget.stop == Stop::none) return;
  if (budget.stop == Stop::none) stop_at(state, Stop::instructions);
  raise_stop(state);
}

bool LuaState::stopped(lua_State* state) { return budget_of(state).stop != Stop::none; }

void LuaState::stop_for_memory(lua_State* state) {
  if (!stopped(state)) stop_at(state, Stop::memory);
}

int& LuaState::closing_depth(lua_State* state) { return budget_of(state).closing; }

void LuaState::load_text(lua_State* state, std::string_view text, const std::string& name) {
  // "t": text alone. Bytecode is not checked by Lua and would reach any memory.
  if (luaL_loadbufferx(state, text.data(), text.size(), ("@" + name).c_str(), "t") != LUA_OK) lua_error(state);
}

}  // namespace troupe::actors::plugins
