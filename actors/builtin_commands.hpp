// The commands that bots know without any plugin: help, ping and sid.
#pragma once

#include "actors/commands.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// Both outlive the commands.
void offer_builtin_commands(Commands& commands, const storage::Store& store);

}  // namespace troupe::actors
