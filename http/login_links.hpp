// Login links: how they are handed out, by administrators in a chat with a bot and on the command line.
#pragma once

#include <functional>
#include <string>

#include "actors/system.hpp"
#include "storage/store.hpp"

namespace troupe::http {

/// Makes a link of the account and answers its token: nobody can tell it later. Errors: as of actors::IssueLoginLink.
void issue_login_link(actors::System& system, events::AccountId account, bool permanent, actors::Cause cause,
                      std::function<void(Expected<std::string>)> answer);

/// Offers the bots' command `管理面板` (after the panel's prefix: `#ai管理面板`, `#ai管理面板 永久`): a link to the first
/// administrator's account, for administrators of the bots and in private only, since it lets in whoever reads it. All of
/// it must outlive the commands.
void offer_login_links(actors::System& system, const storage::Store& store, const std::string& panel_url);

}  // namespace troupe::http
