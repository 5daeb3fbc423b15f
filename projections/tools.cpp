// The tool log, and what is counted of it.
#include "projections/changes.hpp"
#include "projections/group_keys.hpp"
#include "projections/tool_keys.hpp"

namespace troupe::projections {
namespace {

void on(const events::ToolCallStarted& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(e.id, ToolCallRow{.id = e.id,
                                           .tool = e.tool,
                                           .source = e.source,
                                           .asker = e.asker,
                                           .group = e.group,
                                           .session = e.session,
                                           .number = e.number,
                                           .through = e.through,
                                           .arguments = e.arguments,
                                           .started_at = c.time}));
  rows.push_back(put_key(Table::tool_call_times, tool_time_key(c.time, e.id)));
  for (const auto& prefix : {of_tool(e.tool), of_source(e.source), of_asker(e.asker)})
    rows.push_back(put_key(Table::tool_calls_of, prefix + tool_time_key(c.time, e.id)));
  rows.push_back(put_key(Table::open_tool_calls, e.id));
  if (e.group != 0)
    rows.push_back(add(Table::group_days, group_day_key(e.group, day_of(c.time), GroupFigure::tool_calls), 1));
}

void on(const events::ToolCallEnded& e, const Context& c, Rows& rows) {
  rows.push_back(patch<ToolCallRow>(
      e.id,
      {{"outcome", e.outcome}, {"reason", e.reason}, {"result", e.result}, {"ended_at", c.time}, {"took", e.took}}));
  rows.push_back(erase(Table::open_tool_calls, e.id));
  const auto count = [&](ToolFigure figure, std::int64_t delta) {
    rows.push_back(add(Table::tool_days, tool_day_key(day_of(c.time), e.tool, figure), delta));
  };
  count(ToolFigure::calls, 1);
  if (e.outcome != "succeeded") count(ToolFigure::failures, 1);
  count(ToolFigure::took_us, e.took);
}

}  // namespace

void project(const events::ToolCallEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
