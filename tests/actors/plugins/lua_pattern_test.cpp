// Patterns beside the interpreter's own, and in counted steps.
#include "actors/plugins/lua_pattern.hpp"

#include <gtest/gtest.h>

#include <lua.hpp>
#include <memory>
#include <random>
#include <string>

#include "actors/plugins/lua_state.hpp"

namespace troupe::actors::plugins {
namespace {

constexpr std::int64_t kMany = 10'000'000;

struct Close {
  void operator()(lua_State* state) const { lua_close(state); }
};

/// What functions of `string` give, as one text; `error` when they fail.
constexpr const char* kFunctions = R"(
  local function shown(ok, ...)
    if not ok then return "error" end
    local all = {}
    for i = 1, select("#", ...) do all[i] = tostring((select(i, ...))) end
    return table.concat(all, "|")
  end
  local function captures(...) return "<" .. select("#", ...) .. tostring((...)) .. ">" end
  function find(text, pattern) return shown(pcall(string.find, text, pattern)) end
  function gsub(text, pattern) return shown(pcall(string.gsub, text, pattern, captures)) end
  function gmatch(text, pattern)
    return shown(pcall(function()
      local all = {}
      for a, b in string.gmatch(text, pattern) do all[#all + 1] = tostring(a) .. "," .. tostring(b) end
      return table.concat(all, ";")
    end))
  end)";

/// Lua as it comes.
class Interpreter {
 public:
  Interpreter() : state_(luaL_newstate()) {
    luaL_openlibs(state_.get());
    EXPECT_EQ(luaL_dostring(state_.get(), kFunctions), LUA_OK);
  }
  std::string run(const char* function, const std::string& text, const std::string& pattern) {
    return call(state_.get(), function, text, pattern);
  }
  static std::string call(lua_State* state, const char* function, const std::string& text, const std::string& pattern) {
    lua_getglobal(state, function);
    lua_pushlstring(state, text.data(), text.size());
    lua_pushlstring(state, pattern.data(), pattern.size());
    lua_call(state, 2, 1);
    std::string result = lua_tostring(state, -1);
    lua_pop(state, 1);
    return result;
  }

 private:
  std::unique_ptr<lua_State, Close> state_;
};

std::string random_text(std::mt19937& random, const std::string& alphabet, std::size_t most) {
  std::string text(random() % (most + 1), ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

TEST(LuaPattern, FindsWhatTheInterpreterFinds) {
  Interpreter interpreter;
  LuaState sandbox;
  ASSERT_TRUE(sandbox.run([](lua_State* state) {
    LuaState::load_text(state, kFunctions, "functions");
    lua_call(state, 0, 0);
  }));
  std::mt19937 random(4);
  const std::string pieces[] = {"a",    "b",      ".",    "%a", "%d", "%w",     "%s",    "[ab]", "[^a]", "[a-c]",
                                "[]b]", "%.",     "*",    "+",  "-",  "?",      "(",     ")",    "()",   "%1",
                                "%b()", "%f[%w]", "^",    "$",  "%D", "[%d%a]", "[^%w]", "%g",   "%p",   "%u",
                                "%x",   "%c",     "[a-]", "[",  "%",  "%b",     "%f"};
  int found = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random, "aabbc1 (.)", 12);
    std::string pattern;
    for (std::size_t i = 0, count = 1 + random() % 6; i < count; ++i) pattern += pieces[random() % std::size(pieces)];
    for (const char* function : {"find", "gsub", "gmatch"}) {
      const std::string expected = interpreter.run(function, text, pattern);
      std::string ours;
      ASSERT_TRUE(sandbox.run([&](lua_State* state) { ours = Interpreter::call(state, function, text, pattern); }));
      ASSERT_EQ(ours, expected) << function << " of `" << pattern << "` in `" << text << "`";
      found += expected != "nil" && expected != "error";
      refused += expected == "error";
    }
  }
  EXPECT_GT(found, 10'000);
  EXPECT_GT(refused, 1000);
}

TEST(LuaPattern, CountsItsSteps) {
  std::int64_t steps = kMany;
  const std::string text(100, 'a');
  PatternMatcher matcher(text, "a*b", steps);
  EXPECT_FALSE(matcher.match_at(0));
  EXPECT_LT(steps, kMany - 200);
  EXPECT_GT(steps, kMany - 1000);
}

TEST(LuaPattern, EndsWhenTheStepsHaveRunOut) {
  std::int64_t steps = 100'000;
  const std::string text(50'000, 'a');
  PatternMatcher matcher(text, ".-.-.-.-.-.-b", steps);
  EXPECT_FALSE(matcher.match_at(0));
  EXPECT_TRUE(matcher.out_of_steps());
  EXPECT_EQ(matcher.error(), nullptr);
}

TEST(LuaPattern, RefusesToNestTooDeeply) {
  std::int64_t steps = kMany;
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "a?";
  const std::string text(2000, 'a');
  PatternMatcher matcher(text, pattern, steps);
  EXPECT_FALSE(matcher.match_at(0));
  EXPECT_STREQ(matcher.error(), "pattern too complex");
}

}  // namespace
}  // namespace troupe::actors::plugins
