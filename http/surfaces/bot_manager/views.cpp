#include "http/surfaces/bot_manager/views.hpp"

namespace troupe::http::bot_manager {

using namespace projections;

OrderedJson user_brief(const AccountRow& row) {
  return Fields{
      {"id", row.id}, {"username", row.username}, {"email", row.email}, {"fullname", row.fullname}, {"role", row.role}};
}

OrderedJson user_self(const AccountRow& row) {
  OrderedJson user = user_brief(row);
  user["created_at"] = iso8601(row.created_at);
  return user;
}

OrderedJson user_found(const AccountRow& row) {
  OrderedJson user = user_brief(row);
  user.erase("role");
  user["created_at"] = iso8601(row.created_at);
  return user;
}

OrderedJson user_listed(const AccountRow& row) {
  OrderedJson user = user_found(row);
  user["role"] = row.role;
  return user;
}

OrderedJson user_details(const AccountRow& row) {
  return Fields{{"id", row.id},
                {"username", row.username},
                {"email", row.email},
                {"fullname", row.fullname},
                {"phone", row.phone},
                {"birthday", row.birthday},
                {"gender", row.gender},
                {"created_at", iso8601(row.created_at)},
                {"last_login", time_or_null(row.last_login)},
                {"is_active", true},
                {"role", row.role}};
}

OrderedJson bot_of_mine(const BotRow& row) {
  return Fields{{"id", row.id},
                {"name", row.name},
                {"status", row.status},
                {"created_at", iso8601(row.created_at)},
                {"metadata", row.metadata}};
}

OrderedJson bot_of_user(const BotRow& row) {
  return Fields{{"id", row.id},
                {"name", row.name},
                {"status", row.status},
                {"created_at", iso8601(row.created_at)},
                {"owner_id", row.owner_id}};
}

OrderedJson bot_of_system(const BotRow& row) {
  return Fields{{"id", row.id},
                {"name", row.name},
                {"status", row.status},
                {"owner_id", row.owner_id},
                {"created_at", iso8601(row.created_at)}};
}

OrderedJson bot_details(const BotRow& row) {
  return Fields{{"id", row.id},
                {"name", row.name},
                {"status", row.status},
                {"created_at", iso8601(row.created_at)},
                {"last_active", time_or_null(row.last_active)},
                {"metadata", row.metadata}};
}

OrderedJson command_view(const CommandRow& row) {
  OrderedJson view = Fields{{"id", row.id},
                            {"bot_id", row.bot_id},
                            {"type", row.type},
                            {"payload", row.payload},
                            {"status", row.status},
                            {"created_at", iso8601(row.created_at)},
                            {"created_by", row.created_by}};
  if (row.attempts > 0) {
    view["dispatched_at"] = iso8601(row.dispatched_at);
    view["attempts"] = row.attempts;
  }
  if (row.completed_at != 0) {
    view["completed_at"] = iso8601(row.completed_at);
    view["result"] = row.result;
  }
  return view;
}

OrderedJson command_in_history(const CommandRow& row) {
  OrderedJson entry = command_view(row);
  if (row.completed_at == 0) {
    entry["completed_at"] = nullptr;
    entry["result"] = nullptr;
  }
  return entry;
}

OrderedJson log_entry(const events::LogReported& entry, std::string_view bot_id, Micros time) {
  return Fields{{"type", entry.level},
                {"message", entry.message},
                {"timestamp", iso8601(time)},
                {"metadata", entry.metadata},
                {"bot_id", bot_id}};
}

namespace {
OrderedJson text_or_null(const std::optional<std::string>& text) {
  return text ? OrderedJson(*text) : OrderedJson(nullptr);
}
}  // namespace

OrderedJson message(const events::MessageReported& message, std::string_view bot_id, Micros time) {
  return Fields{{"bot_id", bot_id},
                {"message", message.message},
                {"author_id", text_or_null(message.author_id)},
                {"author_name", text_or_null(message.author_name)},
                {"thread_id", text_or_null(message.thread_id)},
                {"thread_type", message.thread_type},
                {"timestamp", iso8601(time)},
                {"metadata", message.metadata}};
}

OrderedJson message_as_log(const events::MessageReported& message, std::string_view bot_id, Micros time) {
  OrderedJson metadata = Fields{{"author_id", text_or_null(message.author_id)},
                                {"author_name", text_or_null(message.author_name)},
                                {"thread_id", text_or_null(message.thread_id)},
                                {"thread_type", message.thread_type}};
  for (const auto& [key, value] : message.metadata.items()) metadata[key] = value;
  return Fields{{"type", "message"},
                {"message", message.message},
                {"timestamp", iso8601(time)},
                {"metadata", metadata},
                {"bot_id", bot_id}};
}

OrderedJson log_view(const FeedEntry& entry) {
  if (const auto* log = std::get_if<events::LogReported>(&entry.event))
    return log_entry(*log, entry.bot_id, entry.time);
  return message_as_log(std::get<events::MessageReported>(entry.event), entry.bot_id, entry.time);
}

OrderedJson message_view(const FeedEntry& entry) {
  return message(std::get<events::MessageReported>(entry.event), entry.bot_id, entry.time);
}

}  // namespace troupe::http::bot_manager
