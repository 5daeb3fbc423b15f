// Files on a real store: what is kept, who sees it, what is left after an accident.
#include "actors/files.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "actors/system.hpp"
#include "projections/rebuild.hpp"
#include "tests/actors/fake_scanner.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using testing::wait;

using namespace std::chrono_literals;
using storage::RecordPtr;
using Result = Expected<RecordPtr>;
namespace fs = std::filesystem;

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    options_.files.scanner.timeout = options_.files.scanner.connect_timeout = 200ms;
    options_.files.scanner.retry_delay = 50ms;
    start();
  }
  void start(bool replay = false) {
    auto opened = storage::Store::open({folder_.path()});
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    ASSERT_TRUE(projections::rebuild(*store_, replay, {}));
    secrets_ = store_->secrets();
    options_.mail.outbox = folder_.path() / "outbox";
    options_.files.store = *FileStore::open(folder_.path(), secrets_, 0);
    options_.files.inspector.program = TROUPE_INSPECTOR;
    system_ = std::make_unique<System>(*store_, secrets_, options_);
  }
  void stop() {
    system_.reset();
    store_.reset();
  }
  void restart() {
    stop();
    start();
  }

  static Cause cause() { return {"test", "request", now_micros(), std::nullopt}; }
  static bool eventually(const std::function<bool()>& holds) {
    for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
      if (holds()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return holds();
  }

  AccountId add_account(const std::string& name) {
    const auto record = wait([&](auto answer) {
      system_->register_account({0, name, name + "@example.org", "", "hash", "user"}, cause(), answer);
    });
    return record ? std::stoll(std::string((*record)->id())) : 0;
  }
  SessionId add_channel(AccountId owner, const std::string& name) {
    CreateSession command;
    command.kind = "channel";
    command.owner = owner;
    command.name = name;
    const auto record =
        wait([&](auto answer) { system_->conversations().create(std::move(command), "", cause(), answer); });
    return record ? std::stoll(std::string((*record)->id())) : 0;
  }
  Expected<FileId> upload(AccountId uploader, std::string_view content, NewFile said = {0, "name.txt", "", false}) {
    auto file = files().begin(uploader);
    if (!file) return tl::unexpected(file.error());
    const FileId id = (*file)->id();
    if (auto ok = (*file)->write(content); !ok) return tl::unexpected(ok.error());
    const auto result = wait([&](auto answer) { files().keep(std::move(*file), said, cause(), answer); });
    if (!result) return tl::unexpected(result.error());
    return id;
  }
  std::string content(const FileId& id) {
    const auto row = files().queries().file(id);
    if (!row) return "(no row)";
    const auto reader = files().content(*row);
    return reader ? (*reader)->read_all(~0ull).value_or("(damaged)") : reader.error().message;
  }
  std::size_t stored_files() const {
    std::size_t count = 0;
    for (const auto* folder : {"files", "uploads"})
      for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / folder))
        count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
  Files& files() { return system_->files(); }

  storage::test::TempFolder folder_;
  SystemOptions options_;
  std::unique_ptr<storage::Store> store_;
  Secrets secrets_;
  std::unique_ptr<System> system_;
};

TEST_F(FilesTest, KeepsWhatWasUploadedAcrossARestart) {
  const auto ada = add_account("ada");
  const auto id = upload(ada, "hello, world\n", {0, "grüße.txt", "a greeting", true});
  ASSERT_TRUE(id) << id.error().message;
  restart();
  const auto row = files().queries().file(*id);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->size, 13);
  EXPECT_EQ(row->content_type, "text/plain");
  EXPECT_EQ(row->scan, "not_scanned");
  EXPECT_TRUE(row->is_public);
  const auto texts = files().texts(*row);
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->name, "grüße.txt");
  EXPECT_EQ(texts->description, "a greeting");
  EXPECT_EQ(content(*id), "hello, world\n");
}

