#include <gtest/gtest.h>

#include "http/surfaces/chatai/mcp_config.hpp"

namespace troupe::http::chatai {
namespace {

Json fields(const Json& body, const events::McpServer* before = nullptr) {
  const auto config = mcp_config_in(body, before);
  return config ? config->fields : Json(config.error().message);
}

TEST(McpConfig, StandsInAFieldOrBesideTheName) {
  const Json wanted = {{"transport", "stdio"}, {"command", "npx"}, {"args", {"-y", "x"}}};
  EXPECT_EQ(fields({{"name", "files"}, {"config", {{"command", "npx"}, {"args", {"-y", "x"}}}}}), wanted);
  EXPECT_EQ(fields({{"name", "files"}, {"type", "stdio"}, {"command", "npx"}, {"args", {"-y", "x"}}}), wanted);
}

TEST(McpConfig, OfAPackageIsNpx) {
  const Json wanted = {{"transport", "stdio"}, {"command", "npx"}, {"args", {"-y", "a-server", "/srv"}}};
  for (const char* type : {"npm", "npx"})
    EXPECT_EQ(fields({{"type", type}, {"package", "a-server"}, {"args", {"/srv"}}}), wanted);
  EXPECT_EQ(fields({{"package", "a-server"}, {"args", {"/srv"}}}), wanted);
  EXPECT_EQ(fields({{"type", "npx"}, {"package", "--call=sh"}}), "package must be the name of a package");
}

TEST(McpConfig, IsOfTheTypeThatItsAddressSays) {
  EXPECT_EQ(fields({{"url", "https://example.org/mcp"}})["transport"], "http");
  EXPECT_EQ(fields({{"url", "https://example.org/sse"}})["transport"], "sse");
  EXPECT_EQ(fields({{"url", "https://example.org/events"}, {"type", "sse"}})["transport"], "sse");
  EXPECT_EQ(fields({{"url", "https://example.org/mcp"}, {"type", "streamable-http"}})["transport"], "http");
}

TEST(McpConfig, IsRefusedWithoutWhatItsTypeNeeds) {
  EXPECT_EQ(fields({{"type", "stdio"}}), "command is required for stdio type");
  EXPECT_EQ(fields(Json::object()), "command is required for stdio type");
  EXPECT_EQ(fields({{"type", "npm"}}), "package is required for npm type");
  EXPECT_EQ(fields({{"type", "sse"}}), "url is required for sse type");
  EXPECT_EQ(fields({{"type", "smoke"}}), "Unsupported server type: smoke");
}

TEST(McpConfig, RefusesWhatItDoesNotKnow) {
  const auto field = [](const Json& body) { return mcp_config_in(body, nullptr).error().field; };
  EXPECT_EQ(field({{"command", "x"}, {"maxReconnectAttempts", 3}}), "maxReconnectAttempts");
  EXPECT_EQ(field({{"command", "x"}, {"autoReconnect", false}}), "autoReconnect");
  EXPECT_EQ(field({{"command", "x"}, {"env", {{"A", 1}}}}), "env");
  EXPECT_EQ(field({{"command", "x"}, {"args", "y"}}), "args");
  EXPECT_EQ(field({{"command", "x"}, {"timeout", "long"}}), "timeout");
  EXPECT_EQ(field({{"config", 7}}), "config");
  EXPECT_TRUE(mcp_config_in({{"command", "x"}, {"autoReconnect", true}, {"disabled", true}}, nullptr));
}

TEST(McpConfig, KeepsNoSecretThatWasGivenForAnotherPlace) {
  events::McpServer before;
  before.transport = "http";
  before.url = "https://example.org/mcp";
  before.sealed_headers = {{"Authorization", "sealed"}};
  before.sealed_env = {{"TOKEN", "sealed"}};
  const auto field = [&](const Json& changes) {
    Json after = before;
    after.update(changes);
    const auto ok = check_kept_secrets(before, after.get<events::McpServer>());
    return ok ? std::string() : ok.error().field;
  };
  for (const char* url : {"http://example.org/mcp", "https://example.org:8443/mcp", "https://example.org.evil/mcp",
                          "https://example.org@evil/mcp", "https://example.com/mcp", ""})
    EXPECT_EQ(field({{"url", url}}), "headers") << url;
  for (const char* url : {"https://example.org/other", "https://Example.org?x", "https://example.org/mcp"})
    EXPECT_EQ(field({{"url", url}}), "") << url;
  EXPECT_EQ(field({{"transport", "sse"}}), "headers");
  EXPECT_EQ(field({{"transport", "stdio"}, {"sealed_headers", Json::object()}}), "env");
  EXPECT_EQ(field({{"command", "/bin/other"}}), "env");
  EXPECT_EQ(field({{"command", "/bin/other"}, {"sealed_env", {{"TOKEN", "sealed anew"}}}}), "");
  EXPECT_EQ(field({{"url", "https://evil/"}, {"sealed_headers", {{"X", "new"}, {"Authorization", "sealed"}}}}),
            "headers");
  EXPECT_EQ(field({{"url", "https://evil/"}, {"sealed_headers", Json::object()}}), "");
}

TEST(McpConfig, ChangesOnlyWhatItHas) {
  events::McpServer before;
  before.transport = "http";
  before.url = "https://example.org/mcp";
  EXPECT_EQ(fields({{"timeout", 5}}, &before), (Json{{"timeout_ms", 5}, {"transport", "http"}}));
  EXPECT_EQ(fields({{"enabled", false}}, &before), (Json{{"enabled", false}, {"transport", "http"}}));
  EXPECT_EQ(fields({{"url", ""}}, &before), "url is required for http type");
  EXPECT_EQ(fields({{"type", "stdio"}}, &before), "command is required for stdio type");
}

TEST(McpConfig, KeepsSecretsApart) {
  const auto config =
      mcp_config_in({{"command", "x"}, {"env", {{"TOKEN", "a"}}}, {"headers", {{"Authorization", "b"}}}}, nullptr);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->env->at("TOKEN"), "a");
  EXPECT_EQ(config->headers->at("Authorization"), "b");
  EXPECT_FALSE(config->fields.contains("env"));
}

TEST(McpConfig, IsThereWhereMoreThanANameIs) {
  EXPECT_FALSE(has_config({{"name", "files"}}));
  EXPECT_FALSE(has_config({{"server", "files"}}));
  EXPECT_TRUE(has_config({{"name", "files"}, {"command", "x"}}));
}

}  // namespace
}  // namespace troupe::http::chatai
