// What a store holds after its process ended in the middle of things. Each round is one `kill -9` under load;
// TROUPE_CRASH_ROUNDS sets how many (3).
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "tests/storage/child_writer.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;

int rounds() {
  const char* text = std::getenv("TROUPE_CRASH_ROUNDS");
  return text ? std::atoi(text) : 3;
}

std::vector<fs::path> files(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder / "log"))
    if (entry.path().extension() == extension && entry.file_size() > 0) found.push_back(entry.path());
  return found;
}

/// Opens a folder and compares it with what was acknowledged.
Finding inspect(const fs::path& folder, const Acknowledged& acknowledged) {
  auto store = Store::open({.folder = folder});
  if (!store) return {Finding::Kind::reported, store.error().message};
  return LogCheck(**store, acknowledged).run();
}

void flip_bit(const fs::path& file, std::uintmax_t bit) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  char byte;
  stream.seekg(static_cast<std::streamoff>(bit / 8)).get(byte);
  stream.seekp(static_cast<std::streamoff>(bit / 8)).put(static_cast<char>(byte ^ (1 << bit % 8)));
}

TEST(Crash, LosesNothingAcknowledgedHoweverOftenTheProcessIsKilled) {
  std::mt19937 random(20260131);
  for (int round = 0; round < rounds(); ++round) {
    TempFolder folder;
    ChildWriter child({"load", folder.path(), "4", "0"});
    ASSERT_EQ(child.wait_for("open"), "open");
    std::thread killer([&, pid = child.pid(), delay = std::chrono::milliseconds(random() % 400)] {
      std::this_thread::sleep_for(delay);
      ::kill(pid, SIGKILL);
    });
    child.wait_for("\n");
    killer.join();
    const auto finding = inspect(folder.path(), child.acknowledged);
    ASSERT_EQ(finding.kind, Finding::Kind::whole) << "round " << round << ": " << finding.what;
    const auto again = inspect(folder.path(), child.acknowledged);
    ASSERT_EQ(again.kind, Finding::Kind::whole) << "round " << round << ", opened again: " << again.what;
  }
}

TEST(Crash, LosesNothingWhenKilledAgainAndAgainOverTheSameLog) {
  TempFolder folder;
  std::mt19937 random(7);
  for (int round = 0; round < rounds(); ++round) {
    ChildWriter child({"hold", folder.path()});
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));  // often while it still recovers
    child.kill();
    auto store = Store::open({.folder = folder.path()});
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_EQ((*store)->last_position(), static_cast<Position>(round));
    ASSERT_TRUE((*store)->append_and_wait({.stream = "bots/a", .events = {{"Happened", 1, ""}}}));
  }
}

/// A folder as a killed writer left it, with everything in the write-ahead log.
class Damage : public testing::Test {
 protected:
  void SetUp() override {
    ChildWriter child({"load", original.path(), "3", "30"});
    ASSERT_EQ(child.wait_for("loaded"), "loaded");
    child.kill();
    acknowledged = child.acknowledged;
    ASSERT_EQ(acknowledged.size(), 90u);
  }

  fs::path fresh_copy() {
    const fs::path copy = copies.path() / "copy";
    fs::remove_all(copy);
    fs::copy(original.path(), copy, fs::copy_options::recursive);
    return copy;
  }
  fs::path newest_wal(const fs::path& folder) {
    auto found = files(folder, ".log");
    return found.empty() ? fs::path{} : *std::max_element(found.begin(), found.end());
  }
  void expect_whole_or_reported(const fs::path& folder, const std::string& how) {
    const auto finding = inspect(folder, acknowledged);
    EXPECT_NE(finding.kind, Finding::Kind::wrong) << how << ": " << finding.what;
    (finding.kind == Finding::Kind::whole ? whole : reported)++;
  }
  void close_cleanly() {
    const auto finding = inspect(original.path(), acknowledged);
    ASSERT_EQ(finding.kind, Finding::Kind::whole) << finding.what;
  }

  TempFolder original, copies;
  Acknowledged acknowledged;
  int whole = 0, reported = 0;
};

TEST_F(Damage, OfACutWriteAheadLogIsAlwaysReported) {
  const auto size = fs::file_size(newest_wal(original.path()));
  const int cuts = 8 * rounds();
  for (int i = 0; i < cuts; ++i) {
    const auto copy = fresh_copy();
    const auto length = size * static_cast<std::uintmax_t>(i) / static_cast<std::uintmax_t>(cuts);
    fs::resize_file(newest_wal(copy), length);
    expect_whole_or_reported(copy, "cut to " + std::to_string(length));
  }
  EXPECT_EQ(whole, 0);
  for (std::uintmax_t less = 1; less <= 8; ++less) {
    const auto copy = fresh_copy();
    fs::resize_file(newest_wal(copy), size - less);
    expect_whole_or_reported(copy, "cut by " + std::to_string(less));
  }
  EXPECT_EQ(whole, 0);
}

TEST_F(Damage, OfAMissingWriteAheadLogIsReported) {
  const auto copy = fresh_copy();
  for (const auto& file : files(copy, ".log")) fs::remove(file);
  expect_whole_or_reported(copy, "without its write-ahead log");
  EXPECT_EQ(reported, 1);
}

