#include "actors/session.hpp"

#include <random>
#include <set>

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Session = testing::Given<SessionDecider>;

constexpr AccountId kAda = 1, kBob = 2, kEve = 3;

const SessionCreated kChat{7, "chat", kAda, "", "", false, "sealed title"};
const SessionCreated kChannel{8, "channel", kAda, "garden", "all about it", false, ""};
const SessionCreated kPrivate{9, "channel", kAda, "attic", "", true, ""};
const MemberJoined kBobJoined{kBob};

MessagePosted posted(std::int64_t number, AccountId author = kAda) {
  return {number, "user", author, author, "sealed", "text", {}, 0, {}, 1};
}
const QuestionAsked kAsked{1, kAda, "", "", "", std::nullopt, std::nullopt};

CreateSession create(std::string kind, std::string name = "") {
  CreateSession command{7, std::move(kind), kAda};
  command.name = std::move(name);
  return command;
}

PostMessage post(AccountId author, std::size_t length = 5) { return {author, "sealed", length}; }

PostMessage ask(AccountId asker, std::size_t length = 5) {
  PostMessage command = post(asker, length);
  command.question = Question{"p", "m", "sealed prompt", 0.5, 100};
  return command;
}

// Sessions and their members

TEST(SessionDecider, CreatesAChatOfOnePersonUnderTheNumberItIsGiven) {
  auto command = create("chat");
  command.sealed_title = "sealed title";
  const auto created = only<SessionCreated>(Session().when(command));
  EXPECT_EQ(created.id, 7);
  EXPECT_EQ(created.owner, kAda);
  EXPECT_EQ(created.sealed_title, "sealed title");
  EXPECT_TRUE(SessionDecider::claims({}, created).empty());
}

TEST(SessionDecider, BeginsAChatWithItsQuestionOrNotAtAll) {
  const auto events = Session().when(BeginChat{create("chat"), ask(kAda)});
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(std::get<SessionCreated>((*events)[0]).owner, kAda);
  EXPECT_EQ(std::get<MessagePosted>((*events)[1]).number, 1);
  EXPECT_EQ(std::get<QuestionAsked>((*events)[2]).number, 1);
  expect_refused(Session().when(BeginChat{create("chat"), ask(kAda, defaults::kMaxQuestionLength + 1)}), Errc::invalid,
                 "content");
  expect_refused(Session({kChat}).when(BeginChat{create("chat"), ask(kAda)}), Errc::conflict, "id");
}

TEST(SessionDecider, LetsTheOwnerDeleteAChatForGood) {
  const auto events = Session({kChat, posted(1), kAsked}).when(DeleteChat{kAda});
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<QuestionFailed>((*events)[0]).number, 1);
  EXPECT_EQ(std::get<ChatDeleted>((*events)[1]).owner, kAda);
  expect_refused(Session({kChat, ChatDeleted{kAda}}).when(post(kAda)), Errc::not_found, kSessionId);
  expect_refused(Session({kChat, ChatDeleted{kAda}}).when(DeleteChat{kAda}), Errc::not_found, kSessionId);
}

TEST(SessionDecider, LetsNobodyElseDeleteAChatAndNoOtherSessionThatWay) {
  expect_refused(Session({kChat}).when(DeleteChat{kBob}), Errc::not_found, kSessionId);
  expect_refused(Session({kChannel}).when(DeleteChat{kAda}), Errc::not_found, kSessionId);
}

TEST(SessionDecider, TakesTheNameOfAChannel) {
  const auto created = only<SessionCreated>(Session().when(create("channel", "garden")));
  const auto claims = SessionDecider::claims({}, created);
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].name, channel_claim("garden"));
}

TEST(SessionDecider, RefusesNamesThatNoUrlCouldHold) {
  for (const std::string name : {"", "a/b", "a?b", "a#b", "a%b", "channel_1", "two\nlines"})
    expect_refused(Session().when(create("channel", name)), Errc::invalid, "name");
  expect_refused(Session().when(create("channel", std::string(defaults::kMaxChannelNameLength + 1, 'x'))),
                 Errc::invalid, "name");
  auto wordy = create("channel", "garden");
  wordy.description = std::string(defaults::kMaxChannelDescriptionLength + 1, 'x');
  expect_refused(Session().when(wordy), Errc::invalid, "description");
}

TEST(SessionDecider, CreatesNothingTwice) {
  expect_refused(Session({kChat}).when(create("chat")), Errc::conflict, "id");
}

