// Talks as their sessions decide them.
#include <gtest/gtest.h>

#include "actors/session.hpp"
#include "given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Given = testing::Given<SessionDecider>;

constexpr Micros kSecond = 1'000'000;

SessionCreated a_talk() { return {7, "talk", 40, "40"}; }

Hear hears(Step step = Step::model) {
  Hear hear;
  hear.author = 41;
  hear.sealed_text = "sealed";
  hear.foreign_id = "m1";
  hear.verdict = {step, "why", "text"};
  hear.command = "ping";
  return hear;
}

template <class E>
const E& second(const Expected<std::vector<SessionEvent>>& events) {
  static const E kNone{};
  if (!events || events->size() != 2 || !std::holds_alternative<E>((*events)[1])) {
    ADD_FAILURE() << "expected a message and " << E::type;
    return kNone;
  }
  EXPECT_TRUE(std::holds_alternative<MessagePosted>(events->front()));
  return std::get<E>((*events)[1]);
}

TEST(Talk, PutsAMessageThatWokeTheBotToTheModel) {
  const auto events = Given({a_talk()}).when(hears());
  EXPECT_EQ(second<QuestionAsked>(events).asker, 41);
  EXPECT_EQ(std::get<MessagePosted>(events->front()).foreign_id, "m1");
}

TEST(Talk, KeepsWhatDidNotWakeTheBotAndSaysWhere) {
  const auto stopped = second<MessageStopped>(Given({a_talk()}).when(hears(Step::wake)));
  EXPECT_EQ(stopped.step, "wake");
  EXPECT_EQ(stopped.number, 1);
}

TEST(Talk, CallsACommand) {
  const auto called = second<CommandCalled>(Given({a_talk()}).when(hears(Step::command)));
  EXPECT_EQ(called.name, "ping");
  EXPECT_EQ(called.caller, 41);
}

TEST(Talk, AnswersNoMoreThanItsRate) {
  const Given twice({a_talk(), MessagePosted{1}, QuestionAsked{1, 41}, MessagePosted{2}, CommandCalled{2, 41, "ping"}},
                    100 * kSecond);
  Hear hear = hears();
  hear.rate = {true, 2, 60};
  EXPECT_EQ(second<MessageStopped>(twice.when(hear, 159 * kSecond)).step, "rate");
  EXPECT_EQ(second<QuestionAsked>(twice.when(hear, 161 * kSecond)).number, 3);
}

TEST(Talk, CountsNothingForTheRateThatDidNotWakeIt) {
  const Given stopped({a_talk(), MessagePosted{1}, MessageStopped{1, "wake", ""}}, 100 * kSecond);
  Hear hear = hears();
  hear.rate = {true, 1, 60};
  EXPECT_EQ(second<QuestionAsked>(stopped.when(hear, 101 * kSecond)).number, 2);
}

TEST(Talk, StopsWhenItsPlatformTakesNoAnswers) {
  Given given({a_talk()});
  for (std::size_t i = 0; i < defaults::kMaxUnsentReplies; ++i) given.state.unsent.push_back(1);
  EXPECT_EQ(second<MessageStopped>(given.when(hears())).step, "rate");
}

TEST(Talk, GivesACommandOneOutcome) {
  const Given called({a_talk(), MessagePosted{1}, CommandCalled{1, 41, "ping"}});
  const auto events = called.when(AnswerCommand{1, "sealed", 5});
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<MessagePosted>(events->front()).key_of, 41);
  EXPECT_EQ(std::get<MessagePosted>(events->front()).reply_to, 1);
  EXPECT_EQ(std::get<CommandAnswered>((*events)[1]).answer_number, 2);
  const Given answered(
      {a_talk(), MessagePosted{1}, CommandCalled{1, 41, "ping"}, MessagePosted{2}, CommandAnswered{1, 2, "ping"}});
  expect_refused(answered.when(AnswerCommand{1, "sealed"}), Errc::conflict);
  expect_refused(answered.when(FailCommand{1, "why"}), Errc::conflict);
}

TEST(Talk, TakesASecretAnswerBackOnceItsOutcomeIsKnown) {
  const Given called({a_talk(), MessagePosted{1}, CommandCalled{1, 41, "link"}});
  const auto answered = called.when(AnswerCommand{1, "sealed", 5, true});
  EXPECT_TRUE(std::get<CommandAnswered>(answered->back()).secret);
  const Given told({a_talk(), MessagePosted{1}, CommandCalled{1, 41, "link"}, answered->front(), answered->back()});
  const auto reported = told.when(ReportReply{2, true, "foreign", {}, true});
  ASSERT_EQ(reported->size(), 2u);
  EXPECT_EQ(std::get<ReplySent>(reported->front()).foreign_id, "foreign");
  EXPECT_EQ(std::get<MessageDeleted>(reported->back()).number, 2);
}

TEST(Talk, SaysThatACommandFailed) {
  const Given called({a_talk(), MessagePosted{1}, CommandCalled{1, 41, "ping"}});
  const auto events = called.when(FailCommand{1, "why", "sealed"});
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<MessagePosted>(events->front()).sealed_text, "sealed");
  EXPECT_EQ(std::get<MessagePosted>(events->front()).key_of, 41);
  EXPECT_EQ(std::get<CommandFailed>((*events)[1]).answer_number, 2);
  EXPECT_EQ(only<CommandFailed>(called.when(FailCommand{1, "why"})).answer_number, 0);
  const Given told({a_talk(), MessagePosted{1}, CommandCalled{1, 41, "ping"}, events->front(), (*events)[1]});
  EXPECT_EQ(only<ReplySent>(told.when(ReportReply{2, true})).number, 2);
}

