#include "actors/backup.hpp"

#include "storage/backup.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<BackupEvent>>;

tl::unexpected<Error> not_now(const char* why) { return fail(Errc::conflict, why, "status"); }

Decision on(const BackupState& state, const StartBackup& c) {
  if (state.exists) return fail(Errc::conflict, "there is a backup of this id", "id");
  if (!c.database && !c.files)
    return fail(Errc::invalid, "a backup holds the database, the files or both", "include_database");
  if (!storage::compression_of(c.compression))
    return fail(Errc::invalid, "compression must be none, gzip or zstd", "compression");
  return {{BackupStarted{c.id, c.asked_by, c.database, c.files, c.compression, c.encryption}}};
}

Decision on(const BackupState& state, const CompleteBackup& c) {
  if (!state.running) return not_now("the backup is not running");
  return {{BackupCompleted{c.position, c.size, c.file_bytes}}};
}

Decision on(const BackupState& state, const FailBackup& c) {
  if (!state.running) return not_now("the backup is not running");
  return {{BackupFailed{c.reason}}};
}

Decision on(const BackupState& state, const RecordBackupVerification& c) {
  if (!state.completed) return not_now("the backup was not completed");
  return {{BackupVerified{c.good, c.reason}}};
}

Decision on(const BackupState& state, const DeleteBackup&) {
  if (state.running) return not_now("the backup is still running");
  return {{BackupDeleted{}}};
}

}  // namespace

Decision BackupDecider::decide(const State& state, const Command& command, Micros) {
  const bool starting = std::holds_alternative<StartBackup>(command);
  if (!starting && (!state.exists || state.deleted)) return fail(Errc::not_found, "Backup not found");
  return std::visit([&](const auto& c) { return on(state, c); }, command);
}

void BackupDecider::evolve(State& state, const Event& event, Micros) {
  std::visit(Overloaded{
                 [&](const BackupStarted&) { state.exists = state.running = true; },
                 [&](const BackupCompleted&) {
                   state.running = false;
                   state.completed = true;
                 },
                 [&](const BackupFailed&) { state.running = false; },
                 [&](const BackupDeleted&) { state.deleted = true; },
                 [](const BackupVerified&) {},
             },
             event);
}

std::vector<Claim> BackupDecider::claims(const State&, const Event& event) {
  return std::visit(
      Overloaded{
          [](const BackupStarted&) -> std::vector<Claim> { return {take(events::kRunningBackupClaim)}; },
          [](const BackupCompleted&) -> std::vector<Claim> { return {release(events::kRunningBackupClaim)}; },
          [](const BackupFailed&) -> std::vector<Claim> { return {release(events::kRunningBackupClaim)}; },
          [](const auto&) -> std::vector<Claim> { return {}; },
      },
      event);
}

}  // namespace troupe::actors
