// Backups: a data folder as of one moment in one file, made while writing goes on, verified, and brought back.
//
// The payload of the file (storage/backup_file.hpp) is a tar archive, compressed as its manifest says, of
//
//   acknowledged    how far the log in it goes: its own witness (storage/witness.hpp), first, so that a folder that was
//                   brought back by half is refused and not taken for an empty one
//   log/*           the log, the rows and the snapshots: a checkpoint of the RocksDB
//   personal-keys   the accounts' own keys, read after the checkpoint: every account in the log has its key, and none
//                   that was thrown away by then is there
//   key-check       tells a wrong data key from the right one
//   demo            the mark of a folder with well-known passwords
//   files/**        uploaded files
//   digests         a line `<BLAKE2b-256 in hexadecimal digits>  <path>` for each of the others, in their order
//
// Not in it: `key`, the data key, which opens what is sealed and must be kept apart; `lock`; `backups`; `outbox` and
// `initial-admin-password`, which are for the operator of that one folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "events/defaults.hpp"
#include "events/json.hpp"
#include "events/time.hpp"
#include "storage/store.hpp"

namespace troupe::storage {

enum class Compression : std::uint8_t { none, gzip, zstd };
enum class Encryption : std::uint8_t {
  none,
  data_key,   ///< with a key that follows from the data folder's
  passphrase  ///< with a key that follows from a passphrase: Argon2id, with `BackupManifest::salt`
};
NLOHMANN_JSON_SERIALIZE_ENUM(Compression,
                             {{Compression::none, "none"}, {Compression::gzip, "gzip"}, {Compression::zstd, "zstd"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Encryption, {{Encryption::none, "none"},
                                          {Encryption::data_key, "data-key"},
                                          {Encryption::passphrase, "passphrase"}})

/// The word for it in manifests, events and answers; and back, nothing when it is no such word.
std::string word(Compression compression);
std::string word(Encryption encryption);
std::optional<Compression> compression_of(std::string_view word);

/// What an encrypted backup is made and opened with.
struct BackupKey {
  Encryption kind = Encryption::data_key;
  std::string secret;  ///< 32 bytes for `data_key`; the passphrase
};

/// What a backup says of itself, in clear.
struct BackupManifest {
  std::string id;
  Micros created_at = 0;
  Position position = 0;  ///< of the last event in it
  bool database = false, files = false;
  Compression compression = Compression::none;
  Encryption encryption = Encryption::none;
  std::string salt;              ///< 32 hexadecimal digits; of a passphrase
  std::uint64_t file_count = 0;  ///< without `digests`
  std::uint64_t file_bytes = 0;  ///< of them together, unpacked
};

/// Called from time to time with bytes; false gives up: Errc::cancelled.
using BackupProgress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

struct BackupOptions {
  std::string id;
  Micros created_at = 0;
  bool database = true, files = true;
  Compression compression = Compression::zstd;
  std::optional<BackupKey> key = {};
  BackupProgress progress = {};
  std::uint64_t min_free_bytes = defaults::kMinFreeDiskBytes;
};

struct FinishedBackup {
  BackupManifest manifest;
  std::uint64_t size = 0;  ///< of its file
};

/// Where the backup of that id is in a data folder: `backups/<id>.troupe-backup`.
std::filesystem::path backup_path(const std::filesystem::path& data, std::string_view id);

/// Makes a backup of the store's data folder beside its running writer. Blocks; one at a time. The file has its name only
/// when it is whole and on the disk; the log's files are linked, not copied, so the disk holds one archive more and
/// nothing else. Errors: invalid (nothing to back up), conflict (the id is taken), corrupt (the log is damaged),
/// overloaded (the disk is nearly full), cancelled, storage_failed.
Expected<FinishedBackup> create_backup(const Store& store, const BackupOptions& options);

/// Removes what a backup left that did not come to its end.
void remove_unfinished_backups(const std::filesystem::path& data);

/// Errors: not_found, storage_failed.
Expected<void> remove_backup(const std::filesystem::path& data, std::string_view id);

/// What the file says of itself, which nothing proves yet. Errors: not_found, corrupt.
Expected<FinishedBackup> read_backup_manifest(const std::filesystem::path& file);

/// Reads all of it and proves every byte. Errors: not_found, invalid (it needs a key, or a key of the other kind),
/// corrupt (damaged, or another key), cancelled.
Expected<BackupManifest> verify_backup(const std::filesystem::path& file, const std::optional<BackupKey>& key,
                                       const BackupProgress& progress = {});

/// Verifies the backup, unpacks it into a folder that is empty or not there, and opens the log once, for reading. Leaves the folder empty when something fails. Errors: those of `verify_backup`; conflict (the
/// folder is not empty), storage_failed.
Expected<BackupManifest> restore_backup(const std::filesystem::path& file, const std::optional<BackupKey>& key,
                                        const std::filesystem::path& folder, const BackupProgress& progress = {});

}  // namespace troupe::storage