TEST(Talk, SaysThatAQuestionFailed) {
  const Given asked({a_talk(), MessagePosted{1}, QuestionAsked{1, 41}});
  const auto events = asked.when(FailQuestion{1, "why", "sealed"});
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<MessagePosted>(events->front()).reply_to, 1);
  EXPECT_EQ(std::get<QuestionFailed>((*events)[1]).answer_number, 2);
}

TEST(Talk, SaysThatAQuestionIsGivenUp) {
  const Given again({a_talk(), MessagePosted{1}, QuestionAsked{1, 41}, QuestionAskedAgain{1}});
  const auto events = again.when(AskAgain{1, "sealed"});
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<QuestionFailed>((*events)[1]).answer_number, 2);
}

TEST(Talk, TellsOfALimitWhereThereIsSomethingToTell) {
  Hear over = hears(Step::usage);
  EXPECT_EQ(second<MessageStopped>(Given({a_talk()}).when(over)).answer_number, 0);
  over.sealed_notice = "sealed notice";
  over.group = 40;
  over.limited = 41;
  const auto events = Given({a_talk()}).when(over);
  ASSERT_TRUE(events && events->size() == 3);
  EXPECT_EQ(std::get<MessagePosted>((*events)[1]).number, 2);
  const auto& stopped = std::get<MessageStopped>((*events)[2]);
  EXPECT_EQ(stopped.step, "usage");
  EXPECT_EQ(stopped.answer_number, 2);
  EXPECT_EQ(stopped.limited, 41);
  EXPECT_EQ(Given({a_talk(), (*events)[0], (*events)[1], (*events)[2]}).state.unsent, std::vector<std::int64_t>{2});
}

TEST(Talk, IsClearedInTheNameOfItsContact) {
  const Given talk({a_talk(), MessagePosted{1}, QuestionAsked{1, 41}, MessagePosted{2},
                    QuestionAnswered{.number = 1, .answer_number = 2, .asker = 41, .to_send = true}});
  const auto events = talk.when(ClearChat{40});
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<ReplyFailed>(events->front()).number, 2);
  EXPECT_EQ(std::get<ChatCleared>(events->back()).through, 2);
  expect_refused(talk.when(ClearChat{41}), Errc::not_found, kSessionId);
}

TEST(Talk, LetsACommandSayNothing) {
  const Given called({a_talk(), MessagePosted{1}, CommandCalled{1, 41, "ping"}});
  EXPECT_EQ(only<CommandAnswered>(called.when(AnswerCommand{1, ""})).answer_number, 0);
}

TEST(Talk, SendsEachAnswerOnce) {
  std::vector<SessionEvent> events{a_talk(), MessagePosted{1}, QuestionAsked{1, 41}, MessagePosted{2}};
  QuestionAnswered answered{1, 2, 41};
  answered.to_send = true;
  events.emplace_back(answered);
  EXPECT_EQ(only<ReplySent>(Given(events).when(ReportReply{2, true, "m9"})).foreign_id, "m9");
  EXPECT_EQ(only<ReplyFailed>(Given(events).when(ReportReply{2, false, "", "refused"})).reason, "refused");
  events.emplace_back(ReplySent{2, "m9"});
  EXPECT_TRUE(Given(events).when(ReportReply{2, true, "m9"})->empty());
}

TEST(Talk, ClaimsItsName) {
  const auto claims = SessionDecider::claims({}, a_talk());
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].name, "talk/40");
}

TEST(Talk, IsNoPlaceForPeopleWithAccounts) {
  PostMessage post;
  post.author = 9;
  post.sealed_text = "sealed";
  post.length = 1;
  expect_refused(Given({a_talk()}).when(post), Errc::not_found, kSessionId);
}

TEST(Talk, TakesNoMessageOfAPlatformAnywhereElse) {
  expect_refused(Given({SessionCreated{7, "chat", 3}}).when(hears()), Errc::not_found, kSessionId);
}

TEST(Talk, AnnouncesWhatAnswersNothingAndKeepsItUntilThePlatformHasTakenIt) {
  std::vector<SessionEvent> events{a_talk()};
  const auto said = Given(events).when(Announce{40, "sealed", "herald"});
  EXPECT_EQ(second<MessageAnnounced>(said).plugin, "herald");
  const auto& message = std::get<MessagePosted>(said->front());
  EXPECT_EQ(message.role, "assistant");
  EXPECT_EQ(message.key_of, 40);
  EXPECT_EQ(message.reply_to, 0);
  events.insert(events.end(), said->begin(), said->end());
  EXPECT_EQ(only<ReplySent>(Given(events).when(ReportReply{1, true, "m9"})).foreign_id, "m9");
  expect_refused(Given({SessionCreated{7, "chat", 40, "40"}}).when(Announce{40, "sealed", "herald"}), Errc::not_found,
                 kSessionId);
}

TEST(Talk, AnnouncesNoMoreThanMayWait) {
  std::vector<SessionEvent> events{a_talk()};
  for (std::size_t i = 1; i <= defaults::kMaxUnsentOfTalk; ++i) {
    events.push_back(MessagePosted{static_cast<std::int64_t>(i), "assistant"});
    events.push_back(MessageAnnounced{static_cast<std::int64_t>(i), "herald"});
  }
  expect_refused(Given(events).when(Announce{40, "sealed", "herald"}), Errc::too_fast);
  events.push_back(ReplySent{3, "m9"});
  EXPECT_TRUE(Given(events).when(Announce{40, "sealed", "herald"}));
}

}  // namespace
}  // namespace troupe::actors
