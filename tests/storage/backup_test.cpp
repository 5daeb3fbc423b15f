// Backups: what is in them, that they bring everything back, and that no damage passes for a whole one.
#include "storage/backup.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "storage/backup_file.hpp"
#include "tests/storage/child_writer.hpp"
#include "tests/storage/store_fixture.hpp"

namespace troupe::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;

constexpr const char* kSecretText = "nobody may read this sentence in a raw file";

std::string read_whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_whole(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

std::string random_bytes(std::size_t count) {
  static std::mt19937 random(3);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

BackupKey data_key(char filling = 'k') { return {Encryption::data_key, std::string(32, filling)}; }

std::vector<Record> records_of(const Store& store, Position last = kNewest) {
  std::vector<Record> found;
  EXPECT_TRUE(store.read(1, [&](const Record& record) {
    if (record.position <= last) found.push_back(record);
    return record.position <= last;
  }));
  return found;
}

class BackupTest : public StoreTest {
 protected:
  static BackupOptions options(std::string id = "one") {
    BackupOptions options{.id = std::move(id), .created_at = 1'700'000'000'000'000};
    options.min_free_bytes = 0;
    return options;
  }
  FinishedBackup must_back_up(const BackupOptions& with) {
    auto made = create_backup(*store, with);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : FinishedBackup{};
  }
  fs::path file(std::string_view id = "one") const { return backup_path(folder.path(), id); }
  fs::path target() const { return elsewhere.path() / "restored"; }

  /// As an operator would: the data key is not in a backup.
  Expected<std::unique_ptr<Store>> open_restored(const fs::path& restored) const {
    fs::copy_file(folder.path() / "key", restored / "key");
    return Store::open({.folder = restored});
  }

  void append_some(unsigned streams = 2, unsigned appends = 10) {
    for (unsigned n = 1; n <= appends; ++n)
      for (unsigned stream = 0; stream < streams; ++stream) must_append(nth_append(stream, n));
  }
  std::vector<std::string> left_in_backups() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path() / "backups"))
      names.push_back(entry.path().filename());
    return names;
  }

  TempFolder elsewhere;
};

TEST_F(BackupTest, HoldsEveryEventAcknowledgedBeforeItAndBringsThemBackByteByByteWhileWritingGoesOn) {
  constexpr unsigned kThreads = 3;
  std::atomic<bool> stop{false};
  std::atomic<unsigned> appended{0};
  std::vector<std::thread> appenders;
  for (unsigned stream = 0; stream < kThreads; ++stream)
    appenders.emplace_back([&, stream] {
      for (unsigned n = 1; !stop; ++n) {
        ASSERT_TRUE(store->append_and_wait(nth_append(stream, n)));
        ++appended;
      }
    });
  const auto wait_for_more = [&](unsigned count) {
    for (const unsigned goal = appended + count; appended < goal;) std::this_thread::yield();
  };
  wait_for_more(300);
  const Position before = store->last_position();
  bool wrote_meanwhile = false;
  auto with = options();
  with.key = data_key();
  with.progress = [&](std::uint64_t, std::uint64_t) {
    if (!wrote_meanwhile) wait_for_more(50);
    return wrote_meanwhile = true;
  };
  const auto made = must_back_up(with);
  wait_for_more(100);
  stop = true;
  for (auto& appender : appenders) appender.join();

  const Position position = made.manifest.position;
  EXPECT_GE(position, before);
  EXPECT_LT(position, store->last_position());
  const auto restored = restore_backup(file(), data_key(), target());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->position, position);

  auto opened = open_restored(target());
  ASSERT_TRUE(opened) << opened.error().message;
  const Store& copy = **opened;
  EXPECT_EQ(copy.last_position(), position);
  const auto original_records = records_of(*store, position), restored_records = records_of(copy);
  ASSERT_EQ(restored_records.size(), original_records.size());
  for (std::size_t i = 0; i < original_records.size(); ++i) {
    const auto &original = original_records[i], &copied = restored_records[i];
    ASSERT_EQ(encode_body(copied).bytes, encode_body(original).bytes) << "at position " << original.position;
    ASSERT_EQ(copied.position, original.position);
    ASSERT_EQ(copied.version, original.version);
  }
  const auto finding = LogCheck(copy, {}).run();
  EXPECT_EQ(finding.kind, Finding::Kind::whole) << finding.what;

  std::map<unsigned, unsigned> appends;
  for (const auto& record : restored_records) ++appends[static_cast<unsigned>(std::stoul(std::string(record.id())))];
  for (const auto& [stream, count] : appends) EXPECT_TRUE((*opened)->append_and_wait(nth_append(stream, count + 1)));
  EXPECT_EQ(LogCheck(copy, {}).run().kind, Finding::Kind::whole);
}

