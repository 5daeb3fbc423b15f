#include "storage/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace troupe::storage {
namespace {

std::string pid_in(int fd) {
  char text[32];
  const ssize_t length = ::pread(fd, text, sizeof text, 0);
  std::string pid(text, length > 0 ? static_cast<std::size_t>(length) : 0);
  pid.erase(std::min(pid.find_first_not_of("0123456789"), pid.size()));
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

Expected<FolderLock> FolderLock::take(const std::filesystem::path& file) {
  FolderLock lock;
  lock.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);  // a child program must not inherit it
  if (lock.fd_ < 0) return fail(Errc::storage_failed, "cannot open " + file.string() + ": " + std::strerror(errno));
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return fail(Errc::storage_failed, "cannot lock " + file.string() + ": " + std::strerror(errno));
    return fail(Errc::conflict,
                "the data folder " + file.parent_path().string() + " is in use by process " + pid_in(lock.fd_));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 || ::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0)
    return fail(Errc::storage_failed, "cannot write " + file.string() + ": " + std::strerror(errno));
  return lock;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace troupe::storage
