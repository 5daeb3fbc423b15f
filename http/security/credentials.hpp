// Who a token belongs to: a login's, a signed one, an API key, a bot's. All dialects ask here.
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
      : queries_(queries), system_(system), jwt_(secrets.derived_key("access tokens")) {}

  /// Errors: unauthenticated. Every call of a bot counts as its heartbeat.
  Expected<Caller> of_login(std::string_view token);
  /// `field` is kTokenExpired or kTokenInvalid (http/security/jwt.hpp).
  Expected<Caller> of_access_token(std::string_view token);
  /// `field` as of an access token.
  Expected<Caller> of_api_key(std::string_view key);
  Expected<Caller> of_bot(std::string_view token);

  /// Whether the login or API key that a caller came with is still good: for those who stay, such as WebSockets.
  bool still_good(const Caller& caller) const;

  /// Signs what `of_access_token` and refreshes take.
  const JwtKey& jwt() const { return jwt_; }

 private:
  Expected<Caller> of_open_login(const std::string& hash, Micros now) const;
  std::uint64_t changes() const { return system_.account_changes() + system_.bot_changes(); }

  const projections::Queries& queries_;
  actors::System& system_;
  JwtKey jwt_;
  Remembered<Caller> logins_{defaults::kMaxRememberedTokens};
  Remembered<Caller> signed_in_{defaults::kMaxRememberedTokens};
  Remembered<Caller> api_keys_{defaults::kMaxRememberedTokens};
  Remembered<Caller> bots_{defaults::kMaxRememberedTokens};
};

/// The token of `Authorization: Bearer …`; empty when there is no such header. Errors: unauthenticated (kTokenInvalid),
/// when the header holds something else.
Expected<std::string_view> bearer_token(const Request& request);

/// The token of a WebSocket's `Sec-WebSocket-Protocol: bearer, <token>`, as browsers can send it, which set no headers;
/// nothing where that is not offered. The server chooses kBearerSubprotocol, so that the token does not come back.
inline constexpr const char* kBearerSubprotocol = "bearer";
std::optional<std::string_view> subprotocol_token(const Request& request);

}  // namespace troupe::http
