#include "storage/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace troupe::storage {
namespace {

tl::unexpected<Error> cannot(const char* doing, const std::filesystem::path& path) {
  return fail(errno == ENOENT ? Errc::not_found : Errc::storage_failed,
              std::string("cannot ") + doing + " " + path.string() + ": " + std::strerror(errno));
}

}  // namespace

Expected<File> File::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return cannot("open", path);
  return File(fd, path);
}

Expected<File> File::create(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return cannot("create", path);
  return File(fd, path);
}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

tl::unexpected<Error> File::failed(const char* doing) const { return cannot(doing, path_); }

Expected<void> File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Expected<std::size_t> File::read(char* into, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t length = ::read(fd_, into + got, size - got);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return failed("read");
    if (length == 0) break;
    got += static_cast<std::size_t>(length);
  }
  return got;
}

Expected<void> File::seek(std::uint64_t offset) {
  if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) return failed("seek in");
  return {};
}

Expected<void> File::sync() {
  if (::fsync(fd_) != 0) return failed("sync");
  return {};
}

Expected<std::uint64_t> File::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return failed("look at");
  return static_cast<std::uint64_t>(status.st_size);
}

Expected<std::uint64_t> File::free_disk_bytes() const {
  struct statvfs disk {};
  if (::fstatvfs(fd_, &disk) != 0) return failed("look at");
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

Expected<void> sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  if (!synced) return cannot("sync", folder);
  return {};
}

}  // namespace troupe::storage
