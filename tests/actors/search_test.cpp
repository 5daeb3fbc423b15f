// Search and the assistant's context on a real store, without any provider.
#include "actors/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "actors/system.hpp"
#include "projections/projection.hpp"
#include "tests/actors/fake_scanner.hpp"
#include "tests/actors/open_store.hpp"
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
    store_ = testing::open_store(folder_.path());
    ASSERT_TRUE(store_);
    secrets_ = *Secrets::open(folder_.path());
    options_.mail.outbox = folder_.path() / "outbox";
    options_.files.store = *FileStore::open(folder_.path(), secrets_, 0);
    options_.files.inspector.program = TROUPE_INSPECTOR;
    system_ = std::make_unique<System>(*store_, secrets_, options_);
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
  FileId upload(AccountId uploader, std::string_view content, const NewFile& said) {
    auto file = system_->files().begin(uploader);
    if (!file || !(*file)->write(content)) return "";
    const FileId id = (*file)->id();
    const auto kept = wait([&](auto answer) { system_->files().keep(std::move(*file), said, cause(), answer); });
    return kept ? id : kept.error().message;
  }
  Expected<SearchAnswer> search(AccountId who, const std::string& text, const std::vector<SessionId>& channels = {},
                                std::size_t limit = 10) {
    return wait<SearchAnswer>([&](auto answer) {
      system_->search().search({who, text, channels, std::nullopt, limit}, answer);
    });
  }
  /// The texts of messages and the names of files found, once the index has got so far that there are `count`.
  std::vector<std::string> found(AccountId who, const std::string& text, std::size_t count) {
    std::vector<std::string> texts;
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);;) {
      const auto answer = search(who, text);
      texts.clear();
      if (answer)
        for (const auto& found : answer->found) {
          const auto* message = std::get_if<FoundMessage>(&found.document);
          texts.push_back(message ? message->text : std::get<FoundFile>(found.document).texts.name);
        }
      if ((answer && answer->complete && texts.size() == count) || std::chrono::steady_clock::now() > end) return texts;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  storage::test::TempFolder folder_;
  SystemOptions options_;
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

TEST_F(SearchTest, SaysThatItIsFullTextAndHowManyDocumentsItKnows) {
  say(ada_, general_, "one");
  upload(ada_, "one more", {general_, "two.txt", "", false});
  EXPECT_EQ(found(ada_, "one", 2).size(), 2u);
  EXPECT_EQ(search(ada_, "one")->model, "");
  EXPECT_EQ(system_->metrics().search.documents_indexed, 2u);
}

TEST_F(SearchTest, FindsAFileByItsNameItsDescriptionAndWhatStandsInIt) {
  const std::string beginning(defaults::kMaxIndexedFileBytes, ' ');
  upload(ada_, "water: tuesdays\n" + beginning + "thursdays",
         {general_, "fern_plan.txt", "all about gardening", false});
  for (const char* query : {"fern", "fern_plan.txt", "gardening", "tuesdays"})
    EXPECT_THAT(found(ada_, query, 1), ElementsAre("fern_plan.txt")) << query;
  EXPECT_THAT(found(ada_, "thursdays", 0), IsEmpty());
  const auto answer = search(ada_, "tuesdays");
  ASSERT_TRUE(answer);
  const auto& file = std::get<FoundFile>(answer->found.at(0).document);
  EXPECT_EQ(file.texts.description, "all about gardening");
  EXPECT_TRUE(file.beginning.starts_with("water: tuesdays\n"));
  EXPECT_EQ(file.beginning.size(), defaults::kMaxFoundFileBytes);
}

TEST_F(SearchTest, DoesNotReadWhatIsNoText) {
  upload(ada_, std::string("\x89PNG\r\n\x1a\n hidden words", 21), {general_, "picture.png", "", false});
  EXPECT_THAT(found(ada_, "picture", 1), ElementsAre("picture.png"));
  EXPECT_THAT(found(ada_, "hidden", 0), IsEmpty());
}

TEST_F(SearchTest, FindsFilesThatTheAskerMaySeeOnly) {
  upload(ada_, "treasure", {general_, "general.txt", "", false});
  upload(ada_, "treasure", {0, "adas_own.txt", "", false});
  upload(ada_, "treasure", {general_, "public.txt", "", true});
  EXPECT_THAT(found(ada_, "treasure", 3), UnorderedElementsAre("general.txt", "adas_own.txt", "public.txt"));
  EXPECT_THAT(found(bob_, "treasure", 1), ElementsAre("public.txt"));
  const auto others = add_channel(bob_, "others");
  EXPECT_THAT(search(bob_, "treasure", {others})->found, IsEmpty());
  EXPECT_EQ(search(ada_, "treasure", {general_})->found.size(), 2u);
  EXPECT_EQ(search(ada_, "treasure", {}, 2)->found.size(), 2u);
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().ask_session(general_, Join{bob_}, cause(), answer); }));
  EXPECT_THAT(found(bob_, "treasure", 2), UnorderedElementsAre("general.txt", "public.txt"));
}

