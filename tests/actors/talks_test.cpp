// Talks on a real store, with the stand-in as the model and a platform that takes notes.
#include "actors/talks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <set>
#include <thread>

#include "actors/system.hpp"
#include "events/codec.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/projection.hpp"
#include "tests/actors/running_system.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;
using storage::RecordPtr;
using testing::wait;

constexpr const char* kPlatform = "plat";

class TalksTest : public testing::RunningSystemTest {
 protected:
  TalksTest() { start(); }
  ~TalksTest() override { stop(); }

  void start() {
    start_system();
    ASSERT_TRUE(system_);
    BotCommand ping;
    ping.name = "ping";
    ping.run = [](CommandCall call, CommandAnswer answer) { answer("Pong " + call.arguments); };
    BotCommand stuck;
    stuck.name = "stuck";
    stuck.run = [this](CommandCall, CommandAnswer answer) { never_answered_.push_back(std::move(answer)); };
    BotCommand secret;
    secret.name = "secret";
    secret.for_admins = true;
    secret.run = [](CommandCall, CommandAnswer answer) { answer("the secret"); };
    BotCommand broken;
    broken.name = "broken";
    broken.run = [](CommandCall, CommandAnswer answer) { answer(fail(Errc::upstream_failed, "the wheel came off")); };
    BotCommand link;
    link.name = "link";
    link.secret_reply = true;
    link.run = [](CommandCall, CommandAnswer answer) { answer("a link that logs in"); };
    system_->commands().offer("", {ping, stuck, secret, broken, link});
    system_->talks().send_by([this](Outgoing message, SendAnswer answer) {
      const std::lock_guard lock(mutex_);
      if (refusals_ > 0) return --refusals_, answer(fail(Errc::overloaded, "not connected"));
      sent_.push_back(std::move(message));
      changed_.notify_all();
      if (is_silent_) return;
      answer("foreign-" + std::to_string(sent_.size()));
    });
  }

  Incoming says(std::string text, std::string user = "7", std::string group = "") {
    Incoming message;
    message.speaker = {kPlatform, "aiocqhttp", !group.empty(), std::move(user), "Ann", std::move(group), "Friends"};
    message.text = std::move(text);
    message.message_id = "m" + std::to_string(++last_message_);
    return message;
  }
  Expected<void> hear(Incoming message) {
    return wait<void>([&](auto answer) { system_->talks().hear(std::move(message), answer); });
  }
  std::vector<Outgoing> sent(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return sent_.size() >= count; })) << sent_.size();
    return sent_;
  }
  void set(Json fields) {
    const auto changed = wait<RecordPtr>([&](auto answer) {
      system_->catalogue().ask<events::BotSettings>(std::string(events::BotSettings::only_id),
                                                    ChangeEntry{std::move(fields)}, by_the_house(), answer);
    });
    EXPECT_TRUE(changed) << changed.error().message;
  }
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(10ms))
      if (condition()) return true;
    return false;
  }
  projections::SessionQueries sessions() const { return projections::SessionQueries(*store_); }

  std::vector<CommandAnswer> never_answered_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Outgoing> sent_;
  int refusals_ = 0;
  bool is_silent_ = false;
  int last_message_ = 0;
};

TEST_F(TalksTest, PutWhatIsSaidToAModelAndSendItsAnswer) {
  ASSERT_TRUE(hear(says("good morning")));
  const auto message = sent(1).front();
  EXPECT_EQ(message.platform, kPlatform);
  EXPECT_FALSE(message.in_group);
  EXPECT_EQ(message.to, "7");
  EXPECT_EQ(message.reply_to, "m1");
  EXPECT_THAT(message.text, ::testing::HasSubstr("good morning"));
  EXPECT_TRUE(eventually([&] { return sessions().unsent_replies({}, 10).empty(); }));
  EXPECT_EQ(sessions().message(1, 2)->delivery, "sent");
  EXPECT_EQ(sessions().message(1, 2)->foreign_id, "foreign-1");
}

TEST_F(TalksTest, RunCommandsInGroups) {
  ASSERT_TRUE(hear(says("/ping a  b", "7", "100")));
  const auto message = sent(1).front();
  EXPECT_TRUE(message.in_group);
  EXPECT_EQ(message.to, "100");
  EXPECT_EQ(message.text, "Pong a  b");
}

