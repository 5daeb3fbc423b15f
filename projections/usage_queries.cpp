#include "projections/usage_queries.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "projections/read_row.hpp"
#include "projections/usage.hpp"
#include "storage/row_value.hpp"

namespace troupe::projections {
namespace {

/// A day and the letter of a figure stand at the end of every key.
constexpr std::size_t kTail = 9;

void add_to(UsageFigures& figures, char letter, std::int64_t count) {
  switch (static_cast<UsageFigure>(letter)) {
    case UsageFigure::calls: figures.calls += count; return;
    case UsageFigure::failures: figures.failures += count; return;
    case UsageFigure::prompt_tokens: figures.prompt_tokens += count; return;
    case UsageFigure::completion_tokens: figures.completion_tokens += count; return;
    case UsageFigure::took_us: figures.took_us += count; return;
  }
}

using NameOf = std::function<std::string(std::string_view name, std::int64_t day)>;

std::map<std::string, UsageFigures> grouped(const storage::Store& store, UsageOf kind, std::int64_t first,
                                            std::int64_t last, const NameOf& name_of) {
  std::map<std::string, UsageFigures> groups;
  store.scan(id_of(Table::usage_days), usage_prefix(kind), {}, storage::Store::Direction::forward,
             [&](std::string_view key, std::string_view value) {
               const auto tail = key.substr(key.size() - kTail);
               const auto day = static_cast<std::int64_t>(storage::read_big64(tail));
               if (day < first || day > last) return true;
               const std::string name = name_of(key.substr(2, key.size() - 2 - kTail - 1), day);
               UsageFigures& figures = groups[name];
               figures.name = name;
               add_to(figures, tail.back(), storage::decode_counter(value).value_or(0));
               return true;
             });
  return groups;
}

}  // namespace

UsageFigures UsageQueries::total(std::int64_t first, std::int64_t last) const {
  auto groups = grouped(store_, UsageOf::everyone, first, last, [](auto, auto) { return std::string(); });
  return groups.empty() ? UsageFigures{} : std::move(groups.begin()->second);
}

std::vector<UsageFigures> UsageQueries::by_name(UsageOf kind, std::int64_t first, std::int64_t last) const {
  std::vector<UsageFigures> figures;
  for (auto& [name, one] :
       grouped(store_, kind, first, last, [](std::string_view name, auto) { return std::string(name); }))
    figures.push_back(std::move(one));
  std::stable_sort(figures.begin(), figures.end(), [](const auto& a, const auto& b) { return a.calls > b.calls; });
  return figures;
}

std::vector<UsageFigures> UsageQueries::by_day(std::int64_t first, std::int64_t last) const {
  std::vector<UsageFigures> figures;
  for (auto& [name, one] :
       grouped(store_, UsageOf::everyone, first, last, [](auto, std::int64_t day) { return std::to_string(day); }))
    figures.push_back(std::move(one));
  return figures;
}

}  // namespace troupe::projections
