#include "storage/secrets.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "events/defaults.hpp"

namespace troupe::storage {
namespace {

constexpr const char* kKeyCheck = "key-check";
constexpr const char* kKeyCheckText = "troupe";
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const bool kSodiumReady = [] {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot start");
  return true;
}();

tl::unexpected<Error> does_not_open() {
  return fail(Errc::corrupt, "a sealed text does not open: another key, or altered");
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Expected<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(bytes_of(bytes), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr, kBase64) != 0)
    return does_not_open();
  bytes.resize(size);
  return bytes;
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

std::string derive(const SealingKey::Bytes& key, std::string_view purpose) {
  // The personalisation keeps these apart from all keyed digests, which are in the log.
  constexpr unsigned char kPersonal[crypto_generichash_blake2b_PERSONALBYTES + 1] = "troupe key child";
  std::string derived(32, '\0');
  crypto_generichash_blake2b_salt_personal(bytes_of(derived), derived.size(), bytes_of(purpose), purpose.size(),
                                           key.data(), key.size(), nullptr, kPersonal);
  return derived;
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), kBase64);
  text.pop_back();  // the terminating NUL
  return text;
}

std::string SealingKey::seal(std::string_view plain) const {
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  randombytes_buf(sealed.data(), kNonceBytes);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kNonceBytes, &size, bytes_of(plain), plain.size(),
                                             nullptr, 0, nullptr, bytes_of(sealed), bytes_.data());
  return sealed;
}

Expected<std::string> SealingKey::open(std::string_view sealed) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return does_not_open();
  std::string plain(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const auto ciphertext = sealed.substr(kNonceBytes);
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(plain), &size, nullptr, bytes_of(ciphertext),
                                                 ciphertext.size(), nullptr, 0, bytes_of(sealed), bytes_.data()) != 0)
    return does_not_open();
  return plain;
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
  const auto check = folder / kKeyCheck;
  auto personal_keys = PersonalKeys::open(folder, /*create=*/!std::filesystem::exists(check));
  if (!personal_keys) return tl::unexpected(personal_keys.error());
  secrets.personal_keys_ = std::move(*personal_keys);
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
  return base64({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string Secrets::derived_key(std::string_view purpose) const { return derive(key_, purpose); }

std::string Secrets::seal(std::string_view secret) const { return base64(SealingKey(key_).seal(secret)); }

Expected<std::string> Secrets::unseal(std::string_view sealed) const {
  const auto bytes = from_base64(sealed);
  return bytes ? SealingKey(key_).open(*bytes) : bytes;
}

std::optional<SealingKey::Bytes> Secrets::key_of(events::AccountId account) const {
  const auto slot = personal_keys_ ? personal_keys_->find(account) : std::nullopt;
  if (!slot) return std::nullopt;
  SealingKey::Bytes own;
  crypto_generichash(own.data(), own.size(), slot->data(), slot->size(), key_.data(), key_.size());
  return own;
}

std::optional<SealingKey> Secrets::personal_key(events::AccountId account) const {
  const auto own = key_of(account);
  return own ? std::optional<SealingKey>(*own) : std::nullopt;
}

Expected<std::string> Secrets::derived_key_for(events::AccountId account, std::string_view purpose) const {
  const auto own = key_of(account);
  if (!own) return fail(Errc::not_found, "the account is gone, and its files with it");
  return derive(*own, purpose);
}

Expected<std::string> Secrets::seal_for(events::AccountId account, std::string_view text) const {
  const auto own = personal_key(account);
  if (!own) return fail(Errc::not_found, "the account is gone");
  return base64(own->seal(text));
}

Expected<std::string> Secrets::unseal_for(events::AccountId account, std::string_view sealed) const {
  const auto own = personal_key(account);
  if (!own) return fail(Errc::not_found, "the account is gone, and its texts with it");
  const auto bytes = from_base64(sealed);
  return bytes ? own->open(*bytes) : bytes;
}

}  // namespace troupe::storage