TEST_F(TalksTest, KeepWhatTheRulesStopAndAnswerNothing) {
  ASSERT_TRUE(hear(says("just talking", "7", "100")));
  ASSERT_TRUE(hear(says("/ping", "8", "100")));
  EXPECT_EQ(sent(1).size(), 1u);
  const auto stopped = sessions().message(1, 1);
  EXPECT_EQ(stopped->stopped_by, "wake");
  EXPECT_EQ(store_->secrets().unseal_for(stopped->key_of, stopped->sealed_text).value(), "just talking");
}

TEST_F(TalksTest, GoByTheSettingsAsTheyAreNow) {
  set({{"command_prefix", "!"}});
  set({{"decoration", {{"enabled", true}, {"prefix", "["}, {"suffix", "]"}}}});
  ASSERT_TRUE(hear(says("!ping")));
  EXPECT_EQ(sent(1).front().text, "[Pong ]");
  set({{"lists", {{"blocked_users", {"7"}}}}});
  ASSERT_TRUE(hear(says("!ping")));
  EXPECT_EQ(sessions().message(1, 3)->stopped_by, "lists");
}

TEST_F(TalksTest, HearAMessageOnceHoweverOftenThePlatformBringsIt) {
  const auto message = says("/ping");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(hear(message));
  ASSERT_TRUE(hear(says("/ping end")));
  EXPECT_EQ(sent(2).size(), 2u);
}

TEST_F(TalksTest, KeepTheOrderOfMessagesWhileTheConversationIsOpened) {
  std::atomic<int> heard{0};
  for (int i = 0; i < 50; ++i)
    system_->talks().hear(says("/ping " + std::to_string(i), "7", "100"), [&](const auto&) { ++heard; });
  ASSERT_TRUE(eventually([&] { return heard == 50; }));
  std::vector<std::string> texts;
  for (const auto& row : sessions().messages_from(1, 1, 200))
    if (row.role == "user") texts.push_back(store_->secrets().unseal_for(row.key_of, row.sealed_text).value());
  ASSERT_EQ(texts.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(texts[static_cast<std::size_t>(i)], "/ping " + std::to_string(i));
}

TEST_F(TalksTest, KeepCommandsOfAdministratorsForThem) {
  ASSERT_TRUE(hear(says("/secret")));
  EXPECT_THAT(sent(1).back().text, ::testing::HasSubstr("administrator"));
  set({{"admins", {"aiocqhttp:7"}}});
  ASSERT_TRUE(hear(says("/secret")));
  EXPECT_EQ(sent(2).back().text, "the secret");
}

TEST_F(TalksTest, KeepNoSecretThatWasSentAndTellNoModelOfIt) {
  ASSERT_TRUE(hear(says("/link")));
  EXPECT_EQ(sent(1).front().text, "a link that logs in");
  EXPECT_TRUE(eventually([&] { return sessions().message(1, 2)->deleted_at != 0; }));
  EXPECT_EQ(sessions().message(1, 2)->sealed_text, "");
  is_silent_ = true;
  ASSERT_TRUE(hear(says("/link")));
  sent(2);
  EXPECT_EQ(sessions().message(1, 4)->status, projections::kSecret);
}

TEST_F(TalksTest, SayInTheTalkThatACommandFailed) {
  ASSERT_TRUE(hear(says("/broken", "7", "100")));
  EXPECT_EQ(sent(1).front().text, "Sorry, that did not work: the wheel came off.");
  EXPECT_TRUE(eventually([&] { return sessions().unsent_replies({}, 10).empty(); }));
  EXPECT_EQ(sessions().message(1, 1)->status, "failed");
  EXPECT_EQ(sessions().message(1, 2)->status, "failed");
}

TEST_F(TalksTest, AskTheDefaultPersonalityAndSayWhatItCannot) {
  events::Personality pirate;
  pirate.name = "pirate";
  pirate.prompt = "Speak like a pirate.";
  pirate.provider = "the one that is gone";
  pirate.temperature = 0.5;
  pirate.default_since = 1;
  ASSERT_TRUE(wait<RecordPtr>([&](auto answer) { system_->catalogue().add(pirate, by_the_house(), answer); }));
  ASSERT_TRUE(hear(says("good morning")));
  EXPECT_THAT(sent(1).front().text, ::testing::StartsWith("Sorry, that did not work: "));
  std::optional<events::QuestionAsked> asked;
  ASSERT_TRUE(store_->read_stream("session/1", 1, [&](const events::Record& record) {
    for (const auto& stored : record.events)
      if (stored.type == events::QuestionAsked::type) asked = *events::decode_as<events::QuestionAsked>(stored);
    return true;
  }));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->provider, pirate.provider);
  EXPECT_EQ(asked->temperature, 0.5);
  EXPECT_EQ(store_->secrets().unseal_for(asked->asker, asked->sealed_system_prompt).value(), pirate.prompt);
}

