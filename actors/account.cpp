#include "actors/account.hpp"

#include "actors/account_parts.hpp"
#include "actors/rules.hpp"

namespace troupe::actors {
namespace account {

using namespace events;

/// Nobody could let anyone in any more, or run the house.
static Expected<void> check_one_remains(const AccountState& state, bool another_administrator) {
  if (another_administrator || !is_active_administrator(state)) return {};
  return fail(Errc::conflict, "The last active administrator must remain one", "administrators");
}

static Decision on(const AccountState& state, const RegisterAccount& c, Micros) {
  if (state.exists) return fail(Errc::conflict, "account exists already", "id");
  if (auto ok = check_username(c.username); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_email(c.email); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_optional_line("fullname", c.fullname, defaults::kMaxProfileFieldLength); !ok)
    return tl::unexpected(ok.error());
  return {{AccountRegistered{c.id, c.username, c.email, c.fullname, c.password_hash, c.role}}};
}

/// Whoever knew the old password, or had a login, may have made links: they end with it.
static Events changed_password(const AccountState& state, const std::string& hash,
                               std::vector<std::string> ended_logins) {
  Events events{PasswordChanged{hash, std::move(ended_logins)}};
  LoginLinksEnded ended;
  for (const auto& link : state.login_links) {
    ended.token_hashes.push_back(link.token_hash);
    ended.permanent = ended.permanent || link.permanent;
  }
  if (!ended.token_hashes.empty()) events.emplace_back(std::move(ended));
  return events;
}

static Decision on(const AccountState& state, const ChangePassword& c, Micros) {
  if (c.verified_hash != state.password_hash) return fail(Errc::invalid, "Incorrect password", "old_password");
  auto ended = hashes_of(state.logins);
  std::erase(ended, c.kept_login);
  return changed_password(state, c.password_hash, std::move(ended));
}

static Decision on(const AccountState& state, const SetPassword& c, Micros) {
  return changed_password(state, c.password_hash, hashes_of(state.logins));
}

static Decision on(const AccountState& state, const IssuePasswordReset& c, Micros now) {
  return {{PasswordResetIssued{c.token_hash, c.sealed_token, state.email,
                               now + to_micros(defaults::kPasswordResetLifetime)}}};
}

static Decision on(const AccountState&, const SettlePasswordResetMail& c, Micros) {
  return {{PasswordResetMailSettled{c.token_hash, c.sent, c.reason}}};
}

static Decision on(const AccountState& state, const ResetPassword& c, Micros now) {
  const bool good = !c.token_hash.empty() && c.token_hash == state.reset_token_hash && now < state.reset_expires_at;
  if (!good) return fail(Errc::invalid, "Invalid or expired token", "token");
  return changed_password(state, c.password_hash, hashes_of(state.logins));
}

static Decision on(const AccountState& state, const ChangeRole& c, Micros) {
  if (c.role != "admin" && c.role != "moderator" && c.role != "user")
    return fail(Errc::invalid, "role must be admin, moderator or user", "role");
  if (c.role == state.role) return Events{};
  if (auto ok = check_one_remains(state, c.another_administrator); !ok) return tl::unexpected(ok.error());
  return {{RoleChanged{c.role}}};
}

static Decision on(const AccountState& state, const ChangeUser& c, Micros now) {
  auto events = on(state, c.profile, now);
  if (!events) return events;
  auto role = on(state, c.role, now);
  if (!role) return role;
  std::move(role->begin(), role->end(), std::back_inserter(*events));
  return events;
}

static Decision on(const AccountState& state, const ChangeActive& c, Micros) {
  if (c.active == state.active) return Events{};
  if (auto ok = check_one_remains(state, c.another_administrator); !ok) return tl::unexpected(ok.error());
  Events events;
  if (!c.active && !state.logins.empty())
    events.emplace_back(LoginsEnded{hashes_of(state.logins), "account made inactive"});
  events.emplace_back(ActiveChanged{c.active});
  return events;
}

static Decision on(const AccountState& state, const EraseAccount&, Micros) {
  Events events;
  for (const auto& key : state.api_keys) events.emplace_back(ApiKeyRevoked{key.id, key.key_hash});
  events.emplace_back(AccountDeleted{hashes_of(state.logins)});
  return events;
}

static Decision on(const AccountState& state, const DeleteAccount& c, Micros now) {
  if (c.verified_hash != state.password_hash) return fail(Errc::unauthenticated, "Incorrect password", "password");
  if (auto ok = check_one_remains(state, c.another_administrator); !ok) return tl::unexpected(ok.error());
  return on(state, EraseAccount{}, now);
}

static void apply(AccountState& state, const AccountRegistered& e, Micros) {
  state.id = e.id;
  state.exists = true;
  state.username = e.username;
  state.email = e.email;
  state.password_hash = e.password_hash;
  state.role = e.role;
}

static void apply(AccountState& state, const PasswordChanged& e, Micros) {
  state.password_hash = e.password_hash;
  end_logins(state, e.ended_logins);
  state.reset_token_hash.clear();
}

static void apply(AccountState& state, const PasswordResetIssued& e, Micros) {
  state.reset_token_hash = e.token_hash;
  state.reset_expires_at = e.expires_at;
}

static void apply(AccountState&, const PasswordResetMailSettled&, Micros) {}

static void apply(AccountState& state, const RoleChanged& e, Micros) { state.role = e.role; }

static void apply(AccountState& state, const ActiveChanged& e, Micros) { state.active = e.active; }

static void apply(AccountState& state, const AccountDeleted&, Micros) {
  state.deleted = true;
  state.logins.clear();
  state.login_links.clear();
  state.reset_token_hash.clear();
  state.mfa = {};
}

}  // namespace account

account::Decision AccountDecider::decide(const State& state, const Command& command, Micros now) {
  const bool registering = std::holds_alternative<RegisterAccount>(command);
  // A mail may leave the house after its account is gone: that is noted all the same, or it would be sent again.
  const bool settling = std::holds_alternative<SettlePasswordResetMail>(command);
  if (!registering && (!state.exists || (state.deleted && !settling))) return fail(Errc::not_found, "User not found");
  return std::visit([&](const auto& c) { return account::on(state, c, now); }, command);
}

void AccountDecider::evolve(State& state, const Event& event, Micros time) {
  std::visit([&](const auto& e) { account::apply(state, e, time); }, event);
}

std::vector<Claim> AccountDecider::claims(const State& before, const Event& event) {
  std::vector<Claim> claims;
  const auto release_reset = [&] {
    if (!before.reset_token_hash.empty()) claims.push_back(release(events::reset_claim(before.reset_token_hash)));
  };
  std::visit(
      Overloaded{
          [&](const events::AccountRegistered& e) {
            claims.push_back(take(events::username_claim(e.username)));
            claims.push_back(take(events::email_claim(e.email)));
          },
          [&](const events::PasswordResetIssued& e) {
            release_reset();
            claims.push_back(take(events::reset_claim(e.token_hash)));
          },
          [&](const events::PasswordChanged&) { release_reset(); },
          [&](const events::ProfileUpdated& e) {
            if (!e.email || *e.email == before.email) return;
            release_reset();
            claims.push_back(release(events::email_claim(before.email)));
            claims.push_back(take(events::email_claim(*e.email)));
          },
          [&](const events::LoginLinkIssued& e) { claims.push_back(take(events::login_link_claim(e.token_hash))); },
          [&](const events::LoginLinksEnded& e) {
            for (const auto& hash : e.token_hashes) claims.push_back(release(events::login_link_claim(hash)));
          },
          [&](const events::AccountDeleted&) {
            release_reset();
            for (const auto& link : before.login_links)
              claims.push_back(release(events::login_link_claim(link.token_hash)));
            claims.push_back(release(events::username_claim(before.username)));
            claims.push_back(release(events::email_claim(before.email)));
          },
          [](const auto&) {},
      },
      event);
  return claims;
}

}  // namespace troupe::actors
