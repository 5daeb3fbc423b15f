// The actors on a real store: names, leases, deletions, restarts, pipelining.
#include "actors/system.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "actors/feeds.hpp"
#include "events/codec.hpp"
#include "projections/exports.hpp"
#include "projections/projection.hpp"
#include "projections/rebuild.hpp"
#include "tests/actors/open_store.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using testing::wait;

using storage::RecordPtr;
using Result = Expected<RecordPtr>;

class SystemTest : public ::testing::Test {
 protected:
  SystemTest() { start(); }

  void start() {
    store_ = testing::open_store(folder_.path());
    ASSERT_TRUE(store_);
    secrets_ = *Secrets::open(folder_.path());
    options_.mail.outbox = folder_.path() / "outbox";
    system_ = std::make_unique<System>(*store_, secrets_, options_);
  }

  void stop() {
    system_.reset();
    store_.reset();
  }

  static Cause cause() { return {"test", "request", now_micros(), std::nullopt}; }

  Result add_account(const std::string& name) {
    return wait([&](auto answer) {
      system_->register_account({0, name, name + "@example.org", "", "hash", "user"}, cause(), answer);
    });
  }
  /// For an owner that exists: a bot without one is taken away again.
  std::string add_bot(AccountId owner) {
    while (!projections::Queries(*store_).account_exists(owner)) add_account("owner" + random_hex(8));
    const auto record = wait([&](auto answer) {
      const std::string token = random_token();
      system_->create_bot({"", owner, "bot", Json::object(), token_digest(token), secrets_.seal(token)}, cause(),
                          answer);
    });
    return record ? std::string((*record)->id()) : record.error().message;
  }
  Result queue(const std::string& bot, const std::string& type = "work") {
    return wait([&](auto answer) { system_->queue_command({"", 0, bot, 1, type}, cause(), answer); });
  }
  Expected<std::vector<std::string>> poll(const std::string& bot, std::size_t limit = 10,
                                          std::chrono::milliseconds wait_for = {}) {
    return wait<std::vector<std::string>>([&](auto answer) {
      system_->poll({bot, limit, wait_for, cause(), {}}, answer);
    });
  }
  Result finish(const std::string& id, const std::string& status = "completed") {
    return wait([&](auto answer) { system_->ask_command(id, FinishCommand{status}, cause(), answer); });
  }

  storage::test::TempFolder folder_;
  SystemOptions options_;
  Secrets secrets_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
};

TEST_F(SystemTest, NumbersAccountsFromOneAndRefusesTakenNames) {
  ASSERT_TRUE(add_account("ada"));
  const auto taken = add_account("ada");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().field, "username");
  const auto second = add_account("bob");
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->stream, "account/2");
}

TEST_F(SystemTest, OneOfManySimultaneousRegistrationsWins) {
  std::atomic<int> won{0}, answered{0};
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i)
    system_->register_account({0, "ada", "ada@example.org", "", "hash", "user"}, cause(), [&](const Result& result) {
      if (result) ++won;
      ++answered;
    });
  for (int i = 0; i < 1000 && answered < kTries; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(answered, kTries);
  EXPECT_EQ(won, 1);
}

TEST_F(SystemTest, AWriteIsVisibleToTheNextRead) {
  const std::string bot = add_bot(1);
  const auto row = projections::Queries(*store_).bot(bot);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->name, "bot");
  EXPECT_EQ(projections::Queries(*store_).overview(1).own_bots, 1);
}

TEST_F(SystemTest, CommandsSurviveARestartAndAreLeasedInOrder) {
  const std::string bot = add_bot(1);
  std::vector<std::string> queued;
  for (int i = 0; i < 5; ++i) queued.emplace_back((*queue(bot))->id());
  stop();
  start();
  const auto leased = poll(bot, 3);
  ASSERT_TRUE(leased);
  EXPECT_EQ(*leased, std::vector<std::string>(queued.begin(), queued.begin() + 3));
  EXPECT_EQ(poll(bot)->size(), 2u);
  EXPECT_TRUE(poll(bot)->empty());
}

