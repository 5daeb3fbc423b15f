// Channels: who may be in them and do what there, what is said, and that pages of it neither skip nor repeat.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "actors/session.hpp"
#include "actors/system.hpp"
#include "projections/rebuild.hpp"
#include "projections/session_queries.hpp"
#include "tests/actors/given.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using testing::wait;

using namespace events;
using testing::expect_refused;
using testing::only;
using Channel = testing::Given<SessionDecider>;

constexpr AccountId kOwner = 1, kMember = 2, kStranger = 3;
const SessionCreated kPublic{7, "channel", kOwner, "general", "", false, ""};
const SessionCreated kPrivate{7, "channel", kOwner, "secret", "", true, ""};
const MessagePosted kPosted{1, "user", kMember, kMember, "sealed"};
const MessageFacts kFacts{1, kMember, false};

PostMessage post(AccountId author, std::size_t length = 5) {
  PostMessage message;
  message.author = author;
  message.sealed_text = "sealed";
  message.length = length;
  return message;
}

CreateSession creation(std::string name, bool is_private = false) {
  CreateSession create;
  create.id = 7;
  create.kind = "channel";
  create.owner = kOwner;
  create.name = std::move(name);
  create.is_private = is_private;
  return create;
}

// Making and changing

TEST(ChannelDecider, BelongsToItsCreatorFromTheStart) {
  EXPECT_EQ(only<SessionCreated>(Channel().when(creation("general"))).owner, kOwner);
  EXPECT_EQ(Channel({kPublic}).state.members, std::vector<AccountId>{kOwner});
}

TEST(ChannelDecider, RefusesNamesThatAreEmptyTooLongOrLikeAnId) {
  for (const auto& name : {std::string(), std::string("channel_7"), std::string("a/b"), std::string("a\nb"),
                           std::string(defaults::kMaxChannelNameLength + 1, 'x')})
    expect_refused(Channel().when(creation(name)), Errc::invalid, "name");
  auto wordy = creation("general");
  wordy.description = std::string(defaults::kMaxChannelDescriptionLength + 1, 'x');
  expect_refused(Channel().when(wordy), Errc::invalid, "description");
}

TEST(ChannelDecider, TakesItsNameWhenItIsPublicAndTellsNobodyWhenItIsPrivate) {
  const auto taken = SessionDecider::claims({}, kPublic);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].name, "channel/general");
  EXPECT_TRUE(SessionDecider::claims({}, kPrivate).empty());
  EXPECT_TRUE(SessionDecider::claims(Channel({kPrivate}).state, ChannelDescribed{"other", "", kOwner}).empty());
}

TEST(ChannelDecider, GivesItsNameUpWhenItIsRenamedOrArchived) {
  const auto renamed = SessionDecider::claims(Channel({kPublic}).state, ChannelDescribed{"hall", "", kOwner});
  ASSERT_EQ(renamed.size(), 2u);
  EXPECT_EQ(renamed[0].kind, Claim::Kind::release);
  EXPECT_EQ(renamed[1].name, "channel/hall");
  const auto archived = SessionDecider::claims(Channel({kPublic}).state, ChannelArchived{});
  ASSERT_EQ(archived.size(), 1u);
  EXPECT_EQ(archived[0].kind, Claim::Kind::release);
}

TEST(ChannelDecider, IsDescribedByItsOwnerOrAModerator) {
  const Channel channel({kPublic, MemberJoined{kMember}});
  EXPECT_EQ(only<ChannelDescribed>(channel.when(DescribeChannel{kOwner, false, "hall", {}})).name, "hall");
  EXPECT_EQ(only<ChannelDescribed>(channel.when(DescribeChannel{kStranger, true, {}, "For all"})).name, "general");
  expect_refused(channel.when(DescribeChannel{kMember, false, "mine", {}}), Errc::forbidden);
  expect_refused(Channel({kPrivate}).when(DescribeChannel{kStranger, false, "mine", {}}), Errc::not_found, kSessionId);
  expect_refused(channel.when(DescribeChannel{kOwner, false, "", {}}), Errc::invalid, "name");
}

