#include "http/security/credentials.hpp"

#include <algorithm>
#include <limits>

#include "actors/secrets.hpp"
#include "http/security/api_key.hpp"

namespace troupe::http {
namespace {

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Expected<Caller> Credentials::of_open_login(const std::string& hash, Micros now) const {
  const auto login = queries_.login(hash);
  if (!login || login->expires_at <= now) return fail(Errc::unauthenticated, "Invalid session");
  const auto account = queries_.standing(login->account);
  if (!account) return fail(Errc::unauthenticated, "Invalid session");
  return Caller{account->id, account->role, {}, login->expires_at, hash};
}

Expected<Caller> Credentials::of_login(std::string_view token) {
  const Micros now = now_micros();
  const auto since = changes();
  if (const Caller* known = logins_.find(token, since); known && now < known->login_expires_at) return *known;
  auto caller = of_open_login(actors::token_digest(token), now);
  if (caller) logins_.put(token, *caller, since);
  return caller;
}

Expected<Caller> Credentials::of_access_token(std::string_view token) {
  const Micros now = now_micros();
  const auto since = changes();
  const auto claims = jwt_.verify(token, now);
  if (!claims) return tl::unexpected(claims.error());
  if (claims->type != kAccessToken) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
  // Kept apart from logins' own tokens: the digest that an access token shows must not open one.
  const Caller* known = signed_in_.find(claims->login, since);
  if (known && now < known->login_expires_at) return *known;
  auto caller = of_open_login(claims->login, now);
  if (!caller) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
  signed_in_.put(claims->login, *caller, since);
  return caller;
}

Expected<Caller> Credentials::of_api_key(std::string_view text) {
  const Micros now = now_micros();
  const auto since = changes();
  const auto good = [now](const Caller& caller) -> Expected<Caller> {
    if (now < caller.login_expires_at) return caller;
    return fail(Errc::unauthenticated, "API key has expired", kTokenExpired);
  };
  if (const Caller* known = api_keys_.find(text, since)) return good(*known);
  const std::string hash = api_key_digest(text);
  const auto key = queries_.api_key_with_hash(hash);
  const auto account = key ? queries_.standing(key->account) : std::nullopt;
  if (!account) return fail(Errc::unauthenticated, "Invalid API key", kTokenInvalid);
  Caller caller;
  caller.account = account->id;
  caller.role = account->role;
  caller.login_expires_at = key->expires_at == 0 ? std::numeric_limits<Micros>::max() : key->expires_at;
  caller.api_key_hash = hash;
  caller.may_read = has(key->permissions, "read");
  caller.may_write = has(key->permissions, "write");
  api_keys_.put(text, caller, since);
  return good(caller);
}

Expected<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto header = request.header("Authorization");
  if (!header) return std::string_view{};
  const auto token = header->starts_with(kBearer) ? trimmed(header->substr(kBearer.size())) : std::string_view{};
  if (token.empty()) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
  return token;
}

std::optional<std::string_view> subprotocol_token(const Request& request) {
  const auto header = request.header("Sec-WebSocket-Protocol");
  if (!header) return std::nullopt;
  const auto comma = header->find(',');
  if (comma == header->npos || trimmed(header->substr(0, comma)) != kBearerSubprotocol) return std::nullopt;
  return trimmed(header->substr(comma + 1));
}

bool Credentials::still_good(const Caller& caller) const {
  if (!caller.api_key_hash.empty()) {
    const auto key = queries_.api_key_with_hash(caller.api_key_hash);
    return key && key->account == caller.account && caller.login_expires_at > now_micros();
  }
  const auto login = queries_.login(caller.login_hash);
  return login && login->account == caller.account && login->expires_at > now_micros();
}

Expected<Caller> Credentials::of_bot(std::string_view token) {
  const auto since = changes();
  const Caller* known = bots_.find(token, since);
  Caller caller = known ? *known : Caller{};
  if (!known) {
    auto bot_id = queries_.bot_with_token(actors::token_digest(token));
    const auto owner = bot_id ? queries_.owner_of_bot(*bot_id) : std::nullopt;
    if (!owner) return fail(Errc::unauthenticated, "Invalid bot token");
    caller.bot_id = std::move(*bot_id);
    caller.bot_owner = *owner;
    bots_.put(token, caller, since);
  }
  system_.heard_from(caller.bot_id, now_micros());
  return caller;
}

}  // namespace troupe::http
