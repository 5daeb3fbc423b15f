// One-time passwords, backup codes and API keys as people and programs see them.
#include "http/security/mfa.hpp"

#include <gtest/gtest.h>

#include <set>

#include "events/defaults.hpp"
#include "http/security/api_key.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::http {
namespace {

/// RFC 6238, appendix B: the ASCII text 12345678901234567890, in base32.
constexpr const char* kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
constexpr Micros kSecond = 1'000'000;

TEST(Totp, KnowsTheCodesOfRfc6238) {
  const std::pair<Micros, const char*> vectors[] = {{59, "287082"},         {1111111109, "081804"},
                                                    {1111111111, "050471"}, {1234567890, "005924"},
                                                    {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [time, code] : vectors) EXPECT_EQ(totp_step(kSecret, code, time * kSecond), time / 30) << time;
}

TEST(Totp, TakesTheStepBeforeAndTheStepAfterAndSaysWhich) {
  constexpr Micros kStep = 1234567890 / 30;  // of the code 005924
  for (const Micros step : {kStep - 1, kStep, kStep + 1}) {
    EXPECT_EQ(totp_step(kSecret, "005924", step * 30 * kSecond), kStep);
    EXPECT_EQ(totp_step(kSecret, "005924", (step * 30 + 29) * kSecond), kStep);
  }
  EXPECT_FALSE(totp_step(kSecret, "005924", ((kStep - 1) * 30 - 1) * kSecond));
  EXPECT_FALSE(totp_step(kSecret, "005924", (kStep + 2) * 30 * kSecond));
}

TEST(Totp, RefusesWhatIsNoCodeOfSixDigits) {
  EXPECT_TRUE(totp_step(kSecret, "005 924", 1234567890 * kSecond));
  for (const char* code : {"", "5924", "05924", "0005924", "89005924", "00592a", "-05924", "００５９２４"})
    EXPECT_FALSE(totp_step(kSecret, code, 1234567890 * kSecond)) << code;
  EXPECT_FALSE(totp_step("not base32!", "005924", 1234567890 * kSecond));
}

TEST(Totp, SecretsHaveTwentyRandomBytes) {
  const std::string secret = make_totp_secret();
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), secret.npos) << secret;
  EXPECT_NE(secret, make_totp_secret());
}

TEST(Totp, TheUriNamesHouseAndUser) {
  EXPECT_EQ(totp_uri(kSecret, "ada"),
            "otpauth://totp/Troupe:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Troupe&algorithm=SHA1&digits=6"
            "&period=30");
  EXPECT_TRUE(totp_uri(kSecret, "å&?b").starts_with("otpauth://totp/Troupe:%C3%A5%26%3Fb?secret="));
}

TEST(QrCode, IsAnSvgWithAFinderPatternInThreeCorners) {
  const auto svg = qr_svg("TROUPE");  // version 1: 21 modules, and 4 of quiet zone around them
  ASSERT_TRUE(svg);
  EXPECT_TRUE(svg->starts_with(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29")")) << *svg;
  EXPECT_TRUE(svg->ends_with("</svg>"));
  for (const char* edge : {"M4 4h7v1h-7z", "M18 4h7v1h-7z", "M4 10h7v1h-7z", "M18 10h7v1h-7z", "M4 18h7v1h-7z"})
    EXPECT_NE(svg->find(edge), svg->npos) << edge << " in " << *svg;
}

TEST(QrCode, HoldsTheUriOfTheLongestNameAndRefusesMore) {
  std::string name;
  for (std::size_t i = 0; i < defaults::kMaxUsernameLength; ++i) name += "😀";
  EXPECT_TRUE(qr_svg(totp_uri(make_totp_secret(), name)));
  const auto refused = qr_svg(std::string(3000, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_large);
  EXPECT_FALSE(qr_svg(""));
}

class BackupCodes : public ::testing::Test {
 protected:
  std::optional<std::string> digest(std::string_view code, events::AccountId account = 1) const {
    return backup_code_digest(secrets_, account, code);
  }

  storage::test::TempFolder folder_;
  actors::Secrets secrets_ = *actors::Secrets::open(folder_.path());
};

TEST_F(BackupCodes, AreTenUnlikeCodesWithoutLookalikes) {
  const auto codes = make_backup_codes();
  EXPECT_EQ(codes.size(), defaults::kBackupCodes);
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size());
  for (const auto& code : codes) {
    ASSERT_EQ(code.size(), 9u);
    EXPECT_EQ(code[4], '-');
    EXPECT_EQ(code.find_first_of("01OIL"), code.npos) << code;
    EXPECT_TRUE(digest(code)) << code;
  }
}

TEST_F(BackupCodes, AreKnownHoweverTheyAreTyped) {
  for (const char* typed : {"abcd-2345", "ABCD2345", " abCD 2345 "}) EXPECT_EQ(digest(typed), digest("ABCD-2345"));
  EXPECT_NE(digest("ABCD-2346"), digest("ABCD-2345"));
}

TEST_F(BackupCodes, OfOneAccountAreNoneOfAnother) { EXPECT_NE(digest("ABCD-2345", 1), digest("ABCD-2345", 2)); }

TEST_F(BackupCodes, CannotBeTriedWithoutTheKey) {
  storage::test::TempFolder other;
  EXPECT_NE(digest("ABCD-2345"), backup_code_digest(*actors::Secrets::open(other.path()), 1, "ABCD-2345"));
}

TEST_F(BackupCodes, AreToldFromOtherText) {
  for (const char* text : {"", "123456", "ABCD-234", "ABCD-23456", "ABCD-2340", "ABCD-234é"})
    EXPECT_FALSE(digest(text)) << text;
}

TEST(ApiKeys, AreFoundByTheirDigestAndKnownByTheirEnd) {
  const auto key = make_api_key();
  EXPECT_EQ(key.text.size(), 4u + 43u);
  EXPECT_TRUE(looks_like_api_key(key.text));
  EXPECT_FALSE(looks_like_api_key("eyJhbGciOiJIUzI1NiJ9.e30.x"));
  EXPECT_EQ(key.hash, api_key_digest(key.text));
  EXPECT_EQ(key.hint, key.text.substr(43));
  EXPECT_EQ(key.id.size(), 12u);
  EXPECT_NE(key.text, make_api_key().text);
}

}  // namespace
}  // namespace troupe::http
