// What can happen to an account. Stream `account/<number>`.
//
// Fields that hold secrets, as text:
//
//   password_hash                           argon2id in its own encoded form: parameters, salt and digest
//   token_hash, token_hashes, ended_logins,
//   refresh_hash, key_hash                  BLAKE2b-256 of the token, in url-safe base64 without padding
//   backup_code_hash, backup_code_hashes    BLAKE2b-256 under a key derived from the data folder's, in the same base64
//   sealed_token, sealed_secret             XChaCha20-Poly1305 under the data folder's key, in the same base64
//
// What the account says of its person is `personal` (events/codec.hpp): in the log it is under the account's own key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/codec.hpp"

namespace troupe::events {

/// Categories of the streams here.
inline constexpr std::string_view kAccounts = "account";
inline constexpr std::string_view kResetRequests = "reset_requests";

/// Names that one account at a time may claim.
inline std::string username_claim(std::string_view username) { return "username/" + std::string(username); }
inline std::string email_claim(std::string_view email) { return "email/" + std::string(email); }
inline std::string reset_claim(std::string_view token_hash) { return "reset/" + std::string(token_hash); }
inline std::string login_link_claim(std::string_view token_hash) { return "login_link/" + std::string(token_hash); }

struct AccountRegistered {
  static constexpr std::string_view type = "AccountRegistered";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"username", "email", "fullname", "password_hash"};
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
  std::string refresh_hash;  ///< empty: it cannot be refreshed
  std::string challenge;     ///< id of the request for a second proof that it met; empty: there was none
};
TROUPE_EVENT(LoggedIn, token_hash, expires_at, refresh_hash, challenge)

/// A login lives longer, and its refresh token was replaced: the one before is used up.
struct LoginRefreshed {
  static constexpr std::string_view type = "LoginRefreshed";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  std::string refresh_hash;  ///< of the new one
  Micros expires_at = 0;
};
TROUPE_EVENT(LoginRefreshed, token_hash, refresh_hash, expires_at)

/// Logins ended: by logging out, by running out, because too many were open, or for the reason that is named.
struct LoginsEnded {
  static constexpr std::string_view type = "LoginsEnded";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> token_hashes;
  std::string reason;
};
TROUPE_EVENT(LoginsEnded, token_hashes, reason)

/// A refresh token was presented a second time: it was stolen, or its reply was lost. Either way nobody can tell who
/// holds the login now.
inline constexpr const char* kRefreshTokenReused = "refresh token reused";

/// A link was given out that logs in by itself, without a password or a second proof.
struct LoginLinkIssued {
  static constexpr std::string_view type = "LoginLinkIssued";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  bool permanent = false;  ///< good until it is revoked or another takes its place; others are good once
  Micros expires_at = 0;   ///< 0: never
};
TROUPE_EVENT(LoginLinkIssued, token_hash, permanent, expires_at)

/// Links are no good any more: used, revoked, replaced, or too old.
struct LoginLinksEnded {
  static constexpr std::string_view type = "LoginLinksEnded";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> token_hashes;
  bool permanent = false;  ///< the permanent one is among them
};
TROUPE_EVENT(LoginLinksEnded, token_hashes, permanent)

/// A password or a code was wrong.
struct LogInFailed {
  static constexpr std::string_view type = "LogInFailed";
  static constexpr std::uint16_t schema = 1;
  Micros locked_until = 0;  ///< 0: that was not yet too often
};
TROUPE_EVENT(LogInFailed, locked_until)

struct ProfileUpdated {
  static constexpr std::string_view type = "ProfileUpdated";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"fullname", "phone",      "birthday",   "gender",
                                                  "email",    "avatar_url", "preferences"};
  std::optional<std::string> fullname;
  std::optional<std::string> phone;
  std::optional<std::string> birthday;
  std::optional<std::string> gender;
  std::optional<std::string> email;
  std::optional<std::string> avatar_url;
  std::optional<Json> preferences;  ///< all of them, as they are from now on
};
TROUPE_EVENT(ProfileUpdated, fullname, phone, birthday, gender, email, avatar_url, preferences)

/// By the account itself, by a reset token, or by an administrator. All logins end, but for the one that changed it where
/// it is to be kept.
struct PasswordChanged {
  static constexpr std::string_view type = "PasswordChanged";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"password_hash"};
  std::string password_hash;
  std::vector<std::string> ended_logins;
};
TROUPE_EVENT(PasswordChanged, password_hash, ended_logins)

struct PasswordResetIssued {
  static constexpr std::string_view type = "PasswordResetIssued";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"email"};
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

