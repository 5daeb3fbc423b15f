#include "actors/plugins/lua_libraries.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <lua.hpp>
#include <string>

#include "actors/plugins/lua_pattern.hpp"
#include "actors/plugins/lua_state.hpp"

namespace troupe::actors::plugins {
namespace {

/// Bytes that C code moves or looks at in about the time of one instruction.
constexpr std::uint64_t kBytesPerInstruction = 16;
/// An error that is caught: an exception, in the time of so many.
constexpr std::uint64_t kInstructionsOfAnError = 300;
/// Coroutines that close each other. Lua counts 200 calls of C anew in each, and 200 of `text_gsub` take half a megabyte of
/// the stack: with the first it is five times that, and a thread has eight.
constexpr int kMaxClosingDepth = 4;

std::string_view text_argument(lua_State* state, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, index, &size);
  return {text, size};
}

std::uint64_t count_between(lua_Integer first, lua_Integer last) {
  if (last < first) return 0;
  const std::uint64_t steps = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  return steps == std::numeric_limits<std::uint64_t>::max() ? steps : steps + 1;
}

/// Lua's own function, kept as the first upvalue by `replace`.
int original(lua_State* state) { return lua_tocfunction(state, lua_upvalueindex(1))(state); }

/// In place of the function of that name in the table on top, which becomes the new one's upvalue.
void replace(lua_State* state, const char* name, lua_CFunction function) {
  lua_getfield(state, -1, name);
  lua_pushcclosure(state, function, 1);
  lua_setfield(state, -2, name);
}

// Errors that nothing may catch

/// Behind a protected call: what it left on the stack from `first` on, or false and the error.
int after_call(lua_State* state, int status, lua_KContext skipped) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(state) - static_cast<int>(skipped);
  if (status == LUA_ERRMEM) LuaState::stop_for_memory(state);
  if (LuaState::stopped(state)) return lua_error(state);
  LuaState::charge(state, kInstructionsOfAnError);
  lua_pushboolean(state, 0);
  lua_pushvalue(state, -2);
  return 2;
}

int protected_call(lua_State* state) {
  luaL_checkany(state, 1);
  lua_pushboolean(state, 1);  // the first result, when all goes well
  lua_insert(state, 1);
  const int status = lua_pcallk(state, lua_gettop(state) - 2, LUA_MULTRET, 0, 0, after_call);
  return after_call(state, status, 0);
}

/// In place of a message handler, its upvalue: a stop is raised by a hook, and code that runs then has no hook.
int handle_error(lua_State* state) {
  if (LuaState::stopped(state)) return 1;
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, 1, 1);
  return 1;
}

int protected_call_with_handler(lua_State* state) {
  const int arguments = lua_gettop(state) - 2;
  luaL_checktype(state, 2, LUA_TFUNCTION);
  lua_pushvalue(state, 2);
  lua_pushcclosure(state, handle_error, 1);
  lua_replace(state, 2);
  lua_pushboolean(state, 1);
  lua_pushvalue(state, 1);
  lua_rotate(state, 3, 2);  // function, handler, true, function, arguments
  const int status = lua_pcallk(state, arguments, LUA_MULTRET, 2, 2, after_call);
  return after_call(state, status, 2);
}

int set_metatable(lua_State* state) {
  if (lua_istable(state, 2)) {
    lua_pushliteral(state, "__gc");
    if (lua_rawget(state, 2) != LUA_TNIL) return luaL_error(state, "a plugin's tables cannot have a __gc");
    lua_pushliteral(state, "__mode");
    if (lua_rawget(state, 2) != LUA_TNIL) return luaL_error(state, "a plugin's tables cannot be weak");
    lua_pop(state, 2);
  }
  return original(state);
}

// Coroutines

class Closing {
 public:
  explicit Closing(lua_State* state) : depth_(LuaState::closing_depth(state)) {
    if (depth_ >= kMaxClosingDepth) luaL_error(state, "too many coroutines that close each other");
    ++depth_;
  }
  ~Closing() { --depth_; }
  Closing(const Closing&) = delete;

 private:
  int& depth_;
};

lua_State* coroutine_argument(lua_State* state, int index) {
  lua_State* coroutine = lua_tothread(state, index);
  luaL_argexpected(state, coroutine, index, "coroutine");
  return coroutine;
}

/// Each has an instruction count of its own, so one that ends before its hook is called must cost something.
void charge_for_resuming(lua_State* state) {
  LuaState::charge(state, static_cast<std::uint64_t>(defaults::kPluginHookInterval));
}

