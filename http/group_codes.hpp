// Codes for looking after a group: how administrators of a group get one, in a chat with a bot.
#pragma once

#include "actors/system.hpp"
#include "storage/store.hpp"

namespace troupe::http {

/// Offers the bots' command `群管理面板` (also written `#群管理面板`), said in the group that is meant by its owner, one of
/// its administrators or an administrator of the bots. The code goes to them alone, in private: whoever reads it may use
/// it. Both must outlive the commands.
void offer_group_codes(actors::System& system, const storage::Store& store);

}  // namespace troupe::http
