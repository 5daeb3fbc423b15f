#include "actors/commands.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

BotCommand command(std::string name, std::vector<std::string> aliases = {}) {
  BotCommand made;
  made.name = std::move(name);
  made.aliases = std::move(aliases);
  return made;
}

TEST(Commands, AreFoundByTheirOtherNamesToo) {
  Commands commands;
  commands.offer("weather", {command("weather", {"w", "天气"})});
  ASSERT_TRUE(commands.find("天气"));
  EXPECT_EQ(commands.find("w")->plugin, "weather");
  EXPECT_FALSE(commands.find("W"));
}

TEST(Commands, OfTheHouseComeBeforeAPluginsWhoeverWasFirst) {
  Commands commands;
  commands.offer("mine", {command("help")});
  commands.offer("", {command("help")});
  EXPECT_EQ(commands.find("help")->plugin, "");
}

TEST(Commands, GoWithTheirPlugin) {
  Commands commands;
  commands.offer("mine", {command("a"), command("b")});
  commands.offer("mine", {command("b")});
  EXPECT_FALSE(commands.find("a"));
  commands.withdraw("mine");
  EXPECT_FALSE(commands.find("b"));
}

TEST(Commands, TellWhichNamesReachOnlyTheFirstOfSeveral) {
  Commands commands;
  commands.offer("one", {command("a", {"x"}), command("alone")});
  commands.offer("two", {command("b", {"x"}), command("a")});
  const auto conflicts = commands.conflicts();
  ASSERT_EQ(conflicts.size(), 2u);
  EXPECT_EQ(conflicts[0].name, "a");
  EXPECT_EQ(conflicts[1].name, "x");
  EXPECT_EQ(conflicts[1].plugins, (std::vector<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace troupe::actors
