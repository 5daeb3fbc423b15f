// What a plugin finds in the module `troupe`.
#include "actors/plugins/script.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::plugins {
namespace {

class ScriptTest : public ::testing::Test {
 protected:
  Expected<void> load(const std::string& code, Json config = Json::object(),
                      std::map<std::string, std::string> modules = {}) {
    Package package;
    package.name = "mine";
    package.version = "2.0";
    package.files = std::move(modules);
    package.files["main.lua"] = code;
    ScriptLinks links{
        [this](std::string_view level, std::string_view text) {
          logged_.push_back(std::string(level) + ": " + std::string(text));
        },
        [this](ScriptTarget target, std::string text) {
          sent_.push_back(target.platform + (target.in_group ? "/group/" : "/user/") + target.to + " " + text);
        },
        [](const ScriptTarget& who) -> std::optional<events::AccountId> {
          if (who.platform != "p" || who.to == "stranger") return std::nullopt;
          return who.in_group ? 8 : 7;
        }};
    auto loaded = Script::load(package, config, data_, std::move(links));
    if (!loaded) return tl::unexpected(loaded.error());
    script_ = std::move(*loaded);
    return {};
  }
  std::string error_of(const std::string& code) {
    const auto loaded = load(code);
    return loaded ? "no error" : loaded.error().message;
  }
  /// What on_message, with this body, says.
  std::string said(const std::string& body, const Json& message = Json::object()) {
    if (const auto loaded = load("function on_message(m) " + body + " end"); !loaded) return loaded.error().message;
    const auto reply = script_->on_message(message);
    return reply ? reply->text : reply.error().message;
  }