TEST(ChannelDecider, IsArchivedByItsOwnerOrAnAdministratorAndThenTakesNothing) {
  const Channel channel({kPublic, MemberJoined{kMember}});
  expect_refused(channel.when(ArchiveChannel{kMember}), Errc::forbidden);
  expect_refused(Channel({kPrivate}).when(ArchiveChannel{kStranger}), Errc::not_found, kSessionId);
  EXPECT_TRUE(Channel({kPrivate}).when(ArchiveChannel{kStranger, true}));
  EXPECT_EQ(only<ChannelArchived>(channel.when(ArchiveChannel{kOwner})).members,
            (std::vector<AccountId>{kOwner, kMember}));
  const Channel archived({kPublic, ChannelArchived{kOwner}});
  expect_refused(archived.when(post(kOwner)), Errc::not_found, kSessionId);
  expect_refused(archived.when(Join{kMember}), Errc::not_found, kSessionId);
}

// Members

TEST(ChannelDecider, LetsEveryoneJoinAPublicChannelOnce) {
  EXPECT_EQ(only<MemberJoined>(Channel({kPublic}).when(Join{kMember})).account, kMember);
  EXPECT_TRUE(Channel({kPublic, MemberJoined{kMember}}).when(Join{kMember})->empty());
}

TEST(ChannelDecider, TakesIntoAPrivateChannelWhomAMemberBrings) {
  const Channel channel({kPrivate});
  expect_refused(channel.when(Join{kMember}), Errc::not_found, kSessionId);
  expect_refused(channel.when(Join{kMember, kStranger}), Errc::not_found, kSessionId);
  EXPECT_EQ(only<MemberJoined>(channel.when(Join{kMember, kOwner})).account, kMember);
}

TEST(ChannelDecider, IsFullAtItsLimit) {
  Channel channel({kPublic});
  for (AccountId id = 100; channel.state.members.size() < defaults::kMaxChannelMembers; ++id)
    SessionDecider::evolve(channel.state, MemberJoined{id}, 0);
  expect_refused(channel.when(Join{kMember}), Errc::conflict);
  expect_refused(channel.when(post(kMember)), Errc::conflict);
}

TEST(ChannelDecider, LetsMembersGoButNotTheOwner) {
  const Channel channel({kPublic, MemberJoined{kMember}, MemberJoined{4}});
  EXPECT_EQ(only<MemberLeft>(channel.when(Leave{kMember})).account, kMember);
  EXPECT_TRUE(channel.when(Leave{kStranger})->empty());
  expect_refused(channel.when(Leave{kOwner}), Errc::conflict);
  EXPECT_EQ(only<MemberLeft>(channel.when(Leave{kMember, kOwner})).account, kMember);
  EXPECT_EQ(only<MemberLeft>(channel.when(Leave{kMember, kStranger, true})).account, kMember);
  expect_refused(channel.when(Leave{kMember, 4}), Errc::forbidden);
  expect_refused(Channel({kPrivate, MemberJoined{kMember}}).when(Leave{kMember, kStranger, true}), Errc::not_found,
                 kSessionId);
  expect_refused(channel.when(Leave{kStranger, kOwner}), Errc::not_found);
}

// Messages

TEST(ChannelDecider, MakesWhoPostsToAPublicChannelAMember) {
  const auto events = Channel({kPublic}).when(post(kStranger));
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<MemberJoined>((*events)[0]).account, kStranger);
  EXPECT_EQ(std::get<MessagePosted>((*events)[1]).number, 1);
  expect_refused(Channel({kPrivate}).when(post(kStranger)), Errc::not_found, kSessionId);
}

TEST(ChannelDecider, RefusesMessagesPastEachLimit) {
  const Channel channel({kPublic});
  expect_refused(channel.when(post(kOwner, 0)), Errc::invalid, "content");
  EXPECT_TRUE(channel.when(post(kOwner, defaults::kMaxMessageLength)));
  expect_refused(channel.when(post(kOwner, defaults::kMaxMessageLength + 1)), Errc::invalid, "content");
  auto message = post(kOwner);
  message.content_type = "html";
  expect_refused(channel.when(message), Errc::invalid, "content_type");
  message = post(kOwner);
  message.mentions.assign(defaults::kMaxMentions + 1, kOwner);
  expect_refused(channel.when(message), Errc::invalid, "mentions");
  message = post(kOwner);
  message.attachments.assign(defaults::kMaxAttachmentsPerMessage + 1, "file_1");
  expect_refused(channel.when(message), Errc::invalid, "attachments");
  message = post(kOwner);
  message.reply_to = 1;
  expect_refused(channel.when(message), Errc::invalid, "reply_to");
}

