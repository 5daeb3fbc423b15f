// Plugins on a real store: they hear what is said on platforms, outlive restarts, and fail alone.
#include "actors/plugins.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "actors/system.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/contact_queries.hpp"
#include "projections/plugin_queries.hpp"
#include "projections/projection.hpp"
#include "projections/rebuild.hpp"
#include "projections/session_queries.hpp"
#include "tests/actors/plugins/zip.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using actors::testing::wait;
using plugins::testing::zip_of;
using plugins::testing::zip_of_example;
using plugins::testing::ZipEntry;
using Result = Expected<PluginRecord>;

class PluginsTest : public ::testing::Test {
 protected:
  PluginsTest() { start(); }

  void start(bool rebuild = false) {
    auto opened = storage::Store::open({folder_.path()});
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    ASSERT_TRUE(projections::rebuild(*store_, rebuild, {}));
    secrets_ = *Secrets::open(folder_.path());
    SystemOptions options;
    options.mail.outbox = folder_.path() / "outbox";
    system_ = std::make_unique<System>(*store_, secrets_, options);
    system_->talks().send_by([this](Outgoing text, SendAnswer answer) {
      {
        const std::lock_guard lock(mutex_);
        sent_.push_back(std::move(text));
        changed_.notify_all();
      }
      if (is_away_) return answer(fail(Errc::overloaded, "not connected"));
      answer("sent");
    });
  }
  void stop() {
    system_.reset();
    store_.reset();
  }
  void restart(bool rebuild = false) {
    stop();
    start(rebuild);
  }

  static Cause cause() { return {"test", "request", now_micros(), std::nullopt}; }
  Plugins& plugins() { return system_->plugins(); }

  Result install(std::string zip, bool replace = false) {
    return wait<PluginRecord>([&](auto answer) { plugins().install(std::move(zip), replace, cause(), answer); });
  }
  Result enable(const std::string& name) {
    return wait<PluginRecord>([&](auto answer) { plugins().enable(name, cause(), answer); });
  }
  Result disable(const std::string& name) {
    return wait<PluginRecord>([&](auto answer) { plugins().disable(name, cause(), answer); });
  }
  Result reload(const std::string& name) {
    return wait<PluginRecord>([&](auto answer) { plugins().reload(name, cause(), answer); });
  }
  Result remove(const std::string& name) {
    return wait<PluginRecord>([&](auto answer) { plugins().remove(name, cause(), answer); });
  }
  Result configure(const std::string& name, Json config) {
    return wait<PluginRecord>([&](auto answer) { plugins().configure(name, std::move(config), cause(), answer); });
  }
  void must_run(const std::string& name, const std::string& main) {
    const auto installed = install(zip_of(name, main));
    ASSERT_TRUE(installed) << installed.error().message;
    const auto enabled = enable(name);
    ASSERT_TRUE(enabled) << enabled.error().message;
  }

  /// The id of a new platform in the catalogue.
  std::string platform() {
    events::Platform made;
    made.name = "somewhere";
    made.type = "aiocqhttp";
    made.config = {{"ws_port", 6301}};
    const auto added = wait([&](auto answer) { system_->catalogue().add(made, cause(), answer); });
    return added ? std::string((*added)->id()) : added.error().message;
  }

  static Incoming message(const std::string& text, const std::string& id = {}) {
    return {{"qq", "aiocqhttp", true, "ada", "Ada", "g1", "Group", false}, id, text, false};
  }
  Expected<void> hear(const std::string& text, const std::string& id = {}) {
    return wait<void>([&](auto answer) { system_->talks().hear(message(text, id), answer); });
  }
  /// The text of the `count`th one that was sent; waits for it.
  std::string sent(std::size_t count, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return sent_.size() >= count; });
    return sent_.size() < count ? "nothing" : sent_[count - 1].text;
  }
  std::size_t sent_so_far() {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }
  std::string reply_to(const std::string& text) {
    const std::size_t before = sent_so_far();
    const auto heard = hear(text);
    return heard ? sent(before + 1) : heard.error().message;
  }
  /// What plugins make of a message, without a conversation.
  std::optional<Handled> heard_by_plugins(const std::string& text) {
    const auto handled = wait<std::optional<Handled>>([&](auto answer) {
      plugins().hear(message(text), [answer](std::optional<Handled> handled) { answer(std::move(handled)); });
    });
    return handled ? *handled : Handled{"none", handled.error().message};
  }
  /// Waits until the plugin is disabled by the house, and says why.
  std::string why_disabled(const std::string& name) {
    for (int i = 0; i < 1000; ++i) {
      const auto record = plugins().find(name);
      if (record && !record->enabled) return record->last_error;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return "it is still enabled";
  }

  storage::test::TempFolder folder_;
  Secrets secrets_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Outgoing> sent_;
  std::atomic<bool> is_away_{false};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
};