TEST_F(BackupTest, RestoresTheSameRowsClaimsAndSnapshots) {
  append_some();
  store->save_snapshot(stream_name(0), {1, 2, "state"});
  must_append(nth_append(0, 11));
  must_back_up(options());
  ASSERT_TRUE(restore_backup(file(), {}, target()));
  auto copy = open_restored(target());
  ASSERT_TRUE(copy) << copy.error().message;
  for (const TableId table : {kCounters, kLatest, kMaps}) {
    std::map<std::string, std::string> original, restored;
    const auto into = [](auto& rows) {
      return [&rows](auto key, auto value) { return rows.emplace(key, value), true; };
    };
    ASSERT_TRUE(store->scan(table, "", "", Store::Direction::forward, into(original)));
    ASSERT_TRUE((*copy)->scan(table, "", "", Store::Direction::forward, into(restored)));
    EXPECT_FALSE(original.empty());
    EXPECT_EQ(restored, original);
  }
  EXPECT_EQ((*copy)->claim_holder(claim_name(0, 11)), stream_name(0));
  ASSERT_TRUE((*copy)->snapshot(stream_name(0)));
  EXPECT_EQ((*copy)->snapshot(stream_name(0))->state, "state");
}

TEST_F(BackupTest, OpensNothingOfAnAccountThatWasErasedBeforeIt) {
  for (const events::AccountId account : {7, 8}) {
    ASSERT_TRUE(store->secrets().personal_keys().make(account));
    Append append = append_to("people/" + std::to_string(account));
    append.owner = account;
    append.events.front().personal = kSecretText;
    must_append(std::move(append));
  }
  ASSERT_TRUE(store->secrets().personal_keys().forget(7));
  auto with = options();
  with.compression = Compression::none;
  must_back_up(with);
  EXPECT_EQ(read_whole(file()).find(kSecretText), std::string::npos) << "sealed, although the backup is not";
  ASSERT_TRUE(restore_backup(file(), {}, target()));
  const auto copy = open_restored(target());
  ASSERT_TRUE(copy) << copy.error().message;
  const auto records = records_of(**copy);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records[0].erased);
  EXPECT_EQ(records[0].events.front().personal, "");
  EXPECT_EQ(records[1].events.front().personal, kSecretText);
}

TEST_F(BackupTest, ComesBackFromEveryCompressionAndEncryption) {
  append_some();
  const auto original = records_of(*store);
  int n = 0;
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd})
    for (const auto& key : {std::optional<BackupKey>(), std::optional(data_key()),
                            std::optional(BackupKey{Encryption::passphrase, "correct horse"})}) {
      if (key && key->kind == Encryption::passphrase && compression != Compression::zstd) continue;  // slow by design
      auto with = options("b" + std::to_string(++n));
      with.compression = compression;
      with.key = key;
      const auto made = must_back_up(with);
      EXPECT_EQ(made.size, fs::file_size(file(with.id)));
      const auto shown = read_backup_manifest(file(with.id));
      ASSERT_TRUE(shown) << shown.error().message;
      EXPECT_EQ(shown->manifest.compression, compression);
      EXPECT_EQ(shown->manifest.encryption, key ? key->kind : Encryption::none);
      EXPECT_EQ(shown->manifest.position, store->last_position());
      const auto verified = verify_backup(file(with.id), key);
      ASSERT_TRUE(verified) << verified.error().message;
      const auto into = elsewhere.path() / with.id;
      ASSERT_TRUE(restore_backup(file(with.id), key, into));
      const auto copy = open_restored(into);
      ASSERT_TRUE(copy) << copy.error().message;
      EXPECT_EQ(records_of(**copy), original);
    }
}

