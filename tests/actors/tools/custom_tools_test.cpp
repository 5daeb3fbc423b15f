#include "actors/tools/custom_tools.hpp"

#include <gtest/gtest.h>

#include "tests/actors/tools/house.hpp"

namespace troupe::actors {
namespace {

events::CustomTool in_lua(const std::string& code) {
  events::CustomTool tool;
  tool.name = "greet";
  tool.code = code;
  return tool;
}

std::string said(const std::string& code, const Json& arguments = Json::object()) {
  const auto result = run_code(in_lua(code), arguments);
  return result ? (result->failed ? "failed: " : "") + result->text : "error: " + result.error().message;
}

TEST(CustomTool, AnswersWhatItsCodeReturns) {
  EXPECT_EQ(said("return 'hello ' .. args.name", {{"name", "ada"}}), "hello ada");
  EXPECT_EQ(said("return {sum = args.a + args.b}", {{"a", 2}, {"b", 3}}), R"({"sum":5})");
  EXPECT_EQ(said("return function(given) return given.a end", {{"a", true}}), "true");
  EXPECT_EQ(said("local x = 1"), "");
  EXPECT_EQ(said("return nil, 'no such city'"), "failed: no such city");
}

TEST(CustomTool, NamesTheLineOfAnError) {
  EXPECT_EQ(said("local x = 1\nerror('boom')"), "error: greet.lua:2: boom");
  EXPECT_EQ(said("error({})"), "error: greet.lua: an error that is no text, but a table");
  EXPECT_TRUE(said("\n\nnothing()").starts_with("error: greet.lua:3: attempt to call a nil value"));
}

TEST(CustomTool, IsCompiledBeforeItIsKept) {
  EXPECT_TRUE(check_code(in_lua("return 1")));
  const auto broken = check_code(in_lua("local x = 1\nlocal y = = 2"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().field, "code");
  EXPECT_TRUE(broken.error().message.starts_with("greet.lua:2: ")) << broken.error().message;
  EXPECT_FALSE(check_code(in_lua(" \n")));
  EXPECT_FALSE(check_code(in_lua("\x1bLua bytecode")));
  EXPECT_FALSE(check_code(in_lua("return '" + std::string(defaults::kMaxCustomToolBytes, 'x') + "'")));
}

TEST(CustomTool, HasANameThatModelsTake) {
  auto named = in_lua("return 1");
  EXPECT_TRUE(check(named));
  for (const char* bad : {"", "../../evil", "a b", "a.lua", "tool\xc3\xa9"}) {
    named.name = bad;
    const auto checked = check(named);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().field, "name");
  }
  named.name = std::string(defaults::kMaxToolNameLength + 1, 'x');
  EXPECT_FALSE(check(named));
}

TEST(CustomTool, EndsWhenItLoopsOrFillsTheMemory) {
  plugins::LuaLimits limits;
  limits.instructions = 100'000;
  const auto endless = run_code(in_lua("while true do end"), Json::object(), limits);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, Errc::timed_out);
  EXPECT_TRUE(endless.error().message.starts_with("greet.lua:1: ")) << endless.error().message;
  const auto caught =
      run_code(in_lua("while true do pcall(function() while true do end end) end"), Json::object(), limits);
  EXPECT_EQ(caught.error().code, Errc::timed_out);
  const auto greedy =
      run_code(in_lua("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end"), Json::object());
  ASSERT_FALSE(greedy);
  EXPECT_NE(greedy.error().code, Errc::upstream_failed) << greedy.error().message;
}

TEST(CustomTool, ReachesNothingOfTheHouse) {
  for (const char* name : {"io", "os.execute", "os.getenv", "os.remove", "require", "load", "loadfile", "dofile",
                           "debug", "package", "troupe", "print"})
    EXPECT_EQ(said("local at = _G for part in ('" + std::string(name) +
                   "'):gmatch('%a+') do at = at and at[part] end return type(at)"),
              "nil")
        << name;
}

TEST(CustomTool, SharesNothingBetweenItsCalls) {
  const char* counts = "count = (count or 0) + 1 string.count = (string.count or 0) + 1 return count + string.count";
  EXPECT_EQ(said(counts), "2");
  EXPECT_EQ(said(counts), "2");
}

TEST(CustomTool, AnswersNothingThatIsNoJson) {
  EXPECT_TRUE(said("return function() return function() end end").starts_with("error: ")) << "a function";
  EXPECT_TRUE(said("local t = {} t.t = t return t").starts_with("error: ")) << "a circle";
  EXPECT_TRUE(said("return '\\xff'").starts_with("error: ")) << "bytes";
  EXPECT_TRUE(said("return setmetatable({}, {__index = error, __tostring = error, __len = error})") == "{}");
}

class CustomToolsTest : public testing::HouseTest {
 protected:
  std::string add(events::CustomTool entry) {
    const auto added = testing::wait<testing::RecordPtr>(
        [&](auto answer) { system_->catalogue().add(std::move(entry), cause(), answer); });
    EXPECT_TRUE(added) << added.error().message;
    return added ? std::string((*added)->id()) : "";
  }
  void change(const std::string& id, const Json& fields) {
    EXPECT_TRUE(testing::wait<testing::RecordPtr>(
        [&](auto answer) { system_->catalogue().ask<events::CustomTool>(id, ChangeEntry{fields}, cause(), answer); }));
  }
};

TEST_F(CustomToolsTest, AreOfferedWhileTheyAreThereAndAfterAStart) {
  auto greet = in_lua("return 'hello ' .. args.name");
  greet.parameters = Json::parse(R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})");
  const auto id = add(greet);
  EXPECT_EQ(call("greet", R"({"name":"ada"})")->text, "hello ada");
  EXPECT_EQ(call("greet", "{}")->outcome, "failed") << "its arguments are checked first";
  restart();
  EXPECT_EQ(call("greet", R"({"name":"ada"})")->text, "hello ada");
  change(id, {{"code", "return 'bye'"}});
  EXPECT_EQ(call("greet", R"({"name":"ada"})")->text, "bye");
  change(id, {{"enabled", false}});
  EXPECT_FALSE(system_->tools().find("greet"));
}

