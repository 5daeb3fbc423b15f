// Logins: giving them out, refreshing and ending them, and locking an account whose password or codes are guessed.
#include <algorithm>

#include "actors/account_parts.hpp"

namespace troupe::actors::account {

using namespace events;

namespace {

const Login* open_login(const AccountState& state, const std::string& token_hash) {
  const auto found = std::find_if(state.logins.begin(), state.logins.end(),
                                  [&](const Login& login) { return login.token_hash == token_hash; });
  return found == state.logins.end() ? nullptr : &*found;
}

bool was_met(const AccountState& state, const std::string& challenge) {
  return std::any_of(state.used_challenges.begin(), state.used_challenges.end(),
                     [&](const UsedChallenge& used) { return used.id == challenge; });
}

}  // namespace

std::vector<std::string> make_room(const std::vector<Login>& logins, Micros now) {
  std::vector<std::string> ended;
  std::size_t open = 0;
  for (const auto& login : logins) {
    if (login.expires_at <= now)
      ended.push_back(login.token_hash);
    else
      ++open;
  }
  for (const auto& login : logins) {
    if (open < defaults::kMaxLoginsPerAccount) break;
    if (login.expires_at <= now) continue;
    ended.push_back(login.token_hash);
    --open;
  }
  return ended;
}

std::vector<std::string> hashes_of(const std::vector<Login>& logins) {
  std::vector<std::string> hashes;
  for (const auto& login : logins) hashes.push_back(login.token_hash);
  return hashes;
}

void end_logins(AccountState& state, const std::vector<std::string>& token_hashes) {
  for (const auto& hash : token_hashes)
    std::erase_if(state.logins, [&](const Login& login) { return login.token_hash == hash; });
}

Expected<void> check_unlocked(const AccountState& state, Micros now) {
  if (now >= state.locked_until) return {};
  return fail(Errc::too_fast, "Too many failed logins; try again later", "locked");
}

Decision on(const AccountState& state, const LogIn& c, Micros now) {
  if (auto ok = check_unlocked(state, now); !ok) return tl::unexpected(ok.error());
  if (c.verified_hash != state.password_hash) return fail(Errc::unauthenticated, "Invalid credentials");
  if (!state.active) return fail(Errc::forbidden, "Account is not active", "active");
  if (c.lifetime <= 0 || c.lifetime > to_micros(defaults::kLongestLoginLifetime))
    return fail(Errc::invalid, "lifetime is out of range", "lifetime");
  if (!c.challenge.empty() && was_met(state, c.challenge))
    return fail(Errc::unauthenticated, "This login was completed before", "challenge");
  auto events = second_proof(state, c);
  if (!events) return events;
  if (auto ended = make_room(state.logins, now); !ended.empty()) events->emplace_back(LoginsEnded{std::move(ended)});
  events->emplace_back(LoggedIn{c.token_hash, now + c.lifetime, c.refresh_hash, c.challenge});
  return events;
}

Decision on(const AccountState& state, const RefuseLogIn&, Micros now) {
  const auto locked_until = lock_after_failure(state, now);
  if (!locked_until) return Events{};  // or a guesser would fill the log
  return {{LogInFailed{*locked_until}}};
}

Decision on(const AccountState& state, const RefreshLogin& c, Micros now) {
  const Login* login = open_login(state, c.token_hash);
  if (!login || login->expires_at <= now || login->refresh_hash.empty() || c.refresh_hash.empty())
    return fail(Errc::unauthenticated, "Invalid or expired login");
  // A token that takes its own place would be good twice.
  if (c.next_refresh_hash.empty() || c.next_refresh_hash == c.refresh_hash)
    return fail(Errc::invalid, "a refresh needs a new token", "next_refresh_hash");
  if (c.refresh_hash != login->refresh_hash) return {{LoginsEnded{{c.token_hash}, kRefreshTokenReused}}};
  return {{LoginRefreshed{c.token_hash, c.next_refresh_hash, now + login->lifetime}}};
}

Decision on(const AccountState& state, const LogOut& c, Micros) {
  if (!open_login(state, c.token_hash)) return Events{};
  return {{LoginsEnded{{c.token_hash}}}};
}

Decision on(const AccountState& state, const LogOutEverywhere&, Micros) {
  if (state.logins.empty()) return Events{};
  return {{LoginsEnded{hashes_of(state.logins), "logged out everywhere"}}};
}

void apply(AccountState& state, const LoggedIn& e, Micros time) {
  state.logins.push_back({e.token_hash, e.expires_at, e.refresh_hash, e.expires_at - time});
  state.failed_log_ins.clear();
  std::erase_if(state.used_challenges, [&](const UsedChallenge& used) {
    return used.used_at <= time - to_micros(defaults::kMfaTokenLifetime);
  });
  if (!e.challenge.empty()) state.used_challenges.push_back({e.challenge, time});
}

void apply(AccountState& state, const LoginRefreshed& e, Micros) {
  for (auto& login : state.logins) {
    if (login.token_hash != e.token_hash) continue;
    login.refresh_hash = e.refresh_hash;
    login.expires_at = e.expires_at;
  }
}

void apply(AccountState& state, const LoginsEnded& e, Micros) { end_logins(state, e.token_hashes); }

void apply(AccountState& state, const LogInFailed& e, Micros time) { count_failure(state, e.locked_until, time); }

}  // namespace troupe::actors::account

namespace troupe::actors {
namespace {

bool in_window(Micros failed_at, Micros now) { return failed_at > now - to_micros(defaults::kFailedLogInWindow); }

}  // namespace

std::optional<Micros> lock_after_failure(const LogInLock& lock, Micros now) {
  if (now < lock.locked_until) return std::nullopt;
  const auto before = static_cast<std::size_t>(std::count_if(lock.failed_log_ins.begin(), lock.failed_log_ins.end(),
                                                             [&](Micros at) { return in_window(at, now); }));
  return before + 1 >= defaults::kMaxFailedLogIns ? now + to_micros(defaults::kLockOut) : 0;
}

void count_failure(LogInLock& lock, Micros locked_until, Micros now) {
  std::erase_if(lock.failed_log_ins, [&](Micros at) { return !in_window(at, now); });
  lock.failed_log_ins.push_back(now);
  if (locked_until == 0) return;
  lock.locked_until = locked_until;
  lock.failed_log_ins.clear();
}

Expected<events::LoginRefreshed> outcome_of_refresh(const events::Record& record) {
  for (const auto& stored : record.events)
    if (stored.type == events::LoginRefreshed::type) return events::decode_as<events::LoginRefreshed>(stored);
  return fail(Errc::unauthenticated, "Refresh token was used before; log in again");
}

}  // namespace troupe::actors
