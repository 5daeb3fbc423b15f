// Backups beside a running system: one at a time, remembered, cleaned up, and brought back with their secrets.
#include "actors/backups.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <future>
#include <thread>

#include "actors/system.hpp"
#include "projections/projection.hpp"
#include "tests/actors/open_store.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using projections::BackupQueries;
using storage::RecordPtr;
using Result = Expected<RecordPtr>;

Cause cause() { return {"account/1", "request", now_micros(), std::nullopt}; }

class BackupsTest : public ::testing::Test {
 protected:
  BackupsTest() { start(); }

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
  void TearDown() override { stop(); }

  Backups& backups() { return system_->backups(); }
  BackupQueries queries() const { return BackupQueries(*store_); }

  template <class T>
  static T answer_of(std::future<T> future) {
    if (future.wait_for(std::chrono::seconds(30)) == std::future_status::ready) return future.get();
    return fail(Errc::timed_out, "no answer in 30 s");
  }

  struct Started {
    Result record;
    std::future<Expected<void>> finished;
    std::string id() const { return record ? std::string((*record)->id()) : record.error().message; }
  };
  Started begin(BackupRequest request = {}, Cause with = cause()) {
    auto started = std::make_shared<std::promise<Result>>();
    auto finished = std::make_shared<std::promise<Expected<void>>>();
    auto end = finished->get_future();
    auto beginning = started->get_future();
    backups().start(
        std::move(request), std::move(with), [started](Result result) { started->set_value(std::move(result)); },
        [finished](Expected<void> result) { finished->set_value(std::move(result)); });
    return {answer_of(std::move(beginning)), std::move(end)};
  }
  std::string must_back_up(BackupRequest request = {}) {
    auto started = begin(std::move(request));
    EXPECT_TRUE(started.record) << started.id();
    if (started.record) {
      const auto finished = answer_of(std::move(started.finished));
      EXPECT_TRUE(finished) << finished.error().message;
    }
    return started.id();
  }
  Expected<void> verify(const std::string& id) {
    Expected<void> answered = fail(Errc::timed_out, "not answered at once");
    backups().verify(id, cause(), [&](Expected<void> result) { answered = std::move(result); });
    return answered;
  }
  Result remove(const std::string& id) {
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    backups().remove(id, cause(), [promise](Result result) { promise->set_value(std::move(result)); });
    return answer_of(std::move(future));
  }
  void eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 3000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(holds());
  }
  Result add_account(const std::string& name) {
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    system_->register_account({0, name, name + "@example.org", "", "hash", "user"}, cause(),
                              [promise](Result result) { promise->set_value(std::move(result)); });
    return answer_of(std::move(future));
  }
  /// Keeps the worker busy until the returned promise is set.
  std::shared_ptr<std::promise<void>> occupy() {
    auto gate = std::make_shared<std::promise<void>>();
    auto reached = std::make_shared<std::promise<void>>();
    auto at_gate = reached->get_future();
    begin_held([gate, reached] {
      reached->set_value();
      gate->get_future().wait();
    });
    at_gate.wait();
    return gate;
  }
  void begin_held(std::function<void()> at_the_end) {
    auto held = std::make_shared<std::function<void()>>(std::move(at_the_end));
    backups().start(
        {}, cause(), [](const Result& started) { ASSERT_TRUE(started); }, [held](const Expected<void>&) { (*held)(); });
  }

  storage::test::TempFolder folder_, elsewhere_;
  SystemOptions options_;
  Secrets secrets_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
};

TEST_F(BackupsTest, AreEventsThatSayWhoAskedAndWhatCameOfIt) {
  ASSERT_TRUE(add_account("ada"));
  const auto id = must_back_up({.compression = "gzip"});
  const auto row = queries().backup(id);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->status, projections::kBackupCompleted);
  EXPECT_EQ(row->asked_by, "account/1");
  EXPECT_EQ(row->compression, "gzip");
  EXPECT_EQ(row->encryption, "data-key");
  EXPECT_EQ(row->size, std::filesystem::file_size(backups().file(id)));
  EXPECT_EQ(row->position, 2u) << "the account, and the beginning of the backup";
  EXPECT_EQ(queries().last_log_check(), row->finished_at);
  eventually([&] { return !backups().job(id); });
  stop();
  start();
  ASSERT_TRUE(queries().backup(id)) << "the list survives";
}

