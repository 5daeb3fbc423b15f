// The webhook platform's HTTP bodies and their signatures. Pure.
//
//   X-Troupe-Timestamp: 1767225600                 seconds since 1970
//   X-Troupe-Signature: sha256=<hexadecimal>       HMAC-SHA256 of `<timestamp>.<body>` under the secret
//
// Incoming: {"message_id","user_id","text"} and, optional, "user_name", "group_id" (then it is a group's), "group_name",
// "is_group_admin", "to_bot". Outgoing: {"id","kind":"group"|"private","to","text","reply_to"}; `id` is the same when an
// answer is sent again, because nobody could say whether it had arrived.
#pragma once

#include <string>
#include <string_view>

#include "actors/platforms/connection.hpp"

namespace troupe::actors::platforms::webhook {

inline constexpr const char* kTimestampHeader = "X-Troupe-Timestamp";
inline constexpr const char* kSignatureHeader = "X-Troupe-Signature";

/// `sha256=…`
std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body);

/// Errors: unauthenticated (a signature by another secret or over something else, or a time further than
/// kWebhookClockSkew from `now`).
Expected<void> verify(std::string_view secret, const Delivery& delivery, Micros now);

/// Errors: invalid, with the field.
Expected<Incoming> parse(std::string_view body);

std::string body_of(const Outgoing& outgoing);

/// What the receiver calls it, if it answers `{"message_id":"…"}`.
std::string sent_id(std::string_view body);

}  // namespace troupe::actors::platforms::webhook
