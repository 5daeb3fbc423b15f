#include "actors/backup.hpp"

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Backup = testing::Given<BackupDecider>;

const BackupStarted kStarted{"b1", "account/1", true, true, "zstd", "data-key"};
const BackupCompleted kCompleted{42, 1000, 2000};

TEST(BackupDecider, StartsOnceAndSaysWhoAsked) {
  const StartBackup start{"b1", "account/1", true, false, "gzip", "none"};
  const auto started = only<BackupStarted>(Backup().when(start));
  EXPECT_EQ(started.asked_by, "account/1");
  EXPECT_FALSE(started.files);
  expect_refused(Backup({kStarted}).when(start), Errc::conflict, "id");
}

TEST(BackupDecider, NamesTheFieldOfABadRequest) {
  expect_refused(Backup().when(StartBackup{"b1", "account/1", false, false, "gzip", "none"}), Errc::invalid,
                 "include_database");
  expect_refused(Backup().when(StartBackup{"b1", "account/1", true, true, "bzip2", "none"}), Errc::invalid,
                 "compression");
}

TEST(BackupDecider, EndsOnce) {
  EXPECT_EQ(only<BackupCompleted>(Backup({kStarted}).when(CompleteBackup{42, 1000, 2000})).position, 42u);
  EXPECT_EQ(only<BackupFailed>(Backup({kStarted}).when(FailBackup{"the disk is nearly full"})).reason,
            "the disk is nearly full");
  expect_refused(Backup({kStarted, kCompleted}).when(FailBackup{"late"}), Errc::conflict, "status");
  expect_refused(Backup({kStarted, BackupFailed{"x"}}).when(CompleteBackup{}), Errc::conflict, "status");
  expect_refused(Backup().when(CompleteBackup{}), Errc::not_found);
}

TEST(BackupDecider, IsVerifiedOnlyWhenItIsComplete) {
  EXPECT_TRUE(only<BackupVerified>(Backup({kStarted, kCompleted}).when(RecordBackupVerification{true, ""})).good);
  expect_refused(Backup({kStarted}).when(RecordBackupVerification{}), Errc::conflict, "status");
}

TEST(BackupDecider, IsDeletedOnceAndNotWhileItRuns) {
  only<BackupDeleted>(Backup({kStarted, kCompleted}).when(DeleteBackup{}));
  only<BackupDeleted>(Backup({kStarted, BackupFailed{"x"}}).when(DeleteBackup{}));
  expect_refused(Backup({kStarted}).when(DeleteBackup{}), Errc::conflict, "status");
  expect_refused(Backup({kStarted, kCompleted, BackupDeleted{}}).when(DeleteBackup{}), Errc::not_found);
}

TEST(BackupDecider, HoldsTheOnePlaceWhileItRuns) {
  const auto names = [](const BackupEvent& event, Claim::Kind kind) {
    const auto claims = BackupDecider::claims({}, event);
    return claims.size() == 1 && claims[0].kind == kind && claims[0].name == kRunningBackupClaim;
  };
  EXPECT_TRUE(names(kStarted, Claim::Kind::take));
  EXPECT_TRUE(names(kCompleted, Claim::Kind::release));
  EXPECT_TRUE(names(BackupFailed{"x"}, Claim::Kind::release));
  EXPECT_TRUE(BackupDecider::claims({}, BackupDeleted{}).empty());
}

}  // namespace
}  // namespace troupe::actors