TEST_F(BackupsTest, BringPersonalKeysAndSecretsBack) {
  ASSERT_TRUE(add_account("ada"));
  const auto sealed = secrets_.seal_for(1, "what ada wrote");
  ASSERT_TRUE(sealed);
  const auto id = must_back_up();
  const auto target = elsewhere_.path() / "restored";
  const auto restored = storage::restore_backup(
      backups().file(id), storage::BackupKey{storage::Encryption::data_key, secrets_.backup_key()}, target);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_FALSE(std::filesystem::exists(target / "key"));
  EXPECT_FALSE(Secrets::open(target)) << "without its key it is of no use to anybody";
  std::filesystem::copy_file(folder_.path() / "key", target / "key");
  const auto secrets = Secrets::open(target);
  ASSERT_TRUE(secrets) << secrets.error().message;
  EXPECT_EQ(secrets->unseal_for(1, *sealed).value_or(""), "what ada wrote");
}

TEST_F(BackupsTest, HoldNoKeyThatWasThrownAwayBefore) {
  ASSERT_TRUE(add_account("ada"));
  const auto sealed = secrets_.seal_for(1, "what ada wrote");
  ASSERT_TRUE(secrets_.personal_keys().forget(1));
  const auto id = must_back_up();
  const auto target = elsewhere_.path() / "restored";
  ASSERT_TRUE(storage::restore_backup(
      backups().file(id), storage::BackupKey{storage::Encryption::data_key, secrets_.backup_key()}, target));
  std::filesystem::copy_file(folder_.path() / "key", target / "key");
  const auto secrets = Secrets::open(target);
  ASSERT_TRUE(secrets);
  EXPECT_EQ(secrets->unseal_for(1, *sealed).error().code, Errc::not_found);
}

TEST_F(BackupsTest, AreMadeOneAtATime) {
  constexpr int kAskers = 5;
  std::atomic<int> started{0}, refused{0}, finished{0};
  for (int i = 0; i < kAskers; ++i)
    backups().start(
        {}, cause(),
        [&](const Result& result) {
          if (result) ++started;
          if (!result && result.error().code == Errc::conflict && result.error().field == "backup") ++refused;
        },
        [&](const Expected<void>& result) { finished += result.has_value(); });
  eventually([&] { return started + refused == kAskers && finished == started; });
  EXPECT_GE(started, 1);
  EXPECT_GE(refused, 1);
  EXPECT_FALSE(store_->claim_holder(events::kRunningBackupClaim));
  must_back_up();
}

TEST_F(BackupsTest, AskedForTwiceWithOneIdempotencyKeyAreOne) {
  auto with_key = cause();
  with_key.idempotency = storage::IdempotencyKey{"POST /backup", "same"};
  auto first = begin({}, with_key);
  ASSERT_TRUE(first.record);
  ASSERT_TRUE(answer_of(std::move(first.finished)));
  auto second = begin({}, with_key);
  EXPECT_EQ(second.id(), first.id());
  EXPECT_EQ(queries().backups().size(), 1u);
}

TEST_F(BackupsTest, ThatTheProcessDidNotSurviveAreFailedAtTheNextStart) {
  // As a crash leaves it: the beginning is in the log, and half a file in the folder.
  storage::Append append = append_to("backup/20260131T120000000Z-000000", cause());
  const events::BackupStarted event{"20260131T120000000Z-000000", "account/1", true, true, "zstd", "none"};
  append.events = {events::encode(event)};
  append.claims = {{storage::Claim::Kind::take, events::kRunningBackupClaim}};
  projections::project(events::BackupEvent(event), {"20260131T120000000Z-000000", 1}, append.rows);
  ASSERT_TRUE(store_->append_and_wait(std::move(append)));
  const auto remains = folder_.path() / "backups" / ".20260131T120000000Z-000000";
  std::filesystem::create_directories(remains);
  std::ofstream(remains / "archive") << "half of it";
  stop();
  start();
  const auto row = queries().backup("20260131T120000000Z-000000");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->status, projections::kBackupFailed);
  EXPECT_THAT(row->reason, ::testing::HasSubstr("ended"));
  EXPECT_FALSE(std::filesystem::exists(remains));
  must_back_up();
}

