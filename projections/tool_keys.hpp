// Keys of the tool tables (projections/rows.hpp), for those who write the rows and those who read them. Names of tools and
// of their sources hold no zero byte.
#pragma once

#include <string>
#include <string_view>

#include "projections/session_keys.hpp"

namespace troupe::projections {

inline std::string tool_time_key(Micros started_at, std::string_view id) {
  return numbers_key({started_at}) + std::string(id);
}
inline std::string tool_calls_prefix(std::string_view what, std::string_view name) {
  return std::string(what) + '/' + std::string(name) + '\0';
}
inline std::string of_tool(std::string_view tool) { return tool_calls_prefix("tool", tool); }
inline std::string of_source(std::string_view source) { return tool_calls_prefix("source", source); }
inline std::string of_asker(AccountId asker) { return tool_calls_prefix("asker", std::to_string(asker)); }
inline std::string tool_day_key(std::int64_t day, std::string_view tool, ToolFigure figure) {
  return numbers_key({day}) + std::string(tool) + '\0' + static_cast<char>(figure);
}

}  // namespace troupe::projections
