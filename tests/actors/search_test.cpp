// Search and the assistant's context on a real store, without any provider.
#include "actors/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "actors/system.hpp"
#include "projections/rebuild.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using testing::wait;

using storage::RecordPtr;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() {
    start();
    ada_ = add_account("ada");
    bob_ = add_account("bob");
    general_ = add_channel(ada_, "general");
  }

  void start() {
    auto opened = storage::Store::open({folder_.path()});
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    ASSERT_TRUE(projections::rebuild(*store_, false, {}));
    secrets_ = *Secrets::open(folder_.path());
    SystemOptions options;
    options.mail.outbox = folder_.path() / "outbox";
    system_ = std::make_unique<System>(*store_, secrets_, options);
  }
  void restart() {
    system_.reset();
    store_.reset();
    start();
  }

  static Cause cause() { return {"test", "request", now_micros(), std::nullopt}; }

  AccountId add_account(const std::string& name) {
    const auto record = wait([&](auto answer) {
      system_->register_account({0, name, name + "@example.org", "", "hash", "user"}, cause(), answer);
    });
    return record ? std::stoll(std::string((*record)->id())) : 0;
  }
  SessionId add_channel(AccountId owner, const std::string& name) {
    CreateSession create;
    create.kind = "channel";
    create.owner = owner;
    create.name = name;
    const auto record = wait([&](auto answer) { system_->conversations().create(create, {}, cause(), answer); });
    return record ? std::stoll(std::string((*record)->id())) : 0;
  }
  std::int64_t say(AccountId who, SessionId where, const std::string& text) {
    PostMessage message;
    message.author = who;
    const auto record =
        wait([&](auto answer) { system_->conversations().post(where, message, text, cause(), answer); });
    return record ? projections::SessionQueries(*store_).session(where)->messages : 0;
  }
  Expected<SearchAnswer> search(AccountId who, const std::string& text, const std::vector<SessionId>& channels = {},
                                std::size_t limit = 10) {
    return wait<SearchAnswer>([&](auto answer) {
      system_->search().search({who, text, channels, std::nullopt, limit}, answer);
    });
  }
  /// The texts found, once the index has got so far that there are `count`.
  std::vector<std::string> found(AccountId who, const std::string& text, std::size_t count) {
    std::vector<std::string> texts;
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);;) {
      const auto answer = search(who, text);
      texts.clear();
      if (answer)
        for (const auto& message : answer->found) texts.push_back(message.text);
      if ((answer && answer->complete && texts.size() == count) || std::chrono::steady_clock::now() > end) return texts;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  storage::test::TempFolder folder_;
  Secrets secrets_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
  AccountId ada_ = 0, bob_ = 0;
  SessionId general_ = 0;
};

TEST_F(SearchTest, FindsWhatWasSaidInTheChannelsOfTheAskerOnly) {
  say(ada_, general_, "the quarterly report");
  const auto others = add_channel(bob_, "others");
  say(bob_, others, "another quarterly report");
  EXPECT_THAT(found(ada_, "quarterly report", 1), ElementsAre("the quarterly report"));
  EXPECT_THAT(found(bob_, "quarterly report", 1), ElementsAre("another quarterly report"));
  const auto refused = search(bob_, "quarterly", {general_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_EQ(refused.error().field, "channels");
}

TEST_F(SearchTest, FollowsEditsAndDeletions) {
  const auto edited = say(ada_, general_, "apples");
  const auto deleted = say(ada_, general_, "apples and pears");
  EXPECT_EQ(found(ada_, "apples", 2).size(), 2u);
  ASSERT_TRUE(wait([&](auto answer) {
    system_->conversations().edit(general_, {{edited, ada_}, ada_}, "oranges", cause(), answer);
  }));
  ASSERT_TRUE(wait([&](auto answer) {
    system_->conversations().ask_session(general_, DeleteMessage{{deleted, ada_}, ada_}, cause(), answer);
  }));
  EXPECT_THAT(found(ada_, "apples", 0), IsEmpty());
  EXPECT_THAT(found(ada_, "oranges", 1), ElementsAre("oranges"));
}

TEST_F(SearchTest, BuildsItsIndexFromTheRowsAfterARestart) {
  const std::size_t many = defaults::kIndexPage + 20;
  for (std::size_t i = 0; i < many; ++i) say(ada_, general_, "note " + std::to_string(i));
  const auto deleted = say(ada_, general_, "note that goes");
  ASSERT_TRUE(wait([&](auto answer) {
    system_->conversations().ask_session(general_, DeleteMessage{{deleted, ada_}, ada_}, cause(), answer);
  }));
  restart();
  EXPECT_THAT(found(ada_, "0", 1), ElementsAre("note 0"));
  const auto all = search(ada_, "note", {}, defaults::kMaxSearchResults);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->found.size(), many);
  EXPECT_TRUE(all->complete);
}

TEST_F(SearchTest, FindsNothingOfAnAccountThatIsGone) {
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().ask_session(general_, Join{bob_}, cause(), answer); }));
  say(ada_, general_, "words of ada");
  say(bob_, general_, "words of bob");
  EXPECT_EQ(found(ada_, "words", 2).size(), 2u);
  ASSERT_TRUE(wait([&](auto answer) { system_->delete_account(bob_, DeleteAccount{"hash"}, cause(), answer); }));
  EXPECT_THAT(found(ada_, "words", 1), ElementsAre("words of ada"));
  restart();
  EXPECT_THAT(found(ada_, "words", 1), ElementsAre("words of ada"));
}

