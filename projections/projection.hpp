// Projections: pure functions from events to row changes. They run on the thread that emits the events, and again, with
// the same outcome, when the log is replayed.
#pragma once

#include <string>
#include <vector>

#include "events/account.hpp"
#include "events/backup.hpp"
#include "events/bot.hpp"
#include "events/catalogue.hpp"
#include "events/command.hpp"
#include "events/contact.hpp"
#include "events/embedding.hpp"
#include "events/feed.hpp"
#include "events/file.hpp"
#include "events/group.hpp"
#include "events/memory.hpp"
#include "events/plugin.hpp"
#include "events/session.hpp"
#include "events/settings.hpp"
#include "events/tool.hpp"
#include "events/usage.hpp"
#include "storage/journal.hpp"

namespace troupe::projections {

using Rows = std::vector<storage::RowChange>;

/// What a projection may know besides the event: the id part of its stream, and when it was decided.
struct Context {
  std::string_view id;
  Micros time = 0;
};

void project(const events::AccountEvent& event, const Context& context, Rows& rows);
void project(const events::BotEvent& event, const Context& context, Rows& rows);
void project(const events::CommandEvent& event, const Context& context, Rows& rows);
void project(const events::ContactEvent& event, const Context& context, Rows& rows);
void project(const events::ResetRequestEvent& event, const Context& context, Rows& rows);
void project(const events::SessionEvent& event, const Context& context, Rows& rows);
void project(const events::GroupEvent& event, const Context& context, Rows& rows);
void project(const events::MemoryEvent& event, const Context& context, Rows& rows);
void project(const events::FileEvent& event, const Context& context, Rows& rows);
void project(const events::EmbeddingEvent& event, const Context& context, Rows& rows);
void project(const events::ToolCallEvent& event, const Context& context, Rows& rows);
void project(const events::BackupEvent& event, const Context& context, Rows& rows);
void project(const events::PackageEvent& event, const Context& context, Rows& rows);
void project(const events::PluginDataEvent& event, const Context& context, Rows& rows);
void project(const events::UsageEvent& event, const Context& context, Rows& rows);
template <class Entry>
void project(const events::EntryEvent<Entry>& event, const Context& context, Rows& rows);

/// A batch of a feed only counts: its events need no decoding.
void project_feed(std::string_view category, std::size_t events, const Context& context, Rows& rows);

/// All row changes of a stored record, by its category. Errors: corrupt (an event does not decode).
/// A category that no projection reads has no rows.
Expected<Rows> rows_of(const events::Record& record);

/// Raise it with any change to the rows that come of an event: all rows are then dropped and replayed. It is one
/// version for all tables, because the counters are fed by every projection.
inline constexpr std::uint32_t kRowsVersion = 7;

}  // namespace troupe::projections
