#include "projections/rebuild.hpp"

#include "projections/projection.hpp"

namespace troupe::projections {

Expected<void> rebuild(storage::Store& store, bool force,
                       const std::function<void(storage::Position, storage::Position)>& progress) {
  std::map<std::string, std::uint32_t> versions;
  std::vector<storage::TableId> tables;
  const auto built = store.projection_versions();
  for (const auto& projection : all_projections()) {
    versions[projection.name] = projection.version;
    const auto known = built.find(projection.name);
    if (force || known == built.end() || known->second != projection.version)
      tables.insert(tables.end(), projection.tables.begin(), projection.tables.end());
  }
  if (tables.empty()) return {};
  return store.rebuild(tables, rows_of, versions, progress);
}

}  // namespace troupe::projections
