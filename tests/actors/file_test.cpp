// The rules of uploaded files: given these events, when this command, then that.
#include "actors/file.hpp"

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Given = testing::Given<FileDecider>;

UploadFile upload(std::int64_t size = 10, std::string scan = "clean") {
  UploadFile command;
  command.file.id = "file_1";
  command.file.uploader = 7;
  command.file.session = 3;
  command.file.size = size;
  command.file.scan = std::move(scan);
  command.name_length = 8;
  return command;
}

const FileUploaded kUploaded = upload().file;

TEST(FileDecider, TakesAFileOnce) {
  EXPECT_EQ(only<FileUploaded>(Given().when(upload())).uploader, 7);
  expect_refused(Given({kUploaded}).when(upload()), Errc::conflict, "id");
  expect_refused(Given({kUploaded, FileDeleted{7, 7, 3, 0}}).when(upload()), Errc::conflict, "id");
}

TEST(FileDecider, RefusesWhatIsNoFile) {
  expect_refused(Given().when(upload(0)), Errc::invalid, "file");
  expect_refused(Given().when(upload(defaults::kMaxFileBytes + 1)), Errc::too_large, "file");
  only<FileUploaded>(Given().when(upload(defaults::kMaxFileBytes)));
  auto nameless = upload();
  nameless.name_length = 0;
  expect_refused(Given().when(nameless), Errc::invalid, "file");
  auto long_name = upload();
  long_name.name_length = defaults::kMaxFileNameLength + 1;
  expect_refused(Given().when(long_name), Errc::invalid, "file");
  auto long_description = upload();
  long_description.description_length = defaults::kMaxFileDescriptionLength + 1;
  expect_refused(Given().when(long_description), Errc::invalid, "description");
}

TEST(FileDecider, RefusesWhatTheScannerFound) {
  expect_refused(Given().when(upload(10, "infected")), Errc::invalid, "file");
  only<FileUploaded>(Given().when(upload(10, "error")));
}

TEST(FileDecider, RecordsALaterScanOnce) {
  const auto unscanned = upload(10, "error").file;
  EXPECT_EQ(only<FileScanned>(Given({unscanned}).when(RecordScan{"infected"})).scan, "infected");
  EXPECT_TRUE(Given({unscanned, FileScanned{"clean"}}).when(RecordScan{"clean"})->empty());
  expect_refused(Given().when(RecordScan{"clean"}), Errc::not_found);
}

TEST(FileDecider, LetsTheUploaderOrAModeratorDelete) {
  const auto deleted = only<FileDeleted>(Given({kUploaded}, 42).when(DeleteFile{7, false}));
  EXPECT_EQ(deleted.uploader, 7);
  EXPECT_EQ(deleted.session, 3);
  EXPECT_EQ(deleted.uploaded_at, 42);
  only<FileDeleted>(Given({kUploaded}).when(DeleteFile{8, true}));
  expect_refused(Given({kUploaded}).when(DeleteFile{8, false}), Errc::forbidden);
  expect_refused(Given({kUploaded, deleted}).when(DeleteFile{7, false}), Errc::not_found);
}

}  // namespace
}  // namespace troupe::actors
