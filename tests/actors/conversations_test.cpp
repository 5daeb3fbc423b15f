// Conversations on a real store with a model behind a real socket: outcomes, those who leave, restarts.
#include "actors/conversations.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "actors/system.hpp"
#include "events/codec.hpp"
#include "projections/projection.hpp"
#include "tests/actors/llm/fake_provider.hpp"
#include "tests/actors/running_system.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors {
namespace {

using testing::wait;

using namespace std::chrono_literals;
using llm::testing::Exchange;
using llm::testing::FakeProvider;
using storage::RecordPtr;

constexpr const char* kHello = R"({"model":"m-1","choices":[{"delta":{"content":"Hello"}}]})";
constexpr const char* kLength = R"({"choices":[{"delta":{},"finish_reason":"length"}]})";

void say_hello(const Exchange& exchange) { exchange.stream({kHello, kLength, "[DONE]"}); }
/// Begins to answer and never ends.
void stall(const Exchange& exchange) {
  exchange.send_head();
  exchange.send_event(kHello);
  exchange.is_left_within(20s);
}

class ConversationsTest : public testing::RunningSystemTest {
 protected:
  ConversationsTest() {
    start();
    wait<RecordPtr>([&](auto answer) {
      system_->register_account({0, "ada", "ada@example.org", "", "hash", "user"}, cause(), answer);
    });
    CreateSession create;
    create.kind = "chat";
    create.owner = kAda;
    const auto created = wait<RecordPtr>(
        [&](auto answer) { system_->conversations().create(std::move(create), "title", cause(), answer); });
    EXPECT_TRUE(created) << created.error().message;
  }
  ~ConversationsTest() override { stop(); }

  void start() {
    SystemOptions options;
    options.models.providers = {{"one", fake_.url, {}, "m"}};
    options.models.retry_delay = 10ms;
    start_system(std::move(options));
    ASSERT_TRUE(system_);
    system_->conversations().on_delta([this](const QuestionId&, std::string_view) { ++pieces_; });
  }
  void restart() {
    stop();
    start();
    system_->conversations().take_up_open_questions();
  }

  static Cause cause() { return {"ada", "request", now_micros(), std::nullopt}; }

  /// Does not wait for the outcome.
  std::shared_ptr<std::promise<Expected<Outcome>>> begin_to_ask(const std::string& text,
                                                                std::function<bool()> gone = {}) {
    auto settled = std::make_shared<std::promise<Expected<Outcome>>>();
    AskModel question;
    question.session = kSession;
    question.asker = kAda;
    question.text = text;
    question.gone = std::move(gone);
    const auto asked = wait<RecordPtr>([&](auto answer) {
      system_->conversations().ask_model(std::move(question), cause(), answer, [settled](Expected<Outcome> outcome) {
        settled->set_value(std::move(outcome));
      });
    });
    EXPECT_TRUE(asked) << asked.error().message;
    return settled;
  }
  Expected<Outcome> ask(const std::string& text) {
    auto outcome = begin_to_ask(text)->get_future();
    if (outcome.wait_for(20s) != std::future_status::ready) return fail(Errc::timed_out, "no outcome in 20 s");
    return outcome.get();
  }

  std::string status_of(std::int64_t number) const {
    const auto row = projections::SessionQueries(*store_).message(kSession, number);
    return row ? row->status : "none";
  }
  std::size_t open_questions() const { return projections::SessionQueries(*store_).open_questions().size(); }

  static void eventually(const std::function<bool()>& holds, const char* what) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
      std::this_thread::sleep_for(1ms);
    }
  }
  /// What the model was told, as `role: content`.
  std::vector<std::string> told(std::size_t request) const {
    std::vector<std::string> lines;
    const Json body = Json::parse(fake_.seen().at(request).body);
    for (const auto& message : body["messages"])
      lines.push_back(message["role"].get<std::string>() + ": " + message["content"].get<std::string>());
    return lines;
  }

  static constexpr AccountId kAda = 1;
  static constexpr SessionId kSession = 1;

  FakeProvider fake_;
  std::atomic<int> pieces_{0};
};

