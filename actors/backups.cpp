#include "actors/backups.hpp"

#include <spdlog/spdlog.h>

#include <future>

namespace troupe::actors {
namespace {

using storage::RecordPtr;

/// `20260131T123456789Z-3f9a01`: sorts by time, and two of one millisecond do not meet.
std::string new_id(Micros now) {
  std::string id = iso8601(now).substr(0, 23);
  std::erase_if(id, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return id + "Z-" + random_hex(6);
}

std::optional<storage::BackupKey> key_for(const BackupRequest& request, const Secrets& secrets) {
  switch (request.encryption) {
    case storage::Encryption::none: return std::nullopt;
    case storage::Encryption::data_key: return storage::BackupKey{request.encryption, secrets.backup_key()};
    case storage::Encryption::passphrase: return storage::BackupKey{request.encryption, request.passphrase};
  }
  return std::nullopt;
}

/// A new fact of its own: the idempotency key was the request's.
Cause after(Cause cause) {
  cause.now = now_micros();
  cause.idempotency.reset();
  return cause;
}

}  // namespace

Backups::Backups(storage::Store& store, const Secrets& secrets, std::size_t max_kept, Ask ask, Elsewhere elsewhere)
    : store_(store),
      secrets_(secrets),
      max_kept_(max_kept),
      ask_(std::move(ask)),
      elsewhere_(std::move(elsewhere)),
      queries_(store) {}

void Backups::settle_interrupted() {
  storage::remove_unfinished_backups(store_.folder());
  for (const auto& row : queries_.backups()) {
    if (row.status != projections::kBackupRunning) continue;
    const auto failed = ask_and_wait(row.id, FailBackup{"the log ended before the backup did"}, by_the_house());
    if (!failed) spdlog::error("backup {}: {}", row.id, failed.error().message);
  }
}

void Backups::start(BackupRequest request, Cause cause, RecordAnswer started,
                    std::function<void(Expected<void>)> finished) {
  const std::string id = new_id(cause.now);
  StartBackup command{
      id, cause.caused_by, request.database, request.files, request.compression, storage::word(request.encryption)};
  ask_(id, std::move(command), cause,
       [this, id, request = std::move(request), cause, started = std::move(started),
        finished = std::move(finished)](Expected<RecordPtr> result) mutable {
         if (!result) {
           if (result.error().field == "backup") result.error().message = "another backup is under way";
           return started(std::move(result));
         }
         if ((*result)->id() != id) return started(std::move(result));  // answered before, to the same request
         const bool taken =
             queue(id, BackupJob::Kind::making, [this, id, request = std::move(request), cause, finished] {
               const auto made = make(id, request, cause);
               if (!made) spdlog::error("backup {} failed: {}", id, made.error().message);
               if (finished) finished(made);
             });
         if (taken) return started(std::move(result));
         ask_(id, FailBackup{"too many backups wait"}, after(cause),
              [started](const auto&) { started(fail(Errc::overloaded, "too many backups and verifications wait")); });
       });
}

Expected<void> Backups::make(const std::string& id, const BackupRequest& request, const Cause& cause) {
  storage::BackupOptions options{
      .id = id, .created_at = cause.now, .database = request.database, .files = request.files};
  options.compression = *storage::compression_of(request.compression);
  options.key = key_for(request, secrets_);
  options.progress = progress_of(id);
  const auto made = storage::create_backup(store_, options);
  const auto outcome =
      made ? BackupDecider::Command(CompleteBackup{made->manifest.position, made->size, made->manifest.file_bytes})
           : BackupDecider::Command(FailBackup{made.error().message});
  const auto recorded = ask_and_wait(id, outcome, after(cause));
  if (!made) return tl::unexpected(made.error());
  if (!recorded) return tl::unexpected(recorded.error());
  drop_oldest(by_the_house(cause.correlation));
  return {};
}

void Backups::drop_oldest(const Cause& cause) {
  // Failed ones have a count of their own: they must not push out the good ones.
  std::size_t good = 0, failed = 0;
  for (const auto& row : queries_.backups()) {
    if (row.status == projections::kBackupRunning) continue;
    auto& count = row.status == projections::kBackupCompleted ? good : failed;
    if (++count > max_kept_) (void)remove_now(row.id, cause, [](const auto&) {});
  }
}

void Backups::verify(const std::string& id, Cause cause, std::function<void(Expected<void>)> answer) {
  const auto row = queries_.backup(id);
  if (!row) return answer(fail(Errc::not_found, "Backup not found"));
  if (row->status != projections::kBackupCompleted)
    return answer(fail(Errc::conflict, "the backup was not completed", "status"));
  if (row->encryption == storage::word(storage::Encryption::passphrase))
    return answer(fail(Errc::conflict, "the backup has a passphrase: verify it with `troupe backup verify`"));
  if (!std::filesystem::exists(file(id)))
    return answer(fail(Errc::conflict, "the backup's file is not there any more"));
  const bool taken = queue(id, BackupJob::Kind::verifying, [this, id, cause] {
    const storage::BackupKey key{storage::Encryption::data_key, secrets_.backup_key()};
    const auto proven = storage::verify_backup(file(id), key, progress_of(id));
    if (!proven && proven.error().code == Errc::cancelled) return;
    const auto recorded = ask_and_wait(
        id, RecordBackupVerification{proven.has_value(), proven ? "" : proven.error().message}, after(cause));
    if (!recorded) spdlog::error("backup {}: {}", id, recorded.error().message);
  });
  answer(taken ? Expected<void>{} : fail(Errc::overloaded, "too many backups and verifications wait"));
}

void Backups::remove(const std::string& id, Cause cause, RecordAnswer answer) {
  const auto row = queries_.backup(id);
  if (!row) return answer(fail(Errc::not_found, "Backup not found"));
  if (row->status == projections::kBackupRunning)
    return answer(fail(Errc::conflict, "the backup is still running", "status"));
  const bool taken = elsewhere_([this, id, cause = std::move(cause), answer] { (void)remove_now(id, cause, answer); });
  if (!taken) answer(fail(Errc::overloaded, "too many backups and verifications wait"));
}

/// First the file: a backup that is listed without one can be deleted again, a file that is not listed cannot.
Expected<void> Backups::remove_now(const std::string& id, const Cause& cause, RecordAnswer answer) {
  const auto removed = storage::remove_backup(store_.folder(), id);
  if (!removed && removed.error().code != Errc::not_found) {
    spdlog::error("backup {}: {}", id, removed.error().message);
    answer(tl::unexpected(removed.error()));
    return removed;
  }
  auto recorded = ask_and_wait(id, DeleteBackup{}, cause);
  const Expected<void> outcome = recorded ? Expected<void>{} : tl::unexpected(recorded.error());
  answer(std::move(recorded));
  return outcome;
}

std::optional<BackupJob> Backups::job(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? std::nullopt : std::optional(found->second);
}

Expected<RecordPtr> Backups::ask_and_wait(const std::string& id, BackupDecider::Command command, Cause cause) const {
  auto promise = std::make_shared<std::promise<Expected<RecordPtr>>>();
  auto future = promise->get_future();
  ask_(id, std::move(command), std::move(cause),
       [promise](Expected<RecordPtr> result) { promise->set_value(std::move(result)); });
  return future.get();
}

storage::BackupProgress Backups::progress_of(const std::string& id) {
  return [this, id](std::uint64_t done, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    if (const auto job = jobs_.find(id); job != jobs_.end()) {
      job->second.done_bytes = done;
      job->second.total_bytes = total;
    }
    return !ending_;
  };
}

bool Backups::queue(const std::string& id, BackupJob::Kind kind, std::function<void()> work) {
  const auto forget = [this, id, kind] {
    const std::lock_guard lock(mutex_);
    const auto job = jobs_.find(id);
    if (job != jobs_.end() && job->second.kind == kind) jobs_.erase(job);  // else the next one is queued already
  };
  const auto remember = [this, id, kind] {
    const std::lock_guard lock(mutex_);
    jobs_[id] = {kind};
  };
  remember();
  const bool taken = elsewhere_([work = std::move(work), remember, forget] {
    remember();  // an earlier one of the same kind may have ended since
    work();
    forget();
  });
  if (!taken) forget();
  return taken;
}

}  // namespace troupe::actors
