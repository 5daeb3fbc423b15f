// Chats that their owner clears or ends.
#include "actors/session.hpp"
#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using Session = testing::Given<SessionDecider>;

constexpr AccountId kAda = 1, kBob = 2;
const SessionCreated kChat{7, "chat", kAda, "digest", "", false, "sealed title"};

MessagePosted posted(std::int64_t number) { return {number, "user", kAda, kAda, "sealed"}; }

TEST(ClearedChat, LosesItsMessagesAndFailsWhatIsOpen) {
  const QuestionAsked asked{2, kAda, "", "", "", std::nullopt, std::nullopt};
  const auto events = Session({kChat, posted(1), posted(2), asked}).when(ClearChat{kAda});
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<QuestionFailed>((*events)[0]).number, 2);
  const auto& cleared = std::get<ChatCleared>((*events)[1]);
  EXPECT_EQ(cleared.from, 1);
  EXPECT_EQ(cleared.through, 2);
}

TEST(ClearedChat, IsClearedFromWhereItWasBefore) {
  const Session chat({kChat, posted(1), posted(2), ChatCleared{1, 2, kAda}});
  const auto nothing = chat.when(ClearChat{kAda});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  const auto again = Session({kChat, posted(1), ChatCleared{1, 1, kAda}, posted(2)}).when(ClearChat{kAda});
  EXPECT_EQ(testing::only<ChatCleared>(again).from, 2);
}

TEST(ClearedChat, IsClearedInPiecesWhenItIsLong) {
  const auto events = Session({kChat, posted(25'000)}).when(ClearChat{kAda});
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(std::get<ChatCleared>(events->back()).through, 25'000);
}

TEST(ClearedChat, IsItsOwnersAlone) {
  expect_refused(Session({kChat, posted(1)}).when(ClearChat{kBob}), Errc::not_found, kSessionId);
  const SessionCreated channel{8, "channel", kAda, "garden", "", false, ""};
  expect_refused(Session({channel, posted(1)}).when(ClearChat{kAda}), Errc::not_found, kSessionId);
}

TEST(DeletedChat, TakesNothingMoreAndGivesItsNameUp) {
  const Session chat({kChat, posted(1)});
  const auto events = chat.when(DeleteChat{kAda});
  ASSERT_TRUE(events);
  ASSERT_TRUE(std::holds_alternative<ChatDeleted>(events->back()));
  EXPECT_EQ(SessionDecider::claims({}, kChat).at(0).name, "chat/1/digest");
  const auto released = SessionDecider::claims(chat.state, events->back());
  EXPECT_EQ(released.at(0).name, "chat/1/digest");
  EXPECT_EQ(released.at(0).kind, Claim::Kind::release);
  expect_refused(Session({kChat, ChatDeleted{kAda}}).when(PostMessage{kAda, "sealed", 5}), Errc::not_found, kSessionId);
}

TEST(DeletedChat, WithoutANameClaimsNothing) {
  const SessionCreated unnamed{7, "chat", kAda, "", "", false, "sealed title"};
  EXPECT_TRUE(SessionDecider::claims({}, unnamed).empty());
  EXPECT_TRUE(SessionDecider::claims(Session({unnamed}).state, ChatDeleted{kAda}).empty());
}

}  // namespace
}  // namespace troupe::actors