  PluginData data_;
  std::unique_ptr<Script> script_;
  std::vector<std::string> logged_, sent_;
};

TEST_F(ScriptTest, CarriesValuesBothWays) {
  const Json value = Json::parse(R"({"a": [1, 2.5, "x", true, null, [[]]], "b": {"c": -9007199254740993, "d": "ä"}})");
  ASSERT_TRUE(load("troupe.tool {name = 'echo', run = function(v) return v end}"));
  Json expected = value;
  expected["a"][5][0] = Json::object();  // an empty table is an object
  EXPECT_EQ(*script_->run_tool("echo", value), expected);
  EXPECT_EQ(said("return troupe.json.encode({1, troupe.null, 3})"), "[1,null,3]");
  EXPECT_EQ(said("return tostring(m.nothing)", {{"nothing", nullptr}}), "nil");
  EXPECT_EQ(said("return troupe.json.decode('{\"a\":[1,{\"b\":\"deep\"}]}').a[2].b"), "deep");
}

TEST_F(ScriptTest, CarriesNothingThatIsNotJson) {
  const auto encoding = [&](const std::string& value) { return said("return troupe.json.encode(" + value + ")"); };
  EXPECT_NE(encoding("print").find("a function is not a value of JSON"), std::string::npos);
  EXPECT_NE(encoding("{1, x = 2}").find("list items and other fields"), std::string::npos);
  EXPECT_NE(encoding("{[2.5] = 1}").find("keys"), std::string::npos);
  EXPECT_NE(encoding("{1, 2, nil, 4}").find("holes"), std::string::npos);
  EXPECT_NE(encoding("1 / 0").find("not finite"), std::string::npos);
  EXPECT_NE(encoding("'\\xff'").find("not UTF-8"), std::string::npos);
  EXPECT_NE(encoding("(function() local t = {} t.t = t return t end)()").find("holds itself"), std::string::npos);
  EXPECT_NE(
      encoding("(function() local t = {} for i = 1, 30 do t = {t, t} end return t end)()").find("too many values"),
      std::string::npos);
  EXPECT_NE(encoding("('x'):rep(300000)").find("too large"), std::string::npos);
  EXPECT_NE(said("return troupe.json.decode(('['):rep(100))").find("nested too deeply"), std::string::npos);
  EXPECT_NE(said("return troupe.json.decode('{')").find("not JSON"), std::string::npos);
}

TEST_F(ScriptTest, KnowsItself) {
  ASSERT_TRUE(
      load("assert(troupe.name == 'mine' and troupe.version == '2.0' and troupe.config.sides == 6)", {{"sides", 6}}));
}

TEST_F(ScriptTest, HasTheModulesOfItsPackageAlone) {
  EXPECT_TRUE(load("local a = require('lib.a') assert(a.n == 1 and require('lib.a') == a and require('b') == true)",
                   Json::object(), {{"lib/a.lua", "n = (n or 0) + 1 return {n = n}"}, {"b.lua", ""}}));
  for (const char* name : {"os", "io", "../main", "/etc/passwd", "lib..a", "plugin.json"})
    EXPECT_NE(error_of(std::string("require('") + name + "')").find("there is no"), std::string::npos) << name;
  const auto failing = load("require('bad')", Json::object(), {{"bad.lua", "\n\nif"}});
  ASSERT_FALSE(failing);
  EXPECT_EQ(failing.error().message.find("mine/bad.lua:3:"), 0u) << failing.error().message;
  const auto endless = load("require('me')", Json::object(), {{"me.lua", "require('me')"}});
  ASSERT_FALSE(endless);
}

TEST_F(ScriptTest, RepliesOnlyWhereSomebodyAsked) {
  EXPECT_EQ(said("troupe.reply('a') troupe.reply('b')"), "a\nb");
  EXPECT_NE(error_of("troupe.reply('x')").find("nothing to reply to"), std::string::npos);
  EXPECT_NE(said("return {}").find("must return text, true or nothing"), std::string::npos);
  EXPECT_NE(said("return ('x'):rep(20000)").find("too long"), std::string::npos);
  EXPECT_NE(said("return '\\xff'").find("UTF-8"), std::string::npos);
  EXPECT_EQ(said("return 5"), "5");
  EXPECT_EQ(said("return ''"), "");
}

TEST_F(ScriptTest, Logs) {
  ASSERT_TRUE(load("print('a', 1, nil) troupe.log('warn', 'line\\nline')"));
  EXPECT_EQ(logged_, (std::vector<std::string>{"info: a 1 nil", "warn: line line"}));
  EXPECT_NE(error_of("troupe.log('loud', 'x')").find("invalid option"), std::string::npos);
  EXPECT_NE(error_of("for i = 1, 21 do print(i) end").find("logs too much"), std::string::npos);
}

TEST_F(ScriptTest, SendsToUsersAndGroups) {
  ASSERT_TRUE(load("troupe.send({platform = 'p', user = 'u'}, 'a') troupe.send({platform = 'p', group = 'g'}, 'b')"));
  EXPECT_EQ(sent_, (std::vector<std::string>{"p/user/u a", "p/group/g b"}));
  EXPECT_NE(error_of("troupe.send({user = 'u'}, 'a')").find("platform must be text"), std::string::npos);
  EXPECT_NE(error_of("troupe.send({platform = 'p'}, 'a')").find("user must be text"), std::string::npos);
  EXPECT_NE(error_of("troupe.send({platform = 'p', user = 'u'}, '')").find("not empty"), std::string::npos);
}

TEST_F(ScriptTest, Keeps) {
  ASSERT_TRUE(
      load("troupe.storage.set('b/2', {x = 1}) troupe.storage.set('b/1', 'y') troupe.storage.set('a', 1) "
           "troupe.storage.set('a', nil) "
           "assert(troupe.storage.get('a') == nil and troupe.storage.get('a', 7) == 7) "
           "assert(table.concat(troupe.storage.keys('b/'), ' ') == 'b/1 b/2' and #troupe.storage.keys() == 2)"));
  const auto changes = data_.take_changes();
  EXPECT_EQ(changes.at({0, "b/2"}), Json({{"x", 1}}));
  EXPECT_EQ(changes.at({0, "a"}), Json(nullptr));
  EXPECT_TRUE(data_.take_changes().empty());
  data_.store_again({{0, "b/1"}});
  EXPECT_EQ(data_.take_changes().size(), 1u);
}

TEST_F(ScriptTest, KeepsWhatIsOfAContactApart) {
  ASSERT_TRUE(
      load("local ada = troupe.storage.of({platform = 'p', user = 'ada', group = 'g'}) "
           "local group = troupe.storage.of {platform = 'p', group = 'g'} "
           "ada.set('n', 1) group.set('n', 2) troupe.storage.set('n', 3) "
           "assert(ada.get('n') == 1 and group.get('n') == 2 and troupe.storage.get('n') == 3) "
           "assert(#ada.keys() == 1 and #troupe.storage.keys() == 1 and ada.get('m', 5) == 5)"));
  EXPECT_EQ(data_.take_changes(), (std::map<PluginKey, Json>{{{0, "n"}, 3}, {{7, "n"}, 1}, {{8, "n"}, 2}}));
  data_.forget(7);
  EXPECT_EQ(data_.take_changes(), (std::map<PluginKey, Json>{{{7, "n"}, nullptr}}));
  EXPECT_EQ(*data_.find({8, "n"}), 2);
  EXPECT_NE(error_of("troupe.storage.of {platform = 'p', user = 'stranger'}").find("does not know them"),
            std::string::npos);
  EXPECT_NE(error_of("troupe.storage.of {user = 'ada'}").find("platform must be text"), std::string::npos);
}

TEST_F(ScriptTest, RunsTimersWhenTheyAreDue) {
  ASSERT_TRUE(
      load("n = 0 troupe.every(2, function() n = n + 1 print('every ' .. n) end) "
           "troupe.after(1.5, function() print('once') troupe.send({platform = 'p', user = 'u'}, 'late') end)"));
  const Micros now = now_micros();
  const auto run_until = [&](Micros time) {
    while (script_->next_timer() && *script_->next_timer() <= time) ASSERT_TRUE(script_->run_timer(time));
  };
  run_until(now);
  EXPECT_TRUE(logged_.empty());
  run_until(now + 1'600'000);
  run_until(now + 2'100'000);
  run_until(now + 9'000'000);  // late, and called once for all that
  EXPECT_EQ(logged_, (std::vector<std::string>{"info: once", "info: every 1", "info: every 2"}));
  EXPECT_EQ(sent_, std::vector<std::string>{"p/user/u late"});
  EXPECT_EQ(*script_->next_timer(), now + 11'000'000);
}

TEST_F(ScriptTest, CancelsTimersAndHasOnlySoMany) {
  ASSERT_TRUE(load("local t = troupe.every(1, print) assert(troupe.cancel(t) and not troupe.cancel(t))"));
  EXPECT_FALSE(script_->next_timer());
  ASSERT_TRUE(load("troupe.every(1, function() troupe.cancel(1) end)"));
  ASSERT_TRUE(script_->run_timer(now_micros() + 2'000'000)) << "one that cancels itself";
  EXPECT_FALSE(script_->next_timer());
  EXPECT_NE(error_of("for i = 1, 21 do troupe.after(5, print) end").find("at most 20 timers"), std::string::npos);
  for (const char* seconds : {"0.5", "0", "-1", "0/0", "1/0", "2592001", "math.mininteger"})
    EXPECT_NE(error_of(std::string("troupe.every(") + seconds + ", print)").find("from 1 to 2592000"),
              std::string::npos)
        << seconds;
  EXPECT_NE(error_of("troupe.every(1)").find("function expected"), std::string::npos);
  ASSERT_TRUE(load("troupe.after(1, function() troupe.reply('x') end)"));
  EXPECT_NE(script_->run_timer(now_micros() + 2'000'000).error().message.find("nothing to reply to"),
            std::string::npos);
}

TEST_F(ScriptTest, FailsInTextWhateverItRaises) {
  EXPECT_EQ(error_of("error('\\xff', 0)"), "mine: \xef\xbf\xbd");
  EXPECT_EQ(error_of("error({})"), "mine: an error that is no text, but a table");
}

TEST_F(ScriptTest, NamesTheLineOfATimerThatNeverEnds) {
  ASSERT_TRUE(load("troupe.every(1, function()\n while true do end end)"));
  const auto ran = script_->run_timer(now_micros() + 2'000'000);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Errc::timed_out);
  EXPECT_EQ(ran.error().message.find("mine/main.lua:2:"), 0u) << ran.error().message;
}

