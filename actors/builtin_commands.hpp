// The commands that bots know without any plugin: help, ping and sid, and what other parts of the house add.
#pragma once

#include "actors/commands.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// With `more` of the house's own beside them. Both outlive the commands.
void offer_builtin_commands(Commands& commands, const storage::Store& store, std::vector<BotCommand> more = {});

}  // namespace troupe::actors