TEST(ChannelDecider, MentionsMembersOnly) {
  auto message = post(kOwner);
  message.mentions = {kMember};
  expect_refused(Channel({kPublic}).when(message), Errc::invalid, "mentions");
  EXPECT_TRUE(Channel({kPublic, MemberJoined{kMember}}).when(message));
}

TEST(ChannelDecider, LetsTheAuthorAndModeratorsEditAndDelete) {
  const Channel channel({kPublic, MemberJoined{kMember}, MemberJoined{4}, kPosted});
  for (const auto& [by, moderates] : {std::pair(kMember, false), {kStranger, true}}) {
    EXPECT_EQ(only<MessageEdited>(channel.when(EditMessage{kFacts, by, moderates, "new", 3})).by, by);
    EXPECT_EQ(only<MessageDeleted>(channel.when(DeleteMessage{kFacts, by, moderates})).by, by);
  }
  expect_refused(channel.when(EditMessage{kFacts, kOwner, false, "new", 3}), Errc::forbidden);
  expect_refused(channel.when(DeleteMessage{kFacts, 4, false}), Errc::forbidden);
  expect_refused(channel.when(EditMessage{kFacts, kStranger, false, "new", 3}), Errc::not_found, kSessionId);
  expect_refused(channel.when(EditMessage{kFacts, kMember, false, "", 0}), Errc::invalid, "content");
}

TEST(ChannelDecider, KeepsModeratorsOutOfPrivateChannelsThatTheyAreNotIn) {
  const Channel channel({kPrivate, MemberJoined{kMember}, kPosted});
  expect_refused(channel.when(DeleteMessage{kFacts, kStranger, true}), Errc::not_found, kSessionId);
  expect_refused(channel.when(DescribeChannel{kStranger, true, "hall", {}}), Errc::not_found, kSessionId);
}

TEST(ChannelDecider, KnowsADeletedMessageBeforeItsRowDoes) {
  const Channel channel({kPublic, MemberJoined{kMember}, kPosted, MessageDeleted{1, kMember}});
  expect_refused(channel.when(DeleteMessage{kFacts, kMember, false}), Errc::not_found);
  expect_refused(channel.when(EditMessage{kFacts, kMember, false, "new", 3}), Errc::not_found);
  expect_refused(channel.when(React{kFacts, kMember, "👍"}), Errc::not_found);
}

TEST(ChannelDecider, CountsAReactionOnce) {
  const Channel channel({kPublic, MemberJoined{kMember}, kPosted});
  EXPECT_EQ(only<ReactionAdded>(channel.when(React{kFacts, kMember, "👍"})).emoji, "👍");
  EXPECT_TRUE(channel.when(React{kFacts, kMember, "👍", {true, 1}})->empty());
  EXPECT_EQ(only<ReactionRemoved>(channel.when(Unreact{kFacts, kMember, "👍", {true, 1}})).account, kMember);
  expect_refused(channel.when(Unreact{kFacts, kMember, "👍"}), Errc::not_found);
}

TEST(ChannelDecider, KnowsAReactionBeforeItsRowDoes) {
  const std::vector<SessionEvent> given = {kPublic, MemberJoined{kMember}, kPosted, ReactionAdded{1, kMember, "👍", 1}};
  EXPECT_TRUE(Channel(given).when(React{kFacts, kMember, "👍"})->empty());
  EXPECT_EQ(only<ReactionAdded>(Channel(given).when(React{kFacts, kMember, "👎"})).count, 2);
  const auto taken = only<ReactionRemoved>(Channel(given).when(Unreact{kFacts, kMember, "👍"}));
  EXPECT_EQ(taken.count, 0);
  auto both = given;
  both.emplace_back(taken);
  expect_refused(Channel(both).when(Unreact{kFacts, kMember, "👍", {true, 1}}), Errc::not_found);
  EXPECT_EQ(only<ReactionAdded>(Channel(both).when(React{kFacts, kMember, "👍", {true, 1}})).count, 1);
}

