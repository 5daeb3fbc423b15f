// Counts of what bots report. The entries themselves are read from their streams.
#include "projections/changes.hpp"

namespace troupe::projections {

void project_feed(std::string_view category, std::size_t events, const Context& context, Rows& rows) {
  const auto count = static_cast<std::int64_t>(events);
  rows.push_back(add(kTotalLogs, count));
  rows.push_back(add(of_bot(context.id, "logs"), count));
  if (category != events::kMessages) return;
  // A message is a log entry too (of type `message`), so it counts in both.
  rows.push_back(add(kTotalMessages, count));
  rows.push_back(add(of_bot(context.id, "messages"), count));
}

}  // namespace troupe::projections