TEST_F(BackupTest, OfAnEmptyLogComesBackAsOne) {
  must_back_up(options());
  ASSERT_TRUE(restore_backup(file(), {}, target()));
  const auto copy = open_restored(target());
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ((*copy)->last_position(), 0u);
}

TEST_F(BackupTest, LeavesTheDataKeyAndWhatIsNotPartOfTheDataBehind) {
  append_some();
  write_whole(folder.path() / "key", "the key itself");
  write_whole(folder.path() / "initial-admin-password", "hunter22");
  write_whole(folder.path() / "outbox" / "1.eml", "a mail");
  write_whole(folder.path() / "key-check", "check");
  write_whole(folder.path() / "personal-keys", std::string(64, 'p'));
  write_whole(folder.path() / "demo", "well known");
  write_whole(folder.path() / "files" / "ab" / "blob", "uploaded");
  write_whole(folder.path() / "files" / ".unfinished", "half");
  must_back_up(options("earlier"));
  must_back_up(options());
  const auto restored = restore_backup(file(), {}, target());
  ASSERT_TRUE(restored) << restored.error().message;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(target())) names.push_back(entry.path().filename());
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("acknowledged", "demo", "files", "key-check", "log", "personal-keys"));
}

TEST_F(BackupTest, TakesFilesOnlyWhenAsked) {
  write_whole(folder.path() / "files" / "ab" / "blob", "uploaded");
  auto with = options();
  with.files = false;
  must_back_up(with);
  ASSERT_TRUE(restore_backup(file(), {}, target()));
  EXPECT_FALSE(fs::exists(target() / "files"));
}

TEST_F(BackupTest, TakesFilesAloneWhenAsked) {
  append_some();
  write_whole(folder.path() / "files" / "ab" / "blob", "uploaded");
  write_whole(folder.path() / "personal-keys", std::string(64, 'p'));
  auto with = options();
  with.database = false;
  must_back_up(with);
  const auto restored = restore_backup(file(), {}, target());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_FALSE(restored->database);
  EXPECT_EQ(read_whole(target() / "files" / "ab" / "blob"), "uploaded");
  EXPECT_FALSE(fs::exists(target() / "log"));
  EXPECT_FALSE(fs::exists(target() / "personal-keys"));
}

TEST_F(BackupTest, OfNothingIsRefused) {
  auto with = options();
  with.database = with.files = false;
  EXPECT_EQ(create_backup(*store, with).error().code, Errc::invalid);
}

TEST_F(BackupTest, WithAnIdThatIsTakenIsRefused) {
  must_back_up(options());
  EXPECT_EQ(create_backup(*store, options()).error().code, Errc::conflict);
}

TEST_F(BackupTest, OfAStoreThatOnlyReadsIsRefused) {
  append_some(1, 1);
  const auto reader = Store::open({.folder = folder.path(), .read_only = true});
  ASSERT_TRUE(reader);
  EXPECT_EQ(create_backup(**reader, options()).error().code, Errc::invalid);
  EXPECT_TRUE(left_in_backups().empty());
}

TEST_F(BackupTest, TellsItsProgressAndEndsWhenToldTo) {
  append_some();
  auto with = options();
  std::uint64_t last = 0, total = 0;
  with.progress = [&](std::uint64_t done, std::uint64_t of) {
    EXPECT_GE(done, last);
    last = done;
    total = of;
    return true;
  };
  const auto made = must_back_up(with);
  EXPECT_GT(total, 0u);
  EXPECT_EQ(last, total);
  EXPECT_EQ(total, made.manifest.file_bytes);

  with = options("two");
  with.progress = [](std::uint64_t, std::uint64_t) { return false; };
  EXPECT_EQ(create_backup(*store, with).error().code, Errc::cancelled);
  EXPECT_THAT(left_in_backups(), testing::ElementsAre("one.troupe-backup"));
}