TEST(ChannelDecider, BelievesTheRowsOfReactionsThatItHasForgotten) {
  Channel channel({kPublic, MemberJoined{kMember}, kPosted, ReactionAdded{1, kMember, "👍", 1}});
  for (std::size_t i = 0; i < defaults::kMaxEntityQueue; ++i)
    SessionDecider::evolve(channel.state, ReactionAdded{2, kMember, std::to_string(i)}, 0);
  EXPECT_EQ(channel.state.recent_reactions.size(), defaults::kMaxEntityQueue);
  EXPECT_TRUE(channel.when(React{kFacts, kMember, "👍", {true, 7}})->empty());
  EXPECT_EQ(only<ReactionRemoved>(channel.when(Unreact{kFacts, kMember, "👍", {true, 7}})).count, 6);
}

TEST(ChannelDecider, RefusesReactionsPastEachLimit) {
  const Channel channel({kPublic, MemberJoined{kMember}, kPosted});
  expect_refused(channel.when(React{kFacts, kMember, ""}), Errc::invalid, "emoji");
  expect_refused(channel.when(React{kFacts, kMember, std::string(defaults::kMaxEmojiLength + 1, 'x')}), Errc::invalid,
                 "emoji");
  expect_refused(channel.when(React{kFacts, kMember, "👍", {false, defaults::kMaxReactionsPerMessage}}), Errc::conflict);
  expect_refused(channel.when(React{kFacts, kStranger, "👍"}), Errc::not_found, kSessionId);
}

TEST(ChannelDecider, RestoresItsStateFromASnapshot) {
  const auto state = Channel({kPublic, MemberJoined{kMember}, kPosted, MessageDeleted{1, kMember}}).state;
  const auto restored = Json(state).get<SessionState>();
  EXPECT_EQ(Json(restored), Json(state));
  EXPECT_EQ(restored.name, "general");
}

// On a real store

class ChannelOnStore : public ::testing::Test {
 protected:
  ChannelOnStore() {
    store_ = std::move(*storage::Store::open({folder_.path()}));
    EXPECT_TRUE(projections::rebuild(*store_, false, {}));
    secrets_ = *Secrets::open(folder_.path());
    system_ = std::make_unique<System>(*store_, secrets_, SystemOptions{});
    for (AccountId id = 1; id <= kWriters; ++id) {
      const std::string name = "person" + std::to_string(id);
      EXPECT_TRUE(wait([&](RecordAnswer answer) {
        system_->register_account({0, name, name + "@example.org", "", "hash"}, cause(), std::move(answer));
      }));
    }
    const auto made =
        wait([&](RecordAnswer answer) { conversations().create(creation("general"), {}, cause(), std::move(answer)); });
    EXPECT_TRUE(made);
    channel_ = std::stoll(std::string((*made)->id()));
  }

  static constexpr AccountId kWriters = 4;
  static Cause cause() { return {"test", "request", now_micros(), std::nullopt}; }
  Conversations& conversations() { return system_->conversations(); }

  std::int64_t say(AccountId author, const std::string& text) {
    const auto posted = wait([&](RecordAnswer answer) {
      PostMessage message;
      message.author = author;
      conversations().post(channel_, message, text, cause(), std::move(answer));
    });
    const auto message = posted ? message_in(**posted) : std::nullopt;
    EXPECT_TRUE(message);
    return message ? message->number : 0;
  }

  std::string text_of(const projections::MessageRow& row) const {
    return secrets_.unseal_for(row.key_of, row.sealed_text).value_or("");
  }

  storage::test::TempFolder folder_;
  Secrets secrets_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
  SessionId channel_ = 0;
};

