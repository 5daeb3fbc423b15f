// Makes backups of the data folder, verifies and deletes them, each on a worker's thread; what is asked and what becomes
// of it are events of the backup's stream. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "actors/ask.hpp"
#include "actors/backup.hpp"
#include "actors/secrets.hpp"
#include "projections/backup_queries.hpp"
#include "storage/backup.hpp"

namespace troupe::actors {

struct BackupRequest {
  bool database = true, files = true;
  std::string compression = "zstd";
  storage::Encryption encryption = storage::Encryption::data_key;
  std::string passphrase = {};  ///< for `Encryption::passphrase`; kept in memory only until the backup is made
};

/// What happens to a backup at this moment.
struct BackupJob {
  enum class Kind : std::uint8_t { making, verifying };
  Kind kind = Kind::making;
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0: not known yet
};

class Backups {
 public:
  using Ask = std::function<void(const std::string& id, BackupDecider::Command command, Cause cause, RecordAnswer)>;

  /// Keeps `max_kept` completed or failed backups. Work that goes `elsewhere` runs one piece after the other.
  Backups(storage::Store& store, const Secrets& secrets, std::size_t max_kept, Ask ask, Elsewhere elsewhere);

  /// For start-up, before the first request, on a thread that may block: whatever the log has as running was ended by
  /// the process's end. (In a log that came back from a backup, that backup itself is one of them.)
  void settle_interrupted();

  /// `started` gets the record of BackupStarted; `finished`, when there is one, is told later, on the worker's thread.
  /// Errors, besides the decider's: conflict (`backup`: another is under way), overloaded.
  void start(BackupRequest request, Cause cause, RecordAnswer started,
             std::function<void(Expected<void>)> finished = {});

  /// Answers when the verification is queued; its outcome becomes BackupVerified. Errors: not_found, conflict (not
  /// completed, its file is gone, or encrypted with a passphrase that only its owner knows), overloaded.
  void verify(const std::string& id, Cause cause, std::function<void(Expected<void>)> answer);

  /// Removes the file, then appends the event. Errors: not_found, conflict (it is running), overloaded.
  void remove(const std::string& id, Cause cause, RecordAnswer answer);

  /// Nothing while nothing happens to it.
  std::optional<BackupJob> job(const std::string& id) const;

  std::size_t max_kept() const { return max_kept_; }

  std::filesystem::path file(const std::string& id) const { return storage::backup_path(store_.folder(), id); }

  /// Gives up what is under way; for the end of the house.
  void stop() { ending_ = true; }

 private:
  Expected<void> make(const std::string& id, const BackupRequest& request, const Cause& cause);
  void drop_oldest(const Cause& cause);
  Expected<void> remove_now(const std::string& id, const Cause& cause, RecordAnswer answer);
  Expected<storage::RecordPtr> ask_and_wait(const std::string& id, BackupDecider::Command command, Cause cause) const;
  storage::BackupProgress progress_of(const std::string& id);
  bool queue(const std::string& id, BackupJob::Kind kind, std::function<void()> work);

  storage::Store& store_;
  const Secrets& secrets_;
  const std::size_t max_kept_;
  const Ask ask_;
  const Elsewhere elsewhere_;
  projections::BackupQueries queries_;
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;
  std::map<std::string, BackupJob> jobs_;
};

}  // namespace troupe::actors
