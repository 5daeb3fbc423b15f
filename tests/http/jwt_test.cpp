// Signed tokens, against ones that are put together and signed by hand.
#include "http/security/jwt.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "events/defaults.hpp"
#include "events/json.hpp"

namespace troupe::http {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kIssued = 1'700'000'000 * kSecond;
constexpr Micros kExpires = 1'700'001'800 * kSecond;

/// Signed by Python's hmac with the bytes 0 to 31.
constexpr std::string_view kKnown =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
    "eyJ0eXBlIjoicmVmcmVzaCIsInN1YiI6IjciLCJzaWQiOiJsb2dpbi10b2tlbiIsImp0aSI6InJlZnJlc2gtc2VjcmV0IiwidXNlcm5hbWUiOiJh"
    "ZGEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMTgwMH0."
    "GhuB-uOrysgTLMB-W5MBRJ28e14ctr-bRw6dJgio2Lw";

std::string key_bytes() {
  std::string bytes;
  for (char c = 0; c < 32; ++c) bytes += c;
  return bytes;
}

const JwtKey& key() {
  static const JwtKey kKey(key_bytes());
  return kKey;
}

std::string base64url(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

std::string hmac_sha256(std::string_view text) {
  std::string digest(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(digest.data()),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         reinterpret_cast<const unsigned char*>(key_bytes().data()));
  return digest;
}

std::string hmac_sha512(std::string_view text) {
  std::string digest(crypto_auth_hmacsha512_BYTES, '\0');
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, reinterpret_cast<const unsigned char*>(key_bytes().data()), 32);
  crypto_auth_hmacsha512_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  crypto_auth_hmacsha512_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

Json good_claims() {
  return {{"type", "access"},         {"sub", "7"},
          {"sid", "login-token"},     {"jti", "id"},
          {"username", "ada"},        {"iat", kIssued / kSecond},
          {"exp", kExpires / kSecond}};
}

std::string unsigned_token(const Json& header, const std::string& claims) {
  return base64url(header.dump()) + "." + base64url(claims);
}

std::string hand_made(const std::string& claims, const Json& header = {{"alg", "HS256"}, {"typ", "JWT"}}) {
  const std::string token = unsigned_token(header, claims);
  return token + "." + base64url(hmac_sha256(token));
}

std::string hand_made(const Json& claims) { return hand_made(claims.dump()); }

void expect_refused(std::string_view token, const char* field, Micros now = kIssued) {
  const auto claims = key().verify(token, now);
  ASSERT_FALSE(claims) << token;
  EXPECT_EQ(claims.error().code, Errc::unauthenticated);
  EXPECT_EQ(claims.error().field, field) << token;
}

TEST(Jwt, ReadsATokenThatAnotherProgramSigned) {
  const auto claims = key().verify(kKnown, kIssued);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->type, kRefreshToken);
  EXPECT_EQ(claims->subject, 7);
  EXPECT_EQ(claims->login, "login-token");
  EXPECT_EQ(claims->id, "refresh-secret");
  EXPECT_EQ(claims->username, "ada");
  EXPECT_EQ(claims->issued_at, kIssued);
  EXPECT_EQ(claims->expires_at, kExpires);
}

TEST(Jwt, ReadsWhatItSigned) {
  for (const JwtClaims& claims : {JwtClaims{kAccessToken, 1, "login", "", "ådå \"the\" admin", kIssued, kExpires},
                                  JwtClaims{kRefreshToken, 9'007'199'254'740'993, "login", "id", "", kIssued, kExpires},
                                  JwtClaims{kMfaToken, 3, "", "id", "ada", kIssued, kExpires, "digest"}}) {
    const auto again = key().verify(key().sign(claims), kIssued);
    ASSERT_TRUE(again) << claims.type;
    EXPECT_EQ(again->type, claims.type);
    EXPECT_EQ(again->subject, claims.subject);
    EXPECT_EQ(again->login, claims.login);
    EXPECT_EQ(again->id, claims.id);
    EXPECT_EQ(again->username, claims.username);
    EXPECT_EQ(again->bound_to, claims.bound_to);
    EXPECT_EQ(again->issued_at, kIssued);
    EXPECT_EQ(again->expires_at, kExpires);
  }
}

TEST(Jwt, SignsSoThatOthersCanCheck) {
  const std::string token = key().sign({kAccessToken, 1, "login", "id", "ada", kIssued, kExpires});
  const auto dot = token.rfind('.');
  ASSERT_NE(dot, token.npos);
  EXPECT_EQ(token.substr(dot + 1), base64url(hmac_sha256(token.substr(0, dot))));
  EXPECT_TRUE(token.starts_with(base64url(R"({"alg":"HS256","typ":"JWT"})") + ".")) << token;
}

TEST(Jwt, ATokenIsGoodUntilItExpires) {
  EXPECT_TRUE(key().verify(kKnown, kExpires - 1));
  expect_refused(kKnown, "expired", kExpires);
}

TEST(Jwt, ABadSignatureCountsBeforeTheExpiry) {
  std::string altered(kKnown);
  altered[60] = altered[60] == 'A' ? 'B' : 'A';
  expect_refused(altered, "invalid", kExpires);
}

TEST(Jwt, RefusesATokenThatWasAlteredAnywhere) {
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    std::string altered(kKnown);
    altered[i] = altered[i] == 'x' ? 'y' : 'x';
    expect_refused(altered, "invalid");
    expect_refused(kKnown.substr(0, i), "invalid");
  }
  for (const char* more : {"A", ".", ".A", "=", " ", "\n"}) expect_refused(std::string(kKnown) + more, "invalid");
  expect_refused(std::string(kKnown) + std::string("\0x", 2), "invalid");
}

TEST(Jwt, RefusesTheSignatureOfAnotherKey) {
  std::string other = key_bytes();
  other[31] = 'x';
  expect_refused(JwtKey(other).sign({kAccessToken, 1, "login", "id", "ada", kIssued, kExpires}), "invalid");
}

TEST(Jwt, RefusesEveryOtherAlgorithm) {
  const std::string claims = good_claims().dump();
  ASSERT_TRUE(key().verify(hand_made(claims), kIssued)) << "but for the algorithm it is good";
  for (const char* alg : {"none", "None", "NONE", ""}) {
    const std::string token = unsigned_token({{"alg", alg}, {"typ", "JWT"}}, claims);
    expect_refused(token, "invalid");
    expect_refused(token + ".", "invalid");
    expect_refused(hand_made(claims, {{"alg", alg}, {"typ", "JWT"}}), "invalid");
  }
  expect_refused(hand_made(claims, {{"typ", "JWT"}}), "invalid");
  for (const char* alg : {"RS256", "ES256", "HS384", "PS256"})
    expect_refused(hand_made(claims, {{"alg", alg}, {"typ", "JWT"}}), "invalid");
  const std::string strong = unsigned_token({{"alg", "HS512"}, {"typ", "JWT"}}, claims);
  expect_refused(strong + "." + base64url(hmac_sha512(strong)), "invalid");
}

TEST(Jwt, RefusesAMissingClaimOrOneOfAnotherKind) {
  const Json good = good_claims();
  for (const auto& [name, value] : good.items()) {
    Json claims = good;
    claims.erase(name);
    expect_refused(hand_made(claims), "invalid");
    for (const Json& wrong : {Json(nullptr), Json(1.5), Json::array({"7"}), Json(true)}) {
      claims[name] = wrong;
      expect_refused(hand_made(claims), "invalid");
    }
  }
  for (const char* text : {"[]", "null", "1", "{", ""}) expect_refused(hand_made(std::string(text)), "invalid");
}

TEST(Jwt, RefusesClaimsThatMakeNoSense) {
  const auto with = [](const char* name, const Json& value) {
    Json claims = good_claims();
    claims[name] = value;
    return hand_made(claims);
  };
  for (const char* type : {"", "admin", "ACCESS"}) expect_refused(with("type", type), "invalid");
  for (const char* subject : {"", "0", "-1", "7x", " 7", "99999999999999999999"})
    expect_refused(with("sub", subject), "invalid");
  expect_refused(with("sub", 7), "invalid");
  expect_refused(with("sid", ""), "invalid");
  expect_refused(with("exp", -1), "invalid");
  expect_refused(with("exp", std::numeric_limits<std::int64_t>::max()), "invalid");
  expect_refused(with("exp", std::numeric_limits<std::uint64_t>::max()), "invalid");
  Json refresh = good_claims();
  refresh["type"] = kRefreshToken;
  EXPECT_TRUE(key().verify(hand_made(refresh), kIssued));
  refresh["jti"] = "";
  expect_refused(hand_made(refresh), "invalid");
}

TEST(Jwt, RefusesATokenThatIsTooLong) {
  Json claims = good_claims();
  claims["more"] = "";
  const std::size_t room = defaults::kMaxJwtBytes - hand_made(claims).size();
  claims["more"] = std::string(room * 3 / 4 - 3, 'x');
  const std::string longest = hand_made(claims);
  EXPECT_LE(longest.size(), defaults::kMaxJwtBytes);
  EXPECT_TRUE(key().verify(longest, kIssued));
  claims["more"] = std::string(room * 3 / 4 + 3, 'x');
  expect_refused(hand_made(claims), "invalid");
  expect_refused(std::string(defaults::kMaxHeaderValueBytes, 'a'), "invalid");
}

TEST(Jwt, TheLargestTokenOfOursIsShortEnough) {
  std::string username;
  for (std::size_t i = 0; i < defaults::kMaxUsernameLength; ++i) username += "😀";
  const std::string token = key().sign({kRefreshToken, std::numeric_limits<events::AccountId>::max(),
                                        std::string(43, 'x'), std::string(43, 'x'), username, kIssued, kExpires});
  EXPECT_LT(token.size(), 1000u);
  EXPECT_EQ(key().verify(token, kIssued)->username, username);
}

TEST(Jwt, TakesKeysOf32BytesOnly) {
  EXPECT_THROW(JwtKey(""), std::invalid_argument);
  EXPECT_THROW(JwtKey(std::string(31, 'x')), std::invalid_argument);
}

}  // namespace
}  // namespace troupe::http
