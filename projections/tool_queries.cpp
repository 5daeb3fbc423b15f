#include "projections/tool_queries.hpp"

#include <algorithm>
#include <map>

#include "projections/read_row.hpp"
#include "projections/tool_keys.hpp"

namespace troupe::projections {
namespace {

using Direction = storage::Store::Direction;

constexpr std::size_t kTimeBytes = 8;

/// The index that holds the fewest others, and its prefix.
std::pair<Table, std::string> index_for(const ToolCallFilter& filter) {
  if (filter.asker != 0) return {Table::tool_calls_of, of_asker(filter.asker)};
  if (!filter.tool.empty()) return {Table::tool_calls_of, of_tool(filter.tool)};
  if (!filter.source.empty()) return {Table::tool_calls_of, of_source(filter.source)};
  return {Table::tool_call_times, {}};
}

/// The index has picked by one of the first three.
bool needs_the_row(const ToolCallFilter& filter) {
  return (filter.asker != 0) + !filter.tool.empty() + !filter.source.empty() > 1 || filter.groups || filter.succeeded;
}

bool fits(const ToolCallFilter& filter, const ToolCallRow& row) {
  return (filter.asker == 0 || row.asker == filter.asker) && (filter.tool.empty() || row.tool == filter.tool) &&
         (filter.source.empty() || row.source == filter.source) &&
         (!filter.groups ||
          std::find(filter.groups->begin(), filter.groups->end(), row.group) != filter.groups->end()) &&
         (!filter.succeeded || (row.ended_at != 0 && (row.outcome == "succeeded") == *filter.succeeded));
}

}  // namespace

std::optional<ToolCallRow> ToolQueries::call(std::string_view id) const { return read_row<ToolCallRow>(store_, id); }

void ToolQueries::each(const ToolCallFilter& filter, const std::function<bool(std::string_view)>& visit) const {
  const auto [table, prefix] = index_for(filter);
  const bool by_row = needs_the_row(filter);
  store_.scan(id_of(table), prefix, {}, Direction::backward,
              [&, skip = prefix.size() + kTimeBytes](std::string_view key, std::string_view) {
                const auto id = key.substr(skip);
                if (by_row) {
                  const auto row = call(id);
                  if (!row || !fits(filter, *row)) return true;
                }
                return visit(id);
              });
}

std::vector<ToolCallRow> ToolQueries::calls(const ToolCallFilter& filter, std::size_t skip, std::size_t limit) const {
  std::vector<ToolCallRow> found;
  std::size_t bytes = 0;
  each(filter, [&](std::string_view id) {
    if (found.size() >= limit || bytes > defaults::kMaxListBytes) return false;
    if (skip > 0) return --skip, true;
    if (auto row = call(id)) {
      bytes += row->arguments.size() + row->result.size();
      found.push_back(std::move(*row));
    }
    return true;
  });
  return found;
}

std::size_t ToolQueries::count(const ToolCallFilter& filter) const {
  std::size_t count = 0;
  each(filter, [&](std::string_view) { return ++count, true; });
  return count;
}

std::vector<std::string> ToolQueries::open_calls() const {
  std::vector<std::string> ids;
  store_.scan(id_of(Table::open_tool_calls), {}, {}, Direction::forward,
              [&](std::string_view key, std::string_view) { return ids.emplace_back(key), true; });
  return ids;
}

std::vector<ToolFigures> ToolQueries::figures(std::int64_t first, std::int64_t last) const {
  return grouped(first, last, [](std::int64_t, std::string_view tool) { return std::string(tool); });
}

std::vector<ToolFigures> ToolQueries::by_day(std::int64_t first, std::int64_t last) const {
  return grouped(first, last, [](std::int64_t day, std::string_view) { return std::to_string(day); });
}

std::vector<ToolFigures> ToolQueries::grouped(std::int64_t first, std::int64_t last, NameOf name_of) const {
  std::map<std::string, ToolFigures> by_name;
  const std::string end = numbers_key({last + 1});
  store_.scan(id_of(Table::tool_days), {}, numbers_key({first}), Direction::forward,
              [&](std::string_view key, std::string_view) {
                if (key >= end) return false;
                const auto tool = key.substr(kTimeBytes, key.size() - kTimeBytes - 2);
                const auto name = name_of(static_cast<std::int64_t>(storage::read_big64(key)), tool);
                auto& figures = by_name.try_emplace(name, ToolFigures{name}).first->second;
                const std::int64_t value = store_.counter(id_of(Table::tool_days), key);
                switch (static_cast<ToolFigure>(key.back())) {
                  case ToolFigure::calls: figures.calls += value; break;
                  case ToolFigure::failures: figures.failures += value; break;
                  case ToolFigure::took_us: figures.took_us += value; break;
                }
                return true;
              });
  std::vector<ToolFigures> list;
  for (auto& [name, figures] : by_name) list.push_back(std::move(figures));
  return list;
}

}  // namespace troupe::projections
