#include "http/surfaces/chatai/period.hpp"

#include "projections/session_keys.hpp"

namespace troupe::http::chatai {

Expected<Days> days_of(const CallPtr& call) {
  const auto period = call->query_text("period").value_or("day");
  const auto today = projections::day_of(call->now);
  if (period == "day") return Days{today, today};
  if (period == "week") return Days{today - 6, today};
  if (period == "month") return Days{today - 29, today};
  if (period == "all") return Days{0, today};
  return fail(Errc::invalid, "period must be day or week or month or all", "period");
}

std::string date_of(std::int64_t day) { return iso8601(day * projections::kDayMicros).substr(0, 10); }

}  // namespace troupe::http::chatai
