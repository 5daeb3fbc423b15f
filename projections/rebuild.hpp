// Keeps the rows in step with this program's projections.
#pragma once

#include <functional>

#include "storage/store.hpp"

namespace troupe::projections {

/// False when some rows were built by another version of their projection.
bool up_to_date(const storage::Store& store);

/// Replays the log into every projection whose rows were built by another version of it (all of them with `force`).
/// Only before the first append. `progress(done, total)` gets positions, and is not called when nothing is to be done.
Expected<void> rebuild(storage::Store& store, bool force,
                       const std::function<void(storage::Position done, storage::Position total)>& progress);

}  // namespace troupe::projections
