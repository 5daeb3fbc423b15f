#include "http/security/credentials.hpp"

#include "actors/secrets.hpp"

namespace troupe::http {

Expected<Caller> Credentials::of_login(std::string_view token) {
  const Micros now = now_micros();
  const auto since = changes();
  if (const Caller* known = logins_.find(token, since); known && now < known->login_expires_at) return *known;
  const std::string hash = actors::token_digest(token);
  const auto login = queries_.login(hash);
  if (!login || login->expires_at <= now) return fail(Errc::unauthenticated, "Invalid session");
  const auto account = queries_.standing(login->account);
  if (!account) return fail(Errc::unauthenticated, "Invalid session");
  Caller caller{account->id, account->role, {}, login->expires_at, hash};
  logins_.put(token, caller, since);
  return caller;
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