/// By an administrator. Who is not active cannot log in; neither do API keys work.
struct ActiveChanged {
  static constexpr std::string_view type = "ActiveChanged";
  static constexpr std::uint16_t schema = 1;
  bool active = true;
};
TROUPE_EVENT(ActiveChanged, active)

struct ApiKeyCreated {
  static constexpr std::string_view type = "ApiKeyCreated";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"name", "hint"};
  std::string id;  ///< 12 random letters
  std::string name;
  std::vector<std::string> permissions;  ///< read, write or both, in this order
  std::string key_hash;
  std::string hint;       ///< the key's last four characters, so that its owner knows it again
  Micros expires_at = 0;  ///< 0: never
};
TROUPE_EVENT(ApiKeyCreated, id, name, permissions, key_hash, hint, expires_at)

struct ApiKeyRevoked {
  static constexpr std::string_view type = "ApiKeyRevoked";
  static constexpr std::uint16_t schema = 1;
  std::string id;
  std::string key_hash;
};
TROUPE_EVENT(ApiKeyRevoked, id, key_hash)

/// A secret for an authenticator was shown; it counts from the first code that proves it arrived.
struct MfaEnrolmentBegan {
  static constexpr std::string_view type = "MfaEnrolmentBegan";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"sealed_secret"};
  std::string sealed_secret;  ///< base32, sealed
};
TROUPE_EVENT(MfaEnrolmentBegan, sealed_secret)

struct MfaEnabled {
  static constexpr std::string_view type = "MfaEnabled";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> backup_code_hashes;
};
TROUPE_EVENT(MfaEnabled, backup_code_hashes)

/// A code was used: neither it nor one from before it is good again.
struct MfaStepUsed {
  static constexpr std::string_view type = "MfaStepUsed";
  static constexpr std::uint16_t schema = 1;
  std::int64_t step = 0;  ///< the time step T of RFC 6238
};
TROUPE_EVENT(MfaStepUsed, step)

struct MfaBackupCodeUsed {
  static constexpr std::string_view type = "MfaBackupCodeUsed";
  static constexpr std::uint16_t schema = 1;
  std::string backup_code_hash;
  std::int64_t left = 0;  ///< codes that are still good
};
TROUPE_EVENT(MfaBackupCodeUsed, backup_code_hash, left)

/// New backup codes took the place of all from before.
struct MfaBackupCodesRenewed {
  static constexpr std::string_view type = "MfaBackupCodesRenewed";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> backup_code_hashes;
};
TROUPE_EVENT(MfaBackupCodesRenewed, backup_code_hashes)

/// Also ends an enrolment that was not confirmed.
struct MfaDisabled {
  static constexpr std::string_view type = "MfaDisabled";
  static constexpr std::uint16_t schema = 1;
};
inline void to_json(Json& fields, const MfaDisabled&) { fields = Json::object(); }
inline void from_json(const Json&, MfaDisabled&) {}

struct AccountDeleted {
  static constexpr std::string_view type = "AccountDeleted";
  static constexpr std::uint16_t schema = 1;
  std::vector<std::string> ended_logins;
};
TROUPE_EVENT(AccountDeleted, ended_logins)

using AccountEvent =
    std::variant<AccountRegistered, LoggedIn, LoginsEnded, ProfileUpdated, PasswordChanged, PasswordResetIssued,
                 PasswordResetMailSettled, RoleChanged, AccountDeleted, LoginRefreshed, LogInFailed, ActiveChanged,
                 ApiKeyCreated, ApiKeyRevoked, MfaEnrolmentBegan, MfaEnabled, MfaStepUsed, MfaBackupCodeUsed,
                 MfaDisabled, MfaBackupCodesRenewed, LoginLinkIssued, LoginLinksEnded>;

/// Someone asked for a password reset, for an e-mail that may or may not be known: what follows is worked out
/// afterwards, so that the asker learns nothing from the answer or its time. Stream `reset_requests/all`.
struct PasswordResetRequested {
  static constexpr std::string_view type = "PasswordResetRequested";
  static constexpr std::uint16_t schema = 1;
  std::string request;    ///< a random id: 16 hexadecimal digits
  AccountId account = 0;  ///< whose e-mail it is; 0: nobody's. The e-mail itself is not noted.
};
TROUPE_EVENT(PasswordResetRequested, request, account)

struct PasswordResetRequestSettled {
  static constexpr std::string_view type = "PasswordResetRequestSettled";
  static constexpr std::uint16_t schema = 1;
  std::string request;  ///< the id from PasswordResetRequested
  bool issued = false;  ///< false: there was no such account, or it is gone
};
TROUPE_EVENT(PasswordResetRequestSettled, request, issued)

using ResetRequestEvent = std::variant<PasswordResetRequested, PasswordResetRequestSettled>;

}  // namespace troupe::events