TEST_F(TalksTest, SendAgainWhatThePlatformCouldNotTake) {
  refusals_ = 1;
  ASSERT_TRUE(hear(says("/ping")));
  EXPECT_EQ(sent(1).front().text, "Pong ");
}

TEST_F(TalksTest, SendAfterARestartWhatMayNotHaveArrivedAndFailWhatWasInterrupted) {
  is_silent_ = true;
  ASSERT_TRUE(hear(says("/ping")));
  sent(1);
  ASSERT_TRUE(hear(says("/stuck")));
  ASSERT_TRUE(eventually([&] { return !sessions().open_commands().empty(); }));
  stop();
  is_silent_ = false;
  start();
  const auto all = sent(3);  // one is the apology for the other
  const auto is_the_first = [&](const Outgoing& text) { return text.text == "Pong " && text.id == all.front().id; };
  EXPECT_EQ(std::count_if(all.begin(), all.end(), is_the_first), 2) << "a platform can tell that it came twice";
  EXPECT_TRUE(
      eventually([&] { return sessions().open_commands().empty() && sessions().unsent_replies({}, 1).empty(); }));
  EXPECT_EQ(sessions().message(1, 3)->status, "failed");
}

TEST_F(TalksTest, GiveEachTextAnIdOfItsOwnHoweverLikeAnotherItIs) {
  const auto say = [&] {
    return wait<std::string>([&](auto answer) { system_->talks().say({kPlatform, false, "7", "Pong ", ""}, answer); });
  };
  EXPECT_TRUE(say());
  EXPECT_TRUE(say());
  for (int i = 0; i < 2; ++i) {
    auto message = says("/ping");
    message.message_id.clear();
    ASSERT_TRUE(hear(message));
    sent(3 + static_cast<std::size_t>(i));
  }
  std::set<std::string> ids;
  for (const auto& text : sent(4)) ids.insert(text.id);
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_FALSE(ids.contains(""));
}

TEST_F(TalksTest, LeaveNothingOfAContactReadableOnceItIsForgotten) {
  ASSERT_TRUE(hear(says("/ping")));
  sent(1);
  const projections::ContactQueries contacts(*store_);
  const auto id = contacts.find(kPlatform, false, "7");
  ASSERT_TRUE(id);
  const auto forgotten = wait<RecordPtr>([&](auto answer) { system_->forget_contact(*id, by_the_house(), answer); });
  ASSERT_TRUE(forgotten) << forgotten.error().message;
  EXPECT_FALSE(contacts.find(kPlatform, false, "7"));
  const auto row = sessions().message(1, 1);
  EXPECT_FALSE(store_->secrets().unseal_for(row->key_of, row->sealed_text));
  ASSERT_TRUE(hear(says("/ping again"))) << "it is met anew";
  EXPECT_EQ(sent(2).back().text, "Pong again");
}

TEST_F(TalksTest, RefuseWhatIsNoTextOrTooMuch) {
  EXPECT_EQ(hear(says("")).error().field, "text");
  EXPECT_EQ(hear(says("\xff")).error().field, "text");
  EXPECT_EQ(hear(says(std::string(defaults::kMaxQuestionLength + 1, 'x'))).error().field, "text");
}

}  // namespace
}  // namespace troupe::actors
