#include "actors/secrets.hpp"

#include <sodium.h>

#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64(const unsigned char* bytes, std::size_t size) {
  return storage::base64({reinterpret_cast<const char*>(bytes), size});
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

}  // namespace troupe::actors