TEST_F(CustomToolsTest, ThatLoopTimeOutByNameAndTheOthersGoOn) {
  auto endless = in_lua("while true do end");
  endless.name = "endless";
  add(endless);
  add(in_lua("return 'hello'"));
  const auto outcome = call("endless");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->outcome, "timed_out");
  EXPECT_TRUE(outcome->text.starts_with("endless.lua:1: ")) << outcome->text;
  EXPECT_EQ(call("greet")->text, "hello");
}

TEST_F(CustomToolsTest, AreOnlySoMany) {
  std::size_t refused = 0;
  constexpr std::size_t kOneTooMany = defaults::kMaxToolsPerSource + 1;
  for (std::size_t i = 0; i < kOneTooMany; ++i) {
    auto entry = in_lua("return 1");
    entry.name = "tool" + std::to_string(i);
    const auto added = testing::wait<testing::RecordPtr>(
        [&](auto answer) { system_->catalogue().add(std::move(entry), cause(), answer); });
    if (added) continue;
    ++refused;
    EXPECT_EQ(added.error().code, Errc::conflict);
  }
  EXPECT_EQ(refused, 1u);
  EXPECT_EQ(call("tool0")->text, "1");
}

TEST_F(CustomToolsTest, ThatAreDangerousWaitForTheSwitch) {
  auto wipe = in_lua("return 'wiped'");
  wipe.dangerous = true;
  add(wipe);
  EXPECT_EQ(call("greet")->outcome, "refused");
  set_tool_rules({{"allow_dangerous", true}});
  EXPECT_EQ(call("greet")->text, "wiped");
}

}  // namespace
}  // namespace troupe::actors