TEST(SessionDecider, KnowsNothingOfASessionThatIsNotThere) {
  const MessageFacts facts{1, kAda};
  for (const SessionDecider::Command& command : std::vector<SessionDecider::Command>{
           Join{kAda}, Leave{kAda}, post(kAda), EditMessage{facts, kAda, false, "s", 1}, DeleteMessage{facts, kAda},
           React{facts, kAda, "+1"}, Unreact{facts, kAda, "+1"}, AskAgain{1}, AnswerQuestion{1}, FailQuestion{1}})
    expect_refused(Session().when(command), Errc::not_found, kSessionId);
}

TEST(SessionDecider, LetsAnyoneIntoAPublicChannelOnce) {
  EXPECT_EQ(only<MemberJoined>(Session({kChannel}).when(Join{kBob})).account, kBob);
  const auto again = Session({kChannel, kBobJoined}).when(Join{kBob});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
}

TEST(SessionDecider, HidesPrivateChannelsAndChatsFromThoseWhoAreNotInvited) {
  expect_refused(Session({kPrivate}).when(Join{kBob}), Errc::not_found, kSessionId);
  only<MemberJoined>(Session({kPrivate}).when(Join{kBob, true}));
  expect_refused(Session({kChat}).when(Join{kBob}), Errc::not_found, kSessionId);
  expect_refused(Session({kChat}).when(Join{kBob, true}), Errc::not_found, kSessionId);
}

TEST(SessionDecider, TakesNoMoreMembersThanAChannelHolds) {
  Session full({kChannel});
  for (AccountId id = 100; full.state.members.size() < defaults::kMaxChannelMembers; ++id)
    SessionDecider::evolve(full.state, MemberJoined{id}, 0);
  expect_refused(full.when(Join{kBob}), Errc::conflict);
}

TEST(SessionDecider, LetsMembersLeaveButNotTheOwner) {
  EXPECT_EQ(only<MemberLeft>(Session({kChannel, kBobJoined}).when(Leave{kBob})).account, kBob);
  expect_refused(Session({kChannel, kBobJoined}).when(Leave{kAda}), Errc::conflict);
  const auto stranger = Session({kChannel}).when(Leave{kBob});
  ASSERT_TRUE(stranger);
  EXPECT_TRUE(stranger->empty());
  expect_refused(Session({kPrivate, kBobJoined, MemberLeft{kBob}}).when(post(kBob)), Errc::not_found, kSessionId);
}

// Messages

TEST(SessionDecider, NumbersMessagesWithoutGaps) {
  EXPECT_EQ(only<MessagePosted>(Session({kChannel}).when(post(kAda))).number, 1);
  EXPECT_EQ(only<MessagePosted>(Session({kChannel, posted(1), posted(2)}).when(post(kAda))).number, 3);
}

TEST(SessionDecider, TakesMessagesOfMembersOnly) {
  expect_refused(Session({kPrivate}).when(post(kBob)), Errc::not_found, kSessionId);
}

TEST(SessionDecider, BoundsAMessage) {
  const Session channel({kChannel, posted(1)});
  expect_refused(channel.when(post(kAda, 0)), Errc::invalid, "content");
  only<MessagePosted>(channel.when(post(kAda, defaults::kMaxMessageLength)));
  expect_refused(channel.when(post(kAda, defaults::kMaxMessageLength + 1)), Errc::invalid, "content");
  const auto refused = [&](const char* field, auto change) {
    PostMessage command = post(kAda);
    change(command);
    expect_refused(channel.when(command), Errc::invalid, field);
  };
  refused("content_type", [](PostMessage& c) { c.content_type = "html"; });
  refused("mentions", [](PostMessage& c) { c.mentions.resize(defaults::kMaxMentions + 1); });
  refused("attachments", [](PostMessage& c) { c.attachments.resize(defaults::kMaxAttachmentsPerMessage + 1); });
  refused("reply_to", [](PostMessage& c) { c.reply_to = 2; });
  refused("reply_to", [](PostMessage& c) { c.reply_to = -1; });
  PostMessage reply = post(kAda);
  reply.reply_to = 1;
  reply.content_type = "markdown";
  EXPECT_EQ(only<MessagePosted>(channel.when(reply)).reply_to, 1);
}

TEST(SessionDecider, TakesNoMessageWhenItsNumbersAreUsedUp) {
  Session full({kChannel, posted(1)});
  full.state.messages = kMaxMessagesPerSession;
  expect_refused(full.when(post(kAda)), Errc::conflict);
}

