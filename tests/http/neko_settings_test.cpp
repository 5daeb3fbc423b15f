#include <gtest/gtest.h>

#include "actors/catalogue_entry.hpp"
#include "http/surfaces/nekobot/settings_view.hpp"

namespace troupe::http::nekobot {
namespace {

TEST(NekoSettings, ShowEveryFieldOfTheBotsSettings) {
  const auto names = [](const Json& object, auto&& self) -> std::size_t {
    std::size_t count = 0;
    for (const auto& [name, value] : object.items()) count += value.is_object() ? self(value, self) : 1;
    return count;
  };
  const events::BotSettings settings;
  const std::size_t shown =
      names(Json::parse(config_view(settings).dump()), names) + names(Json::parse(panel_view(settings).dump()), names);
  EXPECT_EQ(shown, names(Json(settings), names) - 1);  // all but the entry's own name
}

TEST(NekoSettings, WhatIsShownChangesNothing) {
  using Settings = actors::CatalogueDecider<events::BotSettings>;
  for (const auto& fields :
       {config_changes(Json::parse(config_view({}).dump())), panel_changes(Json::parse(panel_view({}).dump()))}) {
    const auto events = Settings::decide({}, actors::ChangeEntry{*fields}, 0);
    ASSERT_TRUE(events) << events.error().message;
    EXPECT_TRUE(events->empty());
  }
}

TEST(NekoSettings, ChangeOnlyWhatIsNamed) {
  const auto changes = config_changes({{"whitelist", {{"enabled", true}}}, {"command_prefix", "!"}});
  ASSERT_TRUE(changes);
  EXPECT_EQ(*changes, (Json{{"command_prefix", "!"}, {"lists.allow_only", true}}));
}

TEST(NekoSettings, RefuseWhatThereIsNotByItsName) {
  const auto field_of = [](const Json& config) {
    const auto changes = config_changes(config);
    return changes ? std::string() : changes.error().field;
  };
  EXPECT_EQ(field_of({{"jwt", {{"secret_key", "mine"}}}}), "jwt");
  EXPECT_EQ(field_of({{"whitelist", {{"enable", true}}}}), "whitelist.enable");
  EXPECT_EQ(field_of({{"whitelist", true}}), "whitelist");
  EXPECT_EQ(field_of({{"theme", "dark"}}), "theme");
}

TEST(NekoSettings, RefuseValuesOfAnotherKind) {
  for (const Json& config : {Json{{"command_prefix", 1}}, Json{{"debug", "yes"}}, Json{{"admins_id", "1"}},
                             Json{{"admins_id", {1}}}, Json{{"rate_limit", {{"max_messages", 1.5}}}},
                             Json{{"waking", {{"random_rate", "often"}}}}, Json{{"command_prefix", nullptr}}}) {
    const auto changes = config_changes(config);
    ASSERT_FALSE(changes) << config;
    EXPECT_NE(changes.error().field, "") << config;
  }
}

TEST(NekoSettings, NameTheFieldOfARefusalAsTheyShowIt) {
  events::BotSettings settings;
  settings.rate.max_messages = 0;
  const auto refused = actors::check(settings);
  ASSERT_FALSE(refused);
  const auto error = in_names_of_the_view(refused.error());
  EXPECT_EQ(error.field, "rate_limit.max_messages");
  EXPECT_TRUE(error.message.starts_with("rate_limit.max_messages must be from")) << error.message;
}

}  // namespace
}  // namespace troupe::http::nekobot
