#include "actors/plugins/script.hpp"

#include <algorithm>
#include <lua.hpp>

#include "actors/foreign_words.hpp"
#include "actors/plugins/lua_json.hpp"
#include "actors/rules.hpp"
#include "events/defaults.hpp"
#include "events/json_depth.hpp"
#include "events/time.hpp"
#include "events/utf8.hpp"

namespace troupe::actors::plugins {
namespace {

constexpr const char* kLogLevels[] = {"debug", "info", "warn", "error", nullptr};
/// JSON is read and written in the time of so many.
constexpr std::uint64_t kInstructionsOfAByte = 8;
/// In the registry: what `require` has loaded, by name.
constexpr const char* kLoadedModules = "troupe.modules";

std::string_view text_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(state, index, &size);
  return {bytes, size};
}

void push_text(lua_State* state, std::string_view text) { lua_pushlstring(state, text.data(), text.size()); }

/// A command and a tool are called by one word.
bool is_word(std::string_view name) {
  return !name.empty() && is_utf8(name) && std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '/';
  });
}

/// The names that models' services take for a function.
bool is_tool_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

Script::Script(const Package& package, PluginData& data, ScriptLinks links, LuaLimits limits)
    : name_(package.name), version_(package.version), data_(data), links_(std::move(links)), state_(limits) {
  for (const auto& [path, text] : package.files)
    if (path.ends_with(".lua")) modules_.emplace(path, text);
}

Script::~Script() = default;

Expected<std::unique_ptr<Script>> Script::load(const Package& package, const Json& config, PluginData& data,
                                               ScriptLinks links, LuaLimits limits) {
  std::unique_ptr<Script> script(new Script(package, data, std::move(links), limits));
  script->begin_call(false);
  const auto ran = script->run([&](lua_State* state) {
    script->offer_module(state, config);
    LuaState::load_text(state, script->modules_["main.lua"], script->name_ + "/main.lua");
    lua_call(state, 0, 0);
    script->listens_ = lua_getglobal(state, "on_message") == LUA_TFUNCTION;
  });
  if (!ran) return tl::unexpected(ran.error());
  return script;
}

void Script::begin_call(bool in_conversation) {
  in_conversation_ = in_conversation;
  said_.clear();
  sends_ = logs_ = 0;
}

/// Errors are text, whatever the plugin raised, and name it, also where Lua knows no line.
Expected<void> Script::run(const std::function<void(lua_State*)>& body) {
  auto ran = state_.run(body);
  if (!ran) ran.error().message = as_utf8(std::move(ran.error().message));
  if (!ran && !ran.error().message.starts_with(name_ + "/")) ran.error().message = name_ + ": " + ran.error().message;
  return ran;
}

Expected<void> Script::run_hook(const char* name) {
  begin_call(false);
  return run([&](lua_State* state) {
    if (lua_getglobal(state, name) == LUA_TNIL) return;
    lua_call(state, 0, 0);
  });
}

Expected<ScriptReply> Script::on_message(const Json& message) {
  begin_call(true);
  ScriptReply reply;
  const auto ran = run([&](lua_State* state) {
    if (lua_getglobal(state, "on_message") != LUA_TFUNCTION) return;
    push_json(state, message);
    lua_call(state, 1, 1);
    take_reply(state, "on_message", reply);
  });
  if (!ran) return tl::unexpected(ran.error());
  return reply;
}

Expected<std::string> Script::run_command(std::string_view name, const Json& call) {
  begin_call(true);
  const auto found = std::find_if(commands_.begin(), commands_.end(), [&](const auto& c) { return c.name == name; });
  if (found == commands_.end()) return fail(Errc::not_found, name_ + " has no command of that name");
  ScriptReply reply;
  const auto ran = run([&](lua_State* state) {
    lua_rawgeti(state, LUA_REGISTRYINDEX, command_functions_[static_cast<std::size_t>(found - commands_.begin())]);
    push_json(state, call);
    lua_call(state, 1, 1);
    take_reply(state, "a command", reply);
  });
  if (!ran) return tl::unexpected(ran.error());
  return std::move(reply.text);
}