TEST_F(SystemTest, ManyPollersNeverShareACommand) {
  const std::string bot = add_bot(1);
  for (int i = 0; i < 40; ++i) queue(bot);
  std::mutex mutex;
  std::vector<std::string> all;
  std::atomic<int> answered{0};
  constexpr int kPollers = 30;
  for (int i = 0; i < kPollers; ++i)
    system_->poll({bot, 5, {}, cause(), {}}, [&](const Expected<std::vector<std::string>>& ids) {
      const std::lock_guard lock(mutex);
      if (ids) all.insert(all.end(), ids->begin(), ids->end());
      ++answered;
    });
  for (int i = 0; i < 1000 && answered < kPollers; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_EQ(answered, kPollers);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST_F(SystemTest, ALeaseThatEndsOffersTheCommandAgain) {
  stop();
  options_.command_lease = std::chrono::milliseconds(100);
  start();
  const std::string bot = add_bot(1);
  queue(bot);
  const auto first = poll(bot);
  ASSERT_EQ(first->size(), 1u);
  EXPECT_TRUE(poll(bot)->empty());
  EXPECT_EQ(*poll(bot, 10, std::chrono::seconds(5)), *first) << "a waiting poll gets it when the lease ends";
  EXPECT_EQ(projections::Queries(*store_).command(first->front())->attempts, 2u);
}

TEST_F(SystemTest, AWaitingPollGetsTheCommandThatComes) {
  const std::string bot = add_bot(1);
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    queue(bot);
  });
  const auto ids = poll(bot, 10, std::chrono::seconds(10));
  later.join();
  ASSERT_TRUE(ids);
  EXPECT_EQ(ids->size(), 1u);
  EXPECT_EQ(system_->metrics().polls_waiting, 0u);
}

