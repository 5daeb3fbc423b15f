// What the data folder keeps secret: its key, a key of each account's own, and what they seal. By libsodium.
// Thread-safe.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "storage/personal_keys.hpp"

namespace troupe::storage {

/// The url-safe form without padding (RFC 4648, section 5).
std::string base64(std::string_view bytes);

/// XChaCha20-Poly1305: nonce + ciphertext + tag.
class SealingKey {
 public:
  using Bytes = std::array<unsigned char, 32>;
  explicit SealingKey(const Bytes& bytes) : bytes_(bytes) {}

  std::string seal(std::string_view plain) const;

  /// Errors: corrupt (another key, or altered).
  Expected<std::string> open(std::string_view sealed) const;

 private:
  Bytes bytes_;
};

class Secrets {
 public:
  /// The key is 64 hexadecimal digits in the environment variable TROUPE_KEY or in `<folder>/key` (mode 0600), which is
  /// made, durably, in a folder that never had one. `<folder>/key-check` tells a wrong key from the right one.
  /// Opens the accounts' own keys as well. Errors: invalid (not a key, or not this folder's), not_found (the accounts'
  /// keys are missing), storage_failed (cannot read or write).
  static Expected<Secrets> open(const std::filesystem::path& folder);

  /// From the text of a key alone, for a folder that is not there: without the accounts' own keys. Errors: invalid.
  static Expected<Secrets> of_key(std::string_view hexadecimal);

  /// Puts a key into a folder that has none. Errors: invalid (not a key), conflict, storage_failed.
  static Expected<void> place_key(const std::filesystem::path& folder, const std::string& hexadecimal);

  /// A digest that says nothing to who has the log but not the key: for texts that may hold a password, and for names
  /// by which a person is found.
  std::string keyed_digest(std::string_view text) const;

  /// 32 bytes that follow from the key and the purpose, and tell nothing of the key or of another purpose's. No text
  /// has them as its `keyed_digest`.
  std::string derived_key(std::string_view purpose) const;

  /// What backups are encrypted with.
  std::string backup_key() const { return derived_key("backups"); }

  /// Seals secrets that must be readable again (bot tokens, the tokens in mails) under the folder's key, in url-safe
  /// base64.
  std::string seal(std::string_view secret) const;

  /// Errors: corrupt (another key, or altered).
  Expected<std::string> unseal(std::string_view sealed) const;

  // What is one person's, under a key of that account's own

  /// Every account has a key from before its registration until it is erased.
  PersonalKeys& personal_keys() const { return *personal_keys_; }

  /// 32 bytes that follow from the account's key and the purpose. Errors: not_found (the account has no key any more).
  Expected<std::string> derived_key_for(events::AccountId account, std::string_view purpose) const;

  /// Nothing when the account has no key any more, and with it nothing that is personal.
  std::optional<SealingKey> personal_key(events::AccountId account) const;

  /// In url-safe base64. Errors: not_found (the account has no key any more).
  Expected<std::string> seal_for(events::AccountId account, std::string_view text) const;

  /// Errors: not_found (the key was thrown away, and the text is gone with it), corrupt.
  Expected<std::string> unseal_for(events::AccountId account, std::string_view sealed) const;

 private:
  std::optional<SealingKey::Bytes> key_of(events::AccountId account) const;

  SealingKey::Bytes key_{};
  std::shared_ptr<PersonalKeys> personal_keys_;
};

}  // namespace troupe::storage
