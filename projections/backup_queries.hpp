// Reads of the backups' rows. Thread-safe; nothing is cached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events/backup.hpp"
#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

inline constexpr const char* kBackupRunning = "running";
inline constexpr const char* kBackupCompleted = "completed";
inline constexpr const char* kBackupFailed = "failed";

class BackupQueries {
 public:
  explicit BackupQueries(const storage::Store& store) : store_(store) {}

  std::optional<BackupRow> backup(std::string_view id) const;
  /// Newest first.
  std::vector<BackupRow> backups() const;
  /// When every checksum of the log was last verified, which a backup begins with; nothing when it never was.
  std::optional<Micros> last_log_check() const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
