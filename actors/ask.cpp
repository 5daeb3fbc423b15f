#include "actors/ask.hpp"

#include "storage/store.hpp"

namespace troupe::actors {

bool is_repeat(const storage::Store& store, const Cause& cause) {
  if (!cause.idempotency) return false;
  const auto first = store.find_idempotent(*cause.idempotency);
  return first && *first;
}

}  // namespace troupe::actors
