// Scripts that mean harm: each must end, soon, with the error that says why.
#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <functional>
#include <lua.hpp>
#include <string>
#include <thread>

#include "actors/plugins/script.hpp"

namespace troupe::actors::plugins {
namespace {

Expected<void> run(const std::string& code, LuaLimits limits = {}) {
  PluginData data;
  Package package;
  package.name = "evil";
  package.files = {{"main.lua", code}};
  auto script = Script::load(package, Json::object(), data, {}, limits);
  if (!script) return tl::unexpected(script.error());
  return {};
}

std::string error_of(const std::string& code) {
  const auto ran = run(code);
  return ran ? "no error" : ran.error().message;
}

void expect_runs(const std::string& code) {
  const auto ran = run(code);
  EXPECT_TRUE(ran) << ran.error().message;
}

struct Hostile {
  const char* name;
  const char* code;
};

/// The reason comes out of a run that ends in a few seconds, and the next state is as good as ever.
void expect_stopped(const Hostile& hostile, Errc reason) {
  const auto began = std::chrono::steady_clock::now();
  const auto ran = run(hostile.code);
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_FALSE(ran) << hostile.name;
  EXPECT_EQ(ran.error().code, reason) << hostile.name << ": " << ran.error().message;
  EXPECT_LT(took, std::chrono::seconds(15)) << hostile.name;
}

constexpr Hostile kEndless[] = {
    {"a loop", "while true do end"},
    {"a jump", "::again:: goto again"},
    {"a loop within pcall", "while true do pcall(function() while true do end end) end"},
    {"a loop after pcall caught the stop", "pcall(function() while true do end end) while true do end"},
    {"pcall within pcall", "local function f() pcall(f) while true do end end f()"},
    {"pcall of pcall", "while true do pcall(pcall, pcall, pcall, error) end"},
    {"a message handler", "xpcall(function() while true do end end, function() while true do end end)"},
    {"a handler that calls on", "local function h() return xpcall(h, h) end while true do xpcall(error, h) end"},
    {"a coroutine", "coroutine.wrap(function() while true do end end)()"},
    {"coroutines, one after the other",
     "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"},
    {"coroutines too short to be counted",
     "local function f(d) if d > 0 then for i = 1, 50 do coroutine.wrap(f)(d - 1) end end end f(30)"},
    {"coroutines that only yield",
     "local c = coroutine.wrap(function() while true do coroutine.yield() end end) "
     "while true do c() end"},
    {"a coroutine in a pcall in a coroutine",
     "coroutine.wrap(function() while true do pcall(coroutine.wrap(function() while true do end end)) end end)()"},
    {"a variable that is closed", "local x <close> = setmetatable({}, {__close = function() while true do end end})"},
    {"a variable that is closed by a stop",
     "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end"},
    {"a stopped coroutine that is closed",
     "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do "
     "end "
     "end}) while true do end end) pcall(coroutine.resume, co) coroutine.close(co)"},
    {"a stopped coroutine that is closed while unwinding",
     "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do "
     "end "
     "end}) while true do end end) local y <close> = setmetatable({}, {__close = function() coroutine.close(co) end}) "
     "coroutine.resume(co)"},
    {"a wrapped coroutine that is closed by its stop",
     "coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) while "
     "true do end end)()"},
    {"many variables to close",
     "local mt = {__close = function() while true do end end} local function f(n) local x <close> = setmetatable({}, "
     "mt) "
     "if n > 0 then f(n - 1) end while true do end end f(2000)"},
    {"string.find", "('a'):rep(50000):find(('.-'):rep(20) .. 'b')"},
    {"string.find with a long set", "('a'):rep(50000):find('[' .. ('b'):rep(100000) .. ']')"},
    {"string.match", "('a'):rep(50000):match(('a*'):rep(20) .. 'b')"},
    {"string.gsub", "('a'):rep(50000):gsub(('a*'):rep(20) .. 'b', '')"},
    {"string.gmatch", "for _ in ('a'):rep(50000):gmatch(('a*'):rep(20) .. 'b') do end"},
    {"string.find of %b", "for i = 1, 1e9 do ('('):rep(50000):find('%b()') end"},
    {"a pattern within pcall", "while true do pcall(string.find, ('a'):rep(50000), ('.-'):rep(20) .. 'b') end"},
    {"plain string.find", "local s = ('a'):rep(1e6) while true do s:find(('a'):rep(5e5) .. 'b', 1, true) end"},
    {"string.rep", "while true do pcall(string.rep, 'x', 1e6) end"},
    {"string.upper", "local s = ('x'):rep(1e6) while true do s:upper() end"},
    {"utf8.len", "local s = ('x'):rep(1e6) while true do utf8.len(s) end"},
    {"string.rep that is too large", "while true do pcall(string.rep, 'x', 1 << 40) end"},
    {"a table with a far border",
     "local t = {1, 2, 3, 4, 5, [9] = 9} for i = 3, 62 do t[1 << i] = 0 end assert(#t > 1e18) table.insert(t, 1, 0)"},
    {"table.remove with a far border",
     "local t = {1, 2, 3, 4, 5, [9] = 9} for i = 3, 62 do t[1 << i] = 0 end table.remove(t, 1)"},
    {"table.sort with a far border",
     "local t = {1, 2, 3, 4, 5, [9] = 9} for i = 3, 30 do t[1 << i] = 0 end table.sort(t)"},
    {"table.concat of nothing",
     "table.concat(setmetatable({}, {__index = getmetatable, __metatable = ''}), '', 1, math.maxinteger)"},
    {"table.concat over all integers",
     "table.concat(setmetatable({}, {__index = getmetatable, __metatable = ''}), '', "
     "math.mininteger, math.maxinteger)"},
    {"table.move", "table.move({}, 1, math.maxinteger - 1, 2)"},
    {"a comparison", "table.sort({3, 2, 1, 4}, function() while true do end end)"},
    {"an __index",
     "local t = setmetatable({}, {}) getmetatable(t).__index = function() while true do end end return t.x"},
    {"a comparison of long texts", "local s, t = ('x'):rep(1e6), {} for i = 1, 60000 do t[i] = s end table.sort(t)"},
    {"a comparison of long texts that an __index gives",
     "local s = ('x'):rep(1e6) local t = setmetatable({}, {__index = function() return s end}) "
     "for i = 1, 60000 do t[i] = i % 2 == 0 and s or '' end table.sort(t, nil)"},
    {"json",
     "local t = {} for i = 1, 1000 do t[i] = 1 end while true do troupe.json.decode(troupe.json.encode(t)) end"},
    {"unpack", "while true do pcall(table.unpack, {}, 1, 900000) end"},
    {"require", "while true do pcall(require, 'nothing') end"},
    {"tostring", "while true do tostring(setmetatable({}, {__tostring = function() return 'x' end})) end"},
};

TEST(Sandbox, StopsWhatWouldNeverEnd) {
  for (const auto& hostile : kEndless) expect_stopped(hostile, Errc::timed_out);
}

constexpr Hostile kGreedy[] = {
    {"a table that grows", "local t = {} while true do t[#t + 1] = {} end"},
    {"a table that grows within pcall",
     "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end"},
    {"a text that doubles", "local s = 'x' while true do s = s .. s end"},
    {"a text that doubles within pcall",
     "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end"},
    {"recursion", "local function f() return 1 + f() end f()"},
    {"recursion within pcall", "local function f() return 1 + f() end while true do pcall(f) end"},
    {"coroutines that stay", "local t = {} while true do t[#t + 1] = coroutine.create(print) end"},
    {"captures of a closure", "local f = print while true do local g = f f = function() return g end end"},
};

TEST(Sandbox, StopsWhatEatsMemory) {
  for (const auto& hostile : kGreedy) expect_stopped(hostile, Errc::too_large);
}

TEST(Sandbox, HoldsItsMemoryToTheLimit) {
  LuaState state;
  const auto ran = state.run([](lua_State* lua) {
    LuaState::load_text(lua, "local t = {} while true do t[#t + 1] = {} end", "greedy");
    lua_call(lua, 0, 0);
  });
  ASSERT_FALSE(ran);
  EXPECT_LE(state.memory_used(), defaults::kMaxPluginMemoryBytes);
  EXPECT_GT(state.memory_used(), defaults::kMaxPluginMemoryBytes / 4);
}

TEST(Sandbox, IsNoGoodAfterALimit) {
  LuaState state;
  ASSERT_FALSE(state.run([](lua_State* lua) {
    LuaState::load_text(lua, "while true do end", "loop");
    lua_call(lua, 0, 0);
  }));
  bool ran = false;
  const auto again = state.run([&](lua_State*) { ran = true; });
  EXPECT_FALSE(again);
  EXPECT_FALSE(ran);
}

TEST(Sandbox, EndsACallThatCallsItself) {
  // `__call` within `__call` moves the whole stack for each level, without an instruction.
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(run("local t = setmetatable({}, {}) getmetatable(t).__call = t t()"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
}

TEST(Sandbox, LetsNoChainOfCoroutinesExhaustTheStack) {
  // Lua 5.4.4 does not count how deep coroutines are closed within each other; the last one here closes all others.
  LuaLimits limits;
  limits.instructions = 1'000'000'000;
  limits.memory_bytes = std::size_t{64} << 20;
  const auto ran = run(R"(
    local depth = 0
    local function chain(before)
      local co = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function()
          depth = depth + 1
          if before then coroutine.close(before) end
        end})
        coroutine.yield()
      end)
      coroutine.resume(co)
      return co
    end
    local last
    for i = 1, 20000 do last = chain(last) end
    coroutine.close(last)
    error("ended at " .. depth, 0))",
                       limits);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().message, "evil: ended at 4");
}

