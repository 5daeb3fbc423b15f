// Tokens, digests and password hashes, by libsodium. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "storage/secrets.hpp"

namespace troupe::actors {

/// 32 random bytes as 43 characters of url-safe base64 (RFC 4648, section 5, no padding).
std::string random_token();

/// `count` random ASCII letters.
std::string random_letters(std::size_t count);

/// `count` random lower-case hexadecimal digits.
std::string random_hex(std::size_t count);

/// `count` random characters of an alphabet of at least one.
std::string random_text(std::string_view alphabet, std::size_t count);

/// `count` random bytes.
std::string random_bytes(std::size_t count);

/// The digest under which a token is stored and found: BLAKE2b-256 in url-safe base64. Tokens have 256 random bits, so
/// it needs neither salt nor stretching.
std::string token_digest(std::string_view token);

/// A digest of any text, in the same form.
std::string text_digest(std::string_view text);

/// Argon2id in its encoded form. Takes some 30 ms: only on a thread that may block.
/// Errors: overloaded (the memory it takes is not to be had).
Expected<std::string> hash_password(std::string_view password);
bool verify_password(std::string_view hash, std::string_view password);

/// A hash of no account's password: verifying against it takes as long as against a real one.
const Expected<std::string>& hash_of_nobody();

using storage::Secrets;

}  // namespace troupe::actors