TEST(SessionDecider, LetsTheAuthorAndModeratorsEditAndDelete) {
  const Session channel({kChannel, kBobJoined, posted(1, kBob)});
  const MessageFacts facts{1, kBob};
  EXPECT_EQ(only<MessageEdited>(channel.when(EditMessage{facts, kBob, false, "new", 3})).sealed_text, "new");
  only<MessageDeleted>(channel.when(DeleteMessage{facts, kBob}));
  expect_refused(channel.when(EditMessage{facts, kAda, false, "new", 3}), Errc::forbidden);
  expect_refused(channel.when(DeleteMessage{facts, kAda}), Errc::forbidden);
  expect_refused(channel.when(EditMessage{facts, kEve, false, "new", 3}), Errc::not_found, kSessionId);
  expect_refused(channel.when(DeleteMessage{facts, kEve}), Errc::not_found, kSessionId);
  EXPECT_EQ(only<MessageEdited>(channel.when(EditMessage{facts, kEve, true, "new", 3})).by, kEve);
  EXPECT_EQ(only<MessageDeleted>(channel.when(DeleteMessage{facts, kEve, true})).by, kEve);
  expect_refused(channel.when(EditMessage{facts, kBob, false, "", 0}), Errc::invalid, "content");
}

TEST(SessionDecider, ChangesNothingAboutAMessageThatIsGone) {
  const Session channel({kChannel, posted(1), MessageDeleted{1, kAda}, posted(2)});
  for (const auto& facts : std::vector<MessageFacts>{{1, kAda}, {2, kAda, true}, {3, kAda}, {0, kAda}}) {
    expect_refused(channel.when(EditMessage{facts, kAda, false, "new", 3}), Errc::not_found);
    expect_refused(channel.when(DeleteMessage{facts, kAda}), Errc::not_found);
    expect_refused(channel.when(React{facts, kAda, "+1"}), Errc::not_found);
    expect_refused(channel.when(Unreact{facts, kAda, "+1"}), Errc::not_found);
  }
}

TEST(SessionDecider, TakesReactionsOfMembers) {
  const Session channel({kChannel, kBobJoined, posted(1)});
  const MessageFacts facts{1, kAda};
  EXPECT_EQ(only<ReactionAdded>(channel.when(React{facts, kBob, "+1"})).emoji, "+1");
  EXPECT_EQ(only<ReactionRemoved>(channel.when(Unreact{facts, kBob, "+1", {true, 1}})).account, kBob);
  expect_refused(channel.when(React{facts, kEve, "+1"}), Errc::not_found, kSessionId);
  expect_refused(channel.when(Unreact{facts, kEve, "+1"}), Errc::not_found, kSessionId);
  expect_refused(channel.when(React{facts, kBob, ""}), Errc::invalid, "emoji");
  expect_refused(channel.when(React{facts, kBob, std::string(defaults::kMaxEmojiLength + 1, 'x')}), Errc::invalid,
                 "emoji");
}

// Questions

TEST(SessionDecider, PostsAQuestionAndOpensIt) {
  const auto events = Session({kChat}).when(ask(kAda, defaults::kMaxQuestionLength));
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<MessagePosted>((*events)[0]).number, 1);
  const auto& asked = std::get<QuestionAsked>((*events)[1]);
  EXPECT_EQ(asked.number, 1);
  EXPECT_EQ(asked.asker, kAda);
  EXPECT_EQ(asked.provider, "p");
  EXPECT_EQ(asked.model, "m");
  EXPECT_EQ(asked.sealed_system_prompt, "sealed prompt");
  EXPECT_EQ(asked.temperature, 0.5);
  EXPECT_EQ(asked.max_tokens, 100);
}

TEST(SessionDecider, BoundsQuestions) {
  expect_refused(Session({kChat}).when(ask(kAda, defaults::kMaxQuestionLength + 1)), Errc::invalid, "content");
  expect_refused(Session({kChat}).when(ask(kBob)), Errc::not_found, kSessionId);
  Session busy({kChat});
  for (std::size_t i = 1; i <= defaults::kMaxOpenQuestions; ++i) {
    const auto number = static_cast<std::int64_t>(i);
    SessionDecider::evolve(busy.state, posted(number), 0);
    SessionDecider::evolve(busy.state, QuestionAsked{number, kAda}, 0);
  }
  expect_refused(busy.when(ask(kAda)), Errc::overloaded);
  only<MessagePosted>(busy.when(post(kAda)));
  SessionDecider::evolve(busy.state, QuestionFailed{1, kAda, "why"}, 0);
  EXPECT_TRUE(busy.when(ask(kAda)));
}

TEST(SessionDecider, PostsTheAnswerUnderTheAskersKeyWithWhatItCost) {
  const auto events = Session({kChat, posted(1), kAsked, posted(2)})
                          .when(AnswerQuestion{1, "sealed answer", "p", "m-1", 3, 4, true, 5, "length"});
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  const auto& answer = std::get<MessagePosted>((*events)[0]);
  EXPECT_EQ(answer.number, 3);
  EXPECT_EQ(answer.role, "assistant");
  EXPECT_EQ(answer.author, 0);
  EXPECT_EQ(answer.key_of, kAda);
  EXPECT_EQ(answer.reply_to, 1);
  EXPECT_EQ(answer.tokens, 4);
  const auto& answered = std::get<QuestionAnswered>((*events)[1]);
  EXPECT_EQ(answered.number, 1);
  EXPECT_EQ(answered.answer_number, 3);
  EXPECT_EQ(answered.asker, kAda);
  EXPECT_EQ(answered.provider, "p");
  EXPECT_EQ(answered.model, "m-1");
  EXPECT_EQ(answered.prompt_tokens, 3);
  EXPECT_EQ(answered.completion_tokens, 4);
  EXPECT_TRUE(answered.estimated);
  EXPECT_EQ(answered.took, 5);
  EXPECT_EQ(answered.finish_reason, "length");
}

