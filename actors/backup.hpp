// The decider of backups: when one may start, what became of it, when it may go. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/backup.hpp"

namespace troupe::actors {

struct BackupState {
  bool exists = false;
  bool running = false;
  bool completed = false;
  bool deleted = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BackupState, exists, running, completed, deleted)

/// Errors: invalid (`compression`, or nothing is included), conflict (the id is taken; `backup`, from the journal:
/// another one is under way).
struct StartBackup {
  std::string id;
  std::string asked_by;
  bool database = true, files = true;
  std::string compression, encryption;
};
/// Errors of these and the next: conflict (it is not running).
struct CompleteBackup {
  events::Position position = 0;
  std::uint64_t size = 0, file_bytes = 0;
};
struct FailBackup {
  std::string reason;
};
/// Errors: conflict (it was not completed).
struct RecordBackupVerification {
  bool good = true;
  std::string reason;
};
/// Errors: conflict (it is running).
struct DeleteBackup {};

struct BackupDecider {
  using State = BackupState;
  using Event = events::BackupEvent;
  using Command = std::variant<StartBackup, CompleteBackup, FailBackup, RecordBackupVerification, DeleteBackup>;
  static constexpr std::string_view category = events::kBackups;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// Claims kRunningBackupClaim while it is made.
  static std::vector<Claim> claims(const State& before, const Event& event);
  static events::AccountId owner(const State&) { return 0; }
};

}  // namespace troupe::actors
