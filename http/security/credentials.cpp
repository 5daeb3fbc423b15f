#include "http/security/credentials.hpp"

#include <algorithm>

#include "actors/secrets.hpp"
#include "http/security/api_key.hpp"

namespace troupe::http {

Expected<Caller> Credentials::of_login(std::string_view token) {
  const Micros now = now_micros();
  const auto since = changes();
  if (const Caller* known = logins_.find(token, since); known && now < known->login_expires_at) return *known;
  const std::string hash = actors::token_digest(token);
  const auto login = queries_.login(hash);
  if (!login || login->expires_at <= now) return fail(Errc::unauthenticated, "Invalid session");
  const auto account = queries_.account(login->account);
  if (!account) return fail(Errc::unauthenticated, "Invalid session");
  Caller caller{account->id, account->role, {}, login->expires_at, hash};
  logins_.put(token, caller, since);
  return caller;
}

Expected<Caller> Credentials::of_access_token(std::string_view token) {
  const auto claims = access_tokens_.verify(token, now_micros());
  if (!claims) return tl::unexpected(claims.error());
  if (claims->type != kAccessToken) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
  auto caller = of_login(claims->login);
  if (!caller) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
  return caller;
}

Expected<Caller> Credentials::of_api_key(std::string_view text) {
  const auto no_good = [] { return fail(Errc::unauthenticated, "Invalid API key", kTokenInvalid); };
  const Micros now = now_micros();
  const auto since = changes();
  const auto has_run_out = [now](const Caller& caller) {
    return caller.login_expires_at != 0 && caller.login_expires_at <= now;
  };
  if (const Caller* known = api_keys_.find(text, since)) {
    if (has_run_out(*known)) return no_good();
    return *known;
  }
  const auto key = queries_.api_key_with_hash(api_key_digest(text));
  const auto account = key ? queries_.account(key->account) : std::nullopt;
  if (!account) return no_good();
  const auto may = [&](const char* permission) {
    return std::find(key->permissions.begin(), key->permissions.end(), permission) != key->permissions.end();
  };
  Caller caller{account->id, account->role, {}, key->expires_at, {}, may("read"), may("write")};
  if (has_run_out(caller)) return no_good();
  api_keys_.put(text, caller, since);
  return caller;
}

Expected<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto header = request.header("Authorization");
  if (!header) return std::string_view{};
  const auto token = header->starts_with(kBearer) ? trimmed(header->substr(kBearer.size())) : std::string_view{};
  if (token.empty()) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
  return token;
}

bool Credentials::still_good(const Caller& caller) const {
  const auto login = queries_.login(caller.login_hash);
  return login && login->account == caller.account && login->expires_at > now_micros();
}

Expected<Caller> Credentials::of_bot(std::string_view token) {
  const auto since = changes();
  const Caller* known = bots_.find(token, since);
  Caller caller = known ? *known : Caller{};
  if (!known) {
    auto bot_id = queries_.bot_with_token(actors::token_digest(token));
    if (!bot_id) return fail(Errc::unauthenticated, "Invalid bot token");
    caller.bot_id = std::move(*bot_id);
    bots_.put(token, caller, since);
  }
  system_.heard_from(caller.bot_id, now_micros());
  return caller;
}

}  // namespace troupe::http