TEST_F(ConversationsTest, LeaveNoChatWhoseFirstQuestionWasRefused) {
  const auto begin = [&](std::size_t length) {
    AskModel question;
    question.asker = kAda;
    question.text = std::string(length, 'x');
    return wait<RecordPtr>([&](auto answer) {
      system_->conversations().begin_chat(std::move(question), "title", cause(), answer, [](const auto&) {});
    });
  };
  const projections::SessionQueries sessions(*store_);
  const auto before = sessions.chat_count(kAda);
  const auto refused = begin(defaults::kMaxQuestionLength + 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "content");
  EXPECT_EQ(sessions.chat_count(kAda), before);
  EXPECT_FALSE(sessions.session(kSession + 1));
  fake_.then(say_hello);
  const auto begun = begin(1);
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(sessions.chat_count(kAda), before + 1);
  eventually([&] { return sessions.session((*begun)->number())->messages == 2; }, "the answer");
}

TEST_F(ConversationsTest, RecordWhatAnsweredAndWhatItCost) {
  fake_.then(say_hello);
  std::promise<events::QuestionAnswered> recorded;
  store_->follow([&](const std::vector<RecordPtr>& records) {
    for (const auto& record : records)
      for (const auto& stored : record->events)
        if (stored.type == events::QuestionAnswered::type)
          recorded.set_value(*events::decode_as<events::QuestionAnswered>(stored));
  });
  const auto outcome = ask("hi");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->answer.text, "Hello");
  EXPECT_EQ(outcome->answer_number, 2);
  const auto answered = recorded.get_future().get();
  EXPECT_EQ(answered.provider, "one");
  EXPECT_EQ(answered.model, "m-1");
  EXPECT_EQ(answered.finish_reason, "length");
  EXPECT_TRUE(answered.estimated);
  EXPECT_EQ(answered.prompt_tokens, outcome->answer.usage.prompt_tokens);
  EXPECT_GT(answered.took, 0);
  EXPECT_EQ(status_of(1), "complete");
  EXPECT_EQ(pieces_, 1);
}

TEST_F(ConversationsTest, FailAQuestionWithoutAnAnswerInWordsOfOurs) {
  fake_.then([](const Exchange& exchange) {
    exchange.answer("400 No", R"({"error":{"message":"you said: my secret","code":"refused"}})");
  });
  const auto outcome = ask("my secret");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::upstream_failed);
  EXPECT_EQ(outcome.error().message, "one answered with status 400 (refused)");
  EXPECT_EQ(status_of(1), "failed");
  EXPECT_EQ(open_questions(), 0u);
  EXPECT_EQ(system_->conversations().under_way(), 0u);
}

