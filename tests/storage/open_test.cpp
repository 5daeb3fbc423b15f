#include <gmock/gmock.h>

#include <fstream>

#include "storage/witness.hpp"
#include "tests/storage/child_writer.hpp"
#include "tests/storage/store_fixture.hpp"

namespace troupe::storage {
namespace {

using namespace test;
namespace fs = std::filesystem;
using testing::HasSubstr;

class Open : public StoreTest {
 protected:
  Error refusal(StoreOptions options = {}) {
    options.folder = folder.path();
    const auto opened = Store::open(options);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  fs::path witness() const { return folder.path() / "acknowledged"; }
  void remove_log_files(const std::string& extension) {
    for (const auto& entry : fs::directory_iterator(folder.path() / "log"))
      if (entry.path().extension() == extension) fs::remove(entry.path());
  }
};

TEST_F(Open, FindsEverythingAgainAfterACleanClose) {
  const Record record = must_append(append_to("bots/a", 3));
  open();
  EXPECT_EQ(store->last_position(), 3u);
  EXPECT_THAT(records(), testing::ElementsAre(record));
  EXPECT_EQ(must_append(append_to("bots/a")).version, 4u);
}

TEST_F(Open, LeavesNothingInTheWriteAheadLogAfterACleanClose) {
  must_append(append_to("bots/a", 3));
  store.reset();
  remove_log_files(".log");
  open();
  EXPECT_EQ(store->last_position(), 3u);
}

TEST_F(Open, IsRefusedWhileAnotherProcessHoldsTheFolderAndNamesIt) {
  store.reset();
  ChildWriter child({"hold", folder.path()});
  ASSERT_EQ(child.wait_for("open"), "open");
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::conflict);
  EXPECT_THAT(error.message, HasSubstr("process " + std::to_string(child.pid())));
  child.kill();
  open();  // the kernel let go of the lock
}

TEST_F(Open, IsRefusedTwiceInOneProcess) { EXPECT_EQ(refusal().code, Errc::conflict); }

TEST_F(Open, FailsWithASentenceWhereNoFolderCanBe) {
  store.reset();
  std::ofstream(folder.path() / "file") << "x";
  const auto opened = Store::open({.folder = folder.path() / "file" / "below"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::storage_failed);
}

TEST_F(Open, IsRefusedWhenTheLogEndsBeforeTheWitness) {
  must_append(append_to("bots/a", 3));
  store.reset();
  ASSERT_TRUE(Witness::create(witness(), 8));
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::corrupt);
  EXPECT_THAT(error.message, HasSubstr("position 3"));
  EXPECT_THAT(error.message, HasSubstr("position 8"));
  EXPECT_EQ(refusal().code, Errc::corrupt);  // a refusal changes nothing
  EXPECT_EQ(refusal({.read_only = true}).code, Errc::corrupt);
}

TEST_F(Open, IsRefusedWhenTheWitnessOfALogIsMissing) {
  must_append(append_to("bots/a"));
  store.reset();
  fs::remove(witness());
  EXPECT_EQ(refusal().code, Errc::corrupt);
}

TEST_F(Open, IsRefusedWhenTheWitnessIsDamaged) {
  must_append(append_to("bots/a", 3));
  store.reset();
  std::string text;
  std::getline(std::ifstream(witness()), text);
  text += '\n';
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    std::ofstream(witness(), std::ios::trunc) << damaged;
    ASSERT_EQ(refusal().code, Errc::corrupt) << i;
  }
  for (std::size_t length = 0; length < text.size(); ++length) {
    std::ofstream(witness(), std::ios::trunc) << text.substr(0, length);
    ASSERT_EQ(refusal().code, Errc::corrupt) << length;
  }
  std::ofstream(witness(), std::ios::trunc) << text << "x";
  EXPECT_EQ(refusal().code, Errc::corrupt);
  std::ofstream(witness(), std::ios::trunc) << text;
  open();
}

TEST_F(Open, AcceptsTheLogAsItEndsWhenAskedTo) {
  must_append(append_to("bots/a", 3));
  store.reset();
  ASSERT_TRUE(Witness::create(witness(), 8));
  open({.accept_log_end = true});
  EXPECT_EQ(store->last_position(), 3u);
  open();
  EXPECT_EQ(must_append(append_to("bots/a")).position, 4u);
  store.reset();
  fs::remove(witness());
  open({.accept_log_end = true});
  open();
}

TEST_F(Open, IsRefusedWhenTheLogIsGoneButItsWitnessIsNot) {
  must_append(append_to("bots/a", 3));
  store.reset();
  fs::remove_all(folder.path() / "log");
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::corrupt);
  EXPECT_THAT(error.message, HasSubstr("position 3"));
}

TEST_F(Open, NeverMakesAnEmptyLogOverTheRemainsOfAnother) {
  must_append(append_to("bots/a", 3));
  store.reset();
  fs::remove(witness());
  fs::remove(folder.path() / "log" / "CURRENT");
  EXPECT_EQ(refusal().code, Errc::corrupt);
  EXPECT_EQ(refusal({.accept_log_end = true}).code, Errc::corrupt);
}

TEST_F(Open, IsRefusedWithoutAFileThatTheLogNeeds) {
  must_append(append_to("bots/a", 3));
  store.reset();
  remove_log_files(".sst");
  EXPECT_EQ(refusal().code, Errc::corrupt);
}

TEST_F(Open, FinishesACreationThatWasInterrupted) {
  store.reset();
  fs::remove(witness());
  open();
  EXPECT_EQ(must_append(append_to("bots/a")).position, 1u);
  store.reset();
  fs::remove_all(folder.path() / "log");
  fs::remove(witness());
  fs::create_directories(folder.path() / "log");
  std::ofstream(folder.path() / "log" / "MANIFEST-000001") << "";
  open();
}

TEST_F(Open, ReadsBesideTheProcessThatWrites) {
  store.reset();
  ChildWriter child({"load", folder.path(), "2", "50"});
  ASSERT_EQ(child.wait_for("loaded"), "loaded");
  auto reader = Store::open({.folder = folder.path(), .read_only = true});
  ASSERT_TRUE(reader) << reader.error().message;
  const auto finding = LogCheck(**reader, child.acknowledged).run();
  EXPECT_EQ(finding.kind, Finding::Kind::whole) << finding.what;
  EXPECT_EQ(child.acknowledged.size(), 100u);
  EXPECT_EQ((*reader)->append_and_wait(append_to("bots/a")).error().code, Errc::invalid);
  EXPECT_FALSE((*reader)->rebuild({}, {}, {}));
  EXPECT_TRUE((*reader)->healthy());
  EXPECT_EQ(child.finish(), 0);  // the writer went on undisturbed
  open();
}

TEST_F(Open, ReadsWhileTheOtherProcessKeepsWriting) {
  store.reset();
  ChildWriter child({"load", folder.path(), "2", "0"});
  ASSERT_EQ(child.wait_for("open"), "open");
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 200; ++i) child.wait_for("ack");
    auto reader = Store::open({.folder = folder.path(), .read_only = true});
    ASSERT_TRUE(reader) << reader.error().message;
    const auto finding = LogCheck(**reader, child.acknowledged).run();
    EXPECT_EQ(finding.kind, Finding::Kind::whole) << finding.what;
  }
}

TEST_F(Open, DoesNotReadWhereThereIsNoLog) {
  TempFolder empty;
  const auto opened = Store::open({.folder = empty.path(), .read_only = true});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_found);
  EXPECT_TRUE(fs::is_empty(empty.path()));
}

}  // namespace
}  // namespace troupe::storage
