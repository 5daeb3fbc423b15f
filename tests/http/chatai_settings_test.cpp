// The bots' settings in ChatAI's words, and their changes.
#include <gmock/gmock.h>

#include "actors/catalogue_entry.hpp"
#include "http/surfaces/chatai/settings_view.hpp"
#include "http/surfaces/chatai/yaml.hpp"

namespace troupe::http::chatai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ChatAiSettings, AreATreeOfSectionsWithOlderNamesAtTheTop) {
  const auto tree = view_of({});
  EXPECT_EQ(tree["basic"]["commandPrefix"], "#ai");
  EXPECT_EQ(tree["commandPrefix"], "#ai");
  EXPECT_EQ(tree["trigger"]["private"], (OrderedJson{{"mode", "always"}, {"enabled", true}}));
  EXPECT_EQ(tree["trigger"]["group"]["randomRate"], 0.05);
  EXPECT_EQ(tree["trigger"]["prefix"], OrderedJson::array({"#chat"}));
}

TEST(ChatAiSettings, TakeTheirOwnViewBackUnchanged) {
  const auto change = change_of({}, Json::parse(view_of({}).dump()));
  EXPECT_THAT(change.problems, SizeIs(0));
  const auto events = actors::CatalogueDecider<events::BotSettings>::decide({}, actors::ChangeEntry{change.fields}, 0);
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_THAT(*events, SizeIs(0));
}

TEST(ChatAiSettings, ChangeByPartsAndByPaths) {
  const auto change =
      change_of({}, {{"debug", true}, {"trigger", {{"group", {{"at", false}}}}}, {"memory.enabled", true}});
  EXPECT_THAT(change.updated, ElementsAre("debug", "memory.enabled", "trigger.group.at"));
  EXPECT_EQ(change.fields, (Json{{"debug", true}, {"wake.at", false}, {"memory.enabled", true}}));
}

TEST(ChatAiSettings, TakeBothFormsOfAPrefixAndOfTheTools) {
  EXPECT_EQ(change_of({}, {{"trigger.prefix", "!"}}).fields["wake.prefixes"], Json::array({"!"}));
  EXPECT_EQ(change_of({}, {{"builtinTools", {{"allowDangerous", true}}}}).fields["tools.allow_dangerous"], true);
}

TEST(ChatAiSettings, WithAWhiteListAllowNobodyElse) {
  const auto listed = change_of({}, {{"trigger", {{"whitelistGroups", {"456"}}}}});
  EXPECT_EQ(listed.fields["lists.allow_only"], true);
  const auto open = change_of({}, {{"trigger", {{"whitelistGroups", {"456"}}, {"whitelistOnly", false}}}});
  EXPECT_EQ(open.fields["lists.allow_only"], false);
}

TEST(ChatAiSettings, SwitchPrivateMessagesOffAndOnAgain) {
  EXPECT_EQ(change_of({}, {{"trigger.private.enabled", false}}).fields["wake.in_private"], "off");
  events::BotSettings off;
  off.wake.in_private = "off";
  EXPECT_EQ(change_of(off, {{"trigger.private.enabled", true}}).fields["wake.in_private"], "always");
  EXPECT_EQ(change_of(off, Json::parse(R"({"trigger":{"private":{"mode":"prefix","enabled":true}}})"))
                .fields["wake.in_private"],
            "prefix");
}

TEST(ChatAiSettings, NameEverythingThatIsWrongAndChangeNothing) {
  const auto change = change_of({}, {{"debug", "yes"}, {"web", {{"jwtSecret", "x"}}}, {"trigger.keywords", {1}}});
  ASSERT_THAT(change.problems, SizeIs(3));
  EXPECT_EQ(change.problems[0].path, "debug");
  EXPECT_EQ(change.problems[0].message, "debug must be true or false");
  EXPECT_EQ(change.problems[1].path, "trigger.keywords");
  EXPECT_EQ(change.problems[2].message, "web.jwtSecret is no setting");
  EXPECT_EQ(change.fields, Json::object());
}

TEST(ChatAiSettings, NameTheFieldThatTheirOwnRulesRefuse) {
  const auto change = change_of({}, {{"trigger.group.randomRate", 2}});
  ASSERT_THAT(change.problems, SizeIs(1));
  EXPECT_EQ(change.problems[0].path, "trigger.group.randomRate");
}

TEST(ChatAiSettings, RefuseWhatIsNoTree) {
  EXPECT_THAT(change_of({}, Json::array()).problems, SizeIs(1));
  EXPECT_THAT(change_of({}, {{"__proto__", {{"debug", true}}}}).problems, SizeIs(1));
}

TEST(ChatAiYaml, ComesBackAsItWas) {
  const OrderedJson value = {{"text", "true"},
                             {"number", 5},
                             {"rate", 0.5},
                             {"flag", false},
                             {"empty", Json::array()},
                             {"nested", {{"list", {"1", "a: b", "中文\n"}}}},
                             {"nothing", nullptr}};
  const auto back = from_yaml(to_yaml(value));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, Json::parse(value.dump()));
}

TEST(ChatAiYaml, TakesWhatPeopleWrite) {
  const auto value = from_yaml("trigger:\n  prefixes: ['#chat', !!str 5]\n  keyword: true\nname: bot # a bot\n");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ((*value)["trigger"]["prefixes"][0], "#chat");
  EXPECT_EQ((*value)["trigger"]["prefixes"][1], "5");
  EXPECT_EQ((*value)["trigger"]["keyword"], true);
  EXPECT_EQ((*value)["name"], "bot");
}

TEST(ChatAiYaml, RefusesWhatIsNone) {
  for (const char* text : {"a: [1", "a: b: c", "a: 1\n---\nb: 2", "? [1]\n: 2", "\xff"})
    EXPECT_FALSE(from_yaml(text)) << text;
  EXPECT_EQ(from_yaml(std::string(defaults::kMaxImportBytes + 1, 'a')).error().code, Errc::too_large);
}

TEST(ChatAiYaml, RefusesAliasesThatGrowWithoutEnd) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ", " : "") + before;
    bomb += "]\n";
  }
  const auto refused = from_yaml(bomb);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("more than"));
}

TEST(ChatAiYaml, RefusesWhatIsNestedTooDeep) {
  EXPECT_FALSE(from_yaml(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(from_yaml(std::string(5000, '[')));
}

}  // namespace
}  // namespace troupe::http::chatai
