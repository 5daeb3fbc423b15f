// Who a login's or a bot's token belongs to. All dialects ask here.
#pragma once

#include <string_view>

#include "actors/system.hpp"
#include "http/remembered.hpp"
#include "http/route.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

/// On the event loop's thread. Remembers good tokens until an account or a bot changes, so that a busy client costs
/// neither a digest nor a look-up.
class Credentials {
 public:
  Credentials(const projections::Queries& queries, actors::System& system) : queries_(queries), system_(system) {}

  /// Errors: unauthenticated. Every call of a bot counts as its heartbeat.
  Expected<Caller> of_login(std::string_view token);
  Expected<Caller> of_bot(std::string_view token);

  /// Whether the login that a caller came with is still open: for those who stay, such as WebSockets.
  bool still_good(const Caller& caller) const;

 private:
  std::uint64_t changes() const { return system_.account_changes() + system_.bot_changes(); }

  const projections::Queries& queries_;
  actors::System& system_;
  Remembered<Caller> logins_{defaults::kMaxRememberedTokens};
  Remembered<Caller> bots_{defaults::kMaxRememberedTokens};
};

}  // namespace troupe::http
