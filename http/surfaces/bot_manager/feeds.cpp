// What bots report, and what is made of it: lists, statistics, exports.
#include "actors/feeds.hpp"

#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "http/surfaces/bot_manager/views.hpp"

namespace troupe::http {

using namespace bot_manager;

namespace {

/// Takes a string field out of an entry. Errors: invalid, when it is there and no string.
Expected<std::string> text_of(Json& entry, const char* field, const char* fallback) {
  const auto it = entry.find(field);
  if (it == entry.end() || it->is_null()) return std::string(fallback);
  if (!it->is_string()) return fail(Errc::invalid, std::string(field) + " must be a string", field);
  return std::move(it->get_ref<std::string&>());
}

Expected<events::LogReported> log_from(Json& entry) {
  if (!entry.is_object() || entry.empty()) return fail(Errc::invalid, "Invalid payload");
  auto level = text_of(entry, "type", "info");
  if (!level) return tl::unexpected(level.error());
  auto message = text_of(entry, "message", "");
  if (!message) return tl::unexpected(message.error());
  events::LogReported log{std::move(*level), std::move(*message)};
  if (const auto it = entry.find("metadata"); it != entry.end() && !it->is_null()) log.metadata = std::move(*it);
  if (auto ok = actors::check(log); !ok) return tl::unexpected(ok.error());
  return log;
}

Expected<std::vector<events::LogReported>> logs_from(Json& body) {
  std::vector<events::LogReported> logs;
  if (body.is_object()) {
    auto log = log_from(body);
    if (!log) return tl::unexpected(log.error());
    logs.push_back(std::move(*log));
    return logs;
  }
  if (body.empty()) return fail(Errc::invalid, "Invalid payload");
  if (body.size() > defaults::kMaxLogsPerRequest)
    return fail(Errc::too_large, "at most " + std::to_string(defaults::kMaxLogsPerRequest) + " entries a request");
  logs.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    auto log = log_from(body[i]);
    if (!log) return fail(log.error().code, log.error().message, "[" + std::to_string(i) + "]." + log.error().field);
    logs.push_back(std::move(*log));
  }
  return logs;
}

template <class View>
OrderedJson exported(const char* name, Micros now, const std::vector<projections::FeedEntry>& entries, View view) {
  OrderedJson answer = {{"exported_at", iso8601(now)}, {"count", entries.size()}};
  answer[name] = list(entries, view);
  return answer;
}

std::size_t limit_of(const CallPtr& call) { return static_cast<std::size_t>(call->query_integer("limit")); }

}  // namespace

void BotManager::post_logs(const CallPtr& call) {
  const auto logs = logs_from(call->body);
  if (!logs) return call->refuse(logs.error());
  services_.store.append(actors::append_of_logs(call->path_parameter("bot_id"), call->bot_owner, *logs, call->cause()),
                         services_.then(call, [call](const storage::Record& record) {
                           call->answer({{"status", "ok"}, {"received", record.events.size()}});
                         }));
}

void BotManager::post_message(const CallPtr& call) {
  events::MessageReported message;
  message.message = call->body.value("message", "");
  message.author_id = call->optional_body_text("author_id");
  message.author_name = call->optional_body_text("author_name");
  message.thread_id = call->optional_body_text("thread_id");
  message.thread_type = call->optional_body_text("thread_type").value_or("GROUP");
  message.metadata = call->body_object("metadata");
  if (auto ok = actors::check(message); !ok) return call->refuse(ok.error());
  services_.store.append(
      actors::append_of_message(call->path_parameter("bot_id"), call->bot_owner, message, call->cause()),
      services_.then(call, [call](const storage::Record&) {
        call->answer({{"status", "ok"}});
      }));
}

void BotManager::answer_from_feed(const CallPtr& call, FeedQuery query, const FeedAnswer& answer_of) {
  const auto visible = visible_or_refused(call);
  if (!visible) return;
  const auto entries = (queries_.*query)(*visible, limit_of(call));
  if (!entries) return call->refuse(entries.error());
  call->answer(answer_of(*entries));
}

void BotManager::logs(const CallPtr& call) {
  answer_from_feed(call, &projections::Queries::recent_logs,
                   [](const auto& entries) { return counted("logs", entries, log_view); });
}

void BotManager::messages(const CallPtr& call) {
  answer_from_feed(call, &projections::Queries::recent_messages,
                   [](const auto& entries) { return counted("messages", entries, message_view); });
}

void BotManager::overview(const CallPtr& call) {
  const auto o = queries_.overview(call->caller.account);
  call->answer({{"total_users", o.users},
                {"total_bots", o.bots},
                {"user_bots", o.own_bots},
                {"total_commands", o.commands},
                {"pending_commands", o.pending},
                {"total_logs", o.logs},
                {"total_messages", o.messages},
                {"connected_clients", io_.connected_clients()}});
}

void BotManager::bot_statistics(const CallPtr& call) {
  const auto s = queries_.statistics(call->path_parameter("bot_id"));
  OrderedJson types = OrderedJson::object();
  for (const auto& [type, count] : s.command_types) types[type] = count;
  call->answer({{"total_commands", s.commands},
                {"pending_commands", s.pending},
                {"completed_commands", s.completed},
                {"failed_commands", s.failed},
                {"total_logs", s.logs},
                {"total_messages", s.messages},
                {"command_types", types}});
}

void BotManager::export_logs(const CallPtr& call) {
  answer_from_feed(call, &projections::Queries::recent_logs,
                   [&](const auto& entries) { return exported("logs", call->now, entries, log_view); });
}

void BotManager::export_messages(const CallPtr& call) {
  answer_from_feed(call, &projections::Queries::recent_messages,
                   [&](const auto& entries) { return exported("messages", call->now, entries, message_view); });
}

void BotManager::export_bot(const CallPtr& call) {
  const std::string& id = call->path_parameter("bot_id");
  const auto row = queries_.bot(id);
  if (!row) return call->refuse({Errc::not_found, "Bot not found"});
  const auto data = queries_.bot_data(id);
  const auto limit = limit_of(call);
  const auto logs = queries_.recent_logs({false, {id}}, limit);
  const auto messages = queries_.recent_messages({false, {id}}, limit);
  if (!logs) return call->refuse(logs.error());
  if (!messages) return call->refuse(messages.error());
  call->answer({{"exported_at", iso8601(call->now)},
                {"bot", bot_manager::bot_details(with_last_heard(*row))},
                {"data", data ? OrderedJson(data->data) : OrderedJson(nullptr)},
                {"commands", list(queries_.commands_of_bot(id, limit), command_view)},
                {"logs", list(*logs, log_view)},
                {"messages", list(*messages, message_view)}});
}

void BotManager::health(const CallPtr& call) { call->answer({{"status", "ok"}, {"timestamp", iso8601(call->now)}}); }

}  // namespace troupe::http
