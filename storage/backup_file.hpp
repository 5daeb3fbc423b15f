// The file of a backup: a manifest that everyone may read, and a payload that is proven to its last bit, encrypted or
// not. What the payload is, storage/backup.hpp says. Internal to storage/.
//
//   file     := "troupe-backup 1\n" manifest (sealed | plain)
//   manifest := length:fixed32 JSON
//   sealed   := header(24) message* message          libsodium's secretstream, XChaCha20-Poly1305
//   message  := length:fixed32 ciphertext            of up to kBackupFrameBytes; the last one, and only that, has the
//                                                    tag FINAL; the first has `"troupe-backup 1\n" manifest` as its
//                                                    additional data, so that the manifest is proven too
//   plain    := frame* 0:fixed32 digest(32)          BLAKE2b-256 of all that precedes the digest
//   frame    := length:fixed32 bytes                 of up to kBackupFrameBytes, at least one
//
// Nothing follows. So a file that was cut, reordered, lengthened or altered is told from a whole one; an encrypted one
// also when someone with the knowledge of this format did it.
#pragma once

#include <sodium.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "events/defaults.hpp"
#include "storage/file.hpp"

namespace troupe::storage {

using BackupStreamKey = std::array<unsigned char, crypto_secretstream_xchacha20poly1305_KEYBYTES>;

class BackupFileWriter {
 public:
  /// Without a key the payload is not encrypted. Refuses to go on (overloaded) when less than `min_free_bytes` would be
  /// left on the disk.
  static Expected<BackupFileWriter> create(const std::filesystem::path& path, std::string_view manifest,
                                           const std::optional<BackupStreamKey>& key, std::uint64_t min_free_bytes);

  Expected<void> write(std::string_view payload);
  /// Everything is on the disk when it returns; answers the file's size.
  Expected<std::uint64_t> finish();

 private:
  BackupFileWriter(File file, std::uint64_t min_free_bytes) : file_(std::move(file)), min_free_bytes_(min_free_bytes) {}
  Expected<void> put(std::string_view bytes);
  Expected<void> put_frame(std::string_view payload, unsigned char tag);

  File file_;
  std::uint64_t min_free_bytes_;
  std::string head_;     // additional data of the first message; empty afterwards
  std::string pending_;  // payload of a frame that is not full yet
  std::optional<crypto_secretstream_xchacha20poly1305_state> sealed_;
  crypto_generichash_state digest_{};
  std::uint64_t size_ = 0;
  std::uint64_t unsynced_ = defaults::kBackupSyncBytes;  // so that the very first bytes look whether there is room
};

class BackupFileReader {
 public:
  /// Reads the manifest, which nothing proves yet. Errors: not_found, corrupt (no backup, or a damaged one).
  static Expected<BackupFileReader> open(const std::filesystem::path& path);

  const std::string& manifest() const { return manifest_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

  /// Once, before `read`: with the key of an encrypted file, without one of a plain file.
  Expected<void> unlock(const std::optional<BackupStreamKey>& key);

  /// The next piece of the payload, good until the next call; empty at its end, and then the whole file is proven.
  /// Errors: corrupt (another key, or a damaged file), storage_failed.
  Expected<std::string_view> read();

 private:
  explicit BackupFileReader(File file) : file_(std::move(file)) {}
  Expected<std::string> take(std::size_t size);
  Expected<std::string_view> read_sealed(std::size_t size);
  Expected<std::string_view> finish_plain();
  Expected<void> expect_end();

  File file_;
  std::string head_, manifest_, frame_;
  std::optional<crypto_secretstream_xchacha20poly1305_state> sealed_;
  crypto_generichash_state digest_{};
  std::uint64_t size_ = 0, bytes_read_ = 0;
  bool finished_ = false;
};

}  // namespace troupe::storage
