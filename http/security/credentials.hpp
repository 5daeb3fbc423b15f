// Who a login's or a bot's token, an access token or an API key belongs to. All dialects ask here.
#pragma once

#include <string_view>

#include "actors/system.hpp"
#include "http/remembered.hpp"
#include "http/route.hpp"
#include "http/security/jwt.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

/// On the event loop's thread. Remembers good tokens until an account or a bot changes, so that a busy client costs
/// neither a digest nor a look-up.
class Credentials {
 public:
  Credentials(const projections::Queries& queries, actors::System& system, const actors::Secrets& secrets)
      : queries_(queries), system_(system), access_tokens_(secrets.derived_key("access tokens")) {}

  /// Errors: unauthenticated. Every call of a bot counts as its heartbeat.
  Expected<Caller> of_login(std::string_view token);
  Expected<Caller> of_bot(std::string_view token);

  /// Errors: unauthenticated, with the field kTokenExpired or kTokenInvalid.
  Expected<Caller> of_access_token(std::string_view token);

  /// Errors: unauthenticated.
  Expected<Caller> of_api_key(std::string_view key);

  /// What signs and verifies access tokens.
  const JwtKey& access_tokens() const { return access_tokens_; }

  /// Whether the login that a caller came with is still open: for those who stay, such as WebSockets.
  bool still_good(const Caller& caller) const;

 private:
  std::uint64_t changes() const { return system_.account_changes() + system_.bot_changes(); }

  const projections::Queries& queries_;
  actors::System& system_;
  Remembered<Caller> logins_{defaults::kMaxRememberedTokens};
  Remembered<Caller> bots_{defaults::kMaxRememberedTokens};
  Remembered<Caller> api_keys_{defaults::kMaxRememberedTokens};
  JwtKey access_tokens_;
};

/// The token of `Authorization: Bearer …`; empty when there is no such header. Errors: unauthenticated (kTokenInvalid),
/// when the header holds something else.
Expected<std::string_view> bearer_token(const Request& request);

}  // namespace troupe::http
