// What the settings of a group make of the bots' settings, in that group. Pure.
//
// Who looks after a group may ask for less than the house allows, never for more: whom the house does not hear is not
// heard, what it switched off stays off, and the stricter rate counts. What wakes the bot is the group's own matter, as
// long as the house answers in groups at all.
#pragma once

#include <string_view>

#include "events/group.hpp"

namespace troupe::actors {

/// `group_id` as the platform has it.
events::BotSettings settings_for(const events::BotSettings& house, const events::GroupSettings& group,
                                 std::string_view group_id);

/// The same of the tools alone.
events::ToolRules tools_for(const events::ToolRules& house, const events::GroupTools& group);

/// One that lets nothing through that either would stop, in bursts or in the long run; one that is not enabled stops
/// nothing.
events::RateRules within_both(const events::RateRules& one, const events::RateRules& other);

}  // namespace troupe::actors
