#include "projections/projection.hpp"

namespace troupe::projections {
namespace {

template <class Event>
Expected<Rows> rows_of_events(const events::Record& record) {
  Rows rows;
  const Context context{record.id(), record.time};
  for (const auto& stored : record.events) {
    auto event = events::decode<Event>(stored);
    if (!event) return tl::unexpected(event.error());
    project(*event, context, rows);
  }
  return rows;
}

}  // namespace

Expected<Rows> rows_of(const events::Record& record) {
  const auto category = record.category();
  if (category == events::kLogs || category == events::kMessages) {
    Rows rows;
    project_feed(category, record.events.size(), {record.id(), record.time}, rows);
    return rows;
  }
  if (category == events::kCommands) return rows_of_events<events::CommandEvent>(record);
  if (category == events::kBots) return rows_of_events<events::BotEvent>(record);
  if (category == events::kAccounts) return rows_of_events<events::AccountEvent>(record);
  if (category == events::kContacts) return rows_of_events<events::ContactEvent>(record);
  if (category == events::kGroups) return rows_of_events<events::GroupEvent>(record);
  if (category == events::kResetRequests) return rows_of_events<events::ResetRequestEvent>(record);
  if (category == events::kSessions) return rows_of_events<events::SessionEvent>(record);
  if (category == events::kMemories) return rows_of_events<events::MemoryEvent>(record);
  if (category == events::kFiles) return rows_of_events<events::FileEvent>(record);
  if (category == events::kEmbeddings) return rows_of_events<events::EmbeddingEvent>(record);
  if (category == events::kUsage) return rows_of_events<events::UsageEvent>(record);
  if (category == events::kToolCalls) return rows_of_events<events::ToolCallEvent>(record);
  if (category == events::kBackups) return rows_of_events<events::BackupEvent>(record);
  if (category == events::kPackages) return rows_of_events<events::PackageEvent>(record);
  if (category == events::kPluginData) return rows_of_events<events::PluginDataEvent>(record);
  if (category == events::Provider::category) return rows_of_events<events::ProviderEvent>(record);
  if (category == events::Personality::category) return rows_of_events<events::PersonalityEvent>(record);
  if (category == events::Platform::category) return rows_of_events<events::PlatformEvent>(record);
  if (category == events::Plugin::category) return rows_of_events<events::PluginEvent>(record);
  if (category == events::BotSettings::category) return rows_of_events<events::BotSettingsEvent>(record);
  if (category == events::McpServer::category) return rows_of_events<events::McpServerEvent>(record);
  if (category == events::CustomTool::category) return rows_of_events<events::CustomToolEvent>(record);
  return Rows{};
}

}  // namespace troupe::projections