TEST_F(SystemTest, AnEmptyPollEndsWhenItsWaitIsOver) {
  const std::string bot = add_bot(1);
  const Micros began = now_micros();
  EXPECT_TRUE(poll(bot, 10, std::chrono::milliseconds(300))->empty());
  EXPECT_GE(now_micros() - began, 300'000);
}

TEST_F(SystemTest, FinishesACommandOnceWhoeverAsks) {
  const std::string bot = add_bot(1);
  const std::string id((*queue(bot))->id());
  std::atomic<int> answered{0}, events{0};
  for (int i = 0; i < 20; ++i)
    system_->ask_command(id, FinishCommand{i % 2 ? "completed" : "failed"}, cause(), [&](const Result& result) {
      if (result) events += static_cast<int>((*result)->events.size());
      ++answered;
    });
  for (int i = 0; i < 1000 && answered < 20; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(events, 1);
  const auto overview = projections::Queries(*store_).overview(1);
  EXPECT_EQ(overview.pending, 0);
}

TEST_F(SystemTest, DeletingAnAccountTakesItsBotsAndTheirCommandsAlong) {
  ASSERT_TRUE(add_account("ada"));
  const std::string bot = add_bot(1);
  const std::string id((*queue(bot))->id());
  ASSERT_TRUE(wait([&](auto answer) { system_->delete_account(1, {"hash"}, cause(), answer); }));
  const projections::Queries queries(*store_);
  EXPECT_FALSE(queries.account(1));
  EXPECT_FALSE(queries.bot(bot));
  EXPECT_EQ(queries.command(id)->status, "failed");
  EXPECT_EQ(queries.overview(1).pending, 0);
  EXPECT_TRUE(add_account("ada")) << "the name is free again";
}

TEST_F(SystemTest, FinishesADeletionThatACrashInterrupted) {
  ASSERT_TRUE(add_account("ada"));
  const std::string bot = add_bot(1);
  // Only the first step, as if the process had ended after it.
  ASSERT_TRUE(wait([&](auto answer) { system_->ask_account(1, DeleteAccount{"hash"}, cause(), answer); }));
  ASSERT_TRUE(projections::Queries(*store_).bot(bot));
  stop();
  start();
  for (int i = 0; i < 500 && projections::Queries(*store_).bot(bot); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(projections::Queries(*store_).bot(bot));
}

/// An account that says something in every place there is, each text once and nowhere else.
class ErasureTest : public SystemTest {
 protected:
  using Texts = std::vector<std::string>;

  Result erase(AccountId id) {
    return wait([&](auto answer) { system_->erase_account(id, cause(), answer); });
  }
  bool has_key(AccountId id) const { return secrets_.personal_keys().find(id).has_value(); }

  std::vector<std::filesystem::path> mails() const {
    std::vector<std::filesystem::path> found;
    if (std::filesystem::exists(options_.mail.outbox))
      for (const auto& entry : std::filesystem::directory_iterator(options_.mail.outbox)) found.push_back(entry.path());
    return found;
  }

  /// Registers the account `number` (the next one), and answers all its texts.
  Texts live(AccountId number) {
    Texts texts;
    const std::string mark = "Quokka" + std::to_string(number);
    const auto text = [&](const std::string& where) { return texts.emplace_back(mark + "-" + where); };
    const auto ask_account = [&](AccountDecider::Command command) {
      EXPECT_TRUE(wait([&](auto answer) { system_->ask_account(number, command, cause(), answer); }));
    };
    const std::string email = text("mail") + "@example.org";
    EXPECT_TRUE(wait([&](auto answer) {
      system_->register_account({0, text("name"), email, text("fullname"), text("hash")}, cause(), answer);
    }));
    ask_account(UpdateProfile{text("phone-0"),
                              text("phone"),
                              text("birthday"),
                              text("gender"),
                              {},
                              "/" + text("avatar"),
                              Json{{"colour", text("preference")}}});
    ask_account(CreateApiKey{random_letters(12), text("key"), {"read"}, "digest of " + mark, "wxyz"});
    for (int i = 0; i < 20; ++i) ask_account(UpdateProfile{text("fullname-" + std::to_string(i)), {}, {}, {}});

    const std::string bot =
        (*wait([&](auto answer) {
          system_->create_bot({"", number, text("bot"), {{"m", text("metadata")}}, mark, "sealed"}, cause(), answer);
        }))->stream.substr(4);
    bots_[number] = bot;
    const auto ask_bot = [&](BotDecider::Command command) {
      EXPECT_TRUE(wait([&](auto answer) { system_->ask_bot(bot, command, cause(), answer); }));
    };
    ask_bot(RegisterBot{text("bot-name"), "online", Json{{"m", text("registered")}}});
    ask_bot(ReportBotStatus{"online", {{"d", text("status")}}});
    ask_bot(SyncBotData{{{"d", text("synced")}}});
    ask_bot(UpdateBot{text("renamed"), Json{{"m", text("changed")}}});
    const auto queued = wait([&](auto answer) {
      system_->queue_command({"", 0, bot, number, "greet", {{"p", text("payload")}}}, cause(), answer);
    });
    EXPECT_TRUE(wait([&](auto answer) {
      system_->ask_command(std::string((*queued)->id()), FinishCommand{"completed", {{"r", text("result")}}}, cause(),
                           answer);
    }));
    EXPECT_TRUE(store_->append_and_wait(append_of_logs(
        bot, number, {{text("level"), text("log"), {{"m", text("log-metadata")}}}, {"info", text("log-2")}}, cause())));
    EXPECT_TRUE(store_->append_and_wait(append_of_message(
        bot, number, {text("message"), text("author"), text("author-name"), text("thread")}, cause())));

    CreateSession chat;
    chat.kind = "chat";
    chat.owner = number;
    const auto created =
        wait([&](auto answer) { system_->conversations().create(chat, text("title"), cause(), answer); });
    chats_[number] = std::stoll(std::string((*created)->id()));
    PostMessage message;
    message.author = number;
    EXPECT_TRUE(wait(
        [&](auto answer) { system_->conversations().post(chats_[number], message, text("chat"), cause(), answer); }));
    return texts;
  }

  void expect_whole(AccountId number, const Texts& texts) {
    const projections::Queries queries(*store_);
    const auto row = queries.account(number);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->username, texts[1]);
    EXPECT_EQ(queries.account_named(texts[1]), number);
    EXPECT_EQ(queries.account_named(row->email), number);
    EXPECT_EQ(queries.password_hash(number), "Quokka" + std::to_string(number) + "-hash");
    EXPECT_EQ(row->fullname, "Quokka" + std::to_string(number) + "-fullname-19");
    EXPECT_EQ(queries.api_keys(number).size(), 1u);
    ASSERT_TRUE(queries.bot(bots_[number]));
    EXPECT_EQ(queries.bot(bots_[number])->name, "Quokka" + std::to_string(number) + "-renamed");
    EXPECT_EQ(queries.recent_logs({false, {bots_[number]}}, 10)->size(), 3u);
    const auto message = projections::SessionQueries(*store_).message(chats_[number], 1);
    ASSERT_TRUE(message);
    EXPECT_EQ(secrets_.unseal_for(number, message->sealed_text).value_or(""),
              "Quokka" + std::to_string(number) + "-chat");
  }

  std::string exported(projections::ExportKind kind) {
    std::ostringstream out;
    EXPECT_TRUE(projections::write_export(*store_, {kind, projections::ExportFormat::ndjson, ""}, out));
    return out.str();
  }

  std::map<AccountId, std::string> bots_;
  std::map<AccountId, SessionId> chats_;
};

TEST_F(ErasureTest, NothingOfAnybodyIsEverPlainOnTheDisk) {
  const Texts texts = live(1);
  ASSERT_TRUE(folder_.holds("BotCreated")) << "or this looks at nothing";  // the write-ahead log is not compressed
  for (const auto& text : texts) EXPECT_FALSE(folder_.holds(text)) << text;
  stop();  // snapshots and tables
  for (const auto& text : texts) EXPECT_FALSE(folder_.holds(text)) << text;
  start();
  expect_whole(1, texts);
}

TEST_F(ErasureTest, LeavesNumbersAndOtherPeopleAlone) {
  const Texts ada = live(1), bob = live(2);
  CreateSession channel;
  channel.kind = "channel";
  channel.owner = 1;
  channel.name = "commons";
  const auto created = wait([&](auto answer) { system_->conversations().create(channel, "", cause(), answer); });
  ASSERT_TRUE(created);
  const SessionId commons = std::stoll(std::string((*created)->id()));
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().ask_session(commons, Join{2}, cause(), answer); }));
  ASSERT_TRUE(wait([&](auto answer) { system_->request_password_reset(ada[0] + "@example.org", cause(), answer); }));
  for (int i = 0; i < 500 && mails().empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_EQ(mails().size(), 1u);

  ASSERT_TRUE(erase(1));
  EXPECT_FALSE(has_key(1));
  EXPECT_FALSE(erase(1)) << "there is nobody any more";
  EXPECT_TRUE(mails().empty());
  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    const projections::Queries queries(*store_);
    const projections::SessionQueries sessions(*store_);
    EXPECT_FALSE(queries.account(1));
    EXPECT_FALSE(queries.password_hash(1));
    EXPECT_FALSE(queries.account_named(ada[1]));
    EXPECT_TRUE(queries.api_keys(1).empty());
    EXPECT_TRUE(queries.bots_of(1).empty());
    EXPECT_TRUE(sessions.is_member(commons, 2));
    EXPECT_FALSE(sessions.is_member(commons, 1));
    EXPECT_EQ(sessions.session(commons)->name, "commons");
    const auto message = sessions.message(chats_[1], 1);
    ASSERT_TRUE(message);
    EXPECT_EQ(secrets_.unseal_for(1, message->sealed_text).error().code, Errc::not_found);
    expect_whole(2, bob);
    const auto overview = queries.overview(2);
    EXPECT_EQ(overview.users, 1);
    EXPECT_EQ(overview.bots, 1);
    EXPECT_EQ(overview.commands, 2);
    EXPECT_EQ(overview.logs, 6);
    EXPECT_EQ(overview.messages, 2);
    EXPECT_EQ(sessions.chat_figures(projections::kEveryone).chats, 2);
    EXPECT_EQ(queries.recent_logs({true, {}}, 100)->size(), 3u) << "the others' only";
    using projections::ExportKind;
    for (const auto kind : {ExportKind::logs, ExportKind::messages, ExportKind::commands, ExportKind::events}) {
      const std::string text = exported(kind);
      EXPECT_EQ(text.find("Quokka1-"), std::string::npos);
      EXPECT_NE(text.find("Quokka2-"), std::string::npos);
    }
    EXPECT_TRUE(store_->healthy());
  };
  check("at once");
  stop();
  for (const auto& text : ada) EXPECT_FALSE(folder_.holds(text)) << text;
  start();
  check("after a restart");
  stop();
  store_ = std::move(*storage::Store::open({folder_.path()}));
  ASSERT_TRUE(projections::rebuild(*store_, true, {}));
  check("rebuilt");
}

