// A plugin as it runs: a Lua state with its main.lua, and the module `troupe`, through which it reaches the house
// (README.md beside this file says what a plugin sees).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/plugins/lua_state.hpp"
#include "actors/plugins/package.hpp"
#include "actors/plugins/plugin_data.hpp"
#include "events/time.hpp"

namespace troupe::actors::plugins {

struct ScriptCommand {
  std::string name;
  std::string description;
  std::vector<std::string> aliases;
  bool for_admins = false;
};

/// A function that models may call.
struct ScriptTool {
  std::string name;
  std::string description;
  Json parameters = Json::object();  ///< a JSON Schema of its arguments
};

/// Where a plugin sends a text unasked.
struct ScriptTarget {
  std::string platform;  ///< the id of its entry in the catalogue
  bool in_group = false;
  std::string to;  ///< the user or the group, as the platform calls it
};

/// What a script reaches. Called on the thread that runs it.
struct ScriptLinks {
  std::function<void(std::string_view level, std::string_view text)> log;  ///< debug, info, warn or error
  std::function<void(ScriptTarget target, std::string text)> send;
  /// The number of a contact that is known; `to`: the user or the group.
  std::function<std::optional<events::AccountId>(const ScriptTarget& who)> contact;
};

/// What came of a message.
struct ScriptReply {
  bool handled = false;  ///< nobody else is to answer it
  std::string text;      ///< empty: nothing is said
};

/// One thread at a time. Errors of all calls: as of LuaState::run, with the plugin, the file and the line.
class Script {
 public:
  /// Runs main.lua. `data` must outlive it. `config`: with the defaults of the schema.
  static Expected<std::unique_ptr<Script>> load(const Package& package, const Json& config, PluginData& data,
                                                ScriptLinks links, LuaLimits limits = {});
  ~Script();

  /// One of on_load, on_enable, on_disable, on_unload; nothing happens where the plugin has none.
  Expected<void> run_hook(const char* name);

  bool listens() const { return listens_; }  ///< it has an on_message
  Expected<ScriptReply> on_message(const Json& message);

  const std::vector<ScriptCommand>& commands() const { return commands_; }
  Expected<std::string> run_command(std::string_view name, const Json& call);

  const std::vector<ScriptTool>& tools() const { return tools_; }
  Expected<Json> run_tool(std::string_view name, const Json& arguments);

  /// When the next timer is due, in microseconds since 1970; nothing: there is none.
  std::optional<Micros> next_timer() const;
  /// Runs a timer that is due. Each is a call of its own: call it again while there are others.
  Expected<void> run_timer(Micros now);

  /// From now on it registers nothing more.
  void close_registration() { registering_ = false; }

  std::size_t memory_used() const { return state_.memory_used(); }

 private:
  Script(const Package& package, PluginData& data, ScriptLinks links, LuaLimits limits);

  template <int (Script::*function)(lua_State*)>
  static int entry(lua_State* state);
  template <int (Script::*function)(lua_State*)>
  void offer(lua_State* state, const char* name);
  void offer_module(lua_State* state, const Json& config);
  int keep_function(lua_State* state, int table);
  template <int (Script::*function)(lua_State*, events::AccountId)>
  void offer_storage(lua_State* state, const char* name, events::AccountId contact);
  template <int (Script::*function)(lua_State*, events::AccountId)>
  static int storage_entry(lua_State* state);
  void push_storage(lua_State* state, events::AccountId contact);
  int start_timer(lua_State* state, bool repeats);
  ScriptTarget target_at(lua_State* state, int table);
  void begin_call(bool in_conversation);
  Expected<void> run(const std::function<void(lua_State*)>& body);
  void take_reply(lua_State* state, const char* what, ScriptReply& reply);

  // What the module offers
  int log(lua_State* state);
  int print(lua_State* state);
  int reply(lua_State* state);
  int send(lua_State* state);
  int storage_get(lua_State* state, events::AccountId contact);
  int storage_set(lua_State* state, events::AccountId contact);
  int storage_keys(lua_State* state, events::AccountId contact);
  int storage_of(lua_State* state);
  int every(lua_State* state) { return start_timer(state, true); }
  int after(lua_State* state) { return start_timer(state, false); }
  int cancel(lua_State* state);
  int now(lua_State* state);
  int json_encode(lua_State* state);
  int json_decode(lua_State* state);
  int command(lua_State* state);
  int tool(lua_State* state);
  int require(lua_State* state);

  void write_log(lua_State* state, std::string_view level, std::string_view text);
  void say(lua_State* state, std::string_view text);
  std::string text_field(lua_State* state, int table, const char* name, std::size_t most, bool required);

  std::string name_, version_;
  std::map<std::string, std::string> modules_;  ///< the package's files in Lua
  PluginData& data_;
  ScriptLinks links_;
  std::vector<ScriptCommand> commands_;
  std::vector<ScriptTool> tools_;
  std::vector<int> command_functions_, tool_functions_;  ///< references into the registry, in the same order
  struct Timer {
    int function = 0;  ///< a reference into the registry
    Micros due = 0;
    Micros period = 0;  ///< 0: it runs once
  };
  std::map<std::int64_t, Timer> timers_;  ///< by their numbers, the oldest first
  std::int64_t last_timer_ = 0;
  bool registering_ = true;
  bool listens_ = false;
  // Of the call under way
  bool in_conversation_ = false;
  std::string said_;
  std::size_t sends_ = 0, logs_ = 0;
  LuaState state_;
};

}  // namespace troupe::actors::plugins