TEST_F(ChannelOnStore, CountsMembersAndFindsTheChannelsOfEach) {
  const projections::SessionQueries queries(*store_);
  say(2, "hello");  // joins
  EXPECT_EQ(queries.member_count(channel_), 2);
  EXPECT_EQ(queries.channels_of(2, 0, 10), std::vector<SessionId>{channel_});
  EXPECT_EQ(queries.public_channels(0, 10), std::vector<SessionId>{channel_});
  EXPECT_TRUE(queries.sessions_of(2, kChatSession, 0, 10).empty());
  EXPECT_TRUE(wait([&](RecordAnswer answer) { conversations().ask_session(channel_, Leave{2}, cause(), answer); }));
  EXPECT_EQ(queries.member_count(channel_), 1);
  EXPECT_TRUE(queries.channels_of(2, 0, 10).empty());
}

TEST_F(ChannelOnStore, LosesItsMembersAndItsNameWhenItIsArchived) {
  const projections::SessionQueries queries(*store_);
  say(2, "hello");
  EXPECT_TRUE(
      wait([&](RecordAnswer answer) { conversations().ask_session(channel_, ArchiveChannel{1}, cause(), answer); }));
  EXPECT_EQ(queries.member_count(channel_), 0);
  EXPECT_TRUE(queries.channels_of(1, 0, 10).empty());
  EXPECT_TRUE(queries.public_channels(0, 10).empty());
  EXPECT_FALSE(queries.channel_named("general"));
  EXPECT_EQ(queries.channel_count(1), 0);
  EXPECT_TRUE(
      wait([&](RecordAnswer answer) { conversations().create(creation("general"), {}, cause(), std::move(answer)); }));
}

TEST_F(ChannelOnStore, CountsEqualReactionsOnceHoweverManyComeAtTheSameTime) {
  ASSERT_EQ(say(1, "hello"), 1);
  // As rows show them that know of none yet.
  const MessageFacts message{1, 1, false};
  const auto all = [&](int times, auto command) {
    std::vector<std::future<Expected<storage::RecordPtr>>> answers;
    for (int i = 0; i < times; ++i) {
      auto promise = std::make_shared<std::promise<Expected<storage::RecordPtr>>>();
      answers.push_back(promise->get_future());
      conversations().ask_session(channel_, command(i), cause(),
                                  [promise](auto result) { promise->set_value(std::move(result)); });
    }
    int changed = 0;
    for (auto& answer : answers)
      if (const auto result = answer.get(); result && !(*result)->events.empty()) ++changed;
    return changed;
  };
  EXPECT_EQ(all(50, [&](int) { return React{message, 1, "👍"}; }), 1);
  EXPECT_EQ(all(50, [&](int) { return Unreact{message, 1, "👍", {true, 1}}; }), 1);
  const auto most = static_cast<int>(defaults::kMaxReactionsPerMessage);
  const auto numbered = [&](int i) { return React{message, 1, std::to_string(i)}; };
  EXPECT_EQ(all(most / 2, numbered), most / 2);
  EXPECT_EQ(all(most / 2 + 10, [&](int i) { return numbered(most / 2 + i); }), most / 2);
}