TEST_F(ErasureTest, IsFinishedAtTheNextStartAfterACrash) {
  const Texts ada = live(1), bob = live(2);
  // Only the first step, as if the process had ended after it; and a registration that it ended in the middle of.
  ASSERT_TRUE(wait([&](auto answer) { system_->ask_account(1, EraseAccount{}, cause(), answer); }));
  ASSERT_TRUE(secrets_.personal_keys().make(3));
  ASSERT_TRUE(has_key(1));
  stop();
  start();
  for (int i = 0; i < 500 && has_key(1); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(has_key(1));
  EXPECT_TRUE(has_key(3)) << "it may be about to be registered";
  EXPECT_TRUE(projections::Queries(*store_).bots_of(1).empty());
  expect_whole(2, bob);
}

TEST_F(ErasureTest, FailsAQuestionThatWaitsForItsAnswer) {
  live(1);
  PostMessage message;
  message.author = 1;
  message.question = Question{};
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().post(chats_[1], message, "why?", cause(), answer); }));
  const projections::SessionQueries sessions(*store_);
  ASSERT_EQ(sessions.open_questions().size(), 1u);
  ASSERT_TRUE(erase(1));
  EXPECT_TRUE(sessions.open_questions().empty());
  EXPECT_EQ(sessions.chat_figures(projections::kEveryone).errors, 1);
}