TEST_F(SearchTest, DoesNotFindWhatIsSaidToAModel) {
  CreateSession create;
  create.kind = "chat";
  create.owner = ada_;
  const auto chat = wait([&](auto answer) { system_->conversations().create(create, "secret", cause(), answer); });
  ASSERT_TRUE(chat);
  say(ada_, std::stoll(std::string((*chat)->id())), "secret question");
  say(ada_, general_, "secret of all");
  EXPECT_THAT(found(ada_, "secret", 1), ElementsAre("secret of all"));
}

TEST_F(SearchTest, SaysThatItIsFullTextAndHowManyMessagesItKnows) {
  say(ada_, general_, "one");
  EXPECT_EQ(found(ada_, "one", 1).size(), 1u);
  EXPECT_EQ(search(ada_, "one")->model, "");
  EXPECT_EQ(system_->metrics().search.messages_indexed, 1u);
}

TEST_F(SearchTest, GivesEachAccountOneSessionForItsQuestions) {
  const auto first =
      wait<SessionId>([&](auto answer) { system_->conversations().find_assistant(ada_, cause(), answer); });
  const auto again =
      wait<SessionId>([&](auto answer) { system_->conversations().find_assistant(ada_, cause(), answer); });
  const auto others =
      wait<SessionId>([&](auto answer) { system_->conversations().find_assistant(bob_, cause(), answer); });
  ASSERT_TRUE(first && again && others);
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *others);
}

TEST_F(SearchTest, GivesOneSessionAlsoToQuestionsThatComeTogether) {
  std::vector<std::future<Expected<SessionId>>> answers;
  for (int i = 0; i < 8; ++i) {
    auto promise = std::make_shared<std::promise<Expected<SessionId>>>();
    answers.push_back(promise->get_future());
    system_->conversations().find_assistant(ada_, cause(), [promise](auto result) { promise->set_value(result); });
  }
  std::set<SessionId> sessions;
  for (auto& answer : answers) {
    const auto session = answer.get();
    ASSERT_TRUE(session) << session.error().message;
    sessions.insert(*session);
  }
  EXPECT_EQ(sessions.size(), 1u);
}

TEST_F(SearchTest, RefusesAQuestionAboutAChannelThatTheAskerIsNotIn) {
  const auto session =
      wait<SessionId>([&](auto answer) { system_->conversations().find_assistant(bob_, cause(), answer); });
  ASSERT_TRUE(session);
  AskModel question;
  question.session = *session;
  question.asker = bob_;
  question.text = "What do they say?";
  question.context = events::QuestionContext{general_, 0, 0, false};
  const auto refused =
      wait([&](auto answer) { system_->conversations().ask_model(question, cause(), answer, [](const auto&) {}); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_EQ(refused.error().field, "channel_id");
  EXPECT_EQ(projections::SessionQueries(*store_).session(*session)->messages, 0);
}

}  // namespace
}  // namespace troupe::actors
