// Reads of the catalogue, each from what is committed now. Thread-safe.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "projections/read_row.hpp"
#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

/// Entries of one kind.
template <class Entry>
class EntryQueries {
 public:
  using Row = EntryRow<Entry>;
  explicit EntryQueries(const storage::Store& store) : store_(store) {}

  std::optional<Row> entry(std::string_view id) const { return read_row<Row>(store_, id); }
  std::optional<Row> named(std::string_view name) const {
    const auto id = id_of_holder(store_, events::name_claim<Entry>(name), Entry::category);
    return id ? entry(*id) : std::nullopt;
  }
  std::size_t count() const {
    std::size_t count = 0;
    store_.scan(id_of(Row::table), {}, {}, storage::Store::Direction::forward,
                [&](std::string_view, std::string_view) { return ++count, true; });
    return count;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    store_.scan(id_of(Row::table), {}, {}, storage::Store::Direction::forward,
                [&](std::string_view id, std::string_view) { return ids.emplace_back(id), true; });
    return ids;
  }
  /// Oldest first; up to kMaxListBytes.
  std::vector<Row> all() const {
    std::vector<Row> rows;
    std::size_t bytes = 0;
    store_.scan(id_of(Row::table), {}, {}, storage::Store::Direction::forward,
                [&](std::string_view, std::string_view value) {
                  bytes += value.size();
                  if (bytes > defaults::kMaxListBytes) return false;
                  if (auto row = parse_row<Row>(store_, value)) rows.push_back(std::move(*row));
                  return true;
                });
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id); });
    return rows;
  }

 private:
  const storage::Store& store_;
};

using ProviderQueries = EntryQueries<events::Provider>;
using PersonalityQueries = EntryQueries<events::Personality>;
using PlatformQueries = EntryQueries<events::Platform>;
using PluginQueries = EntryQueries<events::Plugin>;
/// As they stand: the defaults where nothing was ever set. Several times a message: what is read is only taken apart again
/// when it has changed.
events::BotSettings bot_settings(const storage::Store& store);

using McpServerQueries = EntryQueries<events::McpServer>;
using CustomToolQueries = EntryQueries<events::CustomTool>;

/// The id of the one that answers where none is named; empty when none was ever chosen, or the chosen ones are gone.
inline std::string default_of(const std::vector<PersonalityRow>& personalities) {
  const PersonalityRow* latest = nullptr;
  for (const auto& row : personalities)
    if (row.entry.default_since != 0 && (!latest || row.entry.default_since > latest->entry.default_since))
      latest = &row;
  return latest ? latest->id : std::string();
}

/// The one that answers where none is named.
std::optional<PersonalityRow> default_personality(const storage::Store& store);

}  // namespace troupe::projections
