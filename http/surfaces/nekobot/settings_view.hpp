// The bots' settings as this dialect shows them: `/api/bot/config`, and the panel's own in `/api/settings`. Pure.
//
// Each field stands under a name of this dialect for one of events::BotSettings. Of a change only what is there counts,
// down to the single field; a name that is none of these is refused.
#pragma once

#include "events/settings.hpp"
#include "http/route.hpp"

namespace troupe::http::nekobot {

OrderedJson config_view(const events::BotSettings& settings);
OrderedJson panel_view(const events::BotSettings& settings);

/// The fields of BotSettings that `config` sets, as actors::ChangeEntry takes them. Errors: invalid (`config`'s own name
/// of the field that is unknown or has the wrong type).
Expected<Json> config_changes(const Json& config);
Expected<Json> panel_changes(const Json& panel);

/// An error about a field of BotSettings, by this dialect's name of it.
Error in_names_of_the_view(Error error);

}  // namespace troupe::http::nekobot