void expect_refused(const Result& result, Errc code, const std::string& part) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, code) << result.error().message;
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
}

TEST_F(PluginsTest, AreDisabledUntilSomebodyEnablesThem) {
  const auto installed = install(zip_of_example("dice"));
  ASSERT_TRUE(installed) << installed.error().message;
  EXPECT_EQ(installed->name, "dice");
  EXPECT_EQ(installed->version, "1.0.0");
  EXPECT_FALSE(installed->enabled);
  EXPECT_EQ(installed->commands, std::vector<std::string>{"roll"});
  EXPECT_EQ(system_->commands().find("roll"), nullptr);
  ASSERT_TRUE(enable("dice"));
  ASSERT_TRUE(enable("dice"));
  ASSERT_NE(system_->commands().find("dice"), nullptr);
  EXPECT_EQ(system_->commands().find("dice")->plugin, "dice");
  EXPECT_EQ(reply_to("/roll 3d1000+1").find("Ada rolls "), 0u);
  EXPECT_EQ(plugins().find("dice")->commands_run, 1u);
  ASSERT_TRUE(disable("dice"));
  ASSERT_TRUE(disable("dice"));
  EXPECT_EQ(system_->commands().find("roll"), nullptr);
}

TEST_F(PluginsTest, AreInstalledOnceOrReplaced) {
  ASSERT_TRUE(install(zip_of("greeter", "function on_message() return 'one' end")));
  ASSERT_TRUE(enable("greeter"));
  expect_refused(install(zip_of("greeter", "")), Errc::conflict, "already");
  EXPECT_EQ(heard_by_plugins("hi")->reply, "one");
  const auto before = projections::PluginQueries(*store_).named("greeter")->entry.package;
  const auto replaced = install(zip_of("greeter", "function on_message() return 'two' end"), true);
  ASSERT_TRUE(replaced) << replaced.error().message;
  EXPECT_TRUE(replaced->enabled);
  EXPECT_EQ(heard_by_plugins("hi")->reply, "two");
  EXPECT_FALSE(projections::package(*store_, before));
}

TEST_F(PluginsTest, AreNotInstalledWhenTheyCannotRun) {
  expect_refused(install(zip_of("broken", "if")), Errc::invalid, "broken/main.lua:1:");
  expect_refused(install(zip_of("loops", "while true do end")), Errc::invalid, "instructions");
  expect_refused(install("no zip"), Errc::invalid, "zip");
  EXPECT_TRUE(plugins().all().empty());
  EXPECT_TRUE(projections::package_names(*store_).empty());
}

TEST_F(PluginsTest, SayWhatIsNotThere) {
  for (const auto& result : {enable("none"), disable("none"), reload("none"), remove("none"), configure("none", {})})
    expect_refused(result, Errc::not_found, "there is no plugin none");
  EXPECT_FALSE(plugins().find("none"));
}

