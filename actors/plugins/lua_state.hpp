// A Lua 5.4 state for code that is not trusted: it has no files, processes, network or bytecode, and limits of memory,
// instructions and time that no code in it can catch or outrun.
//
// How the limits hold: memory is counted by the allocator. Instructions are counted by a hook, in every coroutine. What
// takes long without instructions (patterns, `table.insert` into the middle, `string.rep`) is charged for, or done by
// functions of our own (lua_libraries.cpp). Once a limit is passed `pcall`, `xpcall` and `coroutine.resume` let the error
// through. Finalizers (`__gc`) are refused, because Lua runs them without hooks, and no table is weak (`__mode`), because
// a collection of weak keys takes up to the square of the memory. What is left that no look at the clock interrupts takes
// less than a second: one step of a collection, and compiling one file, whose limit is for that.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/defaults.hpp"
#include "events/expected.hpp"

struct lua_State;
struct lua_Debug;

namespace troupe::actors::plugins {

struct LuaLimits {
  std::size_t memory_bytes = defaults::kMaxPluginMemoryBytes;
  std::size_t block_bytes = defaults::kMaxPluginBlockBytes;
  std::uint64_t instructions = defaults::kMaxPluginInstructions;  ///< of one run
  std::chrono::milliseconds time = defaults::kMaxPluginCallTime;  ///< of one run
};

/// One thread at a time. Errors of what runs in it: upstream_failed (the code's own), timed_out (instructions or time),
/// too_large (memory); after either of the latter two the state is not good for anything any more.
class LuaState {
 public:
  explicit LuaState(LuaLimits limits = {});
  ~LuaState();
  LuaState(const LuaState&) = delete;

  /// Runs `body` with the limits counted anew. It may call anything of the Lua API: errors unwind as exceptions, which it
  /// must let through.
  Expected<void> run(const std::function<void(lua_State*)>& body);

  /// Loads a chunk of text and leaves its function on the stack. `name`: what errors call it. Within `run`.
  static void load_text(lua_State* state, std::string_view text, const std::string& name);

  /// Lets code pay for work that the hook does not see: raises an error that nothing catches when it cannot. Within `run`.
  static void charge(lua_State* state, std::uint64_t instructions);
  /// The rest of what may be spent, for work that counts down by itself: give it back with `pay_down_to`.
  static std::int64_t left(lua_State* state);
  static void pay_down_to(lua_State* state, std::int64_t left);

  /// True when a limit was passed: an error must go through to the end of the run.
  static bool stopped(lua_State* state);
  /// Notes that memory ran out, whoever caught it.
  static void stop_for_memory(lua_State* state);

  /// How deep coroutines that are being closed stand within each other: Lua does not count them, and the stack of C ends.
  static int& closing_depth(lua_State* state);

  std::size_t memory_used() const { return budget_.used; }

 private:
  enum class Stop : std::uint8_t { none, instructions, time, memory };
  struct Budget {
    LuaLimits limits;
    std::size_t used = 0;           ///< bytes now
    std::size_t since_look = 0;     ///< bytes allocated since the clock was looked at
    std::int64_t instructions = 0;  ///< left
    std::chrono::steady_clock::time_point deadline;
    Stop stop = Stop::none;
    std::string where;  ///< `dice/main.lua:3: `; empty: the place is not known
    int closing = 0;
  };

  static Budget& budget_of(lua_State* state);
  static void* allocate(void* budget, void* block, std::size_t old_size, std::size_t size);
  static void count(lua_State* state, lua_Debug* place);
  static void stop_at(lua_State* state, Stop why);
  [[noreturn]] static void raise_stop(lua_State* state);
  Error error_of(int status) const;

  Budget budget_;
  lua_State* state_ = nullptr;
};

}  // namespace troupe::actors::plugins
