#include "http/security/jwt.hpp"

#include <jwt.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>

#include "events/defaults.hpp"
#include "events/json.hpp"

namespace troupe::http {
namespace {

using Jwt = std::unique_ptr<jwt_t, decltype(&jwt_free)>;
using CString = std::unique_ptr<char, decltype(&std::free)>;

constexpr Micros kSecond = 1'000'000;

tl::unexpected<Error> invalid() { return fail(Errc::unauthenticated, "Invalid token", "invalid"); }

/// Libjwt reads up to the first NUL, so that a token with anything after one would be as good as the token before it.
bool is_compact_form(std::string_view token) {
  return token.size() <= defaults::kMaxJwtBytes && std::all_of(token.begin(), token.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

/// Nothing unless the token was signed with the key, by HS256: libjwt takes whatever algorithm the header names.
std::optional<Json> signed_claims(std::string_view token, const std::array<unsigned char, 32>& key) {
  jwt_t* raw = nullptr;
  const int error = jwt_decode(&raw, std::string(token).c_str(), key.data(), static_cast<int>(key.size()));
  const Jwt jwt(raw, &jwt_free);
  if (error != 0 || !jwt || jwt_get_alg(jwt.get()) != JWT_ALG_HS256) return std::nullopt;
  const CString text(jwt_get_grants_json(jwt.get(), nullptr), &std::free);
  if (!text) return std::nullopt;
  Json claims = Json::parse(text.get(), nullptr, false);
  return claims.is_object() ? std::optional(std::move(claims)) : std::nullopt;
}

bool read(const Json& claims, const char* name, std::string& value) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_string()) return false;
  value = found->get<std::string>();
  return true;
}

bool read(const Json& claims, const char* name, Micros& value) {
  constexpr Micros kLatest = std::numeric_limits<Micros>::max() / kSecond;
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number_integer()) return false;
  const auto seconds = found->get<std::int64_t>();
  if (seconds < 0 || seconds > kLatest) return false;
  value = seconds * kSecond;
  return true;
}

bool read_number(const std::string& text, events::AccountId& number) {
  const char* end = text.data() + text.size();
  return std::from_chars(text.data(), end, number).ptr == end && number > 0;
}

std::optional<JwtClaims> claims_of(const Json& json) {
  JwtClaims claims;
  std::string subject;
  const bool there = read(json, "type", claims.type) && read(json, "sub", subject) && read(json, "sid", claims.login) &&
                     read(json, "jti", claims.id) && read(json, "username", claims.username) &&
                     read(json, "iat", claims.issued_at) && read(json, "exp", claims.expires_at) &&
                     read_number(subject, claims.subject);
  if (!there) return std::nullopt;
  read(json, "bnd", claims.bound_to);
  const bool of_login = claims.type == kAccessToken || claims.type == kRefreshToken;
  if (!of_login && claims.type != kMfaToken) return std::nullopt;
  if (of_login && claims.login.empty()) return std::nullopt;
  if (claims.type == kRefreshToken && claims.id.empty()) return std::nullopt;
  return claims;
}

}  // namespace

JwtKey::JwtKey(std::string_view bytes) {
  if (bytes.size() != key_.size()) throw std::invalid_argument("a signing key has 32 bytes");
  std::copy(bytes.begin(), bytes.end(), key_.begin());
}

JwtKey::~JwtKey() { sodium_memzero(key_.data(), key_.size()); }

std::string JwtKey::sign(const JwtClaims& claims) const {
  Json grants = {{"type", claims.type},
                       {"sub", std::to_string(claims.subject)},
                       {"sid", claims.login},
                       {"jti", claims.id},
                       {"username", claims.username},
                       {"iat", claims.issued_at / kSecond},
                       {"exp", claims.expires_at / kSecond}};
  if (!claims.bound_to.empty()) grants["bnd"] = claims.bound_to;
  jwt_t* raw = nullptr;
  int error = jwt_new(&raw);
  const Jwt jwt(raw, &jwt_free);
  if (error == 0) error = jwt_add_grants_json(jwt.get(), grants.dump().c_str());
  if (error == 0) error = jwt_set_alg(jwt.get(), JWT_ALG_HS256, key_.data(), static_cast<int>(key_.size()));
  const CString token(error == 0 ? jwt_encode_str(jwt.get()) : nullptr, &std::free);
  if (!token) throw std::bad_alloc();  // nothing else is left to fail
  return token.get();
}

Expected<JwtClaims> JwtKey::verify(std::string_view token, Micros now) const {
  if (!is_compact_form(token)) return invalid();
  const auto json = signed_claims(token, key_);
  if (!json) return invalid();
  auto claims = claims_of(*json);
  if (!claims) return invalid();
  if (claims->expires_at <= now) return fail(Errc::unauthenticated, "Token has expired", "expired");
  return std::move(*claims);
}

}  // namespace troupe::http
