// Building projection rows anew from the log. Internal to storage/.
#pragma once

#include <map>

#include "storage/log_reader.hpp"

namespace troupe::storage {

inline constexpr std::string_view kVersionPrefix = "projection/";

struct Rebuild {
  const std::function<Expected<std::vector<RowChange>>(const Record&)>& rows_of;
  const std::map<std::string, std::uint32_t>& versions;
  const std::function<void(Position, Position)>& progress;
};

/// See Store::rebuild. While it runs nobody else writes.
Expected<void> rebuild_rows(Database& database, const Secrets& secrets, const Rebuild& rebuild);

}  // namespace troupe::storage
