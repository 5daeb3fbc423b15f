// What can happen to an account. Stream `account/<number>`.
//
// Fields that hold secrets, as text:
//
//   password_hash                           argon2id in its own encoded form: parameters, salt and digest
//   token_hash, token_hashes, ended_logins  BLAKE2b-256 of the token, in url-safe base64 without padding
//   sealed_token, sealed_email              XChaCha20-Poly1305 under the data folder's key, in the same base64
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/codec.hpp"

namespace troupe::events {

/// Accounts are numbered from 1.
using AccountId = std::int64_t;

/// Categories of the streams here.
inline constexpr std::string_view kAccounts = "account";
inline constexpr std::string_view kResetRequests = "reset_requests";

/// Names that one account at a time may claim.
inline std::string username_claim(std::string_view username) { return "username/" + std::string(username); }
inline std::string email_claim(std::string_view email) { return "email/" + std::string(email); }
inline std::string reset_claim(std::string_view token_hash) { return "reset/" + std::string(token_hash); }

struct AccountRegistered {
  static constexpr std::string_view type = "AccountRegistered";
  static constexpr std::uint16_t schema = 1;
  AccountId id = 0;
  std::string username;
  std::string email;
  std::string fullname;
  std::string password_hash;
  std::string role = "user";  ///< user, moderator or admin
};
TROUPE_EVENT(AccountRegistered, id, username, email, fullname, password_hash, role)

/// A login was given out. Only the digest of its token is known afterwards.
struct LoggedIn {
  static constexpr std::string_view type = "LoggedIn";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  Micros expires_at = 0;
};
TROUPE_EVENT(LoggedIn, token_hash, expires_at)

/// Logins ended: by logging out, by running out, or because too many were open.
struct LoginsEnded {
  static constexpr std::string_view type = "LoginsEnded";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> token_hashes;
};
TROUPE_EVENT(LoginsEnded, token_hashes)

struct ProfileUpdated {
  static constexpr std::string_view type = "ProfileUpdated";
  static constexpr std::uint16_t schema = 1;
  std::optional<std::string> fullname;
  std::optional<std::string> phone;
  std::optional<std::string> birthday;
  std::optional<std::string> gender;
};
TROUPE_EVENT(ProfileUpdated, fullname, phone, birthday, gender)

/// By the account itself, by a reset token, or by an administrator. All logins end.
struct PasswordChanged {
  static constexpr std::string_view type = "PasswordChanged";
  static constexpr std::uint16_t schema = 1;
  std::string password_hash;
  std::vector<std::string> ended_logins;
};
TROUPE_EVENT(PasswordChanged, password_hash, ended_logins)

struct PasswordResetIssued {
  static constexpr std::string_view type = "PasswordResetIssued";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  std::string sealed_token;  ///< for the mail that is still to be sent
  std::string email;
  Micros expires_at = 0;
};
TROUPE_EVENT(PasswordResetIssued, token_hash, sealed_token, email, expires_at)

/// The reset mail left the house, or will never leave it.
struct PasswordResetMailSettled {
  static constexpr std::string_view type = "PasswordResetMailSettled";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  bool sent = false;
  std::string reason;  ///< why not
};
TROUPE_EVENT(PasswordResetMailSettled, token_hash, sent, reason)

struct RoleChanged {
  static constexpr std::string_view type = "RoleChanged";
  static constexpr std::uint16_t schema = 1;
  std::string role;
};
TROUPE_EVENT(RoleChanged, role)

struct AccountDeleted {
  static constexpr std::string_view type = "AccountDeleted";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> ended_logins;
};
TROUPE_EVENT(AccountDeleted, ended_logins)

using AccountEvent = std::variant<AccountRegistered, LoggedIn, LoginsEnded, ProfileUpdated, PasswordChanged,
                                  PasswordResetIssued, PasswordResetMailSettled, RoleChanged, AccountDeleted>;

/// Someone asked for a password reset, for an e-mail that may or may not be known: what follows is worked out
/// afterwards, so that the asker learns nothing from the answer or its time. Stream `reset_requests/all`.
struct PasswordResetRequested {
  static constexpr std::string_view type = "PasswordResetRequested";
  static constexpr std::uint16_t schema = 1;
  std::string request;  ///< a random id: 16 hexadecimal digits
  std::string sealed_email;
};
TROUPE_EVENT(PasswordResetRequested, request, sealed_email)

struct PasswordResetRequestSettled {
  static constexpr std::string_view type = "PasswordResetRequestSettled";
  static constexpr std::uint16_t schema = 1;
  std::string request;  ///< the id from PasswordResetRequested
  bool issued = false;  ///< false: no account has that e-mail
};
TROUPE_EVENT(PasswordResetRequestSettled, request, issued)

using ResetRequestEvent = std::variant<PasswordResetRequested, PasswordResetRequestSettled>;

}  // namespace troupe::events