TEST_F(Damage, OfAFlippedBitInTheWriteAheadLogIsAlwaysReported) {
  const auto size = fs::file_size(newest_wal(original.path()));
  std::mt19937_64 random(3);
  for (int i = 0; i < 12 * rounds(); ++i) {
    const auto copy = fresh_copy();
    const auto bit = i < 56 ? static_cast<std::uintmax_t>(i) : random() % (size * 8);  // first a record's own header
    flip_bit(newest_wal(copy), bit);
    expect_whole_or_reported(copy, "bit " + std::to_string(bit) + " flipped");
  }
  EXPECT_EQ(whole, 0);
}

TEST_F(Damage, OfAZeroedStretchOfTheWriteAheadLogIsAlwaysReported) {
  const auto size = fs::file_size(newest_wal(original.path()));
  constexpr std::uintmax_t kBlock = 32768;  // what RocksDB skips without a word when it finds it zeroed
  ASSERT_GT(size, 3 * kBlock);
  for (std::uintmax_t at = 0; at + kBlock < size; at += kBlock) {
    const auto copy = fresh_copy();
    std::fstream stream(newest_wal(copy), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.write(std::string(kBlock, '\0').data(), kBlock);
    stream.close();
    expect_whole_or_reported(copy, "zeroed at " + std::to_string(at));
  }
  EXPECT_EQ(whole, 0);
}

// RocksDB replays what is left without a word when whole records are gone, so the store must look for the
// hole.
TEST(MissingRecord, InTheWriteAheadLogIsReportedAtOpening) {
  TempFolder original, copies;
  auto store = Store::open({.folder = original.path()});
  ASSERT_TRUE(store);
  constexpr std::size_t kAppends = 10;
  for (std::size_t i = 0; i < kAppends; ++i)
    ASSERT_TRUE((*store)->append_and_wait({.stream = "bots/a", .events = {{"Happened", 1, "payload"}}}));
  for (std::size_t missing = 0; missing < kAppends; ++missing) {
    const fs::path copy = copies.path() / std::to_string(missing);
    fs::copy(original.path(), copy, fs::copy_options::recursive);
    const auto wal = files(copy, ".log").at(0);
    std::stringstream read;
    read << std::ifstream(wal, std::ios::binary).rdbuf();
    std::string bytes = read.str();
    // A physical record: checksum (4 bytes), length (2, little-endian), type (1), payload.
    const auto size_at = [&](std::size_t at) {
      return 7u + static_cast<unsigned char>(bytes[at + 4]) + 256u * static_cast<unsigned char>(bytes[at + 5]);
    };
    std::size_t at = 0;
    for (std::size_t i = 0; i < missing; ++i) at += size_at(at);
    bytes.erase(at, size_at(at));
    std::ofstream(wal, std::ios::binary | std::ios::trunc) << bytes;
    const auto opened = Store::open({.folder = copy});
    ASSERT_FALSE(opened) << missing;
    EXPECT_EQ(opened.error().code, Errc::corrupt) << opened.error().message;
  }
}

TEST_F(Damage, OfACutTableFileIsAlwaysReported) {
  close_cleanly();
  for (std::size_t file = 0; file < files(original.path(), ".sst").size(); ++file)
    for (int i = 0; i < rounds(); ++i) {
      const auto copy = fresh_copy();
      const auto table = files(copy, ".sst").at(file);
      const auto length = fs::file_size(table) * static_cast<std::uintmax_t>(i) / static_cast<std::uintmax_t>(rounds());
      fs::resize_file(table, length);
      expect_whole_or_reported(copy, table.filename().string() + " cut to " + std::to_string(length));
    }
  EXPECT_EQ(whole, 0);
}

TEST_F(Damage, OfAFlippedBitInATableFileIsNeverMissed) {
  close_cleanly();
  std::mt19937_64 random(5);
  for (int i = 0; i < 12 * rounds(); ++i) {
    const auto copy = fresh_copy();
    const auto tables = files(copy, ".sst");
    const auto table = tables.at(static_cast<std::size_t>(i) % tables.size());
    const auto bit = random() % (fs::file_size(table) * 8);
    flip_bit(table, bit);
    expect_whole_or_reported(copy, table.filename().string() + ", bit " + std::to_string(bit) + " flipped");
  }
  EXPECT_GT(reported, whole);
}

TEST(FullDisk, FailsEveryAppendAndLosesNothingAcknowledged) {
  TempFolder folder;
  const fs::path disk = folder.path() / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=12m") != 0)
    GTEST_SKIP() << "mounting a small tmpfs needs root: " << std::strerror(errno);
  {
    ChildWriter child({"fill", disk / "data", "0"});
    EXPECT_EQ(child.wait_for("failed"), "failed storage_failed then storage_failed healthy 0 calls 1");
    EXPECT_EQ(child.finish(), 0);
    EXPECT_GT(child.acknowledged.size(), 100u);
    fs::copy(disk / "data", folder.path() / "roomy", fs::copy_options::recursive);
    const auto finding = inspect(folder.path() / "roomy", child.acknowledged);
    EXPECT_EQ(finding.kind, Finding::Kind::whole) << finding.what;
  }
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

TEST(FullDisk, FailsEveryAppendWhenAFileMayNotGrow) {
  TempFolder folder;
  ChildWriter child({"fill", folder.path() / "data", std::to_string(2 << 20)});
  EXPECT_EQ(child.wait_for("failed"), "failed storage_failed then storage_failed healthy 0 calls 1");
  EXPECT_EQ(child.finish(), 0);
  EXPECT_GT(child.acknowledged.size(), 100u);
  const auto finding = inspect(folder.path() / "data", child.acknowledged);
  EXPECT_EQ(finding.kind, Finding::Kind::whole) << finding.what;
}

}  // namespace
}  // namespace troupe::storage