TEST_F(ErasureTest, LeavesNothingForWhatWasStillOnItsWay) {
  live(1);
  ASSERT_TRUE(erase(1));
  const auto logs = store_->append_and_wait(append_of_logs(bots_[1], 1, {{"info", "too late"}}, cause()));
  ASSERT_FALSE(logs);
  EXPECT_EQ(logs.error().code, Errc::not_found);
  // A command without a payload holds nothing personal, so it is taken; it has no bot, and fails without a reason.
  const auto queued = queue(bots_[1]);
  ASSERT_TRUE(queued);
  const projections::Queries queries(*store_);
  const std::string id((*queued)->id());
  for (int i = 0; i < 500 && queries.command(id)->status == "pending"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(queries.command(id)->status, "failed");
  EXPECT_EQ(queries.overview(1).pending, 0);
}

/// A channel of an account, and another account that was erased.
class BelatedMemberTest : public SystemTest {
 protected:
  BelatedMemberTest() {
    EXPECT_TRUE(add_account("ada"));
    EXPECT_TRUE(add_account("bob"));
    CreateSession create;
    create.kind = "channel";
    create.owner = 1;
    create.name = "commons";
    const auto created = wait([&](auto answer) { system_->conversations().create(create, "", cause(), answer); });
    EXPECT_TRUE(created);
    if (created) channel_ = (*created)->number();
    EXPECT_TRUE(wait([&](auto answer) { system_->erase_account(2, cause(), answer); }));
  }
  bool is_member() const { return projections::SessionQueries(*store_).is_member(channel_, 2); }
  void expect_to_leave() {
    for (int i = 0; i < 500 && is_member(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(is_member());
    EXPECT_EQ(projections::SessionQueries(*store_).member_count(channel_), 1);
  }

  SessionId channel_ = 0;
};

TEST_F(BelatedMemberTest, LeavesAChannelThatItWasTakenIntoWhileItWasErased) {
  ASSERT_TRUE(wait([&](auto answer) { system_->conversations().ask_session(channel_, Join{2, 1}, cause(), answer); }));
  expect_to_leave();
}

TEST_F(BelatedMemberTest, LeavesAChannelThatItMadeWhileItWasErased) {
  CreateSession create;
  create.kind = "channel";
  create.owner = 2;
  create.name = "orphanage";
  const auto created = wait([&](auto answer) { system_->conversations().create(create, "", cause(), answer); });
  ASSERT_TRUE(created);
  const projections::SessionQueries sessions(*store_);
  for (int i = 0; i < 500 && sessions.member_count((*created)->number()) > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(sessions.member_count((*created)->number()), 0);
}

TEST_F(BelatedMemberTest, LeavesAtTheNextStartWhenACrashCameFirst) {
  system_.reset();
  const std::string id = std::to_string(channel_);
  storage::Append append = append_to("session/" + id, cause());
  const events::SessionEvent joined = events::MemberJoined{2};
  append.events.push_back(events::encode(joined));
  projections::project(joined, {id, append.time}, append.rows);
  ASSERT_TRUE(store_->append_and_wait(append));
  ASSERT_TRUE(is_member());
  stop();
  start();
  expect_to_leave();
}

TEST_F(SystemTest, ASilentBotGoesOffline) {
  stop();
  options_.heartbeat_window = std::chrono::milliseconds(500);
  start();
  const std::string bot = add_bot(1);
  ASSERT_TRUE(wait([&](auto answer) { system_->ask_bot(bot, ReportBotStatus{"online"}, cause(), answer); }));
  EXPECT_EQ(projections::Queries(*store_).bot(bot)->status, "online");
  for (int i = 0; i < 500 && projections::Queries(*store_).bot(bot)->status == "online"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(projections::Queries(*store_).bot(bot)->status, "offline");
}

TEST_F(SystemTest, IdleEntitiesSleepAndWakeWithTheirState) {
  stop();
  options_.passivate_after = std::chrono::milliseconds(100);
  start();
  const std::string bot = add_bot(1);
  for (int i = 0; i < 40; ++i)
    ASSERT_TRUE(wait([&](auto answer) { system_->ask_bot(bot, ReportBotStatus{"online"}, cause(), answer); }));
  for (int i = 0; i < 500 && system_->metrics().bots_awake != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(system_->metrics().bots_awake, 0u);
  const auto again = wait([&](auto answer) { system_->ask_bot(bot, UpdateBot{"renamed"}, cause(), answer); });
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->version, 42u) << "created, 40 reports, and this";
}

TEST_F(SystemTest, PipelinedCommandsOfOneEntityKeepTheirOrder) {
  const std::string bot = add_bot(1);
  std::atomic<int> answered{0};
  std::vector<events::Version> versions(100);
  for (std::size_t i = 0; i < versions.size(); ++i)
    system_->ask_bot(bot, UpdateBot{"name " + std::to_string(i)}, cause(), [&, i](const Result& result) {
      if (result) versions[i] = (*result)->version;
      ++answered;
    });
  for (int i = 0; i < 1000 && answered < 100; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  for (std::size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i], i + 2);
  EXPECT_EQ(projections::Queries(*store_).bot(bot)->name, "name 99");
}

TEST_F(SystemTest, AnIdempotencyKeyAnswersTheFirstRecordAgain) {
  ASSERT_TRUE(add_account("ada"));
  Cause with_key = cause();
  with_key.idempotency = {{"key", "body"}};
  const auto create = [&](const Cause& c) {
    return wait([&](auto answer) {
      system_->create_bot({"", 1, "bot", Json::object(), token_digest(random_token()), "sealed"}, c, answer);
    });
  };
  const auto first = create(with_key);
  const auto again = create(with_key);
  ASSERT_TRUE(first && again);
  EXPECT_EQ((*again)->stream, (*first)->stream);
  EXPECT_EQ(projections::Queries(*store_).overview(1).bots, 1);
  with_key.idempotency->fingerprint = "another body";
  const auto other = create(with_key);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::duplicate);
}

TEST_F(SystemTest, SimultaneousRepeatsOfOneKeyToOneEntityHappenOnce) {
  const std::string bot = add_bot(1);
  Cause with_key = cause();
  with_key.idempotency = {{"key", "body"}};
  std::atomic<int> answered{0}, good{0};
  for (int i = 0; i < 10; ++i) {
    system_->ask_bot(bot, SyncBotData{{{"n", 1}}}, with_key, [&](const Result& result) {
      if (result) ++good;
      ++answered;
    });
    system_->ask_bot(bot, UpdateBot{"between"}, cause(), [&](const Result& result) {
      if (result) ++good;
      ++answered;
    });
  }
  for (int i = 0; i < 1000 && answered < 20; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(good, 20);
  int syncs = 0;
  ASSERT_TRUE(store_->read_stream("bot/" + bot, 1, [&](const storage::Record& record) {
    for (const auto& event : record.events) syncs += event.type == events::BotDataSynced::type;
    return true;
  }));
  EXPECT_EQ(syncs, 1);
}

/// A refused append voids what was decided on top of it: those commands are decided anew, and nobody sees why.
TEST_F(SystemTest, CommandsBehindARefusedOneAreDecidedAnew) {
  const std::string bot = add_bot(1);
  const std::string taken = "taken-digest";
  storage::Append elsewhere;
  elsewhere.stream = "bot/other";
  elsewhere.events.push_back({"Happened", 1, "\xa0"});
  elsewhere.claims.push_back({storage::Claim::Kind::take, "token/" + taken});
  ASSERT_TRUE(store_->append_and_wait(std::move(elsewhere)));
  std::atomic<int> answered{0}, good{0}, refused{0};
  const auto count = [&](const Result& result) {
    ++(result ? good : refused);
    ++answered;
  };
  for (int round = 0; round < 20; ++round) {
    system_->ask_bot(bot, RegenerateBotToken{taken, "sealed"}, cause(), count);
    for (int i = 0; i < 5; ++i) system_->ask_bot(bot, UpdateBot{"name"}, cause(), count);
  }
  for (int i = 0; i < 1000 && answered < 120; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(answered, 120);
  EXPECT_EQ(refused, 20);
  EXPECT_EQ(good, 100);
}

TEST_F(SystemTest, OneBotCannotTakeAllWaitingPolls) {
  const std::string bot = add_bot(1);
  std::atomic<std::size_t> refused{0}, answered{0};
  const std::size_t asked = defaults::kMaxWaitingPollsPerBot + 5;
  for (std::size_t i = 0; i < asked; ++i)
    system_->poll({bot, 1, std::chrono::seconds(30), cause(), {}}, [&](const Expected<std::vector<std::string>>& ids) {
      if (!ids && ids.error().code == Errc::overloaded) ++refused;
      ++answered;
    });
  for (int i = 0; i < 500 && refused < 5; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(refused, 5u);
  system_->end_polls();
  for (int i = 0; i < 500 && answered < asked; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(answered, asked);
}

TEST_F(SystemTest, RefusesAFolderWhoseKeyIsMissingOrAnother) {
  stop();
  const auto key = folder_.path() / "key";
  std::filesystem::rename(key, folder_.path() / "away");
  EXPECT_FALSE(Secrets::open(folder_.path()));
  std::ofstream(key) << std::string(64, 'a') << '\n';
  EXPECT_FALSE(Secrets::open(folder_.path()));
  std::filesystem::rename(folder_.path() / "away", key);
  EXPECT_TRUE(Secrets::open(folder_.path()));
}

TEST_F(SystemTest, AResetMailIsWrittenForAKnownEmailOnly) {
  ASSERT_TRUE(add_account("ada"));
  for (const char* email : {"ada@example.org", "nobody@example.org"})
    ASSERT_TRUE(wait([&](auto answer) { system_->request_password_reset(email, cause(), answer); }));
  const auto mails = [&] {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "outbox", none))
      if (entry.path().extension() == ".eml") files.push_back(entry.path());
    return files;
  };
  const projections::Queries queries(*store_);
  for (int i = 0;
       i < 500 && (mails().empty() || !queries.open_reset_mails().empty() || !queries.open_reset_requests().empty());
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_EQ(mails().size(), 1u);
  std::ifstream in(mails().front());
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto at = text.find("Token: ");
  ASSERT_NE(at, text.npos);
  const std::string token = text.substr(at + 7, 43);
  EXPECT_EQ(queries.account_with_reset(token_digest(token)), 1);
  EXPECT_TRUE(wait([&](auto answer) {
    system_->ask_account(1, ResetPassword{token_digest(token), "hash-2"}, cause(), answer);
  }));
  EXPECT_FALSE(queries.account_with_reset(token_digest(token)));
}

TEST_F(SystemTest, AResetThatACrashInterruptedIsTakenUpAgain) {
  ASSERT_TRUE(add_account("ada"));
  // Asked for and durable, but nothing worked it off before the process ended.
  stop();
  {
    auto store = std::move(*storage::Store::open({folder_.path()}));
    storage::Append asked;
    asked.stream = "reset_requests/all";
    asked.time = now_micros();
    const events::ResetRequestEvent event = events::PasswordResetRequested{"r1", 1};
    asked.events.push_back(events::encode(event));
    projections::project(event, {"all", asked.time}, asked.rows);
    ASSERT_TRUE(store->append_and_wait(std::move(asked)));
  }
  start();
  for (int i = 0; i < 500 && system_->metrics().mails_sent == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(system_->metrics().mails_sent, 1u);
}

TEST_F(SystemTest, PasswordsAreCheckedAgainstNobodysHashToo) {
  const auto hash = wait<std::string>([&](auto answer) { system_->hash_password("correct horse", answer); });
  ASSERT_TRUE(hash);
  EXPECT_TRUE(*wait<bool>([&](auto answer) { system_->verify_password(*hash, "correct horse", answer); }));
  EXPECT_FALSE(*wait<bool>([&](auto answer) { system_->verify_password(*hash, "wrong", answer); }));
  EXPECT_FALSE(*wait<bool>([&](auto answer) { system_->verify_password(std::nullopt, "wrong", answer); }));
}

TEST_F(SystemTest, PasswordsPastTheQueueAreRefused) {
  std::atomic<std::size_t> refused{0}, answered{0};
  constexpr std::size_t kAsked = defaults::kMaxQueuedPasswords + 50;
  for (std::size_t i = 0; i < kAsked; ++i)
    system_->hash_password("password", [&](const Expected<std::string>& hash) {
      if (!hash) ++refused;
      ++answered;
    });
  for (int i = 0; i < 2000 && answered < kAsked; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(answered, kAsked);
  EXPECT_GT(refused, 0u);
}

/// Random work of every kind, then a replay: rows and counters must come out the same, and equal a recount of the log.
TEST_F(SystemTest, CountersEqualARecountAndARebuild) {
  std::mt19937 random(7);
  std::vector<std::string> bots, commands;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(add_account("user" + std::to_string(i)));
  for (int i = 0; i < 400; ++i) {
    switch (random() % 8) {
      case 0: bots.push_back(add_bot(1 + static_cast<AccountId>(random() % 4))); break;
      case 1:
        if (!bots.empty()) {
          const std::string bot = bots[random() % bots.size()];
          wait([&](auto answer) { system_->delete_bot(bot, cause(), answer); });
        }
        break;
      case 2:
      case 3:
        if (!bots.empty())
          if (const auto record = queue(bots[random() % bots.size()], random() % 2 ? "a" : "b"))
            commands.emplace_back((*record)->id());
        break;
      case 4:
        if (!bots.empty()) poll(bots[random() % bots.size()], 3);
        break;
      case 5:
        if (!commands.empty()) finish(commands[random() % commands.size()], random() % 2 ? "completed" : "failed");
        break;
      default:
        if (!bots.empty()) {
          const std::vector<events::LogReported> logs(1 + random() % 3, {"info", "m"});
          const std::string bot = bots[random() % bots.size()];
          if (const auto owner = projections::Queries(*store_).owner_of_bot(bot))
            store_->append_and_wait(append_of_logs(bot, *owner, logs, cause()));
        }
    }
  }
  projections::Overview recount;
  std::map<std::string, projections::BotStatistics> per_bot;
  ASSERT_TRUE(store_->read(1, [&](const storage::Record& record) {
    for (const auto& stored : record.events) {
      if (stored.type == "AccountRegistered") ++recount.users;
      if (stored.type == "BotCreated") ++recount.bots;
      if (stored.type == "BotDeleted") --recount.bots;
      if (stored.type == "LogReported") ++recount.logs, ++per_bot[std::string(record.id())].logs;
      if (stored.type == "CommandQueued") {
        ++recount.commands, ++recount.pending;
        ++per_bot[events::decode_as<events::CommandQueued>(stored)->bot_id].pending;
      }
      if (stored.type == "CommandFinished") {
        const auto finished = *events::decode_as<events::CommandFinished>(stored);
        --recount.pending;
        auto& bot = per_bot[finished.bot_id];
        --bot.pending;
        ++(finished.status == "completed" ? bot.completed : bot.failed);
      }
    }
    return true;
  }));
  const auto check = [&](const char* when) {
    const projections::Queries queries(*store_);
    const auto overview = queries.overview(1);
    EXPECT_EQ(overview.users, recount.users) << when;
    EXPECT_EQ(overview.bots, recount.bots) << when;
    EXPECT_EQ(overview.commands, recount.commands) << when;
    EXPECT_EQ(overview.pending, recount.pending) << when;
    EXPECT_EQ(overview.logs, recount.logs) << when;
    for (const auto& [bot, expected] : per_bot) {
      const auto counted = queries.statistics(bot);
      EXPECT_EQ(counted.pending, expected.pending) << when << bot;
      EXPECT_EQ(counted.completed, expected.completed) << when << bot;
      EXPECT_EQ(counted.failed, expected.failed) << when << bot;
      EXPECT_EQ(counted.logs, expected.logs) << when << bot;
      EXPECT_EQ(static_cast<std::int64_t>(queries.pending_commands(bot).size()), expected.pending) << when << bot;
    }
    EXPECT_EQ(queries.all_bots(1000).size(), static_cast<std::size_t>(recount.bots)) << when;
  };
  check("live");
  stop();
  auto opened = storage::Store::open({folder_.path()});
  ASSERT_TRUE(opened);
  store_ = std::move(*opened);
  ASSERT_TRUE(projections::rebuild(*store_, true, {}));
  check("rebuilt");
}

}  // namespace
}  // namespace troupe::actors
