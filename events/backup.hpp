// What can happen to a backup of the data folder. Stream `backup/<id>`; ids sort by the time they were given out.
#pragma once

#include "events/codec.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kBackups = "backup";

/// The name that a backup claims while it is made: one at a time.
inline constexpr const char* kRunningBackupClaim = "backup/running";

struct BackupStarted {
  static constexpr std::string_view type = "BackupStarted";
  static constexpr std::uint16_t schema = 1;
  std::string id;
  std::string asked_by;  ///< as in an envelope: `account/7`, `system`
  bool database = true;
  bool files = true;
  std::string compression;  ///< none, gzip or zstd
  std::string encryption;   ///< none, data-key or passphrase
};
TROUPE_EVENT(BackupStarted, id, asked_by, database, files, compression, encryption)

/// The file is whole and on the disk.
struct BackupCompleted {
  static constexpr std::string_view type = "BackupCompleted";
  static constexpr std::uint16_t schema = 1;
  Position position = 0;         ///< of the last event in it
  std::uint64_t size = 0;        ///< bytes of the file
  std::uint64_t file_bytes = 0;  ///< of what is in it, unpacked
};
TROUPE_EVENT(BackupCompleted, position, size, file_bytes)

struct BackupFailed {
  static constexpr std::string_view type = "BackupFailed";
  static constexpr std::uint16_t schema = 1;
  std::string reason;
};
TROUPE_EVENT(BackupFailed, reason)

/// Its file was read from the first byte to the last.
struct BackupVerified {
  static constexpr std::string_view type = "BackupVerified";
  static constexpr std::uint16_t schema = 1;
  bool good = true;
  std::string reason;  ///< why it is not
};
TROUPE_EVENT(BackupVerified, good, reason)

struct BackupDeleted {
  static constexpr std::string_view type = "BackupDeleted";
  static constexpr std::uint16_t schema = 1;
};
inline void to_json(Json& fields, const BackupDeleted&) { fields = Json::object(); }
inline void from_json(const Json&, BackupDeleted&) {}

using BackupEvent = std::variant<BackupStarted, BackupCompleted, BackupFailed, BackupVerified, BackupDeleted>;

}  // namespace troupe::events