/// The workers that run plugins have so much.
constexpr std::size_t kStackBytes = std::size_t{8} << 20;

void run_on_a_stack_of(std::size_t bytes, std::function<void()> work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, bytes), 0);
  pthread_t thread;
  const auto begin = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, begin, &work), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(Sandbox, LetsCoroutinesThatCloseEachOtherTakeNoMoreThanTheStackOfAWorker) {
  // Each closes the next from as many calls of C as Lua lets it make, and may make as many anew.
  run_on_a_stack_of(kStackBytes, [] {
    EXPECT_EQ(error_of(R"(
      local function deep(n, f)
        if n == 0 then return f() end
        return (("a"):gsub("a", function() deep(n - 1, f) end))
      end
      local closing, reached = {}, 0
      for i = 1, 30 do
        closing[i] = coroutine.create(function()
          local x <close> = setmetatable({}, {__close = function()
            reached = i
            deep(185, function() if closing[i + 1] then coroutine.close(closing[i + 1]) end end)
          end})
          coroutine.yield()
        end)
        coroutine.resume(closing[i])
      end
      deep(185, function() coroutine.close(closing[1]) end)
      error("reached " .. reached, 0))"),
              "evil: reached 4");
  });
}

TEST(Sandbox, LooksAtTheClockOnceMoreWhenACallEnds) {
  LuaLimits limits;
  limits.time = std::chrono::milliseconds(20);
  LuaState state(limits);
  const auto ran = state.run([](lua_State*) { std::this_thread::sleep_for(std::chrono::milliseconds(30)); });
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Errc::timed_out);
}

