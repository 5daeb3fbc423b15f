// Content at rest: sealed in chunks, so that any part can be read without the rest.
//
// A file is a salt of 16 random bytes and then chunks of 64 KiB of content, the last one shorter, each sealed by
// ChaCha20-Poly1305 (RFC 8439) with 16 bytes more. The nonce is the number of the chunk, 11 bytes big-endian, and one byte
// that is 1 for the last chunk only: chunks cannot change places, and a file that was cut does not open. (STREAM, Hoang
// et al. 2015; the payload of age, https://age-encryption.org/v1, is the same.) The key follows from the uploader's own
// (storage/personal_keys.hpp), the file's id and the salt, and seals nothing else. So content is unreadable in every copy
// and backup once the uploader's key is thrown away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "actors/secrets.hpp"
#include "events/file.hpp"

namespace troupe::actors {

/// Whose content it is, and what it is: `<file id>`, or `<file id>/thumbnail`.
struct ContentName {
  events::AccountId uploader = 0;
  std::string name;
};

/// Writes one file, once. Not thread-safe. Blocks.
class SealedFileWriter {
 public:
  static constexpr std::size_t kChunkBytes = 64 << 10;

  /// Errors: not_found (the uploader's account is gone), storage_failed.
  static Expected<std::unique_ptr<SealedFileWriter>> create(const std::filesystem::path& file, const Secrets& secrets,
                                                            const ContentName& content);
  SealedFileWriter(const SealedFileWriter&) = delete;
  ~SealedFileWriter();

  /// Errors: storage_failed.
  Expected<void> write(std::string_view bytes);
  /// Writes the rest; durable when it returns. Nothing may be written afterwards. Errors: storage_failed.
  Expected<void> finish();
  std::uint64_t size() const { return size_; }

 private:
  SealedFileWriter(int file, std::string key) : file_(file), key_(std::move(key)) {}
  Expected<void> write_chunk(bool last);

  const int file_;
  const std::string key_;
  std::string chunk_;
  std::uint64_t number_ = 0;
  std::uint64_t size_ = 0;
};

/// Reads one file. Thread-safe. Blocks.
class SealedFileReader {
 public:
  /// Errors: not_found (no such file, or the uploader's account is gone), storage_failed, corrupt.
  static Expected<std::shared_ptr<SealedFileReader>> open(const std::filesystem::path& file, const Secrets& secrets,
                                                          const ContentName& content);
  SealedFileReader(const SealedFileReader&) = delete;
  ~SealedFileReader();

  std::uint64_t size() const { return size_; }
  /// From `offset` to the end of its chunk, at most `limit` bytes. Errors: storage_failed, corrupt.
  Expected<std::string> read(std::uint64_t offset, std::uint64_t limit) const;
  /// The first bytes, at most `limit`. Errors: as of `read`.
  Expected<std::string> read_all(std::uint64_t limit) const;

 private:
  explicit SealedFileReader(int file) : file_(file) {}

  const int file_;
  std::string key_;
  std::uint64_t size_ = 0;
};

}  // namespace troupe::actors
