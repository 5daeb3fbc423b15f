#include "actors/account.hpp"

#include <algorithm>

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<AccountEvent>>;

std::vector<std::string> hashes_of(const std::vector<Login>& logins) {
  std::vector<std::string> hashes;
  for (const auto& login : logins) hashes.push_back(login.token_hash);
  return hashes;
}

Decision on(const AccountState& state, const RegisterAccount& c, Micros) {
  if (state.exists) return fail(Errc::conflict, "account exists already", "id");
  if (auto ok = check_username(c.username); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_email(c.email); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_optional_line("fullname", c.fullname, defaults::kMaxProfileFieldLength); !ok)
    return tl::unexpected(ok.error());
  return {{AccountRegistered{c.id, c.username, c.email, c.fullname, c.password_hash, c.role}}};
}

Decision on(const AccountState& state, const LogIn& c, Micros now) {
  if (c.verified_hash != state.password_hash) return fail(Errc::unauthenticated, "Invalid credentials");
  std::vector<std::string> ended;
  std::size_t open = 0;
  for (const auto& login : state.logins) {
    if (login.expires_at <= now)
      ended.push_back(login.token_hash);
    else
      ++open;
  }
  for (const auto& login : state.logins) {
    if (open < defaults::kMaxLoginsPerAccount) break;
    if (login.expires_at <= now) continue;
    ended.push_back(login.token_hash);
    --open;
  }
  std::vector<AccountEvent> events;
  if (!ended.empty()) events.emplace_back(LoginsEnded{std::move(ended)});
  events.emplace_back(LoggedIn{c.token_hash, now + to_micros(defaults::kLoginLifetime)});
  return events;
}

Decision on(const AccountState& state, const LogOut& c, Micros) {
  const bool open = std::any_of(state.logins.begin(), state.logins.end(),
                                [&](const Login& login) { return login.token_hash == c.token_hash; });
  if (!open) return std::vector<AccountEvent>{};
  return {{LoginsEnded{{c.token_hash}}}};
}

Decision on(const AccountState&, const UpdateProfile& c, Micros) {
  if (!c.fullname && !c.phone && !c.birthday && !c.gender) return fail(Errc::invalid, "No fields to update");
  const std::pair<const char*, const std::optional<std::string>*> fields[] = {
      {"fullname", &c.fullname}, {"phone", &c.phone}, {"birthday", &c.birthday}, {"gender", &c.gender}};
  for (const auto& [name, value] : fields) {
    if (!*value) continue;
    if (auto ok = check_optional_line(name, **value, defaults::kMaxProfileFieldLength); !ok)
      return tl::unexpected(ok.error());
  }
  return {{ProfileUpdated{c.fullname, c.phone, c.birthday, c.gender}}};
}

Decision on(const AccountState& state, const ChangePassword& c, Micros) {
  if (c.verified_hash != state.password_hash) return fail(Errc::invalid, "Incorrect password", "old_password");
  return {{PasswordChanged{c.password_hash, hashes_of(state.logins)}}};
}

Decision on(const AccountState& state, const SetPassword& c, Micros) {
  return {{PasswordChanged{c.password_hash, hashes_of(state.logins)}}};
}

Decision on(const AccountState& state, const IssuePasswordReset& c, Micros now) {
  return {{PasswordResetIssued{c.token_hash, c.sealed_token, state.email,
                               now + to_micros(defaults::kPasswordResetLifetime)}}};
}

Decision on(const AccountState&, const SettlePasswordResetMail& c, Micros) {
  return {{PasswordResetMailSettled{c.token_hash, c.sent, c.reason}}};
}

Decision on(const AccountState& state, const ResetPassword& c, Micros now) {
  const bool good = !c.token_hash.empty() && c.token_hash == state.reset_token_hash && now < state.reset_expires_at;
  if (!good) return fail(Errc::invalid, "Invalid or expired token", "token");
  return {{PasswordChanged{c.password_hash, hashes_of(state.logins)}}};
}

Decision on(const AccountState& state, const ChangeRole& c, Micros) {
  if (c.role != "admin" && c.role != "moderator" && c.role != "user")
    return fail(Errc::invalid, "role must be admin, moderator or user", "role");
  if (c.role == state.role) return std::vector<AccountEvent>{};
  return {{RoleChanged{c.role}}};
}

Decision on(const AccountState& state, const DeleteAccount& c, Micros) {
  if (c.verified_hash != state.password_hash) return fail(Errc::unauthenticated, "Incorrect password", "password");
  return {{AccountDeleted{hashes_of(state.logins)}}};
}

}  // namespace

Decision AccountDecider::decide(const State& state, const Command& command, Micros now) {
  const bool registering = std::holds_alternative<RegisterAccount>(command);
  // A mail may leave the house after its account is gone: that is noted all the same, or it would be sent again.
  const bool settling = std::holds_alternative<SettlePasswordResetMail>(command);
  if (!registering && (!state.exists || (state.deleted && !settling))) return fail(Errc::not_found, "User not found");
  return std::visit([&](const auto& c) { return on(state, c, now); }, command);
}

void AccountDecider::evolve(State& state, const Event& event, Micros) {
  const auto end_login = [&](const std::string& hash) {
    std::erase_if(state.logins, [&](const Login& login) { return login.token_hash == hash; });
  };
  std::visit(Overloaded{
                 [&](const AccountRegistered& e) {
                   state.exists = true;
                   state.username = e.username;
                   state.email = e.email;
                   state.password_hash = e.password_hash;
                   state.role = e.role;
                 },
                 [&](const LoggedIn& e) {
                   state.logins.push_back({e.token_hash, e.expires_at});
                 },
                 [&](const LoginsEnded& e) { std::for_each(e.token_hashes.begin(), e.token_hashes.end(), end_login); },
                 [](const ProfileUpdated&) {},
                 [&](const PasswordChanged& e) {
                   state.password_hash = e.password_hash;
                   state.logins.clear();
                   state.reset_token_hash.clear();
                 },
                 [&](const PasswordResetIssued& e) {
                   state.reset_token_hash = e.token_hash;
                   state.reset_expires_at = e.expires_at;
                 },
                 [](const PasswordResetMailSettled&) {},
                 [&](const RoleChanged& e) { state.role = e.role; },
                 [&](const AccountDeleted&) {
                   state.deleted = true;
                   state.logins.clear();
                   state.reset_token_hash.clear();
                 },
             },
             event);
}

std::vector<Claim> AccountDecider::claims(const State& before, const Event& event) {
  std::vector<Claim> claims;
  const auto release_reset = [&] {
    if (!before.reset_token_hash.empty()) claims.push_back(release(events::reset_claim(before.reset_token_hash)));
  };
  std::visit(Overloaded{
                 [&](const AccountRegistered& e) {
                   claims.push_back(take(events::username_claim(e.username)));
                   claims.push_back(take(events::email_claim(e.email)));
                 },
                 [&](const PasswordResetIssued& e) {
                   release_reset();
                   claims.push_back(take(events::reset_claim(e.token_hash)));
                 },
                 [&](const PasswordChanged&) { release_reset(); },
                 [&](const AccountDeleted&) {
                   release_reset();
                   claims.push_back(release(events::username_claim(before.username)));
                   claims.push_back(release(events::email_claim(before.email)));
                 },
                 [](const auto&) {},
             },
             event);
  return claims;
}

}  // namespace troupe::actors
