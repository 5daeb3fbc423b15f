// The witness: a small file beside the log that says how far it was acknowledged.
//
// A write-ahead log that someone cut short looks just like one whose last write was torn by a crash. Only the
// second may be accepted, and only a second file can tell them apart.
//
//   file := "acknowledged " position(20 digits) " " checksum(8 hex digits) "\n"   (CRC-32C of what precedes it)
#pragma once

#include <filesystem>
#include <optional>

#include "events/expected.hpp"
#include "events/record.hpp"

namespace troupe::storage {

class Witness {
 public:
  /// What the file says; nothing when there is no file. Errors: corrupt, storage_failed.
  static Expected<std::optional<events::Position>> read(const std::filesystem::path& file);

  /// Replaces the file durably with one that says `position`, and opens it for `write`.
  static Expected<Witness> create(const std::filesystem::path& file, events::Position position);

  Witness() = default;
  Witness(Witness&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Witness& operator=(Witness&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Witness();

  /// In place and without a sync: it survives the process, which is what may end at any moment. After a power
  /// cut it may be older than the log, never newer, because it is written after the log's own sync.
  Expected<void> write(events::Position position);
  Expected<void> sync();

 private:
  int fd_ = -1;
};

}  // namespace troupe::storage
