// The settings of a group in ChatAI's words, and their changes.
#include <gmock/gmock.h>

#include "http/surfaces/chatai/group_view.hpp"

namespace troupe::http::chatai {
namespace {

using events::GroupSettings;

const actors::Secrets& secrets() {
  static const auto kSecrets = actors::Secrets::of_key(std::string(64, '7'));
  return *kSecrets;
}

Json patch(const Json& body, const GroupSettings& before = {}) {
  const auto made = group_patch(body, before, secrets());
  EXPECT_TRUE(made) << made.error().message;
  return made.value_or(Json());
}

void expect_refused(const Json& body, const std::string& field, const GroupSettings& before = {}) {
  const auto made = group_patch(body, before, secrets());
  ASSERT_FALSE(made) << body;
  EXPECT_EQ(made.error().code, Errc::invalid);
  EXPECT_EQ(made.error().field, field) << made.error().message;
}

GroupSettings patched(const GroupSettings& before, const Json& body) {
  Json fields = before;
  fields.merge_patch(patch(body, before));
  return fields.get<GroupSettings>();
}

GroupSettings settings_of_every_kind() {
  GroupSettings settings;
  settings.name = "friends";
  settings.prompt = "Be brief.";
  settings.personality = "AbCdEfGhIjKl";
  settings.model = "m-1";
  settings.wake.at = true;
  settings.wake.prefixes = {"!", "?"};
  settings.wake.random = true;
  settings.wake.random_rate = 0.5;
  settings.lists = {"whitelist", {"7"}, {"8"}};
  settings.tools = {false, {"time"}, {"shell"}, {"web"}};
  settings.memory = false;
  settings.limits = {100, 10, "enough"};
  settings.rate = events::RateRules{true, 5, 30};
  settings.channel = events::GroupChannel{"anthropic", "https://models.example.org/v1", {}, {}, "m-1", {"m-2"}};
  return settings;
}

TEST(ChatAiGroupView, IsTakenBackUnchanged) {
  const auto before = settings_of_every_kind();
  OrderedJson view = {{"groupName", before.name}};
  view.update(group_view(before));
  const auto after = patched(before, Json::parse(view.dump()));
  GroupSettings wanted = before;
  wanted.channel->models = {"m-1", "m-2"};  // the first one is the one that is asked
  EXPECT_EQ(Json(after), Json(wanted));
}

TEST(ChatAiGroupView, TakesBothFormsOfWhatWakesTheBot) {
  EXPECT_EQ(patch({{"triggerMode", "both"}})["wake"],
            (Json{{"at", true}, {"prefix", true}, {"keyword", false}, {"random", false}}));
  EXPECT_EQ(patch({{"triggerMode", "default"}})["wake"]["at"], nullptr);
  EXPECT_EQ(patch({{"customPrefix", "bot"}})["wake"]["prefixes"], Json::array({"bot"}));
  EXPECT_EQ(patch({{"triggerMode", "none"}, {"triggers", {{"at", true}}}})["wake"]["at"], true);
  EXPECT_EQ(patch({{"triggers", {{"random", 0.25}}}})["wake"], (Json{{"random", true}, {"random_rate", 0.25}}));
  EXPECT_EQ(patch({{"triggers", {{"prefix", Json::array()}}}})["wake"]["prefixes"], nullptr);
  expect_refused({{"triggerMode", "always"}}, "triggerMode");
}

TEST(ChatAiGroupView, RefusesWhatNoGroupHasByItsNameUnlessItAsksForNothing) {
  expect_refused({{"bym", {{"enabled", true}}}}, "bym");
  expect_refused({{"imageGen", {{"enabled", false}, {"size", 5}}}}, "imageGen");
  expect_refused({{"usageLimit", {{"imageLimit", 5}}}}, "usageLimit.imageLimit");
  expect_refused({{"tools", {{"allowedCategories", {"web"}}}}}, "tools.allowedCategories");
  expect_refused({{"forbidGlobal", true}}, "forbidGlobal");
  expect_refused({{"models", {{"vision", "m"}}}}, "models.vision");
  EXPECT_EQ(patch({{"bym", {{"enabled", false}, {"style", Json::object()}}}, {"knowledgeIds", Json::array()}}),
            Json::object());
}

TEST(ChatAiGroupView, NamesWhatIsOfTheWrongType) {
  expect_refused({{"enabled", "yes"}}, "enabled");
  expect_refused({{"blacklist", {7}}}, "blacklist");
  expect_refused({{"triggers", {{"at", "yes"}}}}, "triggers.at");
  expect_refused({{"triggers", true}}, "triggers");
  expect_refused({{"enabled", nullptr}}, "enabled");
}

TEST(ChatAiGroupView, KeepsKeysByTheirMasksAndSendsThemNowhereElse) {
  GroupSettings before;
  before.channel = events::GroupChannel{
      "openai", "https://one.example.org/v1", {secrets().seal("sk-the-old-key")}, {"-key"}, "m", {}};
  const auto channel_of = [&](const Json& body) { return patch({{"independentChannel", body}}, before)["channel"]; };
  const auto kept = channel_of({{"apiKey", "****-key"}, {"models", {"n"}}});
  EXPECT_EQ(secrets().unseal(kept["sealed_keys"][0].get<std::string>()).value(), "sk-the-old-key");
  const auto moved = channel_of({{"baseUrl", "https://two.example.org/v1"}});
  EXPECT_EQ(moved["sealed_keys"], Json::array());
  expect_refused({{"independentChannel", {{"baseUrl", "https://two.example.org/v1"}, {"apiKey", "****-key"}}}},
                 "apiKeys", before);
  EXPECT_EQ(channel_of({{"hasChannel", false}}), nullptr);
  expect_refused({{"independentChannel", {{"baseUrl", "https://a.example.org"}, {"priority", 1}}}}, "priority", before);
}

TEST(ChatAiGroupView, ShowsNothingOfAKeyButItsEnd) {
  const auto view =
      group_channel_view(events::GroupChannel{"anthropic", "https://a.example.org", {"sealed"}, {"wxyz"}, "m", {}});
  EXPECT_EQ(view["apiKey"], "****wxyz");
  EXPECT_EQ(view["adapterType"], "claude");
  EXPECT_EQ(view.dump().find("sealed"), std::string::npos);
}

TEST(ChatAiGroupView, CallsFieldsByItsOwnNames) {
  EXPECT_EQ(group_field("lists.blacklist"), "blacklist");
  EXPECT_EQ(group_field("limits.daily_user"), "usageLimit.dailyUserLimit");
  EXPECT_EQ(group_field("rate.window_seconds"), "rateLimit.windowSeconds");
  EXPECT_EQ(group_field("prompt"), "systemPrompt");
  EXPECT_EQ(group_field("base_url"), "baseUrl");
}

}  // namespace
}  // namespace troupe::http::chatai