/// A coroutine that failed stands where it failed, or nowhere: LUA_ERRRUN and the like. It must not be closed when it was
/// stopped: its `__close` would run without a hook.
void let_stop_through(lua_State* state, int status) {
  if (status == LUA_ERRMEM) LuaState::stop_for_memory(state);
  if (LuaState::stopped(state)) luaL_error(state, "stopped");
}

int resume(lua_State* state) {
  lua_State* coroutine = coroutine_argument(state, 1);
  charge_for_resuming(state);
  const int results = original(state);
  let_stop_through(state, lua_status(coroutine));
  return results;
}

int resume_wrapped(lua_State* state) {
  lua_State* coroutine = lua_tothread(state, lua_upvalueindex(1));
  charge_for_resuming(state);
  const int arguments = lua_gettop(state);
  const int status_before = lua_status(coroutine);
  if (status_before == LUA_OK && lua_gettop(coroutine) == 0) return luaL_error(state, "cannot resume dead coroutine");
  if (!lua_checkstack(coroutine, arguments)) return luaL_error(state, "too many arguments to resume");
  lua_xmove(state, coroutine, arguments);
  int results = 0;
  const int status = lua_resume(coroutine, state, arguments, &results);
  if (status == LUA_OK || status == LUA_YIELD) {
    luaL_checkstack(state, results, "too many results to resume");
    lua_xmove(coroutine, state, results);
    return results;
  }
  let_stop_through(state, status);
  const bool ran = status_before == LUA_OK || status_before == LUA_YIELD;
  if (ran && lua_status(coroutine) == status) {
    const Closing closing(state);
    let_stop_through(state, lua_resetthread(coroutine));  // closes its variables
  }
  lua_xmove(coroutine, state, 1);
  if (lua_type(state, -1) == LUA_TSTRING) {
    luaL_where(state, 1);
    lua_insert(state, -2);
    lua_concat(state, 2);
  }
  return lua_error(state);
}

int wrap(lua_State* state) {
  luaL_checktype(state, 1, LUA_TFUNCTION);
  lua_State* coroutine = lua_newthread(state);
  lua_pushvalue(state, 1);
  lua_xmove(state, coroutine, 1);
  lua_pushcclosure(state, resume_wrapped, 1);
  return 1;
}

int close_coroutine(lua_State* state) {
  coroutine_argument(state, 1);
  charge_for_resuming(state);
  const Closing closing(state);
  const int results = original(state);
  let_stop_through(state, LUA_OK);
  return results;
}

// Texts

/// Pays for what was matched; raises the pattern's error, if it has one.
void settle(lua_State* state, const PatternMatcher& matcher, std::int64_t left) {
  LuaState::pay_down_to(state, left);
  if (matcher.error()) luaL_error(state, "%s", matcher.error());
}

void push_capture(lua_State* state, std::string_view text, const PatternCapture& capture) {
  if (capture.is_position)
    lua_pushinteger(state, static_cast<lua_Integer>(capture.begin) + 1);
  else
    lua_pushlstring(state, text.data() + capture.begin, capture.length);
}

/// All of them; the whole match where the pattern has none and `or_whole`.
int push_captures(lua_State* state, std::string_view text, const PatternMatcher& matcher, std::size_t begin,
                  std::size_t end, bool or_whole) {
  if (matcher.captures() == 0 && or_whole) {
    lua_pushlstring(state, text.data() + begin, end - begin);
    return 1;
  }
  luaL_checkstack(state, static_cast<int>(matcher.captures()), "too many captures");
  for (std::size_t i = 0; i < matcher.captures(); ++i) push_capture(state, text, matcher.capture(i));
  return static_cast<int>(matcher.captures());
}

/// Where to begin, by the third argument; behind the end: nothing can be found.
std::size_t beginning(lua_State* state, std::string_view text) {
  const lua_Integer position = luaL_optinteger(state, 3, 1);
  if (position > 0) return static_cast<std::size_t>(position) - 1;
  if (position == 0 || position < -static_cast<lua_Integer>(text.size())) return 0;
  return text.size() - static_cast<std::size_t>(-position);
}

bool is_anchored(std::string_view pattern) { return !pattern.empty() && pattern.front() == '^'; }

