// Signed tokens: JSON Web Tokens (RFC 7519) in the compact form of RFC 7515, with HMAC-SHA-256 (`HS256`), by libjwt.
//
//   header  {"alg":"HS256","typ":"JWT"}
//   claims  type      access, refresh or mfa
//           sub       the account's number, as text
//           sid       the digest of the login's own token, which it does not open; empty for mfa
//           jti       a random id; of a refresh token, the secret whose digest is current
//           bnd       of mfa: a digest of what must not have changed since
//           username
//           iat, exp  whole seconds since the Unix epoch
//
// A token says who it was made for, and nothing of whether that is still so: its login may have ended since. Who takes
// one looks at `type` first, so that a token is good for one thing only. Thread-safe.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "events/account.hpp"
#include "events/expected.hpp"

namespace troupe::http {

inline constexpr const char* kAccessToken = "access";
inline constexpr const char* kRefreshToken = "refresh";
inline constexpr const char* kMfaToken = "mfa";

/// Fields of the errors of `verify`, which tell the two ways of being no good apart.
inline constexpr const char* kTokenExpired = "expired";
inline constexpr const char* kTokenInvalid = "invalid";

struct JwtClaims {
  std::string type;
  events::AccountId subject = 0;
  std::string login;  ///< not empty but for mfa
  std::string id;     ///< not empty for refresh
  std::string username;
  Micros issued_at = 0, expires_at = 0;  ///< in a token, cut to whole seconds
  std::string bound_to = {};             ///< of mfa; may be empty
};

class JwtKey {
 public:
  /// From 32 bytes, as of actors::Secrets::derived_key. Throws std::invalid_argument for any other number: that is a
  /// mistake in the program.
  explicit JwtKey(std::string_view bytes);
  ~JwtKey();
  JwtKey(const JwtKey&) = default;
  JwtKey& operator=(const JwtKey&) = default;

  std::string sign(const JwtClaims& claims) const;

  /// Errors: unauthenticated, with the field `expired` (it is ours, and was good until `expires_at`) or `invalid`
  /// (anything else: another key or algorithm, altered, over kMaxJwtBytes, a claim missing or of the wrong kind).
  Expected<JwtClaims> verify(std::string_view token, Micros now) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace troupe::http
