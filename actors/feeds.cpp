#include "actors/feeds.hpp"

#include "actors/rules.hpp"
#include "events/defaults.hpp"
#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

Expected<void> check_text(std::string_view text) {
  if (text.size() > defaults::kMaxLogMessageBytes)
    return fail(Errc::invalid, "message must have at most " + std::to_string(defaults::kMaxLogMessageBytes) + " bytes",
                "message");
  return {};
}

Expected<void> check_metadata(const Json& metadata) {
  if (!metadata.is_object()) return fail(Errc::invalid, "metadata must be an object", "metadata");
  return check_json_size("metadata", metadata, defaults::kMaxMetadataBytes);
}

storage::Append append_of(std::string_view category, std::string_view bot_id, events::AccountId owner,
                          const Cause& cause) {
  storage::Append append = append_to(std::string(category) + "/" + std::string(bot_id), cause);
  append.owner = owner;
  return append;
}

}  // namespace

Expected<void> check(const events::LogReported& entry) {
  if (auto ok = check_line("type", entry.level, defaults::kMaxLogTypeLength); !ok) return ok;
  if (auto ok = check_text(entry.message); !ok) return ok;
  return check_metadata(entry.metadata);
}

Expected<void> check(const events::MessageReported& message) {
  if (auto ok = check_text(message.message); !ok) return ok;
  const std::pair<const char*, const std::optional<std::string>*> names[] = {
      {"author_id", &message.author_id}, {"author_name", &message.author_name}, {"thread_id", &message.thread_id}};
  for (const auto& [field, value] : names) {
    if (!*value) continue;
    if (auto ok = check_optional_line(field, **value, defaults::kMaxIdentifierLength); !ok) return ok;
  }
  if (message.thread_type != "GROUP" && message.thread_type != "USER")
    return fail(Errc::invalid, "thread_type must be GROUP or USER", "thread_type");
  return check_metadata(message.metadata);
}

storage::Append append_of_logs(std::string_view bot_id, events::AccountId owner,
                               const std::vector<events::LogReported>& entries, const Cause& cause) {
  storage::Append append = append_of(events::kLogs, bot_id, owner, cause);
  append.events.reserve(entries.size());
  for (const auto& entry : entries) append.events.push_back(events::encode(entry));
  projections::project_feed(events::kLogs, entries.size(), {bot_id, cause.now}, append.rows);
  return append;
}

storage::Append append_of_message(std::string_view bot_id, events::AccountId owner,
                                  const events::MessageReported& message, const Cause& cause) {
  storage::Append append = append_of(events::kMessages, bot_id, owner, cause);
  append.events.push_back(events::encode(message));
  projections::project_feed(events::kMessages, 1, {bot_id, cause.now}, append.rows);
  return append;
}

}  // namespace troupe::actors