TEST_F(SearchTest, FindsWhatIsAskedForOfMessagesAndFiles) {
  say(ada_, general_, "apples");
  upload(ada_, "apples", {general_, "apples.txt", "", false});
  EXPECT_EQ(found(ada_, "apples", 2).size(), 2u);
  const auto wanted = [&](bool messages, bool files) {
    return wait<SearchAnswer>([&](auto answer) {
             system_->search().search({ada_, "apples", {}, std::nullopt, 1, messages, files}, answer);
           })
        ->found;
  };
  ASSERT_EQ(wanted(true, false).size(), 1u);
  EXPECT_TRUE(std::holds_alternative<FoundMessage>(wanted(true, false)[0].document));
  ASSERT_EQ(wanted(false, true).size(), 1u);
  EXPECT_TRUE(std::holds_alternative<FoundFile>(wanted(false, true)[0].document));
  EXPECT_THAT(wanted(false, false), IsEmpty());
}

TEST_F(SearchTest, FindsFilesAfterARestartAndNoneThatWasDeleted) {
  for (std::size_t i = 0; i < defaults::kIndexedFilesAtOnce + 2; ++i)
    upload(ada_, "apples", {general_, "kept" + std::to_string(i), "", false});
  const auto id = upload(ada_, "apples", {general_, "deleted", "", false});
  EXPECT_EQ(found(ada_, "deleted", 1).size(), 1u);
  ASSERT_TRUE(wait([&](auto answer) { system_->files().remove(id, {ada_, false}, cause(), answer); }));
  EXPECT_THAT(found(ada_, "deleted", 0), IsEmpty());
  restart();
  EXPECT_EQ(found(ada_, "apples", 10).size(), 10u);
  EXPECT_THAT(found(ada_, "deleted", 0), IsEmpty());
}

TEST_F(SearchTest, FindsNoFileOfAnAccountThatIsGoneNorOfAClosedChannel) {
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().ask_session(general_, Join{bob_}, cause(), answer); }));
  upload(bob_, "apples", {general_, "bobs", "", true});
  upload(ada_, "apples", {general_, "adas", "", true});
  upload(ada_, "apples", {general_, "closed", "", false});
  EXPECT_EQ(found(ada_, "apples", 3).size(), 3u);
  ASSERT_TRUE(wait([&](auto answer) { system_->delete_account(bob_, DeleteAccount{"hash"}, cause(), answer); }));
  EXPECT_THAT(found(ada_, "apples", 2), UnorderedElementsAre("adas", "closed"));
  ASSERT_TRUE(wait(
      [&](auto answer) { system_->conversations().ask_session(general_, ArchiveChannel{ada_}, cause(), answer); }));
  EXPECT_THAT(found(ada_, "apples", 1), ElementsAre("adas"));
  restart();
  EXPECT_THAT(found(ada_, "apples", 1), ElementsAre("adas"));
}

TEST_F(SearchTest, ShowsAFileThatWaitsForItsScanOnlyWhenItIsClean) {
  testing::FakeScanner clamd(folder_.path());
  options_.files.scanner.address = clamd.address();
  options_.files.scanner.retry_delay = std::chrono::milliseconds(50);
  clamd.fault = testing::FakeScanner::Fault::hangs_up;
  restart();
  upload(ada_, "apples", {general_, "waits", "", true});
  EXPECT_THAT(found(ada_, "apples", 0), IsEmpty());
  restart();
  EXPECT_THAT(found(ada_, "apples", 0), IsEmpty());
  clamd.fault = testing::FakeScanner::Fault::none;
  EXPECT_THAT(found(ada_, "apples", 1), ElementsAre("waits"));
}

TEST_F(SearchTest, KeepsNoVectorOfAFileThatIsGone) {
  const auto id = upload(ada_, "apples", {general_, "apples.txt", "", false});
  auto append = append_to(std::string(events::kTextEmbeddings), by_the_house());
  const events::TextEmbedded event{0, 0, 0, "model", ada_, *secrets_.seal_for(ada_, "vector"), id};
  append.events.push_back(events::encode(event));
  projections::project(events::EmbeddingEvent(event), {"messages", append.time}, append.rows);
  ASSERT_TRUE(wait([&](auto answer) { store_->append(std::move(append), answer); }));
  EXPECT_TRUE(system_->files().queries().embedding(id));
  ASSERT_TRUE(wait([&](auto answer) { system_->files().remove(id, {ada_, false}, cause(), answer); }));
  EXPECT_FALSE(system_->files().queries().embedding(id));
}

TEST_F(SearchTest, SaysWhenChannelsWereLeftOut) {
  const auto join_some = [&](std::size_t count, const std::string& prefix) {
    std::vector<std::future<Expected<RecordPtr>>> answers;
    for (std::size_t i = 0; i < count; ++i) {
      auto promise = std::make_shared<std::promise<Expected<RecordPtr>>>();
      answers.push_back(promise->get_future());
      CreateSession create;
      create.kind = "channel";
      create.owner = bob_;
      create.name = prefix + std::to_string(i);
      system_->conversations().create(create, {}, cause(), [promise](auto result) { promise->set_value(result); });
    }
    for (auto& answer : answers) ASSERT_TRUE(answer.get());
  };
  const auto first = add_channel(bob_, "the first");
  say(bob_, first, "apples");
  join_some(defaults::kMaxSearchedChannels - 1, "room");
  EXPECT_THAT(found(bob_, "apples", 1), ElementsAre("apples"));
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().ask_session(general_, Join{bob_}, cause(), answer); }));
  const auto newest = search(bob_, "apples");
  ASSERT_TRUE(newest);
  EXPECT_FALSE(newest->complete);
  EXPECT_TRUE(search(bob_, "apples", {first})->complete);
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
