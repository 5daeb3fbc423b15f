#include "projections/rebuild.hpp"

#include "projections/projection.hpp"

namespace troupe::projections {

namespace {

std::vector<storage::TableId> outdated_tables(const storage::Store& store, bool force) {
  std::vector<storage::TableId> tables;
  const auto built = store.projection_versions();
  for (const auto& projection : all_projections()) {
    const auto known = built.find(projection.name);
    if (force || known == built.end() || known->second != projection.version)
      tables.insert(tables.end(), projection.tables.begin(), projection.tables.end());
  }
  return tables;
}

}  // namespace

bool up_to_date(const storage::Store& store) { return outdated_tables(store, false).empty(); }

Expected<void> rebuild(storage::Store& store, bool force,
                       const std::function<void(storage::Position, storage::Position)>& progress) {
  std::map<std::string, std::uint32_t> versions;
  for (const auto& projection : all_projections()) versions[projection.name] = projection.version;
  const auto tables = outdated_tables(store, force);
  if (tables.empty()) return {};
  return store.rebuild(tables, rows_of, versions, progress);
}

}  // namespace troupe::projections
