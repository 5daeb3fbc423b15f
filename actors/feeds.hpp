// The rules of what bots report, and the append that notes it. Feeds have no state to decide on: no entity wakes for
// them. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "actors/ask.hpp"
#include "events/feed.hpp"

namespace troupe::actors {

Expected<void> check(const events::LogReported& entry);
Expected<void> check(const events::MessageReported& message);

/// `owner`: the bot's.
storage::Append append_of_logs(std::string_view bot_id, events::AccountId owner,
                               const std::vector<events::LogReported>& entries, const Cause& cause);
storage::Append append_of_message(std::string_view bot_id, events::AccountId owner,
                                  const events::MessageReported& message, const Cause& cause);

}  // namespace troupe::actors
