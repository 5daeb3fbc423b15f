#include "projections/rebuild.hpp"

#include "projections/projection.hpp"

namespace troupe::projections {

namespace {

/// What the store keeps kRowsVersion under.
constexpr const char* kName = "read_side";

}  // namespace

bool up_to_date(const storage::Store& store) {
  const auto built = store.projection_versions();
  const auto known = built.find(kName);
  return known != built.end() && known->second == kRowsVersion;
}

Expected<void> rebuild(storage::Store& store, bool force,
                       const std::function<void(storage::Position, storage::Position)>& progress) {
  if (!force && up_to_date(store)) return {};
  return store.rebuild(rows_of, {{kName, kRowsVersion}}, progress);
}

}  // namespace troupe::projections
