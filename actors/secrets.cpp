#include "actors/secrets.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

constexpr const char* kKeyCheck = "key-check";
constexpr const char* kKeyCheckText = "troupe";
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const bool kSodiumReady = [] {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot start");
  return true;
}();

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text(sodium_base64_encoded_len(size, kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, kBase64);
  text.pop_back();  // the terminating NUL
  return text;
}

/// Writes a small file so that it is there after a power cut, or not at all. Mode 0600 from the first moment.
Expected<void> write_durably(const std::filesystem::path& file, const std::string& text) {
  const auto cannot = [&] { return fail(Errc::storage_failed, "cannot write " + file.string()); };
  const std::string unfinished = file.string() + ".new";
  const int fd = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return cannot();
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(unfinished.c_str(), file.c_str()) != 0) return cannot();
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  return synced ? Expected<void>{} : cannot();
}

Expected<std::string> read_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text;
  if (in >> text) return text;
  return fail(Errc::storage_failed, "cannot read " + file.string());
}

Expected<std::string> read_or_make_key(const std::filesystem::path& folder) {
  if (const char* text = std::getenv("TROUPE_KEY")) return std::string(text);
  const auto file = folder / "key";
  if (std::filesystem::exists(file)) return read_line(file);
  if (std::filesystem::exists(folder / kKeyCheck))
    return fail(Errc::invalid, "the data key is missing: put it back as " + file.string() + " or into TROUPE_KEY");
  std::array<unsigned char, 32> fresh{};
  randombytes_buf(fresh.data(), fresh.size());
  std::string text(65, '\0');
  sodium_bin2hex(text.data(), text.size(), fresh.data(), fresh.size());
  text.pop_back();
  if (auto ok = write_durably(file, text + "\n"); !ok) return tl::unexpected(ok.error());
  return text;
}

}  // namespace

std::string random_token() {
  unsigned char bytes[32];
  randombytes_buf(bytes, sizeof bytes);
  return base64(bytes, sizeof bytes);
}

