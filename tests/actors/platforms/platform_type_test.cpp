// The kinds of platforms, and what they are configured with.
#include "actors/platforms/platform_type.hpp"

#include <gtest/gtest.h>

#include "actors/catalogue_entry.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors::platforms {
namespace {

using Sealed = std::map<std::string, std::string>;

const PlatformType& type(std::string_view name) { return *platform_type(name); }

std::string refused_field(std::string_view name, const Json& config, const Sealed& sealed = {}) {
  const auto result = check_config(type(name), config, sealed);
  return result ? "" : result.error().field;
}

TEST(PlatformType, ListsTheKnownOnesToWhoNamesAnother) {
  events::Platform platform{"p", "icq"};
  const auto refused = check(platform);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "type");
  EXPECT_EQ(refused.error().message, "type must be one of aiocqhttp, telegram, discord, webhook");
}

TEST(PlatformType, HasATemplateThatItsOwnCheckTakesOnceItsSecretsAreSet) {
  for (const auto& one : platform_types()) {
    Json config = config_template(one);
    Sealed sealed;
    for (const auto& setting : one.settings) {
      if (!setting.is_secret) continue;
      EXPECT_EQ(config[setting.name], "") << setting.name;
      config.erase(setting.name);
      if (setting.is_required) sealed[setting.name] = "sealed";
    }
    const auto result = check_config(one, config, sealed);
    EXPECT_TRUE(result) << one.name << ": " << result.error().message;
  }
}

TEST(PlatformType, NamesTheSettingAtFault) {
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_port", 0}}), "ws_port");
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_port", "x"}}), "ws_port");
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_host", 7}}), "ws_host");
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_url", "http://h/"}}), "ws_url");
  EXPECT_EQ(refused_field("aiocqhttp", {{"colour", "red"}}), "colour");
  EXPECT_EQ(refused_field("telegram", Json::object()), "telegram_token");
  EXPECT_EQ(refused_field("telegram", {{"base_url", ""}}, {{"telegram_token", "s"}}), "base_url");
  EXPECT_EQ(refused_field("discord", {{"gateway_url", "ws://169.254.169.254"}}, {{"discord_token", "s"}}),
            "gateway_url");
  EXPECT_EQ(refused_field("webhook", {{"url", "ftp://h"}}, {{"secret", "s"}}), "url");
  EXPECT_EQ(refused_field("webhook", Json::object(), {{"secret", "s"}, {"other", "s"}}), "other");
  EXPECT_EQ(refused_field("telegram", {{"telegram_proxy", "http://p"}}, {{"telegram_token", "s"}}), "telegram_proxy");
}

TEST(PlatformType, RefusesASecretThatIsNotSealed) {
  EXPECT_EQ(refused_field("aiocqhttp", {{"access_token", "open"}}), "access_token");
}

TEST(PlatformType, ListensToOthersOnlyWithAToken) {
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_host", "0.0.0.0"}}), "access_token");
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_host", "0.0.0.0"}}, {{"access_token", "s"}}), "");
  EXPECT_EQ(refused_field("aiocqhttp", {{"ws_host", "0.0.0.0"}, {"ws_url", "ws://bot.example.org/"}}), "");
}

class SplitConfigTest : public ::testing::Test {
 protected:
  storage::test::TempFolder folder_;
  Secrets secrets_ = *Secrets::open(folder_.path());
};

TEST_F(SplitConfigTest, SealsTheSecretsAndTakesOtherNamesForThem) {
  const auto split = split_config(type("telegram"), {{"token", "1:abc"}, {"telegram_proxy", nullptr}}, secrets_);
  ASSERT_TRUE(split) << split.error().message;
  EXPECT_EQ(split->config, Json::object());
  ASSERT_TRUE(split->sealed_secrets.contains("telegram_token"));
  EXPECT_EQ(*secrets_.unseal(split->sealed_secrets.at("telegram_token")), "1:abc");
}

TEST_F(SplitConfigTest, KeepsASecretThatIsLeftOutAndForgetsAnEmptyOne) {
  const Sealed before{{"access_token", "sealed"}};
  EXPECT_EQ(split_config(type("aiocqhttp"), {{"ws_port", "6300"}}, secrets_, before)->sealed_secrets, before);
  EXPECT_EQ(split_config(type("aiocqhttp"), {{"ws_port", "6300"}}, secrets_, before)->config["ws_port"], 6300);
  EXPECT_TRUE(split_config(type("aiocqhttp"), {{"access_token", ""}}, secrets_, before)->sealed_secrets.empty());
}

TEST_F(SplitConfigTest, RefusesASecretThatIsTooShortOrNoHeader) {
  EXPECT_EQ(split_config(type("webhook"), {{"secret", "short"}}, secrets_).error().field, "secret");
  EXPECT_EQ(split_config(type("aiocqhttp"), {{"access_token", "a\nb"}}, secrets_).error().field, "access_token");
}

TEST_F(SplitConfigTest, ComesTogetherAgain) {
  events::Platform platform{"p", "aiocqhttp"};
  const auto split = split_config(type("aiocqhttp"), {{"access_token", "t"}, {"ws_port", 6300}}, secrets_);
  platform.config = split->config;
  platform.sealed_secrets = split->sealed_secrets;
  const auto whole = whole_config(type("aiocqhttp"), platform, secrets_);
  EXPECT_EQ((*whole)["access_token"], "t");
  EXPECT_EQ((*whole)["ws_port"], 6300);
  EXPECT_EQ((*whole)["ws_host"], "127.0.0.1");
}

TEST(PlatformType, FindsTheSettingThatLeadsToThisMachine) {
  EXPECT_EQ(near_setting({{"ws_url", "ws://localhost:6700/"}}), "ws_url");
  EXPECT_EQ(near_setting({{"base_url", "https://api.telegram.org"}}), "");
}

}  // namespace
}  // namespace troupe::actors::platforms