TEST_F(ChannelOnStore, AreSoManyOfAnAccountAndNotOneMoreWhileARepeatIsAnsweredAsTheFirstWas) {
  const auto create = [&](int i, std::optional<storage::IdempotencyKey> key = {}) {
    Cause asked = cause();
    asked.idempotency = std::move(key);
    return wait([&](RecordAnswer answer) {
      conversations().create(creation("room" + std::to_string(i)), {}, asked, std::move(answer));
    });
  };
  std::atomic<std::size_t> answered{0};
  for (std::size_t i = 2; i < defaults::kMaxChannelsPerAccount; ++i)
    conversations().create(creation("many" + std::to_string(i)), {}, cause(), [&](const auto&) { ++answered; });
  while (answered < defaults::kMaxChannelsPerAccount - 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const storage::IdempotencyKey key{"key", "request"};
  const auto last = create(1, key);
  ASSERT_TRUE(last) << last.error().message;
  const auto refused = create(2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  const auto repeated = create(1, key);
  ASSERT_TRUE(repeated) << repeated.error().message;
  EXPECT_EQ((*repeated)->stream, (*last)->stream);
}

TEST_F(ChannelOnStore, TellsThatANameIsTaken) {
  const auto second =
      wait([&](RecordAnswer answer) { conversations().create(creation("general"), {}, cause(), std::move(answer)); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().field, "channel");
  EXPECT_TRUE(wait(
      [&](RecordAnswer answer) { conversations().create(creation("general", true), {}, cause(), std::move(answer)); }));
}

/// Several people write, edit, delete and react at random, while others page through the channel both ways.
TEST_F(ChannelOnStore, NumbersMessagesWithoutGapsAndPagesNeitherSkipNorRepeatWhileOthersWrite) {
  constexpr int kOperations = 120;
  const projections::SessionQueries queries(*store_);
  std::atomic<bool> writing{true};
  std::mutex mutex;
  std::map<std::int64_t, std::string> said;  // what each message should say in the end; empty: deleted
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));

  const auto write = [&](AccountId author) {
    std::mt19937 random(seed + static_cast<unsigned>(author));
    std::vector<std::int64_t> own;
    for (int i = 0; i < kOperations; ++i) {
      const auto dice = random() % 10;
      if (dice < 6 || own.empty()) {
        const std::string text = std::to_string(author) + ":" + std::to_string(i);
        own.push_back(say(author, text));
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(said.emplace(own.back(), text).second) << "number " << own.back() << " was given out twice";
        continue;
      }
      const auto number = own[random() % own.size()];
      const auto row = queries.message(channel_, number);
      ASSERT_TRUE(row) << "a write is visible to the next read";
      const MessageFacts facts{number, author, row->deleted_at != 0};
      const auto outcome = wait([&](RecordAnswer answer) {
        if (dice == 6)
          conversations().ask_session(channel_, DeleteMessage{facts, author, false}, cause(), answer);
        else if (dice == 7)
          conversations().ask_session(channel_, React{facts, author, "👍"}, cause(), answer);
        else
          conversations().edit(channel_, EditMessage{facts, author}, "edited " + std::to_string(i), cause(), answer);
      });
      EXPECT_EQ(outcome.has_value(), !facts.deleted);
      if (!outcome || dice == 7) continue;
      const std::lock_guard lock(mutex);
      said[number] = dice == 6 ? "" : "edited " + std::to_string(i);
    }
  };
  const auto page_back = [&](unsigned salt) {
    std::mt19937 random(seed + salt);
    while (writing) {
      std::int64_t before = queries.session(channel_)->messages + 1;
      while (before > 1) {
        const auto page = queries.messages_before(channel_, before, 1 + random() % 20);
        ASSERT_FALSE(page.empty());
        for (const auto& row : page) ASSERT_EQ(row.number, --before) << "a page skipped or repeated a message";
      }
    }
  };
  const auto page_forth = [&](unsigned salt) {
    std::mt19937 random(seed + salt);
    std::int64_t seen = 0;
    for (bool last = false; !last;) {
      last = !writing;
      for (const auto& row : queries.messages_from(channel_, seen + 1, 1 + random() % 20)) {
        ASSERT_EQ(row.number, ++seen) << "a page skipped or repeated a message";
        last = false;
      }
    }
    const std::lock_guard lock(mutex);
    EXPECT_EQ(seen, static_cast<std::int64_t>(said.size()));
  };

  std::vector<std::thread> writers, readers;
  for (AccountId author = 1; author <= kWriters; ++author) writers.emplace_back(write, author);
  readers.emplace_back(page_back, 101);
  readers.emplace_back(page_forth, 102);
  for (auto& writer : writers) writer.join();
  writing = false;
  for (auto& reader : readers) reader.join();

  const auto total = queries.session(channel_)->messages;
  ASSERT_EQ(total, static_cast<std::int64_t>(said.size()));
  std::int64_t number = 0;
  for (const auto& row : queries.messages_from(channel_, 1, said.size())) {
    ASSERT_EQ(row.number, ++number);
    EXPECT_EQ(row.deleted_at != 0, said[number].empty());
    if (row.deleted_at == 0) {
      EXPECT_EQ(text_of(row), said[number]);
    }
  }
  EXPECT_EQ(number, total);
}

}  // namespace
}  // namespace troupe::actors
