#include <gtest/gtest.h>

#include "actors/catalogue_entry.hpp"
#include "http/surfaces/nekobot/provider_types.hpp"

namespace troupe::http::nekobot {
namespace {

TEST(NekoProviderTypes, AreProvidersThatTheCatalogueTakes) {
  for (const auto& type : provider_types()) {
    events::Provider provider;
    provider.name = "a name";
    provider.format = type.format;
    provider.base_url = base_url_of(type, "");
    provider.model = type.model;
    const auto ok = actors::check(provider);
    EXPECT_TRUE(ok) << type.name << ": " << (ok ? "" : ok.error().message);
  }
}

TEST(NekoProviderTypes, GiveAnAddressWithoutAPathTheirOwn) {
  const auto& claude = *provider_type_named("claude");
  EXPECT_EQ(base_url_of(claude, ""), "https://api.anthropic.com/v1");
  EXPECT_EQ(base_url_of(claude, "https://api.anthropic.com"), "https://api.anthropic.com/v1");
  EXPECT_EQ(base_url_of(claude, "https://api.anthropic.com/"), "https://api.anthropic.com/v1");
  EXPECT_EQ(base_url_of(claude, "https://proxy.example/anthropic"), "https://proxy.example/anthropic");
  EXPECT_EQ(base_url_of(*provider_type_named("ollama"), "http://10.0.0.7:11434"), "http://10.0.0.7:11434/v1");
}

TEST(NekoProviderTypes, AreToldOfProvidersThatWereAddedElsewhere) {
  events::Provider provider;
  EXPECT_EQ(type_of(provider), "openai_compatible");
  provider.format = "anthropic";
  EXPECT_EQ(type_of(provider), "claude");
  provider.type = "deepseek";
  EXPECT_EQ(type_of(provider), "deepseek");
  EXPECT_EQ(provider_type_named("whisper"), nullptr);
}

}  // namespace
}  // namespace troupe::http::nekobot
