// Keys of the file tables (projections/rows.hpp), for those who write the rows and those who read them.
#pragma once

#include "events/file.hpp"
#include "projections/session_keys.hpp"

namespace troupe::projections {

using events::FileId;

inline std::string file_list_key(std::int64_t whose, Micros uploaded_at, std::string_view id) {
  return numbers_key({whose, uploaded_at}) + std::string(id);
}

}  // namespace troupe::projections
