#include "projections/backup_queries.hpp"

#include "projections/read_row.hpp"

namespace troupe::projections {

std::optional<BackupRow> BackupQueries::backup(std::string_view id) const { return read_row<BackupRow>(store_, id); }

std::vector<BackupRow> BackupQueries::backups() const {
  std::vector<BackupRow> rows;
  // A scan that fails has made the store unhealthy.
  (void)store_.scan(id_of(Table::backups), "", "", storage::Store::Direction::backward,
                    [&](std::string_view, std::string_view bytes) {
                      if (auto row = parse_row<BackupRow>(store_, bytes)) rows.push_back(std::move(*row));
                      return true;
                    });
  return rows;
}

std::optional<Micros> BackupQueries::last_log_check() const { return read_time(store_, Table::log_checks); }

}  // namespace troupe::projections