TEST_F(BackupTest, LeavesRoomOnTheDiskToTheJournal) {
  append_some();
  auto with = options();
  with.min_free_bytes = std::uint64_t{1} << 60;
  const auto made = create_backup(*store, with);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::overloaded);
  EXPECT_TRUE(left_in_backups().empty());
}

TEST_F(BackupTest, OfADamagedLogIsRefused) {
  for (unsigned n = 1; n <= 10; ++n) {
    auto append = append_to("bots/a", 0);
    for (unsigned i = 0; i < 100; ++i) append.events.push_back({"Happened", 1, random_bytes(400)});
    must_append(std::move(append));
  }
  open();  // closing brought everything into table files
  for (const auto& entry : fs::directory_iterator(folder.path() / "log")) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 50'000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20'000).write("damage", 6);
  }
  const auto made = create_backup(*store, options());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::corrupt);
  EXPECT_TRUE(left_in_backups().empty());
}

TEST_F(BackupTest, OpensWithItsKeyOnly) {
  append_some(1, 3);
  auto with = options();
  with.key = data_key('k');
  must_back_up(with);
  EXPECT_EQ(verify_backup(file(), data_key('x')).error().code, Errc::corrupt);
  EXPECT_EQ(verify_backup(file(), {}).error().code, Errc::invalid);
  EXPECT_EQ(verify_backup(file(), BackupKey{Encryption::passphrase, "p"}).error().code, Errc::invalid);
  EXPECT_EQ(verify_backup(file(), BackupKey{Encryption::data_key, "short"}).error().code, Errc::invalid);
  EXPECT_EQ(restore_backup(file(), data_key('x'), target()).error().code, Errc::corrupt);
  EXPECT_TRUE(fs::is_empty(target()));

  with = options("two");
  with.key = BackupKey{Encryption::passphrase, "correct horse"};
  must_back_up(with);
  EXPECT_EQ(verify_backup(file("two"), BackupKey{Encryption::passphrase, "battery"}).error().code, Errc::corrupt);
}

TEST_F(BackupTest, HidesEverythingWhenItIsEncrypted) {
  Append append = append_to("bots/a", 0);
  append.events = some_events(1, kSecretText);
  must_append(std::move(append));
  auto with = options("clear");
  with.compression = Compression::none;
  must_back_up(with);
  EXPECT_NE(read_whole(file("clear")).find(kSecretText), std::string::npos) << "else this test shows nothing";
  with.id = "sealed";
  with.key = data_key();
  must_back_up(with);
  const auto raw = read_whole(file("sealed"));
  EXPECT_EQ(raw.find(kSecretText), std::string::npos);
  EXPECT_EQ(raw.find("bots/a"), std::string::npos);
  EXPECT_EQ(raw.find("acknowledged"), std::string::npos);
}

TEST_F(BackupTest, IsRefusedWhateverByteOfItWasChangedAndWhereverItWasCut) {
  append_some(2, 5);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  std::mt19937 random(20260131);
  int n = 0, tried = 0;
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd})
    for (const auto& key : {std::optional<BackupKey>(), std::optional(data_key())}) {
      auto with = options("b" + std::to_string(++n));
      with.compression = compression;
      with.key = key;
      must_back_up(with);
      const std::string whole = read_whole(file(with.id));
      const auto damaged = elsewhere.path() / "damaged";
      for (int round = 0; round < 500 && std::chrono::steady_clock::now() < until; ++round, ++tried) {
        std::string bytes = whole;
        // The first hundred bytes hold all that is not payload: each of them is tried.
        const std::size_t at = round < 100 ? static_cast<std::size_t>(round) : random() % whole.size();
        const bool cut = round % 5 == 4;
        if (cut)
          bytes.resize(at);
        else
          bytes[at] = static_cast<char>(bytes[at] ^ (1u << random() % 8));
        write_whole(damaged, bytes);
        const auto verified = verify_backup(damaged, key);
        ASSERT_FALSE(verified) << with.id << (cut ? " cut at " : " changed at ") << at;
        // Its encryption is a word of the manifest: altered, it asks for a key.
        ASSERT_THAT(verified.error().code, testing::AnyOf(Errc::corrupt, Errc::invalid)) << verified.error().message;
      }
      write_whole(damaged, whole + '\0');
      ASSERT_EQ(verify_backup(damaged, key).error().code, Errc::corrupt) << "lengthened";
      write_whole(damaged, whole);
      ASSERT_TRUE(verify_backup(damaged, key));
    }
  EXPECT_GT(tried, 600);
}

