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

struct Login {
  std::string token_hash;
  Micros expires_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Login, token_hash, expires_at)

struct AccountState {
  bool exists = false;
  bool deleted = false;
  std::string username;
  std::string email;
  std::string password_hash;
  std::string role;
  std::vector<Login> logins;  ///< oldest first
  std::string reset_token_hash;
  Micros reset_expires_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccountState, exists, deleted, username, email, password_hash, role,
                                                logins, reset_token_hash, reset_expires_at)

// Passwords are checked and hashed before a command is made (it takes a while): `verified_hash` is the stored hash the
// given password was checked against, so that a password changed meanwhile is noticed.

struct RegisterAccount {
  AccountId id = 0;
  std::string username, email, fullname, password_hash, role = "user";
};
struct LogIn {
  std::string verified_hash, token_hash;
};
struct LogOut {
  std::string token_hash;
};
struct UpdateProfile {
  std::optional<std::string> fullname, phone, birthday, gender;
};
struct ChangePassword {
  std::string verified_hash, password_hash;
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
struct ChangeRole {
  std::string role;
};
struct DeleteAccount {
  std::string verified_hash;
};

struct AccountDecider {
  using State = AccountState;
  using Event = events::AccountEvent;
  using Command = std::variant<RegisterAccount, LogIn, LogOut, UpdateProfile, ChangePassword, SetPassword,
                               IssuePasswordReset, SettlePasswordResetMail, ResetPassword, ChangeRole, DeleteAccount>;
  static constexpr std::string_view category = events::kAccounts;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// Claims `username/…`, `email/…` and `reset/…` follow the account's facts.
  static std::vector<Claim> claims(const State& before, const Event& event);
};

}  // namespace troupe::actors
