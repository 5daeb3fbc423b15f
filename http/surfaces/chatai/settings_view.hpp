// The bots' settings (events/settings.hpp) in this dialect's words: a tree of sections, and changes of it by paths. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/settings.hpp"
#include "http/route.hpp"

namespace troupe::http::chatai {

/// The sections, and at the top what older clients look for there (`commandPrefix`, `debug`).
OrderedJson view_of(const events::BotSettings& settings);

/// What is wrong with a value, by its path in the tree.
struct SettingsProblem {
  std::string path, message;
};

struct SettingsChange {
  Json fields = Json::object();      ///< of actors::ChangeEntry: those that were given
  std::vector<std::string> updated;  ///< the paths that were given
  std::vector<SettingsProblem> problems;
};

/// What a part of the tree changes. Objects are merged, everything else is replaced; a dotted name is a path. All problems
/// are found, not only the first: paths that are none, values of the wrong type, what the settings' own rules refuse.
SettingsChange change_of(const events::BotSettings& settings, const Json& tree);

}  // namespace troupe::http::chatai
