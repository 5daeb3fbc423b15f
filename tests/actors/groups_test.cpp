// Groups on a real store: what is set of one changes what the bot does there, and all of it survives a restart.
#include "actors/groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "actors/system.hpp"
#include "projections/session_keys.hpp"
#include "tests/actors/llm/fake_provider.hpp"
#include "tests/actors/running_system.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;
using llm::testing::FakeProvider;
using storage::RecordPtr;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::wait;

constexpr const char* kPlatform = "plat";
constexpr const char* kGroupId = "100";

class GroupsTest : public testing::RunningSystemTest {
 protected:
  GroupsTest() { start(); }
  ~GroupsTest() override { stop(); }

  void start() {
    start_system();
    ASSERT_TRUE(system_);
    system_->talks().send_by([this](Outgoing message, SendAnswer answer) {
      const std::lock_guard lock(mutex_);
      sent_.push_back(std::move(message.text));
      changed_.notify_all();
      answer("foreign");
    });
  }

  void hear(std::string text, std::string user = "7") {
    Incoming message;
    message.speaker = {kPlatform, "aiocqhttp", true, std::move(user), "Ann", kGroupId, "Friends"};
    message.text = std::move(text);
    message.message_id = "m" + std::to_string(++last_message_);
    const auto heard = wait<void>([&](auto answer) { system_->talks().hear(std::move(message), answer); });
    EXPECT_TRUE(heard) << heard.error().message;
  }
  /// The answers that came until nothing is open, since it was asked last.
  std::vector<std::string> sent() {
    const projections::SessionQueries sessions(*store_);
    const auto is_open = [&] { return !sessions.open_questions().empty() || !sessions.unsent_replies({}, 1).empty(); };
    for (int i = 0; i < 1000 && is_open(); ++i) std::this_thread::sleep_for(10ms);
    if (is_open()) ADD_FAILURE() << "a question or an answer is still open after 10 s";
    const std::lock_guard lock(mutex_);
    return std::exchange(sent_, {});
  }
  AccountId group() {
    auto id = projections::ContactQueries(*store_).find(kPlatform, true, kGroupId);
    if (!id) hear("who is there");
    sent();
    return projections::ContactQueries(*store_).find(kPlatform, true, kGroupId).value_or(0);
  }
  void set(Json patch) {
    const auto id = group();
    const auto changed = wait<RecordPtr>([&](auto answer) {
      system_->groups().ask(id, ChangeGroup{id, std::move(patch)}, by_the_house(), answer);
    });
    EXPECT_TRUE(changed) << changed.error().message;
  }
  projections::GroupCounts counts() {
    return projections::GroupQueries(*store_).counts(group(), projections::day_of(now_micros()));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> sent_;
  int last_message_ = 0;
};

TEST_F(GroupsTest, AreWokenAsTheySay) {
  set({{"wake", {{"prefixes", {"bot,"}}}}});
  hear("#chat hello");
  EXPECT_THAT(sent(), SizeIs(0));
  hear("bot, hello");
  EXPECT_THAT(sent(), SizeIs(1));
  stop();
  start();
  hear("#chat hello");
  hear("bot, hello");
  EXPECT_THAT(sent(), SizeIs(1)) << "the same after a restart";
  set({{"enabled", false}});
  hear("bot, hello");
  EXPECT_THAT(sent(), SizeIs(0));
}

TEST_F(GroupsTest, StopAtTheirLimitsAndSaySoOnceADay) {
  set({{"limits", {{"daily_user", 2}, {"message", "enough"}}}});
  for (int i = 0; i < 5; ++i) hear("#chat hello");
  const auto answers = sent();
  EXPECT_THAT(answers, SizeIs(3));
  EXPECT_EQ(std::count(answers.begin(), answers.end(), "enough"), 1);
  hear("#chat hello", "8");
  EXPECT_THAT(sent(), SizeIs(1)) << "another user has a limit of their own";
  stop();
  start();
  hear("#chat hello");
  EXPECT_THAT(sent(), SizeIs(0)) << "it is not told again";
  EXPECT_EQ(counts().all.asked, 3);
}

TEST_F(GroupsTest, HoldManyQuestionsAtOnceToTheirLimit) {
  set({{"limits", {{"daily_group", 3}, {"message", ""}}}});
  for (int i = 0; i < 20; ++i) {
    Incoming message;
    message.speaker = {kPlatform, "aiocqhttp", true, std::to_string(i), "Ann", kGroupId, "Friends"};
    message.text = "#chat hello";
    message.message_id = "at once " + std::to_string(i);
    system_->talks().hear(std::move(message));
  }
  for (int i = 0; i < 500 && counts().messages < 21; ++i) std::this_thread::sleep_for(10ms);
  sent();
  EXPECT_EQ(counts().all.asked, 3);
}

TEST_F(GroupsTest, BeginAnewWhenTheirUseIsForgiven) {
  set({{"limits", {{"daily_group", 1}, {"message", "enough"}}}});
  hear("#chat hello");
  hear("#chat hello");
  EXPECT_THAT(sent(), SizeIs(2));
  const auto id = group();
  EXPECT_TRUE(wait<RecordPtr>([&](auto answer) { system_->groups().forgive_use(id, true, by_the_house(), answer); }));
  EXPECT_EQ(counts().all.counts(), 0);
  EXPECT_EQ(counts().all.asked, 1) << "the figures stay";
  hear("#chat hello");
  hear("#chat hello");
  EXPECT_THAT(sent(), ::testing::Contains("enough"));
}

TEST_F(GroupsTest, AreForgivenByOneResetAtATime) {
  const auto id = group();
  std::vector<RecordAnswer> asked;
  Groups groups(*store_, store_->secrets(), [&](AccountId, GroupDecider::Command, Cause, RecordAnswer answer) {
    asked.push_back(std::move(answer));
  });
  std::vector<Errc> refusals;
  const auto reset = [&] {
    groups.forgive_use(id, true, by_the_house(), [&](const Expected<RecordPtr>& result) {
      if (!result) refusals.push_back(result.error().code);
    });
  };
  reset();
  reset();
  EXPECT_THAT(asked, SizeIs(1));
  EXPECT_THAT(refusals, ::testing::ElementsAre(Errc::overloaded));
  asked.front()(fail(Errc::storage_failed, "no room"));
  reset();
  EXPECT_THAT(asked, SizeIs(2));
}

TEST_F(GroupsTest, CountWhatIsNotDurableYetThoughTheirSettingsChange) {
  set({{"limits", {{"daily_group", 1}}}});
  const auto id = group();
  Groups groups(*store_, store_->secrets(),
                [&](AccountId of, GroupDecider::Command command, Cause cause, RecordAnswer answer) {
                  system_->groups().ask(of, std::move(command), std::move(cause), std::move(answer));
                });
  const auto step_of_another = [&] {
    Hear hear;
    hear.group = id;
    hear.author = id;
    hear.verdict.step = Step::model;
    groups.hold_to_limits(hear, now_micros());
    return hear.verdict.step;
  };
  EXPECT_EQ(step_of_another(), Step::model);
  EXPECT_TRUE(wait<RecordPtr>([&](auto answer) {
    groups.ask(id, ChangeGroup{id, {{"prompt", "Be brief."}}}, by_the_house(), answer);
  }));
  EXPECT_EQ(step_of_another(), Step::usage);
}

TEST_F(GroupsTest, DoNotCountWhatARuleStopped) {
  set({{"limits", {{"daily_group", 2}}}, {"rate", {{"enabled", true}, {"max_messages", 1}, {"window_seconds", 3600}}}});
  for (int i = 0; i < 5; ++i) hear("#chat hello");
  EXPECT_THAT(sent(), SizeIs(1));
  EXPECT_EQ(counts().all.asked, 1);
  set({{"rate", {{"enabled", false}}}});
  hear("#chat hello");
  EXPECT_THAT(sent(), ::testing::Each(HasSubstr("hello"))) << "one more is left";
}

TEST_F(GroupsTest, AreLookedAfterByWhoHasACode) {
  const auto id = group();
  const auto user = *projections::ContactQueries(*store_).find(kPlatform, false, "7");
  const auto code =
      wait<std::string>([&](auto answer) { system_->groups().issue_code(id, user, by_the_house(), answer); });
  ASSERT_TRUE(code);
  EXPECT_THAT(*code, SizeIs(defaults::kGroupCodeLength));
  stop();
  start();
  const auto log_in = [&](const std::string& written, const std::string& token) {
    return wait<AccountId>([&](auto answer) { system_->groups().log_in(written, token, by_the_house(), answer); });
  };
  EXPECT_EQ(log_in("AAAAAA", "token").error().code, Errc::unauthenticated);
  std::string lower = *code;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(log_in(lower.substr(0, 3) + " " + lower.substr(3), "token").value(), id);
  EXPECT_EQ(log_in(*code, "other").error().code, Errc::unauthenticated) << "it is used up";
  const auto login = system_->groups().queries().login("token");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user, user);
}