TEST(SessionDecider, GivesAQuestionOneOutcome) {
  const std::vector<SessionEvent> open = {kChat, posted(1), kAsked};
  for (const SessionEvent& outcome :
       std::vector<SessionEvent>{QuestionAnswered{1, 2, kAda}, QuestionFailed{1, kAda, "why"}}) {
    auto events = open;
    events.push_back(outcome);
    const Session closed(events);
    expect_refused(closed.when(AnswerQuestion{1}), Errc::conflict);
    expect_refused(closed.when(FailQuestion{1}), Errc::conflict);
    const auto again = closed.when(AskAgain{1});
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->empty());
  }
  EXPECT_EQ(only<QuestionFailed>(Session(open).when(FailQuestion{1, "why"})).reason, "why");
  expect_refused(Session(open).when(AnswerQuestion{2}), Errc::conflict);
}

TEST(SessionDecider, AsksAgainOnceAndThenNoMore) {
  const Session open({kChat, posted(1), kAsked});
  only<QuestionAskedAgain>(open.when(AskAgain{1}));
  const Session again({kChat, posted(1), kAsked, QuestionAskedAgain{1}});
  EXPECT_EQ(only<QuestionFailed>(again.when(AskAgain{1})).asker, kAda);
  EXPECT_TRUE(again.when(AnswerQuestion{1}));
}

TEST(SessionDecider, FailsAQuestionWhoseAnswerHasNoPlace) {
  Session full({kChat, posted(1), kAsked});
  full.state.messages = kMaxMessagesPerSession;
  EXPECT_EQ(only<QuestionFailed>(full.when(AnswerQuestion{1})).reason, "the session is full");
}

TEST(SessionDecider, RemembersItsStateThroughASnapshot) {
  const Session before(
      {kChannel, kBobJoined, posted(1), kAsked, QuestionAskedAgain{1}, posted(2), MessageDeleted{2, kAda}});
  Session after;
  after.state = Json(before.state).get<SessionState>();
  only<QuestionFailed>(after.when(AskAgain{1}));
  expect_refused(after.when(DeleteMessage{{2, kAda}, kAda}), Errc::not_found);
  EXPECT_EQ(only<MessagePosted>(after.when(post(kBob))).number, 3);
}

/// Whatever comes in whatever order: numbers have no gaps, and a question has one outcome at most, after it was asked.
TEST(SessionDecider, KeepsItsInvariantsUnderRandomCommands) {
  std::mt19937 random(20261125);
  for (int round = 0; round < 200; ++round) {
    SessionState state;
    SessionDecider::evolve(state, kChat, 0);
    std::int64_t last = 0;
    std::set<std::int64_t> open, closed;
    for (int step = 0; step < 60; ++step) {
      const auto number = static_cast<std::int64_t>(random() % static_cast<unsigned>(last + 2));
      SessionDecider::Command command;
      switch (random() % 6) {
        case 0: command = post(random() % 2 ? kAda : kBob); break;
        case 1: command = ask(kAda); break;
        case 2: command = AnswerQuestion{number}; break;
        case 3: command = FailQuestion{number, "why"}; break;
        case 4: command = AskAgain{number}; break;
        default: command = DeleteMessage{{number, kAda}, kAda}; break;
      }
      const auto events = SessionDecider::decide(state, command, 0);
      if (!events) continue;
      for (const auto& event : *events) {
        const auto close = [&](std::int64_t question) {
          EXPECT_EQ(open.erase(question), 1u);
          EXPECT_TRUE(closed.insert(question).second);
        };
        if (const auto* e = std::get_if<MessagePosted>(&event)) {
          EXPECT_EQ(e->number, ++last);
        }
        if (const auto* e = std::get_if<QuestionAsked>(&event)) open.insert(e->number);
        if (const auto* e = std::get_if<QuestionAnswered>(&event)) close(e->number);
        if (const auto* e = std::get_if<QuestionFailed>(&event)) close(e->number);
        SessionDecider::evolve(state, event, 0);
      }
      ASSERT_EQ(state.open_questions.size(), open.size());
    }
  }
}

}  // namespace
}  // namespace troupe::actors