TEST_F(BackupsTest, ThatWereRestoredFromAreNotTakenForRunning) {
  const auto id = must_back_up();
  const auto target = elsewhere_.path() / "restored";
  ASSERT_TRUE(storage::restore_backup(
      backups().file(id), storage::BackupKey{storage::Encryption::data_key, secrets_.backup_key()}, target));
  std::filesystem::copy_file(folder_.path() / "key", target / "key");
  stop();
  auto store = storage::Store::open({target});
  ASSERT_TRUE(store) << store.error().message;
  const auto secrets = Secrets::open(target);
  ASSERT_TRUE(secrets);
  System system(**store, *secrets, options_);
  const auto row = BackupQueries(**store).backup(id);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->status, projections::kBackupFailed);
}

TEST_F(BackupsTest, AreVerifiedAndTheOutcomeIsKept) {
  const auto id = must_back_up();
  ASSERT_TRUE(verify(id));
  eventually([&] { return queries().backup(id)->verified_at != 0; });
  EXPECT_TRUE(queries().backup(id)->good);
  {
    std::fstream file(backups().file(id), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-3, std::ios::end).put('x');
  }
  const Micros before = queries().backup(id)->verified_at;
  ASSERT_TRUE(verify(id));
  eventually([&] { return queries().backup(id)->verified_at != before; });
  EXPECT_FALSE(queries().backup(id)->good);
  EXPECT_THAT(queries().backup(id)->reason, ::testing::HasSubstr("damaged"));
  std::filesystem::remove(backups().file(id));
  EXPECT_EQ(verify(id).error().code, Errc::conflict);
  EXPECT_EQ(verify("none").error().code, Errc::not_found);
}

TEST_F(BackupsTest, AreDeletedWithTheirFile) {
  const auto id = must_back_up();
  const auto file = backups().file(id);
  ASSERT_TRUE(remove(id));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(queries().backup(id));
  EXPECT_EQ(remove(id).error().code, Errc::not_found);
  EXPECT_EQ(remove("../../key").error().code, Errc::not_found);
}

TEST_F(BackupsTest, PastTheirNumberTheOldestGoes) {
  stop();
  options_.max_backups = 2;
  start();
  const auto first = must_back_up();
  const auto file = backups().file(first);
  const auto second = must_back_up();
  const auto third = must_back_up();
  EXPECT_FALSE(std::filesystem::exists(file));
  const auto rows = queries().backups();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].id, third);
  EXPECT_EQ(rows[1].id, second);
}

TEST_F(BackupsTest, AndVerificationsPastTheirQueueAreRefused) {
  const auto id = must_back_up();
  const auto gate = occupy();
  std::size_t taken = 0;
  for (std::size_t i = 0; i < defaults::kMaxQueuedBackupJobs + 2; ++i) taken += verify(id).has_value();
  EXPECT_LE(taken, defaults::kMaxQueuedBackupJobs);
  EXPECT_EQ(verify(id).error().code, Errc::overloaded);
  EXPECT_EQ(remove(id).error().code, Errc::overloaded);
  EXPECT_EQ(begin().record.error().code, Errc::overloaded);
  gate->set_value();
  eventually([&] { return !store_->claim_holder(events::kRunningBackupClaim) && !backups().job(id); });
  must_back_up();
}

TEST_F(BackupsTest, OfALogThatCannotBeReadFailWithTheReason) {
  ASSERT_TRUE(add_account("ada"));
  // A file where the folder of backups should be.
  std::filesystem::remove_all(folder_.path() / "backups");
  std::ofstream(folder_.path() / "backups") << "in the way";
  auto started = begin();
  ASSERT_TRUE(started.record);
  EXPECT_FALSE(answer_of(std::move(started.finished)));
  EXPECT_EQ(queries().backup(started.id())->status, projections::kBackupFailed);
  EXPECT_TRUE(store_->healthy());
}

TEST_F(BackupsTest, UnderWayAreGivenUpWhenTheHouseEnds) {
  ASSERT_TRUE(add_account("ada"));
  auto started = begin();
  stop();
  start();
  for (const auto& row : queries().backups()) EXPECT_NE(row.status, projections::kBackupRunning);
  must_back_up();
}

}  // namespace
}  // namespace troupe::actors
