#include "http/provider_settings.hpp"

#include <gtest/gtest.h>

#include "events/defaults.hpp"
#include "events/json.hpp"

namespace troupe::http {
namespace {

std::optional<std::string> environment(const std::string& name) {
  if (name == "MY_KEY") return "sk-from-outside";
  return std::nullopt;
}

TEST(ProviderSettings, AreReadWithKeysFromTheEnvironmentByPriority) {
  const auto providers = providers_in(R"([
    {"name": "second", "base_url": "http://10.0.0.1/v1", "models": ["a", "b"]},
    {"name": "first", "base_url": "https://one.example", "keys": ["env:MY_KEY", "sk-written"], "priority": 1,
     "format": "anthropic", "model": "m", "embedding_model": "e"},
    {"name": "off", "base_url": "https://two.example", "enabled": false}])",
                                      environment);
  ASSERT_TRUE(providers) << providers.error().message;
  ASSERT_EQ(providers->size(), 2u);
  EXPECT_EQ(providers->at(0).name, "first");
  EXPECT_EQ(providers->at(0).keys, (std::vector<std::string>{"sk-from-outside", "sk-written"}));
  EXPECT_EQ(providers->at(0).format, actors::llm::Format::anthropic);
  EXPECT_EQ(providers->at(0).embedding_model, "e");
  EXPECT_EQ(providers->at(1).models, (std::vector<std::string>{"a", "b"}));
}

TEST(ProviderSettings, NameTheEntryAndTheFieldOfWhatIsWrong) {
  const std::pair<const char*, const char*> bad[] = {
      {R"({"name": "n"})", "base_url"},
      {R"({"base_url": "https://a.example"})", "name"},
      {R"({"name": "n", "base_url": "ftp://a.example"})", "base_url"},
      {R"({"name": "n", "base_url": "https://a.example", "keys": "sk"})", "keys"},
      {R"({"name": "n", "base_url": "https://a.example", "keys": ["env:OTHER"]})", "keys"},
      {R"({"name": "n", "base_url": "https://a.example", "keys": ["two words"]})", "keys"},
      {R"({"name": "n", "base_url": "https://a.example", "priority": "high"})", "priority"},
      {R"({"name": "n", "base_url": "https://a.example", "sealed_keys": []})", "sealed_keys"},
      {R"({"name": "good", "base_url": "https://a.example"})", "name"},
  };
  for (const auto& [entry, field] : bad) {
    const auto providers = providers_in(
        std::string(R"([{"name": "good", "base_url": "https://good.example"}, )") + entry + "]", environment);
    ASSERT_FALSE(providers) << entry;
    EXPECT_EQ(providers.error().field, field) << providers.error().message;
    EXPECT_TRUE(providers.error().message.starts_with("provider 2: ")) << providers.error().message;
  }
}

TEST(ProviderSettings, TellNoKeyInAnError) {
  const auto providers =
      providers_in(R"([{"name": "n", "base_url": "https://a.example", "keys": ["sk secret"]}])", environment);
  ASSERT_FALSE(providers);
  EXPECT_EQ(providers.error().message.find("secret"), std::string::npos);
}

TEST(ProviderSettings, MustBeAnArrayOfBoundedLength) {
  for (const char* bad : {"", "{", "{}", "7", "[7]"}) EXPECT_FALSE(providers_in(bad, environment)) << bad;
  EXPECT_TRUE(providers_in("[]", environment)->empty());
  Json many = Json::array();
  for (std::size_t i = 0; i <= defaults::kMaxProviders; ++i)
    many.push_back({{"name", "n" + std::to_string(i)}, {"base_url", "https://a.example"}});
  EXPECT_FALSE(providers_in(many.dump(), environment));
  EXPECT_FALSE(providers_of_file("/nowhere/providers.json"));
}

}  // namespace
}  // namespace troupe::http