int find_or_match(lua_State* state, bool find) {
  const std::string_view text = text_argument(state, 1);
  std::string_view pattern = text_argument(state, 2);
  std::size_t begin = beginning(state, text);
  if (begin > text.size()) return lua_pushnil(state), 1;
  const bool plain = find && (lua_toboolean(state, 4) || pattern.find_first_of("^$*+?.([%-") == pattern.npos);
  if (plain) {
    LuaState::charge(state, (text.size() - begin + pattern.size()) / kBytesPerInstruction);
    // memmem takes linear time, std::string_view::find does not.
    const auto* found =
        static_cast<const char*>(::memmem(text.data() + begin, text.size() - begin, pattern.data(), pattern.size()));
    if (!found) return lua_pushnil(state), 1;
    lua_pushinteger(state, found - text.data() + 1);
    lua_pushinteger(state, found - text.data() + static_cast<lua_Integer>(pattern.size()));
    return 2;
  }
  const bool anchored = is_anchored(pattern);
  if (anchored) pattern.remove_prefix(1);
  std::int64_t left = LuaState::left(state);
  PatternMatcher matcher(text, pattern, left);
  std::optional<std::size_t> end;
  do {
    end = matcher.match_at(begin);
  } while (!end && !matcher.error() && !matcher.out_of_steps() && !anchored && ++begin <= text.size());
  settle(state, matcher, left);
  if (!end) return lua_pushnil(state), 1;
  if (!find) return push_captures(state, text, matcher, begin, *end, true);
  lua_pushinteger(state, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(state, static_cast<lua_Integer>(*end));
  return 2 + push_captures(state, text, matcher, begin, *end, false);
}

int text_find(lua_State* state) { return find_or_match(state, true); }
int text_match(lua_State* state) { return find_or_match(state, false); }

constexpr lua_Integer kNoMatchYet = -1;

/// Upvalues: the text, the pattern, where to go on, where the last match ended.
int next_match(lua_State* state) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(state, lua_upvalueindex(1), &size);
  const std::string_view text(bytes, size);
  bytes = lua_tolstring(state, lua_upvalueindex(2), &size);
  const std::string_view pattern(bytes, size);
  const lua_Integer last_end = lua_tointeger(state, lua_upvalueindex(4));
  std::int64_t left = LuaState::left(state);
  PatternMatcher matcher(text, pattern, left);
  for (auto begin = static_cast<std::size_t>(lua_tointeger(state, lua_upvalueindex(3))); begin <= text.size();
       ++begin) {
    const auto end = matcher.match_at(begin);
    if (matcher.error() || matcher.out_of_steps()) break;
    if (!end || static_cast<lua_Integer>(*end) == last_end) continue;
    settle(state, matcher, left);
    lua_pushinteger(state, static_cast<lua_Integer>(*end));
    lua_pushvalue(state, -1);
    lua_replace(state, lua_upvalueindex(3));
    lua_replace(state, lua_upvalueindex(4));
    return push_captures(state, text, matcher, begin, *end, true);
  }
  settle(state, matcher, left);
  return 0;
}

int text_gmatch(lua_State* state) {
  const std::string_view text = text_argument(state, 1);
  text_argument(state, 2);
  const std::size_t begin = std::min(beginning(state, text), text.size() + 1);
  lua_settop(state, 2);
  lua_pushinteger(state, static_cast<lua_Integer>(begin));
  lua_pushinteger(state, kNoMatchYet);
  lua_pushcclosure(state, next_match, 4);
  return 1;
}

/// A replacement text: `%0` to `%9` are captures, `%%` is a `%`.
void add_expanded(lua_State* state, luaL_Buffer* out, std::string_view replacement, std::string_view text,
                  const PatternMatcher& matcher, std::size_t begin, std::size_t end) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c != '%') {
      luaL_addchar(out, c);
      continue;
    }
    const char which = ++i < replacement.size() ? replacement[i] : '\0';
    const std::size_t index = static_cast<std::size_t>(which - '1');
    if (which == '%') {
      luaL_addchar(out, which);
    } else if (which == '0' || (which == '1' && matcher.captures() == 0)) {
      luaL_addlstring(out, text.data() + begin, end - begin);
    } else if (which >= '1' && which <= '9') {
      if (index >= matcher.captures()) luaL_error(state, "invalid capture index %%%c in replacement string", which);
      push_capture(state, text, matcher.capture(index));
      luaL_addvalue(out);
    } else {
      luaL_error(state, "invalid use of '%%' in replacement string");
    }
  }
}

