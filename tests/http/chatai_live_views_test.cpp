#include <gtest/gtest.h>

#include "events/tool.hpp"
#include "http/surfaces/chatai/live.hpp"

namespace troupe::http::chatai {
namespace {

template <class Event>
std::vector<OrderedJson> views(const std::string& stream, const Event& event, events::ToolRules& rules) {
  storage::Record record;
  record.stream = stream;
  record.time = 1'769'860'800'000'000;
  return live_views(record, events::encode(event), rules);
}

std::vector<OrderedJson> of_settings(const events::ToolRules& now, events::ToolRules& rules) {
  events::BotSettings settings;
  settings.tools = now;
  return views("settings/bot", events::BotSettingsEvent(events::EntryChanged<events::BotSettings>{settings}), rules);
}

TEST(LiveViews, TellOfACallWithoutWhatWasSaid) {
  events::ToolRules rules;
  events::ToolCallEnded ended{"one", "now", "timed_out", "too slow", "a secret", 5000};
  const auto told = views("toolcall/one", events::ToolCallEvent(ended), rules);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0]["type"], "tool-executed");
  EXPECT_EQ(told[0]["toolName"], "now");
  EXPECT_EQ(told[0]["success"], false);
  EXPECT_EQ(told[0]["duration"], 5);
  EXPECT_EQ(told[0].dump().find("secret"), std::string::npos);
  events::ToolCallStarted started;
  started.id = "one";
  EXPECT_TRUE(views("toolcall/one", events::ToolCallEvent(started), rules).empty());
}

TEST(LiveViews, TellEachSwitchThatHasMoved) {
  events::ToolRules rules;
  events::ToolRules now;
  now.disabled = {"b", "a"};
  now.disabled_categories = {"time"};
  const auto off = of_settings(now, rules);
  ASSERT_EQ(off.size(), 4u);
  EXPECT_EQ(off[0]["type"], "config-changed");
  EXPECT_EQ(off[1]["type"], "tool-toggled");
  EXPECT_EQ(off[1]["tool"], "a");
  EXPECT_EQ(off[1]["enabled"], false);
  EXPECT_EQ(off[3]["category"], "time");
  now.disabled = {"a"};
  const auto on = of_settings(now, rules);
  ASSERT_EQ(on.size(), 2u);
  EXPECT_EQ(on[1]["tool"], "b");
  EXPECT_EQ(on[1]["enabled"], true);
  EXPECT_EQ(of_settings(now, rules).size(), 1u);
}

TEST(LiveViews, TellOfEntriesByTheNamesOfThisDialect) {
  events::ToolRules rules;
  events::McpServer server;
  server.name = "files";
  const auto added =
      views("mcp_server/x", events::McpServerEvent(events::EntryAdded<events::McpServer>{"x", server}), rules);
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0]["type"], "server-added");
  EXPECT_EQ(added[0]["name"], "files");
  const auto removed =
      views("mcp_server/x", events::McpServerEvent(events::EntryRemoved<events::McpServer>{"files"}), rules);
  EXPECT_EQ(removed[0]["type"], "server-removed");
}

}  // namespace
}  // namespace troupe::http::chatai