Expected<Json> Script::run_tool(std::string_view name, const Json& arguments) {
  begin_call(false);
  const auto found = std::find_if(tools_.begin(), tools_.end(), [&](const auto& t) { return t.name == name; });
  if (found == tools_.end()) return fail(Errc::not_found, name_ + " has no tool of that name");
  Json result;
  const auto ran = run([&](lua_State* state) {
    lua_rawgeti(state, LUA_REGISTRYINDEX, tool_functions_[static_cast<std::size_t>(found - tools_.begin())]);
    push_json(state, arguments);
    lua_call(state, 1, 1);
    result = json_at(state, -1, "the tool's result");
  });
  if (!ran) return tl::unexpected(ran.error());
  return result;
}

/// The value on top: text to say, true for "done", or nothing. What `troupe.reply` said comes before it.
void Script::take_reply(lua_State* state, const char* what, ScriptReply& reply) {
  switch (lua_type(state, -1)) {
    case LUA_TNIL: break;
    case LUA_TBOOLEAN: reply.handled = lua_toboolean(state, -1) != 0; break;
    case LUA_TSTRING:
    case LUA_TNUMBER: say(state, text_at(state, -1)); break;
    default: luaL_error(state, "%s must return text, true or nothing, not a %s", what, luaL_typename(state, -1));
  }
  reply.handled = reply.handled || !said_.empty();
  reply.text = said_;
}

// The module

template <int (Script::*function)(lua_State*)>
int Script::entry(lua_State* state) {
  auto& script = *static_cast<Script*>(lua_touserdata(state, lua_upvalueindex(1)));
  try {
    return (script.*function)(state);
  } catch (const std::exception& e) {
    // Lua lets other people's exceptions through in ways that leave a coroutine half done.
    return luaL_error(state, "%s", e.what());
  }
}

template <int (Script::*function)(lua_State*)>
void Script::offer(lua_State* state, const char* name) {
  lua_pushlightuserdata(state, this);
  lua_pushcclosure(state, &Script::entry<function>, 1);
  lua_setfield(state, -2, name);
}

template <int (Script::*function)(lua_State*, events::AccountId)>
int Script::storage_entry(lua_State* state) {
  auto& script = *static_cast<Script*>(lua_touserdata(state, lua_upvalueindex(1)));
  try {
    return (script.*function)(state, lua_tointeger(state, lua_upvalueindex(2)));
  } catch (const std::exception& e) {
    return luaL_error(state, "%s", e.what());
  }
}

template <int (Script::*function)(lua_State*, events::AccountId)>
void Script::offer_storage(lua_State* state, const char* name, events::AccountId contact) {
  lua_pushlightuserdata(state, this);
  lua_pushinteger(state, contact);
  lua_pushcclosure(state, &Script::storage_entry<function>, 2);
  lua_setfield(state, -2, name);
}

/// The table through which what is kept of a contact is reached; of nobody: the plugin's own.
void Script::push_storage(lua_State* state, events::AccountId contact) {
  lua_newtable(state);
  offer_storage<&Script::storage_get>(state, "get", contact);
  offer_storage<&Script::storage_set>(state, "set", contact);
  offer_storage<&Script::storage_keys>(state, "keys", contact);
}

void Script::offer_module(lua_State* state, const Json& config) {
  lua_newtable(state);
  push_text(state, name_);
  lua_setfield(state, -2, "name");
  push_text(state, version_);
  lua_setfield(state, -2, "version");
  lua_pushlightuserdata(state, nullptr);
  lua_setfield(state, -2, "null");
  push_json(state, config);
  lua_setfield(state, -2, "config");
  offer<&Script::log>(state, "log");
  offer<&Script::reply>(state, "reply");
  offer<&Script::send>(state, "send");
  offer<&Script::now>(state, "now");
  offer<&Script::command>(state, "command");
  offer<&Script::tool>(state, "tool");
  offer<&Script::every>(state, "every");
  offer<&Script::after>(state, "after");
  offer<&Script::cancel>(state, "cancel");
  push_storage(state, 0);
  offer<&Script::storage_of>(state, "of");
  lua_setfield(state, -2, "storage");
  lua_newtable(state);
  offer<&Script::json_encode>(state, "encode");
  offer<&Script::json_decode>(state, "decode");
  lua_setfield(state, -2, "json");
  lua_setglobal(state, "troupe");
  lua_pushglobaltable(state);
  offer<&Script::print>(state, "print");
  offer<&Script::require>(state, "require");
  lua_pop(state, 1);
  lua_newtable(state);
  lua_setfield(state, LUA_REGISTRYINDEX, kLoadedModules);
}