/// The third argument says what comes in place of a match: a text, a table or a function.
void add_replacement(lua_State* state, luaL_Buffer* out, std::string_view text, const PatternMatcher& matcher,
                     std::size_t begin, std::size_t end) {
  const int type = lua_type(state, 3);
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(state, 3);
    const int captures = push_captures(state, text, matcher, begin, end, true);
    lua_call(state, captures, 1);
  } else if (type == LUA_TTABLE) {
    if (matcher.captures() == 0)
      lua_pushlstring(state, text.data() + begin, end - begin);
    else
      push_capture(state, text, matcher.capture(0));
    lua_gettable(state, 3);
  } else {
    return add_expanded(state, out, text_argument(state, 3), text, matcher, begin, end);
  }
  if (!lua_toboolean(state, -1)) {
    lua_pop(state, 1);
    luaL_addlstring(out, text.data() + begin, end - begin);
  } else if (lua_isstring(state, -1)) {
    luaL_addvalue(out);
  } else {
    luaL_error(state, "invalid replacement value (a %s)", luaL_typename(state, -1));
  }
}

int text_gsub(lua_State* state) {
  const std::string_view text = text_argument(state, 1);
  std::string_view pattern = text_argument(state, 2);
  const int type = lua_type(state, 3);
  luaL_argexpected(state, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                   "string/function/table");
  const lua_Integer most = luaL_optinteger(state, 4, std::numeric_limits<lua_Integer>::max());
  const bool anchored = is_anchored(pattern);
  if (anchored) pattern.remove_prefix(1);
  std::int64_t left = LuaState::left(state);
  PatternMatcher matcher(text, pattern, left);
  luaL_Buffer out;
  luaL_buffinit(state, &out);
  std::size_t at = 0;
  std::optional<std::size_t> last_end;
  lua_Integer replaced = 0;
  while (replaced < most) {
    left = LuaState::left(state);  // what was called meanwhile spent of it too
    const auto end = matcher.match_at(at);
    settle(state, matcher, left);
    if (end && end != last_end) {
      ++replaced;
      add_replacement(state, &out, text, matcher, at, *end);
      last_end = end;
      at = *end;
    } else if (at < text.size()) {
      luaL_addchar(&out, text[at++]);
    } else {
      break;
    }
    if (anchored) break;
  }
  if (at < text.size()) luaL_addlstring(&out, text.data() + at, text.size() - at);
  luaL_pushresult(&out);
  lua_pushinteger(state, replaced);
  return 2;
}

int text_rep(lua_State* state) {
  const std::size_t size = text_argument(state, 1).size();
  const lua_Integer count = luaL_checkinteger(state, 2);
  std::size_t separator = 0;
  luaL_optlstring(state, 3, "", &separator);
  const std::size_t each = size + separator;
  if (count > 0 && each > 0) {
    if (static_cast<std::uint64_t>(count) > defaults::kMaxPluginBlockBytes / each)
      return luaL_error(state, "resulting string too large");
    LuaState::charge(state, static_cast<std::uint64_t>(count) * (1 + each / kBytesPerInstruction));
  }
  return count > 0 && each == 0 ? (lua_pushliteral(state, ""), 1) : original(state);
}

/// A function that goes through its first argument, a text, once.
int through_text(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING) LuaState::charge(state, lua_rawlen(state, 1) / kBytesPerInstruction);
  return original(state);
}

// Tables: these functions loop without instructions, over lengths that need not be there.

/// The length of a table; one with a `__len` is refused, since it may say something else when it is asked again.
lua_Integer plain_length(lua_State* state, int index) {
  luaL_checktype(state, index, LUA_TTABLE);
  if (luaL_getmetafield(state, index, "__len") != LUA_TNIL)
    luaL_argerror(state, index, "a table without __len is expected");
  return static_cast<lua_Integer>(lua_rawlen(state, index));
}

int table_concat(lua_State* state) {
  const lua_Integer length = plain_length(state, 1);
  LuaState::charge(state, count_between(luaL_optinteger(state, 3, 1), luaL_optinteger(state, 4, length)));
  return original(state);
}

int table_unpack(lua_State* state) {
  const lua_Integer length = plain_length(state, 1);
  LuaState::charge(state, count_between(luaL_optinteger(state, 2, 1), luaL_optinteger(state, 3, length)));
  return original(state);
}

/// `table.insert(list, [position,] value)` and `table.remove(list [, position])` move what is behind the position.
int table_shift(lua_State* state, bool has_position) {
  const lua_Integer length = plain_length(state, 1);
  if (has_position) LuaState::charge(state, count_between(luaL_checkinteger(state, 2), length));
  return original(state);
}
int table_insert(lua_State* state) { return table_shift(state, lua_gettop(state) == 3); }
int table_remove(lua_State* state) { return table_shift(state, lua_gettop(state) >= 2); }

int table_move(lua_State* state) {
  LuaState::charge(state, count_between(luaL_checkinteger(state, 2), luaL_checkinteger(state, 3)));
  return original(state);
}