TEST_F(GroupsTest, LeaveNoCodeInTheLogThatCouldBeGuessed) {
  const auto id = group();
  const auto code =
      wait<std::string>([&](auto answer) { system_->groups().issue_code(id, 0, by_the_house(), answer); });
  bool found = false;
  EXPECT_TRUE(store_->read(1, [&](const storage::Record& record) {
    for (const auto& event : record.events)
      found = found || event.payload.find(*code) != std::string::npos ||
              event.payload.find(text_digest("group code/" + *code)) != std::string::npos;
    return true;
  }));
  EXPECT_FALSE(found);
}

TEST_F(GroupsTest, AnswerByWhatTheyHaveSet) {
  const auto preset = wait<RecordPtr>([&](auto answer) {
    events::Personality helper;
    helper.name = "helper";
    helper.prompt = "You help.";
    helper.model = "m-2";
    helper.temperature = 0.25;
    system_->catalogue().add(std::move(helper), by_the_house(), answer);
  });
  ASSERT_TRUE(preset);
  set({{"personality", std::string((*preset)->id())}});
  llm::ChatRequest request;
  request.messages = {{"user", "hi"}};
  system_->groups().tailor(group(), request);
  EXPECT_EQ(request.messages.front().content, "You help.");
  EXPECT_EQ(request.model, "m-2");
  EXPECT_EQ(request.temperature, 0.25);
  set({{"prompt", "Be brief."}, {"model", "m-3"}});
  system_->groups().tailor(group(), request = {"", "", {{"user", "hi"}}});
  EXPECT_EQ(request.messages.front().content, "Be brief.");
  EXPECT_EQ(request.model, "m-3");
  set({{"channel",
        {{"base_url", "https://models.example.org/v1"},
         {"sealed_keys", {store_->secrets().seal("sk")}},
         {"key_hints", {""}}}}});
  system_->groups().tailor(group(), request = {"", "", {{"user", "hi"}}});
  ASSERT_TRUE(request.own_provider);
  EXPECT_EQ(request.own_provider->keys, std::vector<std::string>{"sk"});
  EXPECT_EQ(request.own_provider->reach, Reach::public_only);
}

