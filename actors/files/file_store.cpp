#include "actors/files/file_store.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace troupe::actors {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIdPrefix = "file_";
constexpr std::size_t kIdDigits = 32;
constexpr const char* kThumbnail = ".thumbnail";
/// The disk is asked for its room once for so much that is written.
constexpr std::uint64_t kRoomStepBytes = 4 << 20;

tl::unexpected<Error> failed(const char* doing, const fs::path& what) {
  return fail(Errc::storage_failed, std::string("cannot ") + doing + " " + what.string() + ": " + std::strerror(errno));
}

/// What was made, renamed or removed in a folder is durable.
Expected<void> sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return synced ? Expected<void>{} : failed("sync", folder);
}

Expected<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return sync_folder(folder.parent_path());
  return errno == EEXIST ? Expected<void>{} : failed("make", folder);
}

ContentName content_name(const events::FileId& id, events::AccountId uploader) { return {uploader, id}; }
ContentName thumbnail_name(const events::FileId& id, events::AccountId uploader) {
  return {uploader, id + "/thumbnail"};
}

}  // namespace

IncomingFile::IncomingFile(std::shared_ptr<FileStore> store, events::FileId id, events::AccountId uploader)
    : store_(std::move(store)), id_(std::move(id)), uploader_(uploader) {
  const std::lock_guard lock(store_->mutex_);
  store_->arriving_.insert(id_);
}

IncomingFile::~IncomingFile() {
  content_.reset();
  if (state_ != State::committed) {
    std::error_code ignored;
    fs::remove(store_->uploads_ / id_, ignored);
    fs::remove(store_->uploads_ / (id_ + kThumbnail), ignored);
    store_->remove(id_);
  }
  const std::lock_guard lock(store_->mutex_);
  store_->arriving_.erase(id_);
}

Expected<void> IncomingFile::write(std::string_view bytes) {
  const bool asks =
      !content_ || content_->size() / kRoomStepBytes != (content_->size() + bytes.size()) / kRoomStepBytes;
  if (asks && !store_->has_room_for(kRoomStepBytes)) return fail(Errc::overloaded, "There is no room for the file");
  if (!content_) {
    auto writer = SealedFileWriter::create(store_->uploads_ / id_, store_->secrets_, content_name(id_, uploader_));
    if (!writer) return tl::unexpected(writer.error());
    content_ = std::move(*writer);
  }
  return content_->write(bytes);
}

Expected<void> IncomingFile::finish() {
  if (!content_)
    if (auto ok = write({}); !ok) return ok;
  return content_->finish();
}

Expected<std::shared_ptr<SealedFileReader>> IncomingFile::content() const {
  return SealedFileReader::open(store_->uploads_ / id_, store_->secrets_, content_name(id_, uploader_));
}

Expected<void> IncomingFile::add_thumbnail(std::string_view jpeg) {
  auto writer =
      SealedFileWriter::create(store_->uploads_ / (id_ + kThumbnail), store_->secrets_, thumbnail_name(id_, uploader_));
  if (!writer) return tl::unexpected(writer.error());
  if (auto ok = (*writer)->write(jpeg); !ok) return ok;
  if (auto ok = (*writer)->finish(); !ok) return ok;
  has_thumbnail_ = true;
  return {};
}

Expected<void> IncomingFile::move_into_place() {
  const fs::path folder = store_->folder_of(id_);
  if (auto ok = make_folder(folder); !ok) return ok;
  state_ = State::in_place;
  std::error_code error;
  if (has_thumbnail_) fs::rename(store_->uploads_ / (id_ + kThumbnail), folder / (id_ + kThumbnail), error);
  if (!error) fs::rename(store_->uploads_ / id_, folder / id_, error);
  if (error) return fail(Errc::storage_failed, "cannot move an upload into place: " + error.message());
  return sync_folder(folder);
}

Expected<std::shared_ptr<FileStore>> FileStore::open(const fs::path& data, const Secrets& secrets,
                                                     std::uint64_t min_free_bytes) {
  std::shared_ptr<FileStore> store(new FileStore(data, secrets, min_free_bytes));
  std::error_code error;
  fs::remove_all(store->uploads_, error);
  if (error) return fail(Errc::storage_failed, "cannot clear " + store->uploads_.string() + ": " + error.message());
  for (const auto& folder : {store->files_, store->uploads_})
    if (auto ok = make_folder(folder); !ok) return tl::unexpected(ok.error());
  return store;
}

std::unique_ptr<IncomingFile> FileStore::begin(events::AccountId uploader) {
  return std::make_unique<IncomingFile>(shared_from_this(), std::string(kIdPrefix) + random_hex(kIdDigits), uploader);
}

fs::path FileStore::folder_of(const events::FileId& id) const { return files_ / id.substr(kIdPrefix.size(), 2); }

Expected<std::shared_ptr<SealedFileReader>> FileStore::content(const events::FileId& id,
                                                               events::AccountId uploader) const {
  return SealedFileReader::open(folder_of(id) / id, secrets_, content_name(id, uploader));
}

Expected<std::shared_ptr<SealedFileReader>> FileStore::thumbnail(const events::FileId& id,
                                                                 events::AccountId uploader) const {
  return SealedFileReader::open(folder_of(id) / (id + kThumbnail), secrets_, thumbnail_name(id, uploader));
}

void FileStore::remove(const events::FileId& id) {
  std::error_code error;
  fs::remove(folder_of(id) / (id + kThumbnail), error);
  fs::remove(folder_of(id) / id, error);
  if (error) spdlog::error("cannot remove the content of {}: {}", id, error.message());
}

bool FileStore::is_arriving(const events::FileId& id) const {
  const std::lock_guard lock(mutex_);
  return arriving_.contains(id);
}

void FileStore::remove_unknown(const std::function<bool(const events::FileId&)>& is_known) {
  std::size_t removed = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(files_, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    const events::FileId id = at->path().stem().string();
    // In this order: what has arrived by now is known.
    if (is_arriving(id) || is_known(id)) continue;
    removed += fs::remove(at->path(), error) ? 1 : 0;
  }
  if (error) spdlog::error("cannot look through {}: {}", files_.string(), error.message());
  if (removed > 0) spdlog::info("removed {} files of uploads and deletions that a former run left unfinished", removed);
}

bool FileStore::has_room_for(std::uint64_t bytes) const {
  struct statvfs disk {};
  if (::statvfs(uploads_.c_str(), &disk) != 0) return false;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize >= min_free_bytes_ + bytes;
}

}  // namespace troupe::actors