std::string random_text(std::string_view alphabet, std::size_t count) {
  std::string text(count, ' ');
  for (char& c : text) c = alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
  return text;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string random_letters(std::size_t count) {
  return random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", count);
}

std::string random_hex(std::size_t count) { return random_text("0123456789abcdef", count); }

std::string text_digest(std::string_view text) {
  unsigned char digest[32];
  crypto_generichash(digest, sizeof digest, bytes_of(text), text.size(), nullptr, 0);
  return base64(digest, sizeof digest);
}

std::string token_digest(std::string_view token) { return text_digest(token); }

Expected<std::string> hash_password(std::string_view password) {
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(hash, password.data(), password.size(), defaults::kPasswordHashPasses,
                            defaults::kPasswordHashMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Errc::overloaded, "no memory to hash a password");
  return std::string(hash);
}

bool verify_password(std::string_view hash, std::string_view password) {
  return crypto_pwhash_str_verify(std::string(hash).c_str(), password.data(), password.size()) == 0;
}

const Expected<std::string>& hash_of_nobody() {
  static const Expected<std::string> hash = hash_password(random_token());
  return hash;
}

Expected<Secrets> Secrets::of_key(std::string_view hexadecimal) {
  Secrets secrets;
  std::size_t size = 0;
  if (hexadecimal.size() != 64 ||
      sodium_hex2bin(secrets.key_.data(), secrets.key_.size(), hexadecimal.data(), hexadecimal.size(), nullptr, &size,
                     nullptr) != 0 ||
      size != secrets.key_.size())
    return fail(Errc::invalid, "the data key (TROUPE_KEY or <data>/key) must be 64 hexadecimal digits");
  return secrets;
}

Expected<void> Secrets::place_key(const std::filesystem::path& folder, const std::string& hexadecimal) {
  if (auto good = of_key(hexadecimal); !good) return tl::unexpected(good.error());
  if (std::filesystem::exists(folder / "key")) return fail(Errc::conflict, "there is a key in " + folder.string());
  return write_durably(folder / "key", hexadecimal + "\n");
}

Expected<Secrets> Secrets::open(const std::filesystem::path& folder) {
  const auto text = read_or_make_key(folder);
  if (!text) return tl::unexpected(text.error());
  auto with_key = of_key(*text);
  if (!with_key) return with_key;
  Secrets secrets = std::move(*with_key);
  auto personal_keys = PersonalKeys::open(folder);
  if (!personal_keys) return tl::unexpected(personal_keys.error());
  secrets.personal_keys_ = std::move(*personal_keys);
  const auto check = folder / kKeyCheck;
  if (!std::filesystem::exists(check)) {
    if (auto ok = write_durably(check, secrets.seal(kKeyCheckText) + "\n"); !ok) return tl::unexpected(ok.error());
    return secrets;
  }
  const auto sealed = read_line(check);
  if (!sealed) return tl::unexpected(sealed.error());
  if (secrets.unseal(*sealed).value_or("") != kKeyCheckText)
    return fail(Errc::invalid, "the data key (TROUPE_KEY or <data>/key) is not the one this data folder was made with");
  return secrets;
}

std::string Secrets::keyed_digest(std::string_view text) const {
  unsigned char digest[32];
  crypto_generichash(digest, sizeof digest, bytes_of(text), text.size(), key_.data(), key_.size());
  return base64(digest, sizeof digest);
}

std::string Secrets::derived_key(std::string_view purpose) const {
  // The personalisation keeps these apart from all keyed digests, which are in the log.
  constexpr unsigned char kPersonal[crypto_generichash_blake2b_PERSONALBYTES + 1] = "troupe key child";
  std::string derived(32, '\0');
  crypto_generichash_blake2b_salt_personal(reinterpret_cast<unsigned char*>(derived.data()), derived.size(),
                                           bytes_of(purpose), purpose.size(), key_.data(), key_.size(), nullptr,
                                           kPersonal);
  return derived;
}

std::string Secrets::seal(std::string_view secret) const {
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::vector<unsigned char> sealed(kNonce + secret.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  randombytes_buf(sealed.data(), kNonce);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonce, &size, bytes_of(secret), secret.size(), nullptr, 0,
                                             nullptr, sealed.data(), key_.data());
  return base64(sealed.data(), kNonce + size);
}

Expected<std::string> Secrets::unseal(std::string_view sealed) const {
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::vector<unsigned char> bytes(sealed.size());
  std::size_t size = 0;
  const auto damaged = [] { return fail(Errc::corrupt, "a sealed secret does not open: another key, or altered"); };
  if (sodium_base642bin(bytes.data(), bytes.size(), sealed.data(), sealed.size(), nullptr, &size, nullptr, kBase64) !=
          0 ||
      size < kNonce + crypto_aead_xchacha20poly1305_ietf_ABYTES)
    return damaged();
  std::string secret(size - kNonce, '\0');
  unsigned long long length = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(secret.data()), &length, nullptr,
                                                 bytes.data() + kNonce, size - kNonce, nullptr, 0, bytes.data(),
                                                 key_.data()) != 0)
    return damaged();
  secret.resize(length);
  return secret;
}

std::optional<Secrets> Secrets::of_account(events::AccountId account) const {
  const auto slot = personal_keys_->find(account);
  if (!slot) return std::nullopt;
  Secrets own;
  crypto_generichash(own.key_.data(), own.key_.size(), slot->data(), slot->size(), key_.data(), key_.size());
  return own;
}

Expected<std::string> Secrets::seal_for(events::AccountId account, std::string_view text) const {
  const auto own = of_account(account);
  if (!own) return fail(Errc::not_found, "the account is gone");
  return own->seal(text);
}

Expected<std::string> Secrets::derived_key_for(events::AccountId account, std::string_view purpose) const {
  const auto own = of_account(account);
  if (!own) return fail(Errc::not_found, "the account is gone, and its files with it");
  return own->derived_key(purpose);
}

Expected<std::string> Secrets::unseal_for(events::AccountId account, std::string_view sealed) const {
  const auto own = of_account(account);
  if (!own) return fail(Errc::not_found, "the account is gone, and its texts with it");
  return own->unseal(sealed);
}

}  // namespace troupe::actors