TEST(Sandbox, HasNoWeakTables) {
  EXPECT_EQ(error_of("setmetatable({}, {__mode = 'k'})"), "evil/main.lua:1: a plugin's tables cannot be weak");
  expect_runs(R"(
    local function is_weak(metatable)
      local t, junk = setmetatable({}, metatable)
      return function()
        t[{}] = 1
        for i = 1, 1500 do junk = {i} end
        return next(t) == nil
      end
    end
    local mode = {}
    local late = is_weak(mode)
    mode.__mode = "k"
    assert(not late())
    rawset(mode, "__mo" .. "de", "kv")
    assert(not late())
    -- nor by any name that is like it
    for i = 1, 255 do assert(not is_weak({[string.char(i) .. "_mode"] = i ~= 95 and "k" or nil})()) end)");
}

TEST(Sandbox, CollectsNothingInATimeThatIsASquare) {
  // Each entry's key is the value of another's, in an order in which a collection of weak keys finds one at a time.
  const auto began = std::chrono::steady_clock::now();
  expect_runs(R"(
    local mode, order, chain = {}, {}, {}
    for i = 1, 60000 do order[i] = i end
    for i = 60000, 2, -1 do
      local j = math.random(i)
      order[i], order[j] = order[j], order[i]
    end
    for i = 1, 60001 do chain[i] = {} end
    first, tables = chain[1], {}
    for n = 1, 60000 do
      local i = order[n]
      tables[n] = setmetatable({}, mode)
      tables[n][chain[i]] = chain[i + 1]
    end
    mode.__mode = "k"
    chain, order = nil, nil
    local junk
    for i = 1, 200000 do junk = {i} end)");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
}