TEST_F(FilesTest, LeavesNothingOfAnUploadThatWasRefusedOrGivenUp) {
  const auto ada = add_account("ada");
  EXPECT_EQ(upload(ada, "").error().field, "file");
  EXPECT_EQ(upload(ada, "x", {0, "", "", false}).error().field, "file");
  EXPECT_EQ(upload(ada, "x", {77, "a", "", false}).error().field, "channel_id");
  EXPECT_TRUE(eventually([&] { return stored_files() == 0; }));
  {
    auto given_up = *files().begin(ada);
    ASSERT_TRUE(given_up->write(std::string(1'000'000, 'x')));
    EXPECT_EQ(stored_files(), 1u);
  }
  EXPECT_EQ(stored_files(), 0u);
}

TEST_F(FilesTest, RefusesUploadsWhenTheDiskWouldBeTooFull) {
  const auto ada = add_account("ada");
  stop();
  start();
  options_.files.store = *FileStore::open(folder_.path(), secrets_, ~std::uint64_t{0} / 2);
  system_ = nullptr;
  system_ = std::make_unique<System>(*store_, secrets_, options_);
  EXPECT_EQ(upload(ada, "x").error().code, Errc::overloaded);
}

TEST_F(FilesTest, RemovesAtTheStartWhatNoEventKnows) {
  const auto ada = add_account("ada");
  const auto id = upload(ada, "kept");
  ASSERT_TRUE(id);
  stop();
  // What a crash leaves: an upload under way; one that was moved into place before its event was written.
  std::ofstream(folder_.path() / "uploads" / "file_half") << "half";
  fs::create_directories(folder_.path() / "files" / "ab");
  std::ofstream(folder_.path() / "files" / "ab" / "file_abcd") << "whole";
  std::ofstream(folder_.path() / "files" / "ab" / "file_abcd.thumbnail") << "whole";
  start();
  EXPECT_TRUE(eventually([&] { return stored_files() == 1; }));
  EXPECT_EQ(content(*id), "kept");
}

TEST_F(FilesTest, AreSeenByTheirChannelAndTheirUploader) {
  const auto ada = add_account("ada"), bob = add_account("bob"), eve = add_account("eve");
  const auto channel = add_channel(ada, "general");
  ASSERT_TRUE(wait([&](auto answer) {
    system_->conversations().ask_session(channel, Join{bob, false}, cause(), answer);
  }));
  const auto row_of = [&](const Expected<FileId>& id) { return *files().queries().file(*id); };
  const auto own = row_of(upload(ada, "x"));
  const auto shared = row_of(upload(ada, "x", {channel, "a", "", false}));
  const auto open = row_of(upload(ada, "x", {0, "a", "", true}));
  const auto sees = [&](const auto& row, AccountId account) { return files().may_see(row, account); };
  EXPECT_TRUE(sees(own, ada) && !sees(own, bob) && !sees(own, eve) && !sees(own, 0));
  EXPECT_TRUE(sees(shared, ada) && sees(shared, bob) && !sees(shared, eve) && !sees(shared, 0));
  EXPECT_TRUE(sees(open, eve) && sees(open, 0));
  EXPECT_FALSE(upload(eve, "x", {channel, "a", "", false})) << "only members put files into a channel";

  EXPECT_EQ(files().queries().files_of_session(channel, std::nullopt, 10).size(), 1u);
  EXPECT_TRUE(files().check_attachments({open.id, shared.id}, ada, channel));
  EXPECT_EQ(files().check_attachments({own.id}, ada, channel).error().field, "attachments")
      << "nobody else could open it";
  EXPECT_FALSE(files().check_attachments({open.id}, bob, channel)) << "another's";
  EXPECT_TRUE(files().check_attachments({shared.id}, bob, channel));
  EXPECT_EQ(files().check_attachments({own.id}, bob, channel).error().field, "attachments");
  EXPECT_EQ(files().check_attachments({"file_none"}, bob, channel).error().field, "attachments");
}

TEST_F(FilesTest, AreListedNewestFirstInPages) {
  const auto ada = add_account("ada");
  std::vector<FileId> ids;
  for (int i = 0; i < 5; ++i) ids.insert(ids.begin(), *upload(ada, "x"));
  std::vector<FileId> listed;
  std::optional<projections::FileCursor> before;
  for (auto page = files().queries().files_of_uploader(ada, before, 2); !page.empty();
       page = files().queries().files_of_uploader(ada, before, 2)) {
    for (const auto& row : page) listed.push_back(row.id);
    before = projections::FileCursor{page.back().uploaded_at, page.back().id};
  }
  EXPECT_EQ(listed, ids);
  EXPECT_EQ(files().queries().count_of_uploader(ada), 5);
}