TEST_F(PluginsTest, OutliveARestartWithWhatTheyKeep) {
  ASSERT_TRUE(install(zip_of_example("counter")));
  ASSERT_TRUE(enable("counter"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(hear("hello"));
  restart();
  ASSERT_TRUE(plugins().find("counter")->enabled);
  ASSERT_TRUE(hear("hello again"));
  EXPECT_EQ(reply_to("/count"), "Messages: 5\n1. ada: 5");
  restart(true);  // and when all rows are made anew from the log
  EXPECT_EQ(reply_to("/count"), "Messages: 6\n1. ada: 6");
  EXPECT_FALSE(folder_.holds("qq/g1/")) << "keys are nobody's to read";
}

TEST_F(PluginsTest, HearAMessageOnceThatComesTwice) {
  ASSERT_TRUE(install(zip_of_example("counter")));
  ASSERT_TRUE(enable("counter"));
  ASSERT_TRUE(hear("hello", "m1"));
  ASSERT_TRUE(hear("hello", "m1"));
  EXPECT_EQ(plugins().find("counter")->messages, 1u);
}

TEST_F(PluginsTest, AnswerBeforeCommandsAndModels) {
  ASSERT_TRUE(install(zip_of_example("keywords")));
  ASSERT_TRUE(configure("keywords", {{"replies", {{{"word", "Tea"}, {"text", "Tea for {user}"}}}}}));
  ASSERT_TRUE(enable("keywords"));
  EXPECT_EQ(reply_to("who wants tea?"), "Tea for Ada");
  EXPECT_FALSE(heard_by_plugins("coffee"));
  EXPECT_EQ(plugins().find("keywords")->handled, 1u);
}

TEST_F(PluginsTest, AreAskedInTurnUntilOneHandlesIt) {
  must_run("first", "function on_message(m) if m.text == 'first' then return true end end");
  must_run("second", "function on_message(m) troupe.reply('a') return 'b' end");
  EXPECT_EQ(heard_by_plugins("first")->plugin, "first");
  EXPECT_EQ(heard_by_plugins("first")->reply, "");
  EXPECT_EQ(heard_by_plugins("other")->plugin, "second");
  EXPECT_EQ(heard_by_plugins("other")->reply, "a\nb");
  EXPECT_EQ(plugins().find("second")->messages, 2u);
}

TEST_F(PluginsTest, RunAnewWhileMessagesFlow) {
  ASSERT_TRUE(install(zip_of_example("counter")));
  ASSERT_TRUE(enable("counter"));
  constexpr int kMessages = 500;
  std::atomic<int> heard{0}, handled{0};
  std::thread sender([&] {
    for (int i = 0; i < kMessages; ++i) {
      plugins().hear(message("flows"), [&](const std::optional<Handled>& by) {
        if (by) ++handled;
        ++heard;
      });
      if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (int i = 0; i < 10; ++i) {
    const auto reloaded = reload("counter");
    ASSERT_TRUE(reloaded) << reloaded.error().message;
    EXPECT_TRUE(reloaded->enabled);
  }
  sender.join();
  for (int i = 0; i < 2000 && heard < kMessages; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(heard, kMessages);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(plugins().find("counter")->failures, 0u);
  EXPECT_EQ(reply_to("/count"), "Messages: 501\n1. ada: 501");
}

TEST_F(PluginsTest, AreStoppedAloneWhenTheyGoTooFar) {
  must_run("loops", "function on_message(m) if m.text == 'loop' then while true do end end end");
  must_run("greedy",
           "function on_message(m) if m.text == 'eat' then local t = {} while true do t[#t + 1] = {} end end end");
  must_run("good", "function on_message(m) return 'good' end");
  EXPECT_EQ(heard_by_plugins("loop")->reply, "good");
  EXPECT_EQ(why_disabled("loops"), "loops/main.lua:1: more than 10000000 instructions in one call");
  EXPECT_EQ(heard_by_plugins("eat")->reply, "good");
  EXPECT_NE(why_disabled("greedy").find("out of memory"), std::string::npos);
  EXPECT_TRUE(plugins().find("good")->enabled);
  restart();
  EXPECT_FALSE(plugins().find("loops")->enabled);
  EXPECT_NE(plugins().find("loops")->last_error, "");
  ASSERT_TRUE(enable("loops")) << "to try it again";
  EXPECT_EQ(plugins().find("loops")->last_error, "");
  EXPECT_EQ(heard_by_plugins("hi")->reply, "good");
}

TEST_F(PluginsTest, AreStoppedWhenTheyFailTooOftenInARow) {
  must_run("shaky", "function on_message(m) if m.text == 'fail' then error('cannot') end end");
  for (std::size_t i = 0; i + 1 < defaults::kMaxPluginFailures; ++i) heard_by_plugins("fail");
  EXPECT_TRUE(plugins().find("shaky")->enabled);
  EXPECT_EQ(plugins().find("shaky")->last_error, "shaky/main.lua:1: cannot");
  heard_by_plugins("well");
  for (std::size_t i = 0; i < defaults::kMaxPluginFailures; ++i) heard_by_plugins("fail");
  EXPECT_EQ(why_disabled("shaky"), "shaky/main.lua:1: cannot");
}

TEST_F(PluginsTest, AreNotEnabledWhenTheyDoNotStart) {
  ASSERT_TRUE(install(zip_of("starts", "function on_enable() error('not today') end")));
  expect_refused(enable("starts"), Errc::conflict, "not today");
  EXPECT_FALSE(plugins().find("starts")->enabled);
  EXPECT_EQ(plugins().find("starts")->last_error, "starts/main.lua:1: not today");
  must_run("later",
           "function on_load() if troupe.storage.get('seen') then error('once') end end "
           "function on_message() troupe.storage.set('seen', true) end");
  heard_by_plugins("hi");
  expect_refused(reload("later"), Errc::conflict, "once");
  EXPECT_FALSE(plugins().find("later")->enabled);
  restart();
  EXPECT_FALSE(plugins().find("later")->enabled);
}

TEST_F(PluginsTest, AreToldWhenTheyBeginAndEnd) {
  const std::string told =
      "local function add(what) troupe.storage.set('told', troupe.storage.get('told', '') .. what) end "
      "function on_load() add('l') end function on_enable() add('e') end "
      "function on_disable() add('d') end function on_unload() add('u') end "
      "function on_message() return troupe.storage.get('told') end";
  must_run("told", told);
  ASSERT_TRUE(reload("told"));
  EXPECT_EQ(heard_by_plugins("?")->reply, "ledule");
  ASSERT_TRUE(disable("told"));
  ASSERT_TRUE(enable("told"));
  EXPECT_EQ(heard_by_plugins("?")->reply, "leduledule");
  restart();
  EXPECT_EQ(heard_by_plugins("?")->reply, "leduleduledule");
}

TEST_F(PluginsTest, AreConfiguredByTheirSchema) {
  ASSERT_TRUE(install(zip_of_example("dice")));
  ASSERT_TRUE(enable("dice"));
  expect_refused(configure("dice", {{"sides", 1}}), Errc::invalid, "config.sides must be at least 2");
  expect_refused(configure("dice", {{"colour", "red"}}), Errc::invalid, "config.colour");
  EXPECT_EQ(configure("dice", {{"sides", 1}}).error().field, "config.sides");
  const auto configured = configure("dice", {{"max_dice", 1}});
  ASSERT_TRUE(configured) << configured.error().message;
  EXPECT_EQ(configured->config, Json({{"max_dice", 1}}));
  EXPECT_EQ(configured->schema["properties"]["sides"]["default"], 6);
  EXPECT_EQ(reply_to("/roll 2"), "At most 1 dice.");
  restart();
  EXPECT_EQ(reply_to("/roll 2"), "At most 1 dice.");
  expect_refused(
      install(zip_of(std::vector<ZipEntry>{{"dice/main.lua", ""},
                                           {"dice/config_schema.json", R"({"type":"object","properties":{}})"}}),
              true),
      Errc::conflict, "config.max_dice");
}

TEST_F(PluginsTest, LeaveNothingBehind) {
  ASSERT_TRUE(install(zip_of_example("counter")));
  ASSERT_TRUE(enable("counter"));
  heard_by_plugins("hello");
  const std::string id = plugins().find("counter")->id;
  ASSERT_EQ(projections::plugin_data(*store_, id).size(), 2u);
  ASSERT_TRUE(remove("counter"));
  EXPECT_FALSE(plugins().find("counter"));
  EXPECT_EQ(system_->commands().find("count"), nullptr);
  EXPECT_TRUE(projections::plugin_data(*store_, id).empty());
  EXPECT_TRUE(projections::package_names(*store_).empty());
  ASSERT_TRUE(install(zip_of_example("counter")));
  ASSERT_TRUE(enable("counter"));
  EXPECT_EQ(reply_to("/count"), "Messages: 1\n1. ada: 1");
}

TEST_F(PluginsTest, LeaveNoPackageThatNobodyUsesAfterACrash) {
  events::PackageStored stored{"digest", "lost", {{"main.lua", ""}}};
  storage::Append append = append_to("package/digest", cause());
  append.events.push_back(events::encode(stored));
  projections::project(events::PackageEvent(stored), {"digest", 0}, append.rows);
  ASSERT_TRUE(store_->append_and_wait(std::move(append)));
  ASSERT_EQ(projections::package_names(*store_).size(), 1u);
  restart();
  EXPECT_TRUE(projections::package_names(*store_).empty());
}

TEST_F(PluginsTest, FollowTheCatalogue) {
  ASSERT_TRUE(install(zip_of("quiet", "function on_message() return 'heard' end")));
  const auto changed = wait([&](auto answer) {
    system_->catalogue().ask<events::Plugin>(plugins().find("quiet")->id, ChangeEntry{{{"enabled", true}}}, cause(),
                                             answer);
  });
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_TRUE(reload("quiet"));  // comes after what the change led to
  EXPECT_EQ(heard_by_plugins("hi")->reply, "heard");
}

TEST_F(PluginsTest, OfferToolsToModels) {
  ASSERT_TRUE(install(zip_of_example("dice")));
  EXPECT_TRUE(plugins().tools().empty());
  ASSERT_TRUE(enable("dice"));
  const auto tools = plugins().tools();
  ASSERT_EQ(tools.size(), 1u);
  EXPECT_EQ(tools[0].plugin, "dice");
  EXPECT_EQ(tools[0].name, "roll_dice");
  EXPECT_EQ(tools[0].parameters["properties"]["sides"]["type"], "integer");
  const auto run = [&](const std::string& plugin, const std::string& tool, Json arguments) {
    return wait<Json>([&](auto answer) { plugins().run_tool(plugin, tool, std::move(arguments), answer); });
  };
  const auto rolled = run("dice", "roll_dice", {{"count", 3}, {"sides", 2}});
  ASSERT_TRUE(rolled) << rolled.error().message;
  EXPECT_GE((*rolled)["sum"], 3);
  EXPECT_LE((*rolled)["sum"], 6);
  EXPECT_EQ(run("dice", "roll_dice", {{"many", std::string(70'000, 'x')}}).error().field, "arguments");
  EXPECT_EQ(run("dice", "none", {}).error().code, Errc::not_found);
  EXPECT_EQ(run("none", "roll_dice", {}).error().code, Errc::not_found);
  EXPECT_EQ(run("dice", "roll_dice", {{"count", "x"}}).error().code, Errc::upstream_failed);
}

TEST_F(PluginsTest, SendToOtherConversations) {
  const std::string there = platform();
  must_run("herald",
           "function on_message(m) troupe.send({platform = '" + there + "', user = 'bob'}, m.text) return true end");
  heard_by_plugins("news");
  EXPECT_EQ(sent(1), "news");
  EXPECT_EQ(sent_[0].to, "bob");
  EXPECT_FALSE(sent_[0].in_group);
  must_run("spammer", "function on_message(m) for i = 1, 100 do troupe.send({platform = '" + there +
                          "', group = 'g'}, 'x') end end");
  ASSERT_TRUE(disable("herald"));
  heard_by_plugins("go");
  EXPECT_NE(plugins().find("spammer")->last_error.find("sends too much"), std::string::npos);
  EXPECT_EQ(sent(1 + defaults::kMaxPluginSendsPerCall), "x");
  EXPECT_EQ(sent(2 + defaults::kMaxPluginSendsPerCall, std::chrono::milliseconds(100)), "nothing");
}

TEST_F(PluginsTest, SayItAgainUntilThePlatformTakesItAlsoAfterARestart) {
  const std::string there = platform();
  must_run("herald",
           "function on_message(m) troupe.send({platform = '" + there + "', user = 'bob'}, m.text) return true end");
  is_away_ = true;
  heard_by_plugins("news");
  EXPECT_EQ(sent(1), "news") << "tried, and not taken";
  restart();
  const std::size_t before = sent_so_far();
  is_away_ = false;
  EXPECT_EQ(sent(before + 1), "news");
  const projections::SessionQueries sessions(*store_);
  for (int i = 0; i < 1000 && !sessions.unsent_replies(1).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(sessions.unsent_replies(1).empty());
}

TEST_F(PluginsTest, SayNothingToAPlatformThatIsNotThere) {
  const auto said = wait<void>([&](auto answer) {
    system_->talks().announce({"nowhere", false, "bob", "news", "herald"}, answer);
  });
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Errc::not_found);
  EXPECT_FALSE(projections::ContactQueries(*store_).find("nowhere", false, "bob"));
}

TEST_F(PluginsTest, RunTheirTimersUntilTheyAreDisabled) {
  const std::string there = platform();
  must_run("clock", "troupe.every(1, function() troupe.send({platform = '" + there + "', user = 'bob'}, 'tick') end)");
  EXPECT_EQ(sent(2), "tick");
  ASSERT_TRUE(reload("clock"));
  const auto reloaded = std::chrono::steady_clock::now();
  EXPECT_EQ(sent(sent_so_far() + 1), "tick");
  EXPECT_GT(std::chrono::steady_clock::now() - reloaded, std::chrono::milliseconds(500)) << "the old one is gone";
  ASSERT_TRUE(disable("clock"));
  EXPECT_EQ(sent(sent_so_far() + 2, std::chrono::milliseconds(2500)), "nothing");
}

TEST_F(PluginsTest, AnnounceWhatTheirConfigurationSays) {
  ASSERT_TRUE(install(zip_of_example("announcer")));
  ASSERT_TRUE(enable("announcer"));
  EXPECT_EQ(reply_to("/announcements"), "Every 60 minutes: Hello, everybody! (you have asked 1 times)");
  EXPECT_EQ(reply_to("/announcements"), "Every 60 minutes: Hello, everybody! (you have asked 2 times)");
}

TEST_F(PluginsTest, AreStoppedByATimerThatNeverEnds) {
  must_run("patient", "function on_message() return 'still here' end");
  must_run("endless", "troupe.after(1, function() while true do end end)");
  EXPECT_NE(why_disabled("endless").find("endless/main.lua:1:"), std::string::npos) << why_disabled("endless");
  EXPECT_EQ(heard_by_plugins("hi")->reply, "still here");
}

TEST_F(PluginsTest, ForgetWhatTheyKeepOfAContactWithIt) {
  must_run("tally",
           "function on_message(m) local mine = troupe.storage.of(m) local n = mine.get('n', 0) + 1 mine.set('n', n) "
           "troupe.storage.set('all', troupe.storage.get('all', 0) + 1) "
           "return n .. ' of ' .. troupe.storage.get('all') end");
  EXPECT_EQ(reply_to("one"), "1 of 1");
  EXPECT_EQ(reply_to("two"), "2 of 2");
  restart();
  EXPECT_EQ(reply_to("three"), "3 of 3");
  const std::string id = plugins().find("tally")->id;
  const auto sealed = projections::plugin_data(*store_, id);
  ASSERT_EQ(sealed.size(), 2u);
  const auto forget_ada = [&] {
    const auto ada = projections::ContactQueries(*store_).find("qq", false, "ada");
    const auto gone = wait([&](auto answer) { system_->forget_contact(ada.value_or(0), cause(), answer); });
    EXPECT_TRUE(gone) << gone.error().message;
  };
  forget_ada();
  EXPECT_EQ(reply_to("four"), "1 of 4") << "met anew";
  EXPECT_EQ(projections::plugin_data(*store_, id).size(), 2u);
  ASSERT_TRUE(disable("tally"));
  forget_ada();
  ASSERT_TRUE(enable("tally")) << "what cannot be read any more does not stop it";
  EXPECT_EQ(projections::plugin_data(*store_, id).size(), 1u);
  EXPECT_EQ(reply_to("five"), "1 of 5");
}

TEST_F(PluginsTest, DoNotHoldUpMessagesThatAreTooManyForThem) {
  must_run("slow", "function on_message() for i = 1, 100000 do end end");
  constexpr int kMessages = 1500;
  std::atomic<int> heard{0};
  for (int i = 0; i < kMessages; ++i) plugins().hear(message("flood"), [&](const std::optional<Handled>&) { ++heard; });
  for (int i = 0; i < 2000 && heard < kMessages; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(heard, kMessages);
  const auto record = plugins().find("slow");
  EXPECT_GT(record->missed, 0u);
  EXPECT_EQ(record->missed + record->messages, static_cast<std::uint64_t>(kMessages));
  EXPECT_TRUE(record->enabled);
}

TEST_F(PluginsTest, KeepOnlySoMuch) {
  must_run("hoarder",
           "function on_message(m) "
           "if m.text == 'value' then troupe.storage.set('k', ('x'):rep(10000)) "
           "elseif m.text == 'keys' then for i = 1, 10001 do troupe.storage.set('k' .. i, 1) end "
           "else troupe.storage.set(('k'):rep(401), 1) end end");
  for (const auto& [what, why] : {std::pair{"value", "bytes as JSON, at most 8192"},
                                  {"keys", "keys must be at most 10000"},
                                  {"key", "1 to 400 bytes"}}) {
    heard_by_plugins(what);
    EXPECT_NE(plugins().find("hoarder")->last_error.find(why), std::string::npos)
        << plugins().find("hoarder")->last_error;
  }
}

}  // namespace
}  // namespace troupe::actors