void Script::write_log(lua_State* state, std::string_view level, std::string_view text) {
  if (++logs_ > defaults::kMaxPluginLogsPerCall) luaL_error(state, "one call logs too much");
  std::string line;
  for (const char c : first_bytes(text, defaults::kMaxPluginLogBytes))
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  if (!is_utf8(line)) luaL_error(state, "a log line must be UTF-8");
  if (links_.log) links_.log(level, line);
}

int Script::log(lua_State* state) {
  const char* level = kLogLevels[luaL_checkoption(state, 1, nullptr, kLogLevels)];
  write_log(state, level, text_at(state, 2));
  return 0;
}

int Script::print(lua_State* state) {
  const int count = lua_gettop(state);
  luaL_Buffer line;
  luaL_buffinit(state, &line);
  for (int i = 1; i <= count; ++i) {
    if (i > 1) luaL_addchar(&line, ' ');
    luaL_tolstring(state, i, nullptr);
    luaL_addvalue(&line);
  }
  luaL_pushresult(&line);
  write_log(state, "info", text_at(state, -1));
  return 0;
}

void Script::say(lua_State* state, std::string_view text) {
  if (text.empty()) return;
  if (!is_utf8(text)) luaL_error(state, "what is said must be UTF-8");
  if (said_.size() + text.size() >= defaults::kMaxPluginReplyBytes) luaL_error(state, "what is said is too long");
  if (!said_.empty()) said_ += '\n';
  said_ += text;
}

int Script::reply(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  if (!in_conversation_) return luaL_error(state, "there is nothing to reply to here");
  say(state, text);
  return 0;
}

ScriptTarget Script::target_at(lua_State* state, int table) {
  ScriptTarget target;
  target.platform = text_field(state, table, "platform", defaults::kMaxForeignIdLength, true);
  target.to = text_field(state, table, "group", defaults::kMaxForeignIdLength, false);
  target.in_group = !target.to.empty();
  if (!target.in_group) target.to = text_field(state, table, "user", defaults::kMaxForeignIdLength, true);
  return target;
}

int Script::send(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const std::string_view text = text_at(state, 2);
  if (text.empty() || !is_utf8(text) || text.size() > defaults::kMaxPluginReplyBytes)
    return luaL_error(state, "the text must be UTF-8, not empty and not too long");
  ScriptTarget target = target_at(state, 1);
  if (!links_.send) return luaL_error(state, "nothing can be sent from here");
  if (++sends_ > defaults::kMaxPluginSendsPerCall) return luaL_error(state, "one call sends too much");
  links_.send(std::move(target), std::string(text));
  return 0;
}

int Script::storage_get(lua_State* state, events::AccountId contact) {
  const Json* value = data_.find({contact, std::string(text_at(state, 1))});
  if (value)
    push_json(state, *value);
  else
    lua_settop(state, 2);  // what the plugin takes instead, or nil
  return 1;
}

int Script::storage_set(lua_State* state, events::AccountId contact) {
  const PluginKey key{contact, std::string(text_at(state, 1))};
  luaL_checkany(state, 2);
  if (auto ok = data_.set(key, json_at(state, 2, "the value")); !ok)
    return luaL_error(state, "%s", ok.error().message.c_str());
  return 0;
}

int Script::storage_keys(lua_State* state, events::AccountId contact) {
  const auto keys = data_.names({contact, luaL_optstring(state, 1, "")});
  LuaState::charge(state, keys.size());
  lua_createtable(state, static_cast<int>(keys.size()), 0);
  lua_Integer at = 0;
  for (const auto& key : keys) {
    push_text(state, key);
    lua_rawseti(state, -2, ++at);
  }
  return 1;
}