TEST_F(FilesTest, AreGoneWithTheirContentWhenDeleted) {
  const auto ada = add_account("ada"), bob = add_account("bob");
  const auto id = upload(ada, "x");
  const auto remove = [&](AccountId by) {
    return wait([&](auto answer) { files().remove(*id, {by, false}, cause(), answer); });
  };
  EXPECT_EQ(remove(bob).error().code, Errc::forbidden);
  EXPECT_TRUE(remove(ada));
  EXPECT_EQ(stored_files(), 0u);
  EXPECT_FALSE(files().queries().file(*id));
  EXPECT_EQ(remove(ada).error().code, Errc::not_found);
}

TEST_F(FilesTest, OfAnAccountAreAllDeletedAndOfNobodyElse) {
  const auto ada = add_account("ada"), bob = add_account("bob");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(upload(ada, "x"));
  const auto other = upload(bob, "kept");
  ASSERT_TRUE(files().delete_files_of(ada, cause()));
  ASSERT_TRUE(files().delete_files_of(ada, cause())) << "again, as after a crash";
  EXPECT_EQ(files().queries().count_of_uploader(ada), 0);
  EXPECT_EQ(stored_files(), 1u);
  EXPECT_EQ(content(*other), "kept");
}

TEST_F(FilesTest, RefuseMalwareAndHandNothingOutUnscanned) {
  testing::FakeScanner clamd(folder_.path());
  stop();
  options_.files.scanner.address = clamd.address();
  start();
  const auto ada = add_account("ada");
  const auto infected = upload(ada, "EICAR");
  ASSERT_FALSE(infected);
  EXPECT_EQ(infected.error().field, "file");
  // What was refused goes with the last who works on it, a moment after the answer.
  EXPECT_TRUE(eventually([&] { return stored_files() == 0; }));
  const auto clean = upload(ada, "harmless");
  ASSERT_TRUE(clean);
  EXPECT_EQ(files().queries().file(*clean)->scan, "clean");

  clamd.fault = testing::FakeScanner::Fault::hangs_up;
  const auto unknown = upload(ada, "unknown");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(files().queries().file(*unknown)->scan, "error");
  EXPECT_NE(content(*unknown), "unknown");
  clamd.fault = testing::FakeScanner::Fault::none;
  EXPECT_TRUE(eventually([&] { return files().queries().file(*unknown)->scan == "clean"; }));
  EXPECT_EQ(content(*unknown), "unknown");
}

TEST_F(FilesTest, TellWhenTheyWereLastScannedAlsoAfterARestart) {
  testing::FakeScanner clamd(folder_.path());
  stop();
  options_.files.scanner.address = clamd.address();
  start();
  const auto ada = add_account("ada");
  EXPECT_FALSE(files().last_scan());
  ASSERT_TRUE(upload(ada, "harmless"));
  EXPECT_TRUE(files().last_scan());
  const auto refused_at = now_micros();
  ASSERT_FALSE(upload(ada, "EICAR"));
  EXPECT_GE(files().last_scan().value_or(0), refused_at) << "what is refused was scanned, too";
  stop();
  start(/*replay=*/true);
  ASSERT_TRUE(files().last_scan());
  EXPECT_LT(*files().last_scan(), refused_at) << "that of the file which is here";
}

TEST_F(FilesTest, ComeBackWhenTheRowsAreReplayed) {
  const auto ada = add_account("ada");
  const auto kept = upload(ada, "x"), deleted = upload(ada, "y");
  ASSERT_TRUE(wait([&](auto answer) { files().remove(*deleted, {ada, false}, cause(), answer); }));
  stop();
  start(/*replay=*/true);
  EXPECT_TRUE(files().queries().file(*kept));
  EXPECT_FALSE(files().queries().file(*deleted));
  EXPECT_EQ(files().queries().count_of_uploader(ada), 1);
}

}  // namespace
}  // namespace troupe::actors
