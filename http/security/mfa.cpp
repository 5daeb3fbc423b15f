#include "http/security/mfa.hpp"

#include <liboath/oath.h>
#include <qrencode.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>

#include "events/defaults.hpp"

namespace troupe::http {
namespace {

constexpr std::size_t kSecretBytes = 20;
constexpr unsigned kStepSeconds = 30;
constexpr std::size_t kDigits = 6;
constexpr std::size_t kWindowSteps = 1;  // clocks and fingers that are up to half a minute off
constexpr int kQuietZone = 4;            // modules
/// Without 0 and O, 1, I and L.
constexpr std::string_view kBackupAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";

using CString = std::unique_ptr<char, decltype(&std::free)>;

const bool kOathReady = [] {
  if (oath_init() != OATH_OK) throw std::runtime_error("liboath cannot start");
  return true;
}();

/// RFC 3986, section 2.3: all but the unreserved characters.
std::string percent_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[static_cast<unsigned char>(c) >> 4];
      encoded += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return encoded;
}

std::string without(std::string_view text, std::string_view unwanted) {
  std::string kept;
  for (const char c : text)
    if (unwanted.find(c) == unwanted.npos) kept += c;
  return kept;
}

/// One path over the dark modules, a horizontal run at a time.
std::string svg_of(const QRcode& code) {
  const int side = code.width + 2 * kQuietZone;
  const std::string size = std::to_string(side);
  std::string path;
  for (int y = 0; y < code.width; ++y) {
    const auto dark = [&](int x) { return x < code.width && (code.data[y * code.width + x] & 1) != 0; };
    for (int x = 0; x < code.width; ++x) {
      if (!dark(x)) continue;
      const int from = x;
      while (dark(x)) ++x;
      const std::string run = std::to_string(x - from);
      path += "M" + std::to_string(from + kQuietZone) + " " + std::to_string(y + kQuietZone) + "h" + run + "v1h-" +
              run + "z";
    }
  }
  return R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + size + " " + size +
         R"(" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h)" + size + "v" + size + "H0z\"/><path d=\"" +
         path + "\"/></svg>";
}

}  // namespace

std::string make_totp_secret() {
  const std::string bytes = actors::random_bytes(kSecretBytes);
  char* text = nullptr;
  if (oath_base32_encode(bytes.data(), bytes.size(), &text, nullptr) != OATH_OK) throw std::bad_alloc();
  return CString(text, &std::free).get();
}

std::string totp_uri(std::string_view secret, std::string_view username) {
  return "otpauth://totp/Troupe:" + percent_encoded(username) + "?secret=" + std::string(secret) +
         "&issuer=Troupe&algorithm=SHA1&digits=" + std::to_string(kDigits) + "&period=" + std::to_string(kStepSeconds);
}

std::optional<std::int64_t> totp_step(std::string_view secret, std::string_view code, Micros now) {
  const std::string digits = without(code, " ");
  // Liboath would take codes of eight digits as well.
  if (digits.size() != kDigits || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  char* bytes = nullptr;
  std::size_t size = 0;
  if (oath_base32_decode(secret.data(), secret.size(), &bytes, &size) != OATH_OK) return std::nullopt;
  const CString key(bytes, &std::free);
  std::uint64_t step = 0;
  const int found = oath_totp_validate3(key.get(), size, static_cast<time_t>(now / 1'000'000), kStepSeconds,
                                        OATH_TOTP_DEFAULT_START_TIME, kWindowSteps, nullptr, &step, digits.c_str());
  if (found < 0) return std::nullopt;
  return static_cast<std::int64_t>(step);
}

Expected<std::string> qr_svg(std::string_view text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0,
                        QR_ECLEVEL_M),
      &QRcode_free);
  if (code) return svg_of(*code);
  if (errno == ENOMEM) throw std::bad_alloc();
  return fail(Errc::too_large, "too long for a QR code");
}

std::vector<std::string> make_backup_codes() {
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < defaults::kBackupCodes; ++i)
    codes.push_back(actors::random_text(kBackupAlphabet, 4) + "-" + actors::random_text(kBackupAlphabet, 4));
  return codes;
}

std::optional<std::string> backup_code_digest(const actors::Secrets& secrets, events::AccountId account,
                                              std::string_view code) {
  std::string letters = without(code, " -");
  for (char& c : letters)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (letters.size() != 8 || letters.find_first_not_of(kBackupAlphabet) != letters.npos) return std::nullopt;
  return actors::text_digest(secrets.derived_key("backup codes") + std::to_string(account) + "/" + letters);
}

}  // namespace troupe::http