/// Of a message, a call or `{ platform, user or group }`: of the user, where there are both.
int Script::storage_of(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  ScriptTarget who;
  who.platform = text_field(state, 1, "platform", defaults::kMaxForeignIdLength, true);
  who.to = text_field(state, 1, "user", defaults::kMaxForeignIdLength, false);
  if (who.to.empty()) who = target_at(state, 1);
  const auto contact = links_.contact ? links_.contact(who) : std::nullopt;
  if (!contact) return luaL_error(state, "the house does not know them");
  push_storage(state, *contact);
  return 1;
}

// Timers

int Script::start_timer(lua_State* state, bool repeats) {
  using Seconds = std::chrono::duration<double>;
  constexpr double kLeast = Seconds(defaults::kMinPluginTimerPeriod).count();
  constexpr double kMost = Seconds(defaults::kMaxPluginTimerPeriod).count();
  const double seconds = luaL_checknumber(state, 1);
  luaL_checktype(state, 2, LUA_TFUNCTION);
  if (!(seconds >= kLeast && seconds <= kMost))
    return luaL_error(state, "the seconds of a timer must be from %d to %d", int(kLeast), int(kMost));
  if (timers_.size() >= defaults::kMaxPluginTimers)
    return luaL_error(state, "a plugin has at most %d timers", int(defaults::kMaxPluginTimers));
  lua_settop(state, 2);
  const auto period = static_cast<Micros>(seconds * 1e6);
  timers_[++last_timer_] = {luaL_ref(state, LUA_REGISTRYINDEX), now_micros() + period, repeats ? period : 0};
  lua_pushinteger(state, last_timer_);
  return 1;
}

int Script::cancel(lua_State* state) {
  const auto node = timers_.extract(luaL_checkinteger(state, 1));
  if (!node.empty()) luaL_unref(state, LUA_REGISTRYINDEX, node.mapped().function);
  lua_pushboolean(state, !node.empty());
  return 1;
}

std::optional<Micros> Script::next_timer() const {
  std::optional<Micros> next;
  for (const auto& [number, timer] : timers_)
    if (!next || timer.due < *next) next = timer.due;
  return next;
}

