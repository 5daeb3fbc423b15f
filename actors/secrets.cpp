#include "actors/secrets.hpp"

#include <sodium.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

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

std::string random_from(std::string_view alphabet, std::size_t count) {
  std::string text(count, ' ');
  for (char& c : text) c = alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
  return text;
}

Expected<std::string> read_or_make_key(const std::filesystem::path& file) {
  if (const char* text = std::getenv("TROUPE_KEY")) return std::string(text);
  std::string text;
  if (std::ifstream in(file); in && in >> text) return text;
  std::array<unsigned char, 32> fresh{};
  randombytes_buf(fresh.data(), fresh.size());
  text.assign(65, '\0');
  sodium_bin2hex(text.data(), text.size(), fresh.data(), fresh.size());
  text.pop_back();
  std::ofstream out(file);
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (!(out << text << '\n' << std::flush))
    return fail(Errc::storage_failed, "cannot write the key file " + file.string());
  return text;
}

}  // namespace

std::string random_token() {
  unsigned char bytes[32];
  randombytes_buf(bytes, sizeof bytes);
  return base64(bytes, sizeof bytes);
}

std::string random_letters(std::size_t count) {
  return random_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", count);
}

std::string random_hex(std::size_t count) { return random_from("0123456789abcdef", count); }

std::string text_digest(std::string_view text) {
  unsigned char digest[32];
  crypto_generichash(digest, sizeof digest, bytes_of(text), text.size(), nullptr, 0);
  return base64(digest, sizeof digest);
}

std::string token_digest(std::string_view token) { return text_digest(token); }

std::string hash_password(std::string_view password) {
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(hash, password.data(), password.size(), defaults::kPasswordHashPasses,
                            defaults::kPasswordHashMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();
  return hash;
}

bool verify_password(std::string_view hash, std::string_view password) {
  return crypto_pwhash_str_verify(std::string(hash).c_str(), password.data(), password.size()) == 0;
}

const std::string& hash_of_nobody() {
  static const std::string hash = hash_password(random_token());
  return hash;
}

Expected<Secrets> Secrets::open(const std::filesystem::path& folder) {
  auto text = read_or_make_key(folder / "key");
  if (!text) return tl::unexpected(text.error());
  Secrets secrets;
  std::size_t size = 0;
  if (text->size() != 64 || sodium_hex2bin(secrets.key_.data(), secrets.key_.size(), text->data(), text->size(),
                                           nullptr, &size, nullptr) != 0 || size != secrets.key_.size())
    return fail(Errc::invalid, "the data key (TROUPE_KEY or <data>/key) must be 64 hexadecimal digits");
  return secrets;
}

std::string Secrets::seal(std::string_view secret) const {
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::vector<unsigned char> sealed(kNonce + secret.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  randombytes_buf(sealed.data(), kNonce);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonce, &size, bytes_of(secret), secret.size(), nullptr,
                                             0, nullptr, sealed.data(), key_.data());
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

}  // namespace troupe::actors
