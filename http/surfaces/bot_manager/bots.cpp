// Bots: their owners' side, the administrator's, and their own.
#include "actors/secrets.hpp"
#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "http/surfaces/bot_manager/views.hpp"

namespace troupe::http {

using namespace actors;
using namespace bot_manager;

namespace {

const OrderedJson kSuccess = {{"success", true}};

/// What the body holds besides the bot's own token, which must not be stored with the rest.
Json without_token(Json body) {
  body.erase("token");
  return body;
}

}  // namespace

void BotManager::my_bots(const CallPtr& call) {
  const std::string key = std::to_string(call->caller.account);
  const auto since = services_.system.bot_changes();
  if (const std::string* known = my_bots_.find(key, since)) return call->answer_text(*known);
  const auto list = [this, call] {
    return counted("bots", queries_.bots_of(call->caller.account), bot_of_mine).dump();
  };
  if (queries_.bot_count(call->caller.account) > static_cast<std::int64_t>(defaults::kMaxBotsListedAtOnce)) {
    const bool taken =
        services_.system.read_elsewhere([call, list] { call->guarded([&] { call->answer_text(list()); }); });
    if (!taken) call->refuse({Errc::overloaded, "Too many long reads are waiting"});
    return;
  }
  std::string text = list();
  if (text.size() <= defaults::kMaxRememberedListBytes) my_bots_.put(key, text, since);
  call->answer_text(std::move(text));
}

void BotManager::create_bot(const CallPtr& call) {
  const std::string token = random_token();
  CreateBot command{"",
                    call->caller.account,
                    call->body_text("name"),
                    call->body_object("metadata"),
                    token_digest(token),
                    services_.secrets.seal(token)};
  services_.system.create_bot(
      std::move(command), call->cause(), services_.then(call, [this, call](const storage::Record& record) {
        // From the record, so that a repeated request gets the first one's bot.
        const auto created = events::decode_as<events::BotCreated>(record.events.front());
        const auto first_token =
            created ? services_.secrets.unseal(created->sealed_token) : tl::unexpected(created.error());
        if (!first_token) return call->refuse(first_token.error());
        call->answer({{"success", true}, {"bot_id", created->id}, {"token", *first_token}});
      }));
}

void BotManager::bot_details(const CallPtr& call) {
  const auto row = queries_.bot(call->path_parameter("bot_id"));
  if (!row) return call->refuse({Errc::forbidden, call->route->denied});
  call->answer({{"bot", bot_manager::bot_details(with_last_heard(*row))}});
}

void BotManager::update_bot(const CallPtr& call) {
  UpdateBot command{call->optional_body_text("name"), call->optional_body_object("metadata")};
  services_.system.ask_bot(call->path_parameter("bot_id"), std::move(command), call->cause(),
                           services_.then(call, [call](const storage::Record&) { call->answer(kSuccess); }));
}

void BotManager::delete_bot(const CallPtr& call) {
  services_.system.delete_bot(call->path_parameter("bot_id"), call->cause(),
                              services_.then(call, [call](const storage::Record&) { call->answer(kSuccess); }));
}

void BotManager::bot_token(const CallPtr& call) {
  const auto row = queries_.bot(call->path_parameter("bot_id"));
  if (!row) return call->refuse({Errc::forbidden, call->route->denied});
  const auto token = services_.secrets.unseal(row->sealed_token);
  if (!token) return call->refuse(token.error());
  call->answer({{"token", *token}});
}

void BotManager::regenerate_token(const CallPtr& call) {
  const std::string token = random_token();
  services_.system.ask_bot(call->path_parameter("bot_id"),
                           RegenerateBotToken{token_digest(token), services_.secrets.seal(token)}, call->cause(),
                           services_.then(call, [call, token](const storage::Record&) {
                             call->answer({{"success", true}, {"token", token}});
                           }));
}

void BotManager::stored_data(const CallPtr& call) {
  const auto row = queries_.bot_data(call->path_parameter("bot_id"));
  call->answer({{"data", row ? OrderedJson(row->data) : OrderedJson(nullptr)}});
}

void BotManager::all_bots(const CallPtr& call) {
  call->answer(
      counted("bots", queries_.all_bots(static_cast<std::size_t>(call->query_integer("limit"))), bot_of_system));
}

void BotManager::bot_info(const CallPtr& call) {
  const auto row = queries_.bot(call->path_parameter("bot_id"));
  if (!row) return call->refuse({Errc::not_found, "Bot not found"});
  const auto stats = queries_.statistics(row->id);
  call->answer({{"bot", bot_of_mine(*row)},
                {"stats",
                 {{"total_commands", stats.commands},
                  {"pending_commands", stats.pending},
                  {"completed_commands", stats.completed},
                  {"failed_commands", stats.failed}}},
                {"online", row->status == "online"}});
}

void BotManager::settings(const CallPtr& call) {
  const auto row = queries_.bot(call->path_parameter("bot_id"));
  if (!row) return call->refuse({Errc::not_found, "Bot not found"});
  call->answer({{"settings", row->metadata}});
}

void BotManager::update_settings(const CallPtr& call) {
  services_.system.ask_bot(call->path_parameter("bot_id"), UpdateBot{std::nullopt, std::optional<Json>(call->body)},
                           call->cause(), services_.then(call, [call](const storage::Record&) {
                             call->answer({{"success", true}, {"settings", call->body}});
                           }));
}

void BotManager::bot_auth(const CallPtr& call) {
  const auto caller = credentials_.of_bot(call->body_text("token"));
  const auto row = caller && caller->bot_id == call->body_text("bot_id") ? queries_.bot(caller->bot_id) : std::nullopt;
  if (!row) return call->refuse({Errc::unauthenticated, "Invalid bot credentials"});
  call->answer({{"success", true}, {"bot", bot_manager::bot_details(with_last_heard(*row))}});
}

void BotManager::register_bot(const CallPtr& call) {
  const std::string bot_id = call->body_text("bot_id");
  if (!allowed_or_refused(call, bot_id)) return;
  RegisterBot command{call->optional_body_text("name"), call->optional_body_text("status").value_or("online"),
                      call->optional_body_object("metadata")};
  services_.system.ask_bot(bot_id, std::move(command), call->cause(),
                           services_.then(call, [this, call, bot_id](const storage::Record& record) {
                             const auto row = queries_.bot(bot_id);
                             if (!row) return call->refuse({Errc::not_found, "Bot not found"});
                             call->answer({{"status", "ok"},
                                           {"bot",
                                            {{"id", row->id},
                                             {"name", row->name},
                                             {"status", row->status},
                                             {"registered_at", iso8601(record.time)},
                                             {"metadata", row->metadata}}}});
                           }));
}

void BotManager::bot_status(const CallPtr& call) {
  const auto row = queries_.bot(call->path_parameter("bot_id"));
  if (!row) return call->refuse({Errc::not_found, "Bot not found"});
  call->answer({{"status", "ok"}, {"bot", bot_manager::bot_details(with_last_heard(*row))}});
}

void BotManager::report_status(const CallPtr& call) {
  ReportBotStatus command{call->body_text("status"), call->body_object("data")};
  services_.system.ask_bot(call->path_parameter("bot_id"), std::move(command), call->cause(),
                           services_.then(call, [this, call](const storage::Record&) { bot_status(call); }));
}

void BotManager::sync_data(const CallPtr& call) {
  services_.system.ask_bot(call->path_parameter("bot_id"), SyncBotData{without_token(call->body)}, call->cause(),
                           services_.then(call, [call](const storage::Record&) {
                             call->answer({{"status", "ok"}});
                           }));
}

void BotManager::synced_data(const CallPtr& call) {
  const auto row = queries_.bot_data(call->path_parameter("bot_id"));
  if (!row)
    return call->answer({{"error", "No data synced yet"},
                         {"data", OrderedJson::object()},
                         {"updated_at", nullptr},
                         {"request_id", call->request.id}},
                        {}, 404);
  call->answer({{"data", row->data}, {"source", "database"}, {"updated_at", iso8601(row->updated_at)}});
}

}  // namespace troupe::http
