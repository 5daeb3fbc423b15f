// Scripts put together by chance from the calls that there are and values that do not suit them: whatever they do, each
// ends in its limits, and with an error that is text.
#include <gtest/gtest.h>

#include <random>

#include "actors/plugins/script.hpp"
#include "actors/rules.hpp"

namespace troupe::actors::plugins {
namespace {

constexpr const char* kCalls[] = {
    "troupe.command", "troupe.tool", "troupe.storage.get", "troupe.storage.set", "troupe.storage.keys",
    "troupe.storage.of", "troupe.reply", "troupe.send", "troupe.log", "troupe.now", "troupe.json.encode",
    "troupe.json.decode", "troupe.every", "troupe.after", "troupe.cancel", "print", "require", "pcall", "xpcall",
    "error", "select", "next", "rawset", "rawget", "setmetatable", "getmetatable", "tostring", "tonumber", "string.rep",
    "string.format", "string.find", "string.gsub", "string.byte", "string.char", "table.concat", "table.insert",
    "table.remove", "table.move", "table.sort", "table.unpack", "table.pack", "utf8.char", "utf8.codepoint",
    "coroutine.wrap", "coroutine.create", "coroutine.resume", "coroutine.close", "math.random", "os.date", "os.time",
    // What there must not be
    "load", "dofile", "loadstring", "os.execute", "io.open", "debug.getinfo", "collectgarbage", "string.dump"};
constexpr const char* kValues[] = {"nil",
                                   "true",
                                   "0",
                                   "-1",
                                   "1e308",
                                   "0/0",
                                   "1/0",
                                   "math.mininteger",
                                   "math.maxinteger",
                                   "''",
                                   "'x'",
                                   "'\\0'",
                                   "'\\xff'",
                                   "('x'):rep(100000)",
                                   "('%'):rep(50)",
                                   "'%s%d%q'",
                                   "'(.-)*'",
                                   "{}",
                                   "{1, 2, 3}",
                                   "{1, nil, 3}",
                                   "{x = {y = {z = 1}}}",
                                   "{platform = 'p', user = 'u'}",
                                   "{platform = {}, user = 1}",
                                   "{name = 'n', run = print}",
                                   "{name = 'n', run = 1}",
                                   "{[1.5] = 1}",
                                   "{[{}] = 1}",
                                   "_G",
                                   "troupe",
                                   "troupe.storage",
                                   "string",
                                   "print",
                                   "function(...) return ... end",
                                   "function() error({}) end",
                                   "function() error() end",
                                   "function() while true do end end",
                                   "coroutine.create(print)",
                                   "setmetatable({}, {__index = function(t, k) return t end})",
                                   "setmetatable({}, {__tostring = function() return {} end})",
                                   "setmetatable({}, {__call = print, __len = function() return -1 end})",
                                   "troupe.null",
                                   "deep"};
constexpr const char* kFrames[] = {"%s\n",
                                   "pcall(function() %s end)\n",
                                   "for i = 1, 3 do %s end\n",
                                   "coroutine.wrap(function() %s end)()\n",
                                   "local _ <const> = (function() %s end)()\n",
                                   "xpcall(function() %s end, function() %s end)\n",
                                   "function on_message(m) %s end\n"};

class Scripts {
 public:
  explicit Scripts(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string script = "local deep = {} for i = 1, 40 do deep = {deep} end\n";
    for (std::size_t i = 0, count = 1 + random_() % 8; i < count; ++i) {
      std::string frame = one_of(kFrames);
      for (auto at = frame.find("%s"); at != frame.npos; at = frame.find("%s", at)) {
        const std::string call = this->call(0);
        frame.replace(at, 2, call);
        at += call.size();
      }
      script += frame;
    }
    return script;
  }
  /// Some bytes of it are others.
  std::string damaged(std::string script) {
    for (std::size_t i = 0, count = random_() % 4; i < count && !script.empty(); ++i)
      script[random_() % script.size()] = static_cast<char>(random_());
    return script;
  }

 private:
  template <std::size_t n>
  const char* one_of(const char* const (&what)[n]) {
    return what[random_() % n];
  }
  std::string call(int depth) {
    std::string text = std::string(one_of(kCalls)) + "(";
    for (std::size_t i = 0, count = random_() % 4; i < count; ++i) {
      if (i > 0) text += ", ";
      text += depth < 2 && random_() % 4 == 0 ? call(depth + 1) : std::string(one_of(kValues));
    }
    return text + ")";
  }

  std::mt19937 random_;
};

TEST(HostileScripts, EndWithinTheirLimitsAndSayWhyInText) {
  LuaLimits limits;
  limits.instructions = 200'000;  // many of them loop: less of that is enough
  Scripts scripts(17);
  int ran = 0, failed = 0;
  std::string last_log;
  for (int round = 0; round < 1500; ++round) {
    Package package;
    package.name = "evil";
    const std::string script = scripts.next();
    package.files["main.lua"] = round % 4 == 0 ? scripts.damaged(script) : script;
    PluginData data;
    ScriptLinks links{[&](std::string_view, std::string_view text) { last_log = text; },
                      [](ScriptTarget, const std::string& text) { EXPECT_TRUE(is_utf8(text)); },
                      [](const ScriptTarget&) { return std::optional<events::AccountId>(7); }};
    auto loaded = Script::load(package, Json::object(), data, links, limits);
    Expected<void> result;
    if (!loaded) {
      result = tl::unexpected(loaded.error());
    } else {
      for (int i = 0; i < 3 && result; ++i) result = (*loaded)->run_timer(now_micros() + Micros{1} * 86'400'000'000);
      if (result && (*loaded)->listens())
        if (const auto heard = (*loaded)->on_message({{"text", "hi"}, {"platform", "p"}, {"user", "u"}}); !heard)
          result = tl::unexpected(heard.error());
      EXPECT_LE((*loaded)->memory_used(), defaults::kMaxPluginMemoryBytes);
    }
    result ? ++ran : ++failed;
    if (!result) {
      EXPECT_TRUE(is_utf8(result.error().message));
      EXPECT_EQ(result.error().message.find("evil"), 0u) << result.error().message << "\n" << package.files["main.lua"];
    }
    EXPECT_TRUE(is_utf8(last_log));
    EXPECT_LE(last_log.size(), defaults::kMaxPluginLogBytes);
    for (const auto& [key, value] : data.take_changes()) {
      EXPECT_TRUE(is_utf8(key.name) && is_utf8(json_text(value)));
      EXPECT_LE(json_text(value).size(), defaults::kMaxPluginDataValueBytes);
    }
  }
  EXPECT_GT(ran, 100);
  EXPECT_GT(failed, 100);
}

}  // namespace
}  // namespace troupe::actors::plugins
