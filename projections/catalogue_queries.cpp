#include "projections/catalogue_queries.hpp"

namespace troupe::projections {

events::BotSettings bot_settings(const storage::Store& store) {
  using Row = EntryRow<events::BotSettings>;
  const auto bytes = store.row(id_of(Row::table), events::BotSettings::only_id);
  if (!bytes) return {};
  // Nothing in the row is personal, so that the same bytes are the same settings.
  struct Latest {
    std::string bytes;
    events::BotSettings settings;
  };
  thread_local Latest latest;
  if (latest.bytes != *bytes) {
    auto row = parse_row<Row>(store, *bytes);
    if (!row) return {};
    latest = {*bytes, std::move(row->entry)};
  }
  return latest.settings;
}

std::optional<PersonalityRow> default_personality(const storage::Store& store) {
  const PersonalityQueries personalities(store);
  auto rows = personalities.all();
  const auto id = default_of(rows);
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
  return at == rows.end() ? std::nullopt : std::optional(std::move(*at));
}

}  // namespace troupe::projections
