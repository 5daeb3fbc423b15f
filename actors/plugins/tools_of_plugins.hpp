// What plugins offer to models, in the registry of tools. Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "actors/plugins.hpp"
#include "actors/tools/tools.hpp"

namespace troupe::actors::plugins {

class ToolsOfPlugins {
 public:
  /// Both outlive it.
  ToolsOfPlugins(Plugins& plugins, Tools& tools) : plugins_(plugins), tools_(tools) {}

  /// Offers what there is now as of `plugin:<name>`, and withdraws what is gone.
  void refresh();

 private:
  Plugins& plugins_;
  Tools& tools_;
  std::mutex mutex_;  ///< so that the newest list is the one that stays
  std::set<std::string> sources_;
};

}  // namespace troupe::actors::plugins