/// `a < b`, paid for by the bytes that are compared.
int less(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING && lua_type(state, 2) == LUA_TSTRING)
    LuaState::charge(state, std::min(lua_rawlen(state, 1), lua_rawlen(state, 2)) / kBytesPerInstruction);
  lua_pushboolean(state, lua_compare(state, 1, 2, LUA_OPLT));
  return 1;
}

int table_sort(lua_State* state) {
  const auto length = static_cast<std::uint64_t>(plain_length(state, 1));
  if (lua_isnoneornil(state, 2)) {
    lua_settop(state, 1);
    lua_pushcfunction(state, less);
  }
  LuaState::charge(state, length > defaults::kMaxPluginBlockBytes
                              ? length
                              : length * static_cast<std::uint64_t>(std::bit_width(length)));
  return original(state);
}

/// Lua knows `__mode` by its own copy of that text, not by what it says: once the copy says something else, a `__mode` is
/// a field like any other, whenever and however a metatable gets it. Before anything else is in the state.
void forget_weak_tables(lua_State* state) {
  constexpr std::string_view kName = "__mode";
  lua_pushlstring(state, kName.data(), kName.size());
  auto* copy = const_cast<char*>(lua_tostring(state, -1));
  std::string said(kName);
  do {  // until what it says now is a text of its own: one that falls into the copy's bucket would be the copy
    ++said.front();
    std::copy(said.begin(), said.end(), copy);
    lua_pushlstring(state, said.data(), said.size());
  } while (lua_tostring(state, -1) == copy);
  lua_settop(state, 0);
}

void keep_only(lua_State* state, std::initializer_list<const char*> names) {
  lua_newtable(state);
  for (const char* name : names) {
    lua_getfield(state, -2, name);
    lua_setfield(state, -2, name);
  }
  lua_remove(state, -2);
}

void open(lua_State* state, const char* name, lua_CFunction library) { luaL_requiref(state, name, library, 0); }

void open_basics(lua_State* state) {
  open(state, LUA_GNAME, luaopen_base);
  for (const char* name : {"collectgarbage", "dofile", "load", "loadfile", "print", "warn"}) {
    lua_pushnil(state);
    lua_setfield(state, -2, name);
  }
  replace(state, "pcall", protected_call);
  replace(state, "xpcall", protected_call_with_handler);
  replace(state, "setmetatable", set_metatable);
  lua_pop(state, 1);
}

void open_string(lua_State* state) {
  open(state, LUA_STRLIBNAME, luaopen_string);
  keep_only(state, {"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse",
                    "sub", "upper"});
  replace(state, "find", text_find);
  replace(state, "match", text_match);
  replace(state, "gmatch", text_gmatch);
  replace(state, "gsub", text_gsub);
  replace(state, "rep", text_rep);
  for (const char* name : {"byte", "lower", "reverse", "upper"}) replace(state, name, through_text);
  // The methods of texts are these functions, and their metatable is out of reach.
  lua_pushliteral(state, "");
  lua_getmetatable(state, -1);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 2);
  lua_setglobal(state, LUA_STRLIBNAME);
}

void open_table(lua_State* state) {
  open(state, LUA_TABLIBNAME, luaopen_table);
  replace(state, "concat", table_concat);
  replace(state, "insert", table_insert);
  replace(state, "move", table_move);
  replace(state, "remove", table_remove);
  replace(state, "sort", table_sort);
  replace(state, "unpack", table_unpack);
  lua_setglobal(state, LUA_TABLIBNAME);
}

void open_coroutine(lua_State* state) {
  open(state, LUA_COLIBNAME, luaopen_coroutine);
  replace(state, "resume", resume);
  replace(state, "wrap", wrap);
  replace(state, "close", close_coroutine);
  lua_setglobal(state, LUA_COLIBNAME);
}

void open_others(lua_State* state) {
  open(state, LUA_MATHLIBNAME, luaopen_math);
  lua_setglobal(state, LUA_MATHLIBNAME);
  open(state, LUA_UTF8LIBNAME, luaopen_utf8);
  for (const char* name : {"codepoint", "len", "offset"}) replace(state, name, through_text);
  lua_setglobal(state, LUA_UTF8LIBNAME);
  open(state, LUA_OSLIBNAME, luaopen_os);
  keep_only(state, {"clock", "date", "difftime", "time"});
  lua_setglobal(state, LUA_OSLIBNAME);
}

}  // namespace

void open_safe_libraries(lua_State* state) {
  forget_weak_tables(state);
  open_basics(state);
  open_string(state);
  open_table(state);
  open_coroutine(state);
  open_others(state);
}

}  // namespace troupe::actors::plugins
