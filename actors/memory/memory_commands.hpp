// What people may do on platforms with what bots remember of them: read it, and have it forgotten.
#pragma once

#include <vector>

#include "actors/commands.hpp"
#include "actors/memories.hpp"

namespace troupe::actors {

/// Built-in commands, for Commands::offer.
std::vector<BotCommand> memory_commands(Memories& memories, const storage::Store& store);

}  // namespace troupe::actors
