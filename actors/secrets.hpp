// Tokens, digests, sealed secrets and password hashes, by libsodium. Thread-safe.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "actors/personal_keys.hpp"
#include "events/expected.hpp"

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

/// Seals secrets that must be readable again (bot tokens, mails to be sent): XChaCha20-Poly1305 with a key that is kept
/// outside the log.
class Secrets {
 public:
  /// The key is 64 hexadecimal digits in the environment variable TROUPE_KEY or in `<folder>/key` (mode 0600), which is
  /// made, durably, in a folder that never had one. `<folder>/key-check` tells a wrong key from the right one.
  /// Opens the accounts' own keys as well. Errors: invalid (not a key, or not this folder's), storage_failed (cannot read
  /// or write).
  static Expected<Secrets> open(const std::filesystem::path& folder);

  /// From the text of a key alone, for a folder that is not there: without the accounts' own keys. Errors: invalid.
  static Expected<Secrets> of_key(std::string_view hexadecimal);

  /// Puts a key into a folder that has none. Errors: invalid (not a key), conflict, storage_failed.
  static Expected<void> place_key(const std::filesystem::path& folder, const std::string& hexadecimal);

  /// A digest that says nothing to who has the log but not the key: for texts that may hold a password.
  std::string keyed_digest(std::string_view text) const;

  /// 32 bytes that follow from the key and the purpose, and tell nothing of the key or of another purpose's. No text has
  /// them as its `keyed_digest`.
  std::string derived_key(std::string_view purpose) const;

  /// What backups are encrypted with.
  std::string backup_key() const { return derived_key("backups"); }

  /// nonce + ciphertext + tag, in url-safe base64.
  std::string seal(std::string_view secret) const;

  /// Errors: corrupt (another key, or altered).
  Expected<std::string> unseal(std::string_view sealed) const;

  // What one person wrote, under a key of that account's own

  /// Every account has a key from before its registration until it is deleted.
  PersonalKeys& personal_keys() const { return *personal_keys_; }

  /// Errors: not_found (the account has no key any more).
  Expected<std::string> seal_for(events::AccountId account, std::string_view text) const;

  /// 32 bytes that follow from the account's key and the purpose. Errors: not_found (the account has no key any more).
  Expected<std::string> derived_key_for(events::AccountId account, std::string_view purpose) const;

  /// Errors: not_found (the key was thrown away, and the text is gone with it), corrupt.
  Expected<std::string> unseal_for(events::AccountId account, std::string_view sealed) const;

 private:
  std::optional<Secrets> of_account(events::AccountId account) const;

  std::array<unsigned char, 32> key_{};
  std::shared_ptr<PersonalKeys> personal_keys_;
};

}  // namespace troupe::actors
