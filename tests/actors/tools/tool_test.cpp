#include "actors/tools/tool.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe::actors {
namespace {

using Names = std::vector<std::vector<std::string>>;

Tool named(const std::string& name, bool dangerous = false) {
  Tool tool{name, "builtin", {}};
  tool.offered.name = name;
  tool.offered.category = "things";
  tool.offered.dangerous = dangerous;
  return tool;
}

TEST(ToolNames, StayAsTheyAreWhereTheyAreTheOnlyOnes) {
  EXPECT_EQ(settled_names({{"builtin", {"time"}}, {"mcp:files", {"read"}}}), (Names{{"time"}, {"read"}}));
}

TEST(ToolNames, AreToldApartByTheirSources) {
  EXPECT_EQ(settled_names({{"mcp:a", {"read", "own"}}, {"mcp:b", {"read"}}}), (Names{{"a__read", "own"}, {"b__read"}}));
}

TEST(ToolNames, OfTheHouseAreNeverTakenAway) {
  EXPECT_EQ(settled_names({{"builtin", {"time"}}, {"mcp:a", {"time"}}}), (Names{{"time"}, {"a__time"}}));
}

TEST(ToolNames, AreMadeOfWhatModelsTake) {
  EXPECT_EQ(tool_name("a.b/c d"), "a_b_c_d");
  EXPECT_EQ(tool_name(""), "_");
  EXPECT_EQ(tool_name(std::string(100, 'x')).size(), defaults::kMaxToolNameLength);
}

TEST(ToolNames, AreUniqueAndShortWhateverServersCallTheirTools) {
  const std::string a_long(90, 'x');
  const std::string server(90, 's');
  const auto settled = settled_names({{"builtin", {"a__b"}},
                                      {"mcp:a", {"b", "b.", "b/", a_long + "1", a_long + "2"}},
                                      {"mcp:b", {"b", "a__b"}},
                                      {"mcp:" + server, {"b", a_long + "1"}},
                                      {"mcp:" + server + "2", {"b", a_long + "1"}}});
  std::set<std::string> all;
  for (const auto& names : settled)
    for (const auto& name : names) {
      EXPECT_TRUE(all.insert(name).second) << name;
      EXPECT_LE(name.size(), defaults::kMaxToolNameLength) << name;
      EXPECT_EQ(name, tool_name(name));
    }
  EXPECT_EQ(settled[0][0], "a__b");
}

TEST(ToolRules, KeepDangerousToolsAwayUntilTheyAreAllowed) {
  events::ToolRules rules;
  EXPECT_FALSE(refusal(named("read"), rules, false));
  EXPECT_TRUE(refusal(named("write", true), rules, true));
  rules.dangerous = {"read"};
  EXPECT_TRUE(refusal(named("read"), rules, true));
  rules.allow_dangerous = true;
  EXPECT_FALSE(refusal(named("write", true), rules, false));
  EXPECT_FALSE(refusal(named("read"), rules, false));
}

TEST(ToolRules, KeepAdministratorsToolsFromOthers) {
  events::ToolRules rules;
  rules.admin_only = {"read"};
  EXPECT_TRUE(refusal(named("read"), rules, false));
  EXPECT_FALSE(refusal(named("read"), rules, true));
}

TEST(ToolRules, SwitchOffByNameByCategoryAndAltogether) {
  events::ToolRules rules;
  rules.disabled = {"read"};
  EXPECT_TRUE(refusal(named("read"), rules, true));
  EXPECT_FALSE(refusal(named("write"), rules, true));
  rules.disabled_categories = {"things"};
  EXPECT_TRUE(refusal(named("write"), rules, true));
  rules = {};
  rules.enabled = false;
  EXPECT_TRUE(refusal(named("read"), rules, true));
}

}  // namespace
}  // namespace troupe::actors
