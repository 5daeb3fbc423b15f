// An open file, by its descriptor: read and written whole, or an error that names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "events/expected.hpp"

namespace troupe::storage {

/// Not thread-safe. Errors of all functions: storage_failed; of `open`, not_found too.
class File {
 public:
  static Expected<File> open(const std::filesystem::path& path);
  /// Mode 0600. Refuses a name that is taken, also by a link.
  static Expected<File> create(const std::filesystem::path& path);

  File(File&& other) noexcept : fd_(other.fd_), path_(std::move(other.path_)) { other.fd_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File();

  Expected<void> write(std::string_view bytes);
  /// Fewer bytes than asked for only at the end of the file.
  Expected<std::size_t> read(char* into, std::size_t size);
  /// The next read begins at this offset from the beginning.
  Expected<void> seek(std::uint64_t offset);
  Expected<void> sync();
  Expected<std::uint64_t> size() const;
  /// Free for this user on the file's disk.
  Expected<std::uint64_t> free_disk_bytes() const;

 private:
  File(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  tl::unexpected<Error> failed(const char* doing) const;

  int fd_ = -1;
  std::filesystem::path path_;
};

/// Brings the names in a folder to the disk.
Expected<void> sync_folder(const std::filesystem::path& folder);

}  // namespace troupe::storage
