// What a plugin costs: a message through its actor and an empty on_message, beside the same function called in its Lua
// state directly, and beside an empty function called in a bare Lua state; and how many messages a second pass it.
//
//   bench_plugins [MESSAGES] [FOLDER]
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <lua.hpp>
#include <string>

#include "actors/plugins/script.hpp"
#include "actors/system.hpp"
#include "projections/rebuild.hpp"

namespace {

using namespace troupe;
using namespace troupe::actors;
using Clock = std::chrono::steady_clock;

constexpr const char* kEmpty = "function on_message(message) end";

std::string zip_of(const std::string& path, const std::string& text) {
  std::string bytes(65536, '\0');
  std::size_t used = 0;
  archive* zip = archive_write_new();
  archive_write_set_format_zip(zip);
  archive_write_open_memory(zip, bytes.data(), bytes.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, path.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
  archive_write_header(zip, entry);
  archive_write_data(zip, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_close(zip);
  archive_write_free(zip);
  bytes.resize(used);
  return bytes;
}

template <class T>
Expected<T> wait(const std::function<void(std::function<void(Expected<T>)>)>& ask) {
  std::promise<Expected<T>> promise;
  auto future = promise.get_future();
  ask([&](Expected<T> result) { promise.set_value(std::move(result)); });
  return future.get();
}

double microseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::micro>(Clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t messages = argc > 1 ? std::stoul(argv[1]) : 200'000;
  const std::filesystem::path folder = argc > 2 ? argv[2] : "build/bench-plugins";
  std::filesystem::remove_all(folder);
  auto opened = storage::Store::open({folder});
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().message.c_str()), 1;
  auto store = std::move(*opened);
  projections::rebuild(*store, false, {});
  const auto secrets = Secrets::open(folder);
  SystemOptions options;
  options.mail.outbox = folder / "outbox";
  System system(*store, *secrets, options);
  const Cause cause{"bench", "", now_micros(), std::nullopt};
  const auto installed = wait<PluginRecord>(
      [&](auto answer) { system.plugins().install(zip_of("empty/main.lua", kEmpty), false, cause, answer); });
  const auto enabled = wait<PluginRecord>([&](auto answer) { system.plugins().enable("empty", cause, answer); });
  if (!installed || !enabled) return std::fprintf(stderr, "the plugin does not run\n"), 1;
  const Incoming message{{"platform", "aiocqhttp", true, "10001", "Ada", "20002", "A group", false},
                         "-1234567890",
                         "a message of the usual length, some fifty characters",
                         false};

  // One after the other: what a message waits for one plugin.
  std::vector<double> alone;
  for (std::size_t i = 0; i < messages / 10; ++i) {
    const auto began = Clock::now();
    wait<std::optional<Handled>>([&](auto answer) {
      system.plugins().hear(message, [answer](std::optional<Handled> handled) { answer(std::move(handled)); });
    });
    alone.push_back(microseconds_since(began));
  }
  std::nth_element(alone.begin(), alone.begin() + static_cast<long>(alone.size() / 2), alone.end());

  // Many under way: what a message costs.
  std::atomic<std::size_t> heard{0};
  auto began = Clock::now();
  for (std::size_t i = 0; i < messages; ++i) {
    while (i - heard > defaults::kMaxPluginQueue / 2) {
    }
    system.plugins().hear(message, [&](const std::optional<Handled>&) { ++heard; });
  }
  while (heard < messages) {
  }
  const double through_actor = microseconds_since(began) / static_cast<double>(messages);

  plugins::PluginData data;
  plugins::Package package;
  package.name = "empty";
  package.files = {{"main.lua", kEmpty}};
  const auto script = plugins::Script::load(package, Json::object(), data, {});
  const Json fields = {{"platform", "platform"},  {"platform_type", "aiocqhttp"}, {"in_group", true},
                       {"user", "10001"},         {"user_name", "Ada"},           {"group", "20002"},
                       {"group_name", "A group"}, {"is_group_admin", false},      {"id", "-1234567890"},
                       {"text", message.text},    {"to_the_bot", false}};
  began = Clock::now();
  for (std::size_t i = 0; i < messages; ++i) (*script)->on_message(fields);
  const double direct = microseconds_since(began) / static_cast<double>(messages);

  lua_State* bare = luaL_newstate();
  if (luaL_dostring(bare, kEmpty) != LUA_OK) return 1;
  began = Clock::now();
  for (std::size_t i = 0; i < messages; ++i) {
    lua_getglobal(bare, "on_message");
    lua_pushnil(bare);
    if (lua_pcall(bare, 1, 0, 0) != LUA_OK) return 1;
  }
  const double lua = microseconds_since(began) / static_cast<double>(messages);
  lua_close(bare);

  std::printf("plugin_alone_median_us %.2f\n", alone[alone.size() / 2]);
  std::printf("plugin_us %.2f\n", through_actor);
  std::printf("direct_us %.2f\n", direct);
  std::printf("bare_lua_us %.3f\n", lua);
  std::printf("plugin_to_direct %.1f\n", through_actor / direct);
}
