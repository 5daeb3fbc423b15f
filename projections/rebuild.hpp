// Keeps the rows in step with this program's projections.
#pragma once

#include <functional>

#include "storage/store.hpp"

namespace troupe::projections {

/// False when the rows were built by another version of the projections (kRowsVersion).
bool up_to_date(const storage::Store& store);

/// Replays the log into rows that are not up to date (with `force` also into those that are). Only before the first
/// append. `progress(done, total)` gets positions, and is not called when nothing is to be done.
Expected<void> rebuild(storage::Store& store, bool force,
                       const std::function<void(storage::Position done, storage::Position total)>& progress);

}  // namespace troupe::projections
