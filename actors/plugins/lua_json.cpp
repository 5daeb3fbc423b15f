#include "actors/plugins/lua_json.hpp"

#include <cmath>
#include <lua.hpp>

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::plugins {
namespace {

void push_string(lua_State* state, const std::string& text) { lua_pushlstring(state, text.data(), text.size()); }

/// Reads one value, and counts what it takes.
class Reader {
 public:
  Reader(lua_State* state, const char* what) : state_(state), what_(what) {}

  Json value(int index, std::size_t depth) {
    if (++values_ > defaults::kMaxPluginValues) refuse("has too many values");
    switch (lua_type(state_, index)) {
      case LUA_TNIL: return nullptr;
      case LUA_TBOOLEAN: return lua_toboolean(state_, index) != 0;
      case LUA_TNUMBER: return number(index);
      case LUA_TSTRING: return text(index);
      case LUA_TTABLE: return table(lua_absindex(state_, index), depth);
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(state_, index) == nullptr) return nullptr;
        break;
      default: break;
    }
    luaL_error(state_, "%s: a %s is not a value of JSON", what_, luaL_typename(state_, index));
    return nullptr;
  }

 private:
  Json number(int index) {
    if (lua_isinteger(state_, index)) return static_cast<std::int64_t>(lua_tointeger(state_, index));
    const double number = lua_tonumber(state_, index);
    if (!std::isfinite(number)) refuse("has a number that is not finite");
    return number;
  }

  std::string text(int index) {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(state_, index, &size);
    bytes_ += size;
    if (bytes_ > defaults::kMaxPluginValueBytes) refuse("is too large");
    if (!is_utf8({bytes, size})) refuse("has text that is not UTF-8");
    return {bytes, size};
  }

  Json table(int index, std::size_t depth) {
    if (depth == defaults::kMaxPluginValueDepth) refuse("is nested too deeply, or holds itself");
    luaL_checkstack(state_, 3, what_);
    const auto length = lua_rawlen(state_, index);
    return length == 0 ? object(index, depth) : list(index, length, depth);
  }

  Json list(int index, std::size_t length, std::size_t depth) {
    if (length > defaults::kMaxPluginValues) refuse("has too many values");
    Json items = Json::array();
    std::size_t keys = 0;
    for (lua_pushnil(state_); lua_next(state_, index) != 0; lua_pop(state_, 1))
      if (++keys > length) refuse("has a table with list items and other fields");
    if (keys < length) refuse("has a list with holes");
    for (std::size_t i = 1; i <= length; ++i) {
      lua_rawgeti(state_, index, static_cast<lua_Integer>(i));
      items.push_back(value(-1, depth + 1));
      lua_pop(state_, 1);
    }
    return items;
  }

  Json object(int index, std::size_t depth) {
    Json fields = Json::object();
    for (lua_pushnil(state_); lua_next(state_, index) != 0; lua_pop(state_, 1)) {
      if (lua_type(state_, -2) != LUA_TSTRING) refuse("has a table whose keys are neither text nor 1, 2, 3 and so on");
      std::string name = text(-2);
      fields[std::move(name)] = value(-1, depth + 1);
    }
    return fields;
  }

  void refuse(const char* why) { luaL_error(state_, "%s %s", what_, why); }

  lua_State* state_;
  const char* what_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void push_json(lua_State* state, const Json& value) {
  luaL_checkstack(state, 3, "JSON is nested too deeply");
  switch (value.type()) {
    case Json::value_t::boolean: lua_pushboolean(state, value.get<bool>()); break;
    case Json::value_t::number_integer: lua_pushinteger(state, value.get<lua_Integer>()); break;
    case Json::value_t::number_unsigned:
      if (value.get<std::uint64_t>() <= static_cast<std::uint64_t>(LUA_MAXINTEGER))
        lua_pushinteger(state, value.get<lua_Integer>());
      else
        lua_pushnumber(state, value.get<double>());
      break;
    case Json::value_t::number_float: lua_pushnumber(state, value.get<double>()); break;
    case Json::value_t::string: push_string(state, value.get_ref<const std::string&>()); break;
    case Json::value_t::array: {
      lua_createtable(state, static_cast<int>(value.size()), 0);
      lua_Integer at = 0;
      for (const auto& item : value) {
        push_json(state, item);
        lua_rawseti(state, -2, ++at);
      }
      break;
    }
    case Json::value_t::object:
      lua_createtable(state, 0, static_cast<int>(value.size()));
      for (const auto& [name, field] : value.items()) {
        if (field.is_null()) continue;
        push_string(state, name);
        push_json(state, field);
        lua_rawset(state, -3);
      }
      break;
    default: lua_pushlightuserdata(state, nullptr); break;
  }
}

Json json_at(lua_State* state, int index, const char* what) { return Reader(state, what).value(index, 0); }

}  // namespace troupe::actors::plugins
