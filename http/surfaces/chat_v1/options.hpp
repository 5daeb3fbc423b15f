// What an operator may set of the chat_v1 dialect.
#pragma once

#include <chrono>

#include "events/defaults.hpp"

namespace troupe::http {

struct ChatV1Options {
  std::chrono::milliseconds token_lifetime = defaults::kChatTokenLifetime;
  std::size_t max_sessions_per_account = defaults::kMaxChatsPerAccount;
};

}  // namespace troupe::http
