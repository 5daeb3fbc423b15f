// Backups, oldest first, and when the log was last found to be whole.
#include "projections/backup_queries.hpp"
#include "projections/changes.hpp"

namespace troupe::projections {
namespace {

using namespace events;

std::string key_of(const Context& c) { return std::string(c.id); }

void put_log_check(const Context& c, Rows& rows) {
  rows.push_back(put_bytes(Table::log_checks, "", big64(static_cast<std::uint64_t>(c.time))));
}

void on(const BackupStarted& e, const Context& c, Rows& rows) {
  BackupRow row;
  row.id = e.id;
  row.asked_by = e.asked_by;
  row.database = e.database;
  row.files = e.files;
  row.compression = e.compression;
  row.encryption = e.encryption;
  row.status = kBackupRunning;
  row.created_at = c.time;
  rows.push_back(put_row(key_of(c), row));
}

void on(const BackupCompleted& e, const Context& c, Rows& rows) {
  rows.push_back(patch<BackupRow>(key_of(c), {{"status", kBackupCompleted},
                                              {"position", e.position},
                                              {"size", e.size},
                                              {"file_bytes", e.file_bytes},
                                              {"finished_at", c.time}}));
  if (e.position > 0) put_log_check(c, rows);
}

void on(const BackupFailed& e, const Context& c, Rows& rows) {
  rows.push_back(
      patch<BackupRow>(key_of(c), {{"status", kBackupFailed}, {"reason", e.reason}, {"finished_at", c.time}}));
}

void on(const BackupVerified& e, const Context& c, Rows& rows) {
  rows.push_back(patch<BackupRow>(key_of(c), {{"verified_at", c.time}, {"good", e.good}, {"reason", e.reason}}));
}

void on(const BackupDeleted&, const Context& c, Rows& rows) { rows.push_back(erase(Table::backups, key_of(c))); }

}  // namespace

void project(const BackupEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