TEST_F(BackupTest, IsRefusedWhenPiecesOfItAreExchangedLeftOutOrTakenFromAnother) {
  write_whole(folder.path() / "files" / "large", std::string(std::size_t{1} << 20, 'x'));
  auto with = options();
  with.compression = Compression::none;
  with.key = data_key();
  must_back_up(with);
  with.id = "two";
  must_back_up(with);
  const std::string whole = read_whole(file()), other = read_whole(file("two"));
  const std::size_t frame = 4 + defaults::kBackupFrameBytes + crypto_secretstream_xchacha20poly1305_ABYTES;
  const std::size_t first = whole.find(std::string("\x11\x00\x01\x00", 4), 20);  // the length of a full message
  ASSERT_NE(first, std::string::npos);
  const auto refused = [&](const std::string& bytes) {
    write_whole(elsewhere.path() / "damaged", bytes);
    return verify_backup(elsewhere.path() / "damaged", data_key()).error().code == Errc::corrupt;
  };
  std::string swapped = whole;
  std::swap_ranges(swapped.begin() + static_cast<long>(first), swapped.begin() + static_cast<long>(first + frame),
                   swapped.begin() + static_cast<long>(first + frame));
  EXPECT_TRUE(refused(swapped));
  EXPECT_TRUE(refused(whole.substr(0, first) + whole.substr(first + frame)));
  EXPECT_TRUE(refused(whole.substr(0, first + frame) + whole.substr(first)));
  EXPECT_TRUE(refused(whole.substr(0, first + frame))) << "it ends between two messages";
  EXPECT_TRUE(refused(whole.substr(0, first + frame) + other.substr(other.find(whole.substr(first, 4), 20) + frame)));
}

TEST_F(BackupTest, IsRestoredIntoAnEmptyFolderOnly) {
  append_some(1, 1);
  must_back_up(options());
  write_whole(target() / "something", "of somebody's");
  EXPECT_EQ(restore_backup(file(), {}, target()).error().code, Errc::conflict);
  EXPECT_EQ(read_whole(target() / "something"), "of somebody's");
  EXPECT_EQ(restore_backup(file(), {}, folder.path()).error().code, Errc::conflict);
}

TEST_F(BackupTest, ThatIsNotThereOrNoneIsSaidSo) {
  EXPECT_EQ(verify_backup(elsewhere.path() / "none", {}).error().code, Errc::not_found);
  write_whole(elsewhere.path() / "text", "just a text, and long enough to hold the head of a backup");
  EXPECT_EQ(verify_backup(elsewhere.path() / "text", {}).error().code, Errc::corrupt);
  EXPECT_EQ(read_backup_manifest(elsewhere.path() / "text").error().code, Errc::corrupt);
}

TEST_F(BackupTest, RefusesAManifestPastItsLimit) {
  write_whole(elsewhere.path() / "long", std::string("troupe-backup 1\n\x01\x10\0\0", 20) + std::string(5000, ' '));
  EXPECT_THAT(read_backup_manifest(elsewhere.path() / "long").error().message, testing::HasSubstr("manifest"));
}

TEST_F(BackupTest, RefusesAPathPastItsLimit) {
  write_whole(folder.path() / "files" / std::string(200, 'a') / std::string(200, 'b') / std::string(200, 'c') /
                  std::string(200, 'd') / std::string(214, 'e'),
              "");
  EXPECT_TRUE(create_backup(*store, options())) << "1024 bytes";
  write_whole(folder.path() / "files" / std::string(200, 'a') / std::string(200, 'b') / std::string(200, 'c') /
                  std::string(200, 'd') / std::string(215, 'e'),
              "");
  EXPECT_EQ(create_backup(*store, options("two")).error().code, Errc::too_large);
}