TEST(Sandbox, CompilesTheLongestFileInTime) {
  // Each branch looks through the jumps to the end of all before it.
  std::string code = "local a if a then ";
  while (code.size() < defaults::kMaxPackageFileBytes - 20) code += "elseif a then ";
  expect_runs(code + "end");
}

TEST(Sandbox, SaysWherePluginsFail) {
  EXPECT_EQ(error_of("local x\n\nx.y = 1"), "evil/main.lua:3: attempt to index a nil value (local 'x')");
  EXPECT_EQ(error_of("\nwhile true do end"), "evil/main.lua:2: more than 10000000 instructions in one call");
  EXPECT_EQ(error_of("\n\nif then"), "evil/main.lua:3: unexpected symbol near 'then'");
  EXPECT_EQ(error_of("\n('a'):rep(50000):find(('.-'):rep(20) .. 'b')"),
            "evil/main.lua:2: more than 10000000 instructions in one call");
  EXPECT_EQ(error_of("error({})"), "evil: an error that is no text, but a table");
  EXPECT_EQ(error_of("error(setmetatable({}, {__tostring = function() while true do end end}))"),
            "evil: an error that is no text, but a table");
}

TEST(Sandbox, StopsByTheClockWhatInstructionsDoNotCount) {
  LuaLimits limits;
  limits.instructions = 1'000'000'000'000;
  limits.time = std::chrono::milliseconds(50);
  const auto ran = run("while true do end", limits);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Errc::timed_out);
  EXPECT_NE(ran.error().message.find("50 milliseconds"), std::string::npos) << ran.error().message;
}