TEST_F(ScriptTest, RegistersGoodCommandsAlone) {
  ASSERT_TRUE(
      load("troupe.command {name = 'a', aliases = {'b'}, description = 'x', admin = true, run = function(c) "
           "return c.arguments end}"));
  EXPECT_EQ(script_->commands().at(0).aliases, std::vector<std::string>{"b"});
  EXPECT_TRUE(script_->commands()[0].for_admins);
  EXPECT_EQ(*script_->run_command("a", {{"arguments", "said"}}), "said");
  const auto command = [&](const std::string& fields) { return error_of("troupe.command {" + fields + "}"); };
  EXPECT_NE(command("name = 'a b', run = print").find("words"), std::string::npos);
  EXPECT_NE(command("run = print").find("name must be text"), std::string::npos);
  EXPECT_NE(command("name = 'a'").find("run must be a function"), std::string::npos);
  EXPECT_NE(command("name = 'a', aliases = {5}, run = print").find("aliases"), std::string::npos);
  EXPECT_NE(error_of("for i = 1, 51 do troupe.command {name = 'c' .. i, run = print} end").find("at most 50"),
            std::string::npos);
  EXPECT_NE(error_of("for i = 1, 2 do troupe.command {name = 'c', run = print} end").find("already"),
            std::string::npos);
  EXPECT_NE(error_of("troupe.tool {name = 'a b', run = print}").find("letters"), std::string::npos);
  EXPECT_NE(error_of("for i = 1, 21 do troupe.tool {name = 't' .. i, run = print} end").find("at most 20"),
            std::string::npos);
  ASSERT_TRUE(load("function on_message() troupe.command {name = 'late', run = print} end"));
  script_->close_registration();
  EXPECT_NE(script_->on_message({}).error().message.find("registered while"), std::string::npos);
}

}  // namespace
}  // namespace troupe::actors::plugins