/// A tar header (POSIX ustar) of an empty entry.
std::string tar_entry(const std::string& path, char type, const std::string& link = "") {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  put(0, path);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, "00000000000");
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(157, link);
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char octal[8];
  std::snprintf(octal, sizeof octal, "%06o", sum);
  put(148, std::string(octal, 7));
  return header;
}

TEST_F(BackupTest, UnpacksNothingButFilesOfADataFolder) {
  const std::string manifest =
      R"({"id":"x","created_at":0,"position":0,"database":false,"files":true,"compression":"none","encryption":"none",)"
      R"("salt":"","file_count":9,"file_bytes":9})";
  const auto refusal_of = [&](const std::string& entries) {
    const auto evil = elsewhere.path() / "evil";
    fs::remove(evil);
    auto out = BackupFileWriter::create(evil, manifest, {}, 0);
    EXPECT_TRUE(out && out->write(entries + std::string(1024, '\0')) && out->finish());
    const auto restored = restore_backup(evil, {}, target());
    EXPECT_FALSE(restored);
    EXPECT_TRUE(fs::is_empty(target()));
    EXPECT_FALSE(fs::exists(elsewhere.path() / "escaped"));
    return restored ? std::string() : restored.error().message;
  };
  for (const char* path : {"../escaped", "/tmp/escaped", "files/../../escaped", "files/./x", "files//x", "files/",
                           "files/.hidden", "log/a/b", "log/..", "key", "lock", "backups/x", "digests/x", ""})
    EXPECT_THAT(refusal_of(tar_entry(path, '0')), testing::HasSubstr("no file of a data folder")) << path;
  for (const char type : {'1', '2', '3', '5', '6'})
    EXPECT_THAT(refusal_of(tar_entry("files/x", type, "../../escaped")), testing::HasSubstr("no file of a data folder"))
        << type;
  EXPECT_THAT(refusal_of(tar_entry("files/x", '0') + tar_entry("files/x", '0')), testing::HasSubstr("too many"));
  EXPECT_THAT(refusal_of(tar_entry("digests", '0') + tar_entry("files/x", '0')), testing::HasSubstr("follows"));
  EXPECT_THAT(refusal_of(tar_entry("files/x", '0')), testing::HasSubstr("not those it was made of"));
}

TEST_F(BackupTest, IsRemovedWithItsFile) {
  must_back_up(options());
  EXPECT_TRUE(remove_backup(folder.path(), "one"));
  EXPECT_TRUE(left_in_backups().empty());
  EXPECT_EQ(remove_backup(folder.path(), "one").error().code, Errc::not_found);
}

TEST(BackupCrash, InTheMiddleLeavesTheLogWholeAndNothingThatPassesForABackup) {
  std::mt19937 random(11);
  for (int round = 0; round < 4; ++round) {
    TempFolder folder;
    ChildWriter child({"backup", folder.path(), "2"});
    ASSERT_EQ(child.wait_for("backup 2"), "backup 2");
    std::thread killer([pid = child.pid(), delay = std::chrono::milliseconds(random() % 60)] {
      std::this_thread::sleep_for(delay);
      ::kill(pid, SIGKILL);
    });
    const auto failed = child.wait_for("failed");
    killer.join();
    child.kill();
    ASSERT_EQ(failed, "");
    remove_unfinished_backups(folder.path());
    for (const auto& entry : fs::directory_iterator(folder.path() / "backups"))
      EXPECT_TRUE(verify_backup(entry.path(), {})) << entry.path();
    const auto store = Store::open({.folder = folder.path()});
    ASSERT_TRUE(store) << store.error().message;
    const auto finding = LogCheck(**store, child.acknowledged).run();
    EXPECT_EQ(finding.kind, Finding::Kind::whole) << finding.what;
  }
}

}  // namespace
}  // namespace troupe::storage
