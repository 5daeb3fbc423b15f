// Tools that administrators have written in Lua, in the registry of tools. They run in the sandbox of plugins, with its
// limits, and reach nothing of the house.
//
// The code is the body of a function. Its arguments are the table `args`; what it returns is the result, a text or what can
// be JSON; `nil` and a text say why it failed. Where it returns a function, that is called with the arguments.
#pragma once

#include <mutex>

#include "actors/ask.hpp"
#include "actors/plugins/lua_state.hpp"
#include "actors/tools/tools.hpp"
#include "events/catalogue.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// Errors: invalid (`code`: too long, or it does not compile; then with the line).
Expected<void> check_code(const events::CustomTool& tool);

/// In a Lua state of the call's own. Errors: as of LuaState::run, with the tool's name and the line.
Expected<ToolResult> run_code(const events::CustomTool& tool, const Json& arguments, plugins::LuaLimits limits = {});

/// Thread-safe.
class CustomTools {
 public:
  /// Store and tools outlive it. `elsewhere` is where the code runs.
  CustomTools(const storage::Store& store, Tools& tools, Elsewhere elsewhere)
      : store_(store), tools_(tools), elsewhere_(std::move(elsewhere)) {}

  /// Offers those that the catalogue has and that are enabled, as of `custom`.
  void refresh();

 private:
  OfferedTool offered(events::CustomTool tool) const;

  const storage::Store& store_;
  Tools& tools_;
  const Elsewhere elsewhere_;
  std::mutex mutex_;  ///< so that the newest list is the one that stays
};

}  // namespace troupe::actors
