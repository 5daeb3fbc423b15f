// The lock on a data folder: one process writes it at a time.
#pragma once

#include <filesystem>

#include "events/expected.hpp"

namespace troupe::storage {

/// Holds an exclusive flock(2) on a file that names this process. The kernel lets go of it however the process ends.
class FolderLock {
 public:
  /// Errors: conflict (held by another process, named in the sentence), storage_failed.
  static Expected<FolderLock> take(const std::filesystem::path& file);

  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderLock();

 private:
  int fd_ = -1;
};

}  // namespace troupe::storage
