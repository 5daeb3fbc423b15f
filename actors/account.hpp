// The decider of accounts: who may log in, with what, and as what. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/account.hpp"

namespace troupe::actors {

using events::AccountId;

/// An open login. Its refresh tokens follow one another: only the digest of the one that is good is known.
struct Login {
  std::string token_hash;
  Micros expires_at = 0;
  std::string refresh_hash;  ///< empty: it cannot be refreshed
  Micros lifetime = 0;       ///< how long it was given out for, and is again by each refresh
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Login, token_hash, expires_at, refresh_hash, lifetime)

struct ApiKey {
  std::string id;
  std::string key_hash;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ApiKey, id, key_hash)

/// A link that logs in by itself, once or until it is revoked.
struct LoginLink {
  std::string token_hash;
  bool permanent = false;
  Micros expires_at = 0;  ///< 0: never
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LoginLink, token_hash, permanent, expires_at)

/// A second proof at login: codes of an authenticator (RFC 6238), or codes on paper.
struct Mfa {
  bool enabled = false;
  std::string pending_secret;  ///< sealed; of an enrolment that is not confirmed
  std::int64_t last_step = 0;  ///< of the last code that was used
  std::vector<std::string> backup_code_hashes;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Mfa, enabled, pending_secret, last_step, backup_code_hashes)

/// A request for a second proof that a login met: it is good for one.
struct UsedChallenge {
  std::string id;
  Micros used_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(UsedChallenge, id, used_at)

/// Wrong passwords and codes, and the lock that follows from too many.
struct LogInLock {
  std::vector<Micros> failed_log_ins;  ///< since the last good one, oldest first, within the window
  Micros locked_until = 0;
};

struct AccountState : LogInLock {
  AccountState() = default;  // or g++ 12 takes `{}` of an aggregate with a base for uninitialized
  AccountId id = 0;
  bool exists = false;
  bool deleted = false;
  bool active = true;
  std::string username;
  std::string email;
  std::string password_hash;
  std::string role;
  std::vector<Login> logins;  ///< oldest first
  std::string reset_token_hash;
  Micros reset_expires_at = 0;
  Mfa mfa;
  std::vector<UsedChallenge> used_challenges;  ///< within kMfaTokenLifetime, oldest first
  std::vector<ApiKey> api_keys;
  Json preferences = Json::object();
  std::vector<LoginLink> login_links;  ///< oldest first
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccountState, id, exists, deleted, active, username, email,
                                                password_hash, role, logins, reset_token_hash, reset_expires_at,
                                                failed_log_ins, locked_until, mfa, used_challenges, api_keys,
                                                preferences, login_links)

// Passwords and codes are checked, and passwords hashed, before a command is made (it takes a while, or a key): a
// `verified_…` is what the given one was checked against, so that one that was changed meanwhile is noticed.

struct RegisterAccount {
  AccountId id = 0;
  std::string username, email, fullname, password_hash, role = "user";
};

// Logins

/// Errors: too_fast (`locked`), unauthenticated (the password was changed meanwhile), forbidden (`active`: the account is
/// not; `mfa_code`: there is no second proof and there must be), unauthenticated (`mfa_code`: it was used before;
/// `challenge`: another login met it).
struct LogIn {
  std::string verified_hash, token_hash;
  std::string refresh_hash = {};  ///< of the first refresh token; empty: the login cannot be refreshed
  Micros lifetime = to_micros(defaults::kLoginLifetime);
  std::optional<std::int64_t> mfa_step = {};  ///< of the code that was given and is right
  std::string backup_code_hash = {};          ///< or of the backup code that was given
  std::string challenge = {};                 ///< id of the request for a second proof that this answers; may be empty
};
/// A wrong password or code was given. Nothing follows while the account is locked.
struct RefuseLogIn {};
/// A refresh token that is not the login's last one ends the login: `outcome_of_refresh` tells which it was.
/// Errors: unauthenticated (there is no such login any more, or it has no refresh token).
struct RefreshLogin {
  std::string token_hash;         ///< of the login
  std::string refresh_hash;       ///< of the refresh token that was presented
  std::string next_refresh_hash;  ///< of the one that takes its place
};
struct LogOut {
  std::string token_hash;
};
struct LogOutEverywhere {};

// Login links. Whoever may ask for one is the caller's to check: it is as good as the password.

/// A permanent link takes the place of the one before. Errors: forbidden (`active`).
struct IssueLoginLink {
  std::string token_hash;
  bool permanent = false;
};
/// Nothing follows when there is none.
struct RevokePermanentLink {};
/// Opens a login, and uses the link up unless it is permanent. A lock that wrong passwords led to does not hold it up:
/// the link is how the account's owner gets in meanwhile. Errors: unauthenticated (`link`), forbidden (`active`).
struct LogInByLink {
  std::string link_hash;
  std::string token_hash;    ///< of the login
  std::string refresh_hash;  ///< as of LogIn
  Micros lifetime = to_micros(defaults::kLoginLifetime);
};

// The person

/// An empty text clears a field, but for `email`. `preferences` are merged into what is there by their names; null
/// removes one. Errors besides invalid and too_large: conflict (`email`, from the journal).
struct UpdateProfile {
  std::optional<std::string> fullname, phone, birthday, gender;
  std::optional<std::string> email = {};
  std::optional<std::string> avatar_url = {};  ///< an http(s) URL, or an absolute path on this server
  std::optional<Json> preferences = {};
};
struct ChangePassword {
  std::string verified_hash, password_hash;
  std::string kept_login = {};  ///< token digest of the login that goes on; empty: all end
};
/// By an administrator on the command line.
struct SetPassword {
  std::string password_hash;
};
struct IssuePasswordReset {
  std::string token_hash, sealed_token;
};
struct SettlePasswordResetMail {
  std::string token_hash;
  bool sent = false;
  std::string reason;
};
struct ResetPassword {
  std::string token_hash, password_hash;
};

// What may take away an administrator: without another active one it is refused, as conflict (`administrators`). The
// System looks, and says so.

struct ChangeRole {
  std::string role;
  bool another_administrator = false;
};
/// Both, or neither. Errors: as of the two.
struct ChangeUser {
  UpdateProfile profile;
  ChangeRole role;
};
/// By an administrator. All logins of who is made inactive end.
struct ChangeActive {
  bool active = true;
  bool another_administrator = false;
};
struct DeleteAccount {
  std::string verified_hash;
  bool another_administrator = false;
};
/// The same, by an administrator.
struct EraseAccount {};

// API keys

/// Errors: conflict (kMaxApiKeysPerAccount, or the id is taken).
struct CreateApiKey {
  std::string id;  ///< 12 random letters
  std::string name;
  std::vector<std::string> permissions;  ///< of read and write
  std::string key_hash;
  std::string hint;
  Micros expires_at = 0;  ///< 0: never
};
/// Errors: not_found.
struct RevokeApiKey {
  std::string id;
};

// Multi-factor authentication

/// Shows a secret, in place of one that was not confirmed. Errors: conflict (it is enabled).
struct BeginMfaEnrolment {
  std::string sealed_secret;
};
/// Errors: conflict (nothing is pending, or another secret was shown meanwhile).
struct ConfirmMfa {
  std::int64_t step = 0;  ///< of the code that proves that the secret arrived; it is used up
  std::vector<std::string> backup_code_hashes;
  std::string verified_secret;  ///< the sealed one that the code was checked against
};
/// For what needs a fresh proof besides a login. Errors: conflict (not enabled), unauthenticated (`mfa_code`: used
/// before, or unknown), too_fast (`locked`).
struct UseMfaStep {
  std::int64_t step = 0;
};
struct UseBackupCode {
  std::string backup_code_hash;
};
/// Errors: conflict (not enabled). Who may ask this is the caller's to check, as below.
struct RenewBackupCodes {
  std::vector<std::string> backup_code_hashes;
};
/// Errors: conflict (neither enabled nor pending).
struct DisableMfa {};

/// Whether the account counts as one of the administrators, one of whom must remain.
inline bool is_active_administrator(const AccountState& state) {
  return state.exists && !state.deleted && state.active && state.role == "admin";
}

struct AccountDecider {
  using State = AccountState;
  using Event = events::AccountEvent;
  using Command = std::variant<RegisterAccount, LogIn, LogOut, UpdateProfile, ChangePassword, SetPassword,
                               IssuePasswordReset, SettlePasswordResetMail, ResetPassword, ChangeRole, DeleteAccount,
                               RefuseLogIn, RefreshLogin, LogOutEverywhere, ChangeActive, CreateApiKey, RevokeApiKey,
                               BeginMfaEnrolment, ConfirmMfa, UseMfaStep, UseBackupCode, DisableMfa, RenewBackupCodes,
                               EraseAccount, ChangeUser, IssueLoginLink, RevokePermanentLink, LogInByLink>;
  static constexpr std::string_view category = events::kAccounts;
  static constexpr std::uint16_t snapshot_schema = 2;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// Claims `username/…`, `email/…`, `reset/…` and `login_link/…` follow the account's facts.
  static std::vector<Claim> claims(const State& before, const Event& event);
  static AccountId owner(const State& state) { return state.id; }
};

/// What one more wrong password or code leads to: the end of a lock, or 0 for none yet. Nothing while it is locked.
std::optional<Micros> lock_after_failure(const LogInLock& lock, Micros now);
void count_failure(LogInLock& lock, Micros locked_until, Micros now);

/// What came of a RefreshLogin. Errors: unauthenticated (the token had been used before, and the login has ended).
Expected<events::LoginRefreshed> outcome_of_refresh(const events::Record& record);

}  // namespace troupe::actors