/// What a script finds without a doubt, by name; whoever adds something must say so here.
TEST(Sandbox, HasNothingButWhatIsListed) {
  const auto ran = run(R"(
    local there = {}
    for name, value in pairs(_G) do
      if type(value) == "table" and name ~= "_G" then
        for inner in pairs(value) do
          if type(value[inner]) == "function" then there[#there + 1] = name .. "." .. inner end
        end
      else
        there[#there + 1] = name
      end
    end
    table.sort(there)
    error(table.concat(there, " "), 0))");
  ASSERT_FALSE(ran);
  EXPECT_EQ(
      ran.error().message,
      "evil: _G _VERSION assert coroutine.close coroutine.create coroutine.isyieldable coroutine.resume "
      "coroutine.running coroutine.status coroutine.wrap coroutine.yield error getmetatable ipairs math.abs "
      "math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.floor "
      "math.fmod math.frexp math.ldexp math.log math.log10 math.max math.min math.modf math.pow math.rad "
      "math.random math.randomseed math.sin math.sinh math.sqrt math.tan math.tanh math.tointeger math.type "
      "math.ult next os.clock os.date os.difftime os.time pairs pcall print rawequal rawget rawlen rawset require "
      "select setmetatable string.byte string.char string.find string.format string.gmatch string.gsub string.len "
      "string.lower string.match string.rep string.reverse string.sub string.upper table.concat table.insert "
      "table.move table.pack table.remove table.sort table.unpack tonumber tostring troupe.after troupe.cancel "
      "troupe.command troupe.every troupe.log troupe.now troupe.reply troupe.send troupe.tool type utf8.char "
      "utf8.codepoint utf8.codes utf8.len utf8.offset xpcall");
}

TEST(Sandbox, RefusesFinalizers) {
  EXPECT_EQ(error_of("setmetatable({}, {__gc = function() while true do end end})"),
            "evil/main.lua:1: a plugin's tables cannot have a __gc");
  // Lua looks for it when the metatable is set and not later.
  expect_runs(
      "local mt = {} for i = 1, 1e5 do local t = setmetatable({}, mt) end mt.__gc = function() error('ran') end "
      "for i = 1, 1e5 do local t = {} end");
}

TEST(Sandbox, KeepsTheMetatableOfTexts) {
  expect_runs("assert(getmetatable('') == false)");
  EXPECT_NE(error_of("setmetatable('', {})"), "no error");
  EXPECT_NE(error_of("getmetatable('').__index = {}"), "no error");
  expect_runs("assert(('x'):rep(3) == 'xxx' and ('x').dump == nil)");
}

TEST(Sandbox, LoadsNoBytecode) {
  lua_State* lua = luaL_newstate();
  luaL_openlibs(lua);
  ASSERT_EQ(luaL_dostring(lua, "return string.dump(function() end)"), LUA_OK);
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, -1, &size);
  const std::string bytecode(bytes, size);
  lua_close(lua);
  EXPECT_EQ(error_of(bytecode), "evil: attempt to load a binary chunk (mode is 't')");
}

TEST(Sandbox, IsStillLua) {
  expect_runs(R"lua(
    local ok, why = pcall(error, "why", 0)
    assert(not ok and why == "why")
    assert(select(2, pcall(error, {code = 3})).code == 3)
    local ok, handled = xpcall(error, function(e) return "handled " .. e end, "it")
    assert(not ok and handled == "handled it")
    assert(select("#", pcall(function() return 1, nil, nil end)) == 4)
    local ok, a, b = xpcall(function(...) return ... end, print, 1, 2)
    assert(ok and a == 1 and b == 2)

    local numbers = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end return "end" end)
    assert(numbers() == 1 and numbers() == 2 and numbers() == 3 and numbers() == "end")
    assert(not pcall(numbers))
    local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) error("at " .. b, 0) end)
    assert(select(2, coroutine.resume(co, 1)) == 2)
    local ok, why = coroutine.resume(co, "last")
    assert(not ok and why == "at last" and coroutine.status(co) == "dead")
    assert(select(2, coroutine.resume(co)) == "cannot resume dead coroutine")
    -- over a pcall
    local over = coroutine.wrap(function() return pcall(function() coroutine.yield("out") error("back", 0) end) end)
    assert(over() == "out")
    local ok, why = over()
    assert(ok == false and why == "back")
    -- an error closes what is open
    local closed = false
    local failing = coroutine.wrap(function()
      local x <close> = setmetatable({}, {__close = function() closed = true end})
      error("failed", 0)
    end)
    assert(not pcall(failing) and closed)

    local t = {5, 2, 4}
    table.sort(t)
    local words = {"b", "", "a"}
    table.sort(words, nil)
    assert(table.concat(words, ",") == ",a,b" and not pcall(table.sort, {1, "x"}))
    table.insert(t, 1, 9)
    table.insert(t, 7)
    assert(table.concat(t, ",") == "9,2,4,5,7" and table.remove(t, 1) == 9 and table.remove(t) == 7)
    assert(select("#", table.unpack(t)) == 3 and #table.move(t, 1, 3, 2) == 4)

    assert(("hello world"):gsub("o", "0") == "hell0 w0rld")
    assert(("hello"):gsub("l", {l = "L"}) == "heLLo")
    assert(("k = v"):gsub("(%w) = (%w)", "%2 %% %1 %0") == "v % k k = v")
    assert(not pcall(string.gsub, "x", "x", "%2") and not pcall(string.gsub, "x", "x", "%x"))
    assert(("abc"):gsub("%w", function(c) if c == "b" then return c:upper() end end) == "aBc")
    assert(("k = v"):match("^(%w+)%s*=%s*(%w+)$") == "k")
    assert(("x"):rep(3, "-") == "x-x-x" and (""):rep(1 << 60) == "")
    assert(string.format("%5.2f|%q", 1.5, "a\n") == " 1.50|\"a\\\n\"")
    assert(utf8.len("äöü") == 3 and os.time() > 0 and os.date("!%Y", 0) == "1970")
    assert(type(troupe.now()) == "number"))lua");
}

}  // namespace
}  // namespace troupe::actors::plugins