TEST_F(ConversationsTest, GiveUpWhatNobodyWaitsForAndNothingElse) {
  fake_.then(stall);
  fake_.then(say_hello);
  std::atomic<bool> gone{false};
  auto outcome = begin_to_ask("hi", [&] { return gone.load(); })->get_future();
  eventually([&] { return pieces_ == 1; }, "the first piece");
  system_->conversations().tick();
  EXPECT_EQ(status_of(1), "pending");
  gone = true;
  system_->conversations().tick();
  ASSERT_EQ(outcome.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(outcome.get().error().code, Errc::cancelled);
  EXPECT_EQ(status_of(1), "failed");
  const auto next = ask("still there?");
  ASSERT_TRUE(next);
  system_->conversations().tick();
  EXPECT_EQ(status_of(2), "complete");
}

TEST_F(ConversationsTest, AskOnceMoreAtTheNextStartWhatAnEndLeftOpen) {
  fake_.then(stall);
  fake_.then(say_hello);
  begin_to_ask("hi");
  eventually([&] { return pieces_ == 1; }, "the first piece");
  restart();
  eventually([&] { return status_of(1) == "complete"; }, "the answer");
  EXPECT_EQ(fake_.requests, 2);
  EXPECT_EQ(told(1), std::vector<std::string>{"user: hi"});
  restart();
  EXPECT_EQ(open_questions(), 0u);
  EXPECT_EQ(fake_.requests, 2);
  EXPECT_EQ(status_of(3), "none");
}

TEST_F(ConversationsTest, FailAtTheSecondEndWhatIsStillOpen) {
  fake_.then(stall);
  fake_.then(stall);
  begin_to_ask("hi");
  eventually([&] { return pieces_ == 1; }, "the first piece");
  restart();
  eventually([&] { return pieces_ == 2; }, "the first piece of the second attempt");
  restart();
  eventually([&] { return status_of(1) == "failed"; }, "the end of it");
  EXPECT_EQ(fake_.requests, 2);
}

TEST_F(ConversationsTest, LeaveOpenQuestionsToAProcessThatStays) {
  fake_.then(stall);
  begin_to_ask("hi");
  eventually([&] { return pieces_ == 1; }, "the first piece");
  for (int i = 0; i < 2; ++i) {
    stop();
    start();
  }
  EXPECT_EQ(open_questions(), 1u);
  EXPECT_EQ(fake_.requests, 1);
  fake_.then(say_hello);
  system_->conversations().take_up_open_questions();
  eventually([&] { return status_of(1) == "complete"; }, "the answer");
}

TEST_F(ConversationsTest, DoNotAskWhatWasTakenBack) {
  fake_.then(stall);
  begin_to_ask("hi");
  eventually([&] { return pieces_ == 1; }, "the first piece");
  stop();
  start();
  const auto deleted = wait<RecordPtr>([&](auto answer) {
    system_->conversations().ask_session(kSession, DeleteMessage{{1, kAda}, kAda}, cause(), answer);
  });
  ASSERT_TRUE(deleted) << deleted.error().message;
  system_->conversations().take_up_open_questions();
  eventually([&] { return status_of(1) == "failed"; }, "the end of it");
  EXPECT_EQ(fake_.requests, 1);
}

TEST_F(ConversationsTest, TellTheModelWhatFitsAndBeginWithAPerson) {
  const std::string long_answer(defaults::kMaxContextBytes - 1000, 'a');
  fake_.otherwise = say_hello;
  fake_.then([&](const Exchange& exchange) {
    exchange.stream({R"({"choices":[{"delta":{"content":")" + long_answer + R"("}}]})", kLength, "[DONE]"});
  });
  ASSERT_TRUE(ask(std::string(2000, 'q')));
  ASSERT_TRUE(ask("and then?"));
  EXPECT_EQ(told(1), std::vector<std::string>{"user: and then?"});
  ASSERT_TRUE(ask("and now?"));
  EXPECT_EQ(told(2), (std::vector<std::string>{"user: and then?", "assistant: Hello", "user: and now?"}));
}

TEST_F(ConversationsTest, SettleManyQuestionsOnceEach) {
  fake_.otherwise = say_hello;
  std::vector<std::future<Expected<Outcome>>> outcomes;
  for (std::size_t i = 0; i < 50; ++i) {
    if (i % defaults::kMaxOpenQuestions == 0)
      eventually([&] { return open_questions() == 0; }, "room for more questions");
    outcomes.push_back(begin_to_ask("question " + std::to_string(i))->get_future());
  }
  for (auto& outcome : outcomes) {
    ASSERT_EQ(outcome.wait_for(20s), std::future_status::ready);
    EXPECT_TRUE(outcome.get());
  }
  EXPECT_EQ(projections::SessionQueries(*store_).session(kSession)->messages, 100);
}

}  // namespace
}  // namespace troupe::actors
