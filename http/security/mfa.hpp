// The second proof at login: time-based one-time passwords (TOTP, RFC 6238: HMAC-SHA-1, six digits, 30 seconds, which is
// all that every authenticator app knows) by liboath, and backup codes on paper. Thread-safe.
//
// A secret is a text here: the 20 bytes that RFC 4226, section 4, recommends, in base32 (RFC 4648).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/secrets.hpp"
#include "events/account.hpp"

namespace troupe::http {

std::string make_totp_secret();

/// What an authenticator app reads, from the QR code or typed in
/// (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
std::string totp_uri(std::string_view secret, std::string_view username);

/// The time step that a code belongs to: now's, the one before or the one after. Nothing when it is none of them. That
/// a step is used once is for the account to see to. Spaces in a code are passed over: apps show `123 456`.
std::optional<std::int64_t> totp_step(std::string_view secret, std::string_view code, Micros now);

/// A QR code (ISO/IEC 18004, by libqrencode) as an SVG image, black on white, with the quiet zone it needs.
/// Errors: too_large (more than a QR code holds, some 2,300 bytes).
Expected<std::string> qr_svg(std::string_view text);

/// kBackupCodes codes `XXXX-XXXX`, of letters and digits that are not mistaken for each other.
std::vector<std::string> make_backup_codes();

/// What a backup code is known by; nothing when the text is no such code. Small letters, spaces and a missing dash are
/// forgiven. A code has 39 random bits only, so the digest is keyed: who has the log but not the key cannot try them.
std::optional<std::string> backup_code_digest(const actors::Secrets& secrets, events::AccountId account,
                                              std::string_view code);

}  // namespace troupe::http