Expected<void> Script::run_timer(Micros now) {
  const auto due = std::min_element(timers_.begin(), timers_.end(),
                                    [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
  if (due == timers_.end() || due->second.due > now) return {};
  begin_call(false);
  const Timer timer = due->second;
  // From now, not from when it was due: a plugin that was late is not called twice at once.
  if (timer.period > 0)
    due->second.due = now + timer.period;
  else
    timers_.erase(due);
  return run([&](lua_State* state) {
    lua_rawgeti(state, LUA_REGISTRYINDEX, timer.function);
    if (timer.period == 0) luaL_unref(state, LUA_REGISTRYINDEX, timer.function);
    lua_call(state, 0, 0);
  });
}

int Script::now(lua_State* state) {
  lua_pushnumber(state, static_cast<double>(now_micros()) / 1e6);
  return 1;
}

int Script::json_encode(lua_State* state) {
  luaL_checkany(state, 1);
  const std::string text = json_text(json_at(state, 1, "the value"));
  LuaState::charge(state, text.size() * kInstructionsOfAByte);
  push_text(state, text);
  return 1;
}

int Script::json_decode(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  if (text.size() > defaults::kMaxPluginValueBytes) return luaL_error(state, "the text is too large");
  LuaState::charge(state, text.size() * kInstructionsOfAByte);
  if (json_depth_exceeds(text, defaults::kMaxPluginValueDepth)) return luaL_error(state, "it is nested too deeply");
  const Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return luaL_error(state, "the text is not JSON");
  push_json(state, value);
  return 1;
}

/// A text of the table at `table`; empty where it is not there and not required.
std::string Script::text_field(lua_State* state, int table, const char* name, std::size_t most, bool required) {
  lua_pushstring(state, name);
  const int type = lua_rawget(state, table);
  if (type == LUA_TNIL && !required) return lua_pop(state, 1), std::string();
  if (type != LUA_TSTRING) luaL_error(state, "%s must be text", name);
  std::string text(text_at(state, -1));
  lua_pop(state, 1);
  if (text.size() > most || !is_utf8(text)) luaL_error(state, "%s must be UTF-8 and at most %d bytes", name, int(most));
  return text;
}

/// The function `run` of a table, kept where the plugin cannot reach it.
int Script::keep_function(lua_State* state, int table) {
  if (!registering_) luaL_error(state, "commands and tools are registered while the plugin is loaded and enabled");
  lua_pushliteral(state, "run");
  if (lua_rawget(state, table) != LUA_TFUNCTION) luaL_error(state, "run must be a function");
  return luaL_ref(state, LUA_REGISTRYINDEX);
}

int Script::command(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  ScriptCommand command;
  command.name = text_field(state, 1, "name", defaults::kMaxCommandNameLength, true);
  command.description = text_field(state, 1, "description", defaults::kMaxDescriptionLength, false);
  lua_pushliteral(state, "admin");
  lua_rawget(state, 1);
  command.for_admins = lua_toboolean(state, -1) != 0;
  lua_pushliteral(state, "aliases");
  lua_rawget(state, 1);
  for (const Json& alias : json_at(state, -1, "aliases")) {
    if (!alias.is_string() || alias.get_ref<const std::string&>().size() > defaults::kMaxCommandNameLength)
      return luaL_error(state, "aliases must be short texts");
    command.aliases.push_back(alias.get<std::string>());
  }
  if (!is_word(command.name) || !std::all_of(command.aliases.begin(), command.aliases.end(), is_word))
    return luaL_error(state, "a command's names must be words without white space and '/'");
  if (commands_.size() >= defaults::kMaxPluginCommands || command.aliases.size() > defaults::kMaxPluginCommands)
    return luaL_error(state, "a plugin has at most %d commands, each with as many aliases",
                      int(defaults::kMaxPluginCommands));
  for (const auto& other : commands_)
    if (other.name == command.name) return luaL_error(state, "there is a command %s already", command.name.c_str());
  command_functions_.push_back(keep_function(state, 1));
  commands_.push_back(std::move(command));
  return 0;
}

int Script::tool(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  ScriptTool tool;
  tool.name = text_field(state, 1, "name", defaults::kMaxPluginNameLength, true);
  tool.description = text_field(state, 1, "description", defaults::kMaxDescriptionLength, false);
  lua_pushliteral(state, "parameters");
  if (lua_rawget(state, 1) != LUA_TNIL) tool.parameters = json_at(state, -1, "parameters");
  if (!tool.parameters.is_object()) return luaL_error(state, "parameters must be a JSON Schema");
  if (!is_tool_name(tool.name)) return luaL_error(state, "a tool's name must be of letters, digits, '_' and '-'");
  if (tools_.size() >= defaults::kMaxPluginTools)
    return luaL_error(state, "a plugin has at most %d tools", int(defaults::kMaxPluginTools));
  for (const auto& other : tools_)
    if (other.name == tool.name) return luaL_error(state, "there is a tool %s already", tool.name.c_str());
  tool_functions_.push_back(keep_function(state, 1));
  tools_.push_back(std::move(tool));
  return 0;
}

/// `require("lib.dice")` is the package's lib/dice.lua, run once.
int Script::require(lua_State* state) {
  const std::string name(text_at(state, 1));
  std::string path = name;
  std::replace(path.begin(), path.end(), '.', '/');
  path += ".lua";
  const auto found = modules_.find(path);
  if (found == modules_.end()) return luaL_error(state, "there is no %s in the package", path.c_str());
  lua_getfield(state, LUA_REGISTRYINDEX, kLoadedModules);
  if (lua_getfield(state, -1, name.c_str()) != LUA_TNIL) return 1;
  lua_pop(state, 1);
  LuaState::load_text(state, found->second, name_ + "/" + path);
  lua_call(state, 0, 1);
  if (lua_isnil(state, -1)) {
    lua_pop(state, 1);
    lua_pushboolean(state, 1);
  }
  lua_pushvalue(state, -1);
  lua_setfield(state, -3, name.c_str());
  return 1;
}

}  // namespace troupe::actors::plugins