TEST_F(GroupsTest, TellTheirOwnProviderNoPromptOfTheHouse) {
  set({{"channel", {{"base_url", "https://models.example.org/v1"}}}});
  llm::ChatRequest request;
  request.messages = {{"system", "You belong to the house."}, {"user", "hi"}};
  system_->groups().tailor(group(), request);
  ASSERT_THAT(request.messages, SizeIs(1));
  EXPECT_EQ(request.messages.front().content, "hi");
}

TEST_F(GroupsTest, OfferNoToolsOfMemoryWhereTheySwitchItOff) {
  const auto id = group();
  EXPECT_THAT(system_->groups().tools_for({}, id).disabled_categories, SizeIs(0));
  set({{"memory", false}});
  EXPECT_THAT(system_->groups().tools_for({}, id).disabled_categories, ::testing::ElementsAre("memory"));
}

TEST_F(GroupsTest, OwnProvidersAreAskedByNobodyElse) {
  FakeProvider fake;
  fake.otherwise = [](const auto& exchange) {
    exchange.stream({R"({"choices":[{"delta":{"content":"mine"},"finish_reason":"stop"}]})", "[DONE]"});
  };
  llm::ChatRequest request;
  request.messages = {{"user", "hi"}};
  llm::Provider own;
  own.name = "group/5";
  own.base_url = fake.url;
  own.model = "m";
  request.own_provider = std::make_shared<const llm::Provider>(own);
  const auto ask = [&](llm::ChatRequest asked) {
    return wait<llm::ChatAnswer>([&](auto answer) {
      system_->models().ask(
          std::move(asked), [](std::string_view) {}, answer);
    });
  };
  EXPECT_EQ(ask(request)->text, "mine");
  request.own_provider = nullptr;
  request.provider = "group/5";
  EXPECT_EQ(ask(request).error().field, "provider");
}

TEST_F(GroupsTest, OwnProvidersCallNoToolForAdministrators) {
  FakeProvider fake;
  fake.otherwise = [](const auto& exchange) {
    exchange.stream({R"({"choices":[{"delta":{"content":"mine"},"finish_reason":"stop"}]})", "[DONE]"});
  };
  OfferedTool open, locked;
  open.name = "open_tool";
  locked.name = "locked_tool";
  locked.admin_only = true;
  open.run = locked.run = [](const Json&, const ToolContext&, const ToolAnswer& answer) -> StopTool {
    return answer(ToolResult{"done"}), StopTool{};
  };
  system_->tools().offer("test", {open, locked});
  EXPECT_TRUE(wait<RecordPtr>([&](auto answer) {
    system_->catalogue().ask<events::BotSettings>(
        std::string(events::BotSettings::only_id),
        ChangeEntry{{{"admins", {std::string(kPlatform) + ":7"}}, {"tools", {{"enabled", true}}}}}, by_the_house(),
        answer);
  }));
  llm::Provider own;
  own.name = "group/5";
  own.base_url = fake.url;
  own.model = "m";
  system_->conversations().tailor_by([own](AccountId, llm::ChatRequest& request) {
    request.own_provider = std::make_shared<const llm::Provider>(own);
  });
  hear("#chat hello");
  EXPECT_THAT(sent(), ::testing::ElementsAre("mine"));
  ASSERT_THAT(fake.seen(), SizeIs(1));
  EXPECT_THAT(fake.seen().front().body, HasSubstr("open_tool"));
  EXPECT_THAT(fake.seen().front().body, ::testing::Not(HasSubstr("locked_tool")));
}

TEST_F(GroupsTest, AreForgottenWithAllThatWasSet) {
  set({{"prompt", "a secret of the group"}});
  const auto id = group();
  EXPECT_TRUE(wait<RecordPtr>([&](auto answer) { system_->forget_contact(id, by_the_house(), answer); }));
  stop();
  start();
  const auto left = system_->groups().settings(id);
  EXPECT_TRUE(!left || left->prompt.empty());
}

}  // namespace
}  // namespace troupe::actors
