#include "http/security/credentials.hpp"

#include <limits>

#include "actors/secrets.hpp"

namespace troupe::http {

const Credentials::Known* Credentials::find(std::string_view token, Micros now) {
  if (version_ != system_.credentials_version()) return nullptr;
  const auto found = known_.find(std::string(token));
  return found != known_.end() && now < found->second.expires_at ? &found->second : nullptr;
}

/// `version` is from before the look-up: what changed since then makes the answer forgotten at once.
void Credentials::remember(std::string_view token, Known known, std::uint64_t version) {
  if (version_ != version || known_.size() >= defaults::kMaxRememberedTokens) known_.clear();
  version_ = version;
  known_.insert_or_assign(std::string(token), std::move(known));
}

Expected<Caller> Credentials::of_login(std::string_view token) {
  const Micros now = now_micros();
  if (const Known* known = find(token, now); known && known->caller.account != 0) return known->caller;
  const auto version = system_.credentials_version();
  const std::string hash = actors::token_digest(token);
  const auto login = queries_.login(hash);
  if (!login || login->expires_at <= now) return fail(Errc::unauthenticated, "Invalid session");
  const auto account = queries_.account(login->account);
  if (!account) return fail(Errc::unauthenticated, "Invalid session");
  Caller caller{account->id, account->role, {}, hash};
  remember(token, {caller, login->expires_at}, version);
  return caller;
}

Expected<Caller> Credentials::of_bot(std::string_view token) {
  const Micros now = now_micros();
  const Known* known = find(token, now);
  if (known && known->caller.bot_id.empty()) known = nullptr;
  Caller caller;
  if (known) {
    caller = known->caller;
  } else {
    const auto version = system_.credentials_version();
    auto bot_id = queries_.bot_with_token(actors::token_digest(token));
    if (!bot_id) return fail(Errc::unauthenticated, "Invalid bot token");
    caller.bot_id = std::move(*bot_id);
    remember(token, {caller, std::numeric_limits<Micros>::max()}, version);
  }
  system_.heard_from(caller.bot_id, now);
  return caller;
}

}  // namespace troupe::http
