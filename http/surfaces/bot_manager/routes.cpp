// Every endpoint of the Bot Manager API, on one page.
#include "http/surfaces/bot_manager/bot_manager.hpp"

namespace troupe::http {
namespace {

using Type = Field::Type;

constexpr const char* kSuccess = R"({"success":true})";
constexpr const char* kOk = R"({"status":"ok"})";

// Shapes that several answers share.
#define TIME R"("2026-01-31T12:00:00.000Z")"
#define USER_BRIEF R"("id":1,"username":"ada","email":"ada@example.org","fullname":"Ada","role":"user")"
#define BOT R"("id":"AbCdEf","name":"helper","status":"online","created_at":)" TIME
#define COMMAND                                                                                             \
  R"({"id":"cmd_1_0a1b2c","bot_id":"AbCdEf","type":"send_message","payload":{},"status":"pending",)"        \
  R"("created_at":)" TIME R"(,"created_by":"api","dispatched_at":)" TIME R"(,"attempts":1,"completed_at":)" \
  TIME R"(,"result":{}})"
#define LOG R"({"type":"info","message":"started","timestamp":)" TIME R"(,"metadata":{},"bot_id":"AbCdEf"})"
#define MESSAGE                                                                                                  \
  R"({"bot_id":"AbCdEf","message":"hello","author_id":"7","author_name":"Ada","thread_id":"t1",)"                \
  R"("thread_type":"GROUP","timestamp":)" TIME R"(,"metadata":{}})"

Field required(std::string name, std::string description, std::size_t max_length = 0) {
  return {std::move(name), Type::string, true, std::move(description), 0, max_length};
}

Field text(std::string name, std::string description = {}, std::size_t max_length = 0) {
  return {std::move(name), Type::string, false, std::move(description), 0, max_length};
}

Field object(std::string name, std::string description) {
  return {std::move(name), Type::object, false, std::move(description)};
}

Field new_password(std::string name, std::string too_short) {
  return {std::move(name), Type::string, true, {}, defaults::kMinPasswordLength, defaults::kMaxPasswordLength, {},
          std::move(too_short)};
}

Field status_word(std::string description, bool is_required) {
  return {"status", Type::string, is_required, std::move(description), 0, 0, {"online", "offline"}};
}

Parameter limit(long long fallback, long long max = defaults::kMaxListLimit, long long min = 1) {
  return {"limit", "Number of records, the newest ones, oldest first", false, true, fallback, min, max};
}

Parameter bot_filter() { return {"bot_id", "Only what concerns this bot"}; }

const Field kBotToken = text("token", "The bot's token, as an alternative to the `X-Bot-Token` header");

}  // namespace

std::vector<Route> BotManager::make_routes(BotManager& self) {
  const auto to = [&self](void (BotManager::*handler)(const CallPtr&)) -> Handler {
    return [&self, handler](const CallPtr& call) { (self.*handler)(call); };
  };
  // A command whose type is in the path.
  const auto sends = [&self](const char* type) -> Handler {
    return [&self, type](const CallPtr& call) {
      const std::string from_body = call->string("type");
      const auto payload = call->body.find("payload");
      self.send_command(call, call->path("bot_id"), *type ? type : from_body,
                        payload == call->body.end() || payload->is_null() ? Json::object() : *payload, "ok");
    };
  };
  constexpr auto kGet = "GET", kPost = "POST", kPut = "PUT", kDelete = "DELETE";
  const std::string too_short = "Password must be at least 8 characters";
  using A = Access;
  using B = BodyKind;
  using BM = BotManager;
  std::string tag;

  std::vector<Route> routes;
  const auto add = [&](Route route) -> Route& {
    route.tag = tag;
    routes.push_back(std::move(route));
    return routes.back();
  };

  tag = "Authentication";
  add({kPost, "/api/auth/register", A::anyone, to(&BM::register_account), "Register a new account",
       R"({"success":true,"message":"Registration successful"})", tag, B::object,
       {required("username", "Letters, digits, `.`, `_`, `-`", defaults::kMaxUsernameLength),
        required("email", "An e-mail address", defaults::kMaxEmailLength), new_password("password", too_short),
        text("fullname", {}, defaults::kMaxProfileFieldLength)},
       {}, "Missing required fields", {}, "Malformed JSON", true, false, RateClass::sign_in,
       "Does not log in. White space around the fields is cut off."});
  add({kPost, "/api/auth/login", A::anyone, to(&BM::log_in), "Log in by username or e-mail",
       R"({"success":true,"user":{)" USER_BRIEF "}}", tag, B::object,
       {required("username", "Username or e-mail"), required("password", {}, defaults::kMaxPasswordLength)}, {},
       "Missing credentials", {}, "Malformed JSON", false, false, RateClass::sign_in,
       "Sets the cookie `session_token`, good for seven days."});
  add({kPost, "/api/auth/logout", A::anyone, to(&BM::log_out), "Log out", kSuccess, tag}).description =
      "Ends this login only. Answers the same without one.";
  add({kGet, "/api/auth/me", A::login, to(&BM::me), "The account that is logged in",
       R"({"user":{)" USER_BRIEF R"(,"created_at":)" TIME "}}", tag});
  add({kPost, "/api/auth/update-profile", A::login, to(&BM::update_profile), "Update the profile", kSuccess, tag,
       B::object,
       {text("fullname", {}, defaults::kMaxProfileFieldLength), text("phone", {}, defaults::kMaxProfileFieldLength),
        text("birthday", {}, defaults::kMaxProfileFieldLength),
        text("gender", {}, defaults::kMaxProfileFieldLength)}});
  add({kPost, "/api/auth/change-password", A::login, to(&BM::change_password), "Change the password", kSuccess, tag,
       B::object,
       {required("old_password", {}, defaults::kMaxPasswordLength),
        new_password("new_password", "New password must be at least 8 characters")},
       {}, "Missing passwords", "Not authorized", "Malformed JSON", false, false, RateClass::sign_in,
       "Ends every login of the account."});
  add({kPost, "/api/auth/forgot-password", A::anyone, to(&BM::forgot_password), "Ask for a reset mail",
       R"({"success":true,"message":"If email exists, reset link has been sent"})", tag, B::object,
       {required("email", {}, defaults::kMaxEmailLength)}, {}, "Email required", {}, "Malformed JSON", false, false,
       RateClass::sign_in, "Answers the same, in the same time, whether the e-mail is known or not."});
  add({kPost, "/api/auth/reset-password", A::anyone, to(&BM::reset_password), "Set a password by a reset token",
       kSuccess, tag, B::object, {required("token", "From the mail; good once, for an hour"),
                                  new_password("new_password", too_short)},
       {}, "Missing required fields", {}, "Malformed JSON", false, false, RateClass::sign_in,
       "Ends every login of the account."});
  add({kPost, "/api/auth/delete-account", A::login, to(&BM::delete_account), "Delete the account", kSuccess, tag,
       B::object, {required("password", {}, defaults::kMaxPasswordLength)}, {}, "Password required", "Not authorized",
       "Malformed JSON", false, false, RateClass::sign_in, "Takes the account's bots along and ends every login."});

  tag = "Users";
  const std::string admins_only = "Admin access required";
  add({kGet, "/api/users", A::admin, to(&BM::users), "All accounts",
       R"({"users":[{)" USER_BRIEF R"(,"created_at":)" TIME R"(}],"count":1})", tag, B::none, {},
       {{"limit", "Number of accounts", false, true, defaults::kMaxListLimit, 1, defaults::kMaxExportLimit},
        {"after", "Only accounts with a higher id: the next page", false, true, 0, 0, 1LL << 52}},
       {}, admins_only, {}, false, true});
  add({kGet, "/api/users/search", A::admin, to(&BM::search_users), "Search accounts by username or e-mail",
       R"({"users":[{"id":1,"username":"ada","email":"ada@example.org","fullname":"Ada","created_at":)" TIME
       R"(}],"count":1})", tag, B::none, {},
       {{"q", "At least two characters; at most 20 results", false}}, {}, admins_only, {}, false, true});
  add({kGet, "/api/users/{user_id}", A::self_or_admin, to(&BM::user), "One account",
       R"({"user":{)" USER_BRIEF R"(,"phone":"","birthday":"","gender":"","created_at":)" TIME R"(,"last_login":)" TIME
       R"(,"is_active":true}})", tag});
  add({kGet, "/api/users/{user_id}/bots", A::self_or_admin, to(&BM::user_bots), "Bots of an account",
       R"({"bots":[{)" BOT R"(,"owner_id":1}],"count":1})", tag})
      .elsewhere = true;

  tag = "Bots";
  add({kGet, "/api/my-bots", A::login, to(&BM::my_bots), "My bots, newest first",
       R"({"bots":[{)" BOT R"(,"metadata":{}}],"count":1})", tag});
  add({kPost, "/api/my-bots", A::login, to(&BM::create_bot), "Create a bot",
       R"({"success":true,"bot_id":"AbCdEf","token":"…"})", tag, B::object,
       {required("name", {}, defaults::kMaxBotNameLength), object("metadata", "Free; also the bot's settings")}, {},
       "Bot name is required", {}, "Malformed JSON", true});
  add({kGet, "/api/my-bots/{bot_id}", A::owner, to(&BM::bot_details), "One of my bots",
       R"({"bot":{)" BOT R"(,"last_active":)" TIME R"(,"metadata":{}}})", tag});
  add({kPut, "/api/my-bots/{bot_id}", A::owner, to(&BM::update_bot), "Rename a bot, or replace its metadata", kSuccess,
       tag, B::object, {text("name", {}, defaults::kMaxBotNameLength), object("metadata", "Replaces the metadata")}});
  add({kDelete, "/api/my-bots/{bot_id}", A::owner, to(&BM::delete_bot), "Delete a bot", kSuccess, tag, B::none, {}, {},
       {}, "Bot not found or not authorized"})
      .description = "Its token dies, and its waiting commands fail.";
  add({kGet, "/api/my-bots/{bot_id}/token", A::owner, to(&BM::bot_token), "The bot's token", R"({"token":"…"})", tag,
       B::none, {}, {}, {}, "Not authorized or bot not found"});
  add({kPost, "/api/my-bots/{bot_id}/regenerate-token", A::owner, to(&BM::regenerate_token), "Give the bot a new token",
       R"({"success":true,"token":"…"})", tag, B::object})
      .description = "The old token dies at once.";
  add({kGet, "/api/my-bots/{bot_id}/data", A::owner, to(&BM::stored_data), "What the bot synced",
       R"({"data":{}})", tag})
      .description = "`data` is null before the first sync.";
  add({kGet, "/api/admin/bots", A::admin, to(&BM::all_bots), "All bots, newest first",
       R"({"bots":[{)" BOT R"(,"owner_id":1}],"count":1})", tag, B::none, {},
       {limit(defaults::kMaxListLimit, defaults::kMaxExportLimit)}, {}, admins_only, {}, false, true});
  add({kGet, "/api/bot/{bot_id}/info", A::owner_or_admin, to(&BM::bot_info), "A bot with its statistics",
       R"({"bot":{)" BOT R"(,"metadata":{}},"stats":{"total_commands":100,"pending_commands":5,)"
       R"("completed_commands":90,"failed_commands":5},"online":true})", tag})
      .elsewhere = true;

  tag = "Bot operations";
  const auto sends_type = [&](const char* path, const char* type, const char* summary) {
    add({kPost, path, A::owner_or_admin, sends(type), summary, R"({"status":"ok","command":)" COMMAND "}", tag, B::object}).creates =
        true;
  };
  sends_type("/api/bot/{bot_id}/send-command", "", "Send a command to the bot");
  routes.back().fields = {required("type", "What to do", defaults::kMaxCommandTypeLength), object("payload", "For the bot")};
  routes.back().missing = "Command type is required";
  sends_type("/api/bot/{bot_id}/restart", "restart", "Send a restart command");
  sends_type("/api/bot/{bot_id}/stop", "stop", "Send a stop command");
  add({kGet, "/api/bot/{bot_id}/settings", A::owner_or_admin, to(&BM::settings), "The bot's settings",
       R"({"settings":{}})", tag});
  add({kPut, "/api/bot/{bot_id}/settings", A::owner_or_admin, to(&BM::update_settings), "Replace the bot's settings",
       R"({"success":true,"settings":{}})", tag, B::object})
      .description = "The whole body becomes the settings, which are the bot's metadata.";
  add({kGet, "/api/bot/{bot_id}/commands-history", A::owner_or_admin, to(&BM::commands_history), "The bot's commands",
       R"({"commands":[)" COMMAND R"(],"count":1})", tag, B::none, {}, {limit(50)}})
      .elsewhere = true;

  tag = "Statistics";
  add({kGet, "/api/stats/overview", A::login, to(&BM::overview), "System-wide statistics",
       R"({"total_users":10,"total_bots":25,"user_bots":5,"total_commands":1000,"pending_commands":5,)"
       R"("total_logs":5000,"total_messages":2000,"connected_clients":10})", tag})
      .description = "`user_bots` are the caller's. `total_logs` counts messages too: each is also a log entry.";
  add({kGet, "/api/stats/bot/{bot_id}", A::owner_or_admin, to(&BM::bot_statistics), "Statistics of a bot",
       R"({"total_commands":100,"pending_commands":5,"completed_commands":90,"failed_commands":5,"total_logs":500,)"
       R"("total_messages":200,"command_types":{"restart":10}})", tag})
      .elsewhere = true;

  tag = "Exports";
  const auto exports = limit(1000, defaults::kMaxExportLimit);
  add({kGet, "/api/export/logs", A::login, to(&BM::export_logs), "Export logs",
       R"({"exported_at":)" TIME R"(,"count":1,"logs":[)" LOG "]}", tag, B::none, {}, {bot_filter(), exports}, {},
       "Not authorized", {}, false, true});
  add({kGet, "/api/export/messages", A::login, to(&BM::export_messages), "Export messages",
       R"({"exported_at":)" TIME R"(,"count":1,"messages":[)" MESSAGE "]}", tag, B::none, {}, {bot_filter(), exports},
       {}, "Not authorized", {}, false, true});
  add({kGet, "/api/export/bot-data/{bot_id}", A::owner_or_admin, to(&BM::export_bot), "Export all of a bot",
       R"({"exported_at":)" TIME R"(,"bot":{)" BOT R"(,"last_active":)" TIME
       R"(,"metadata":{}},"data":{},"commands":[)" COMMAND R"(],"logs":[)" LOG R"(],"messages":[)" MESSAGE "]}",
       tag, B::none, {}, {exports}, {}, "Not authorized", {}, false, true});

  tag = "Logs and messages";
  add({kGet, "/api/logs", A::bot_or_login, to(&BM::logs), "The newest log entries, oldest first",
       R"({"logs":[)" LOG R"(],"count":1})", tag, B::none, {}, {bot_filter(), limit(100)}, {}, "Not authorized", {},
       false, true})
      .description = "Of the caller's bots; of all bots for an administrator. A message is a log entry of type `message`.";
  add({kPost, "/api/bot/{bot_id}/logs", A::bot, to(&BM::post_logs), "Report log entries",
       R"({"status":"ok","received":1})", tag, B::object_or_array,
       {text("type", "info, error, warning, … (default info)", defaults::kMaxLogTypeLength), text("message"),
        object("metadata", "Free"), kBotToken},
       {}, {}, "Not authorized", "Invalid payload", true})
      .description = "One entry, or an array of at most " + std::to_string(defaults::kMaxLogsPerRequest) +
                     ": all of them or none.";
  add({kGet, "/api/messages", A::bot_or_login, to(&BM::messages), "The newest messages, oldest first",
       R"({"messages":[)" MESSAGE R"(],"count":1})", tag, B::none, {}, {bot_filter(), limit(100)}, {},
       "Not authorized", {}, false, true});
  add({kPost, "/api/bot/{bot_id}/messages", A::bot, to(&BM::post_message), "Report a message", kOk, tag, B::object,
       {required("message", {}), text("author_id"), text("author_name"), text("thread_id"),
        {"thread_type", Type::string, false, "Default GROUP", 0, 0, {"GROUP", "USER"}}, object("metadata", "Free"),
        kBotToken},
       {}, {}, "Not authorized", "Malformed JSON", true});
  add({kPost, "/api/bot/{bot_id}/sync", A::bot, to(&BM::sync_data), "Store the bot's data", kOk, tag, B::object,
       {{"groups", Type::array}, {"friends", Type::array}, object("metadata", "Free"), kBotToken}, {}, {},
       "Not authorized", "Malformed JSON", true})
      .description = "The whole body (without `token`) replaces what was synced before.";
  add({kGet, "/api/bot/{bot_id}/data", A::bot, to(&BM::synced_data), "What the bot synced, and when",
       R"({"data":{},"source":"database","updated_at":)" TIME "}", tag})
      .description = "404 with empty data before the first sync.";

  tag = "Commands";
  add({kGet, "/api/commands", A::bot_or_login, to(&BM::list_commands), "The newest commands, oldest first",
       R"({"commands":[)" COMMAND R"(],"count":1})", tag, B::none, {}, {bot_filter(), limit(100)}, {},
       "Not authorized", {}, false, true});
  add({kPost, "/api/commands", A::bot_or_login, to(&BM::create_command), "Queue a command",
       R"({"status":"queued","command":)" COMMAND "}", tag, B::object,
       {required("bot_id", {}), required("type", {}, defaults::kMaxCommandTypeLength), object("payload", "For the bot"),
        kBotToken},
       {}, "bot_id and type are required", "Not authorized", "Malformed JSON", true});
  add({kGet, "/api/bot/{bot_id}/commands", A::bot, to(&BM::poll_commands), "Poll for commands",
       R"({"commands":[)" COMMAND R"(],"count":1})", tag, B::none, {},
       {limit(10, defaults::kMaxListLimit, 0),
        {"wait", "Seconds to wait for a command when there is none", false, true, 0, 0,
         std::chrono::seconds(defaults::kMaxPollWait).count()}}})
      .description = "Commands are leased to this poll: if not acknowledged in time (60 s unless set otherwise), they "
                     "are offered again, with `attempts` counted up. `status` stays `pending` until then.";
  add({kPost, "/api/commands/{command_id}/ack", A::bot_or_login, to(&BM::acknowledge), "Acknowledge a command",
       R"({"status":"ok","command":)" COMMAND "}", tag, B::object,
       {{"status", Type::string, false, "Default completed", 0, 0, {"completed", "failed"}},
        object("result", "What came of it"), kBotToken}})
      .description = "The same acknowledgement again answers the same; another one of a finished command is 409.";

  tag = "Bots themselves";
  add({kPost, "/api/bots/register", A::bot_or_login, to(&BM::register_bot), "A bot's program introduces itself",
       R"({"status":"ok","bot":{"id":"AbCdEf","name":"helper","status":"online","registered_at":)" TIME
       R"(,"metadata":{}}})", tag, B::object,
       {required("bot_id", {}), text("name", {}, defaults::kMaxBotNameLength), status_word("Default online", false),
        object("metadata", "Replaces the metadata"), kBotToken},
       {}, "bot_id is required", "Not authorized", "Malformed JSON", true});
  add({kGet, "/api/bot/{bot_id}/status", A::bot, to(&BM::bot_status), "The bot's status",
       R"({"status":"ok","bot":{)" BOT R"(,"last_active":)" TIME R"(,"metadata":{}}})", tag});
  add({kPost, "/api/bot/{bot_id}/status", A::bot, to(&BM::report_status), "Report the bot's status",
       R"({"status":"ok","bot":{)" BOT R"(,"last_active":)" TIME R"(,"metadata":{}}})", tag, B::object,
       {status_word("", true), object("data", "Free; passed on to listeners"), kBotToken}})
      .description = "A bot that says `online` and is silent for two minutes goes offline; any call with its token counts.";
  add({kPost, "/api/bot/auth", A::anyone, to(&BM::bot_auth), "Check a bot's token",
       R"({"success":true,"bot":{)" BOT R"(,"last_active":)" TIME R"(,"metadata":{}}})", tag, B::object,
       {required("bot_id", {}), required("token", {})}, {}, "bot_id and token required", {}, "Malformed JSON", false,
       false, RateClass::sign_in});
  add({kGet, "/api/health", A::anyone, to(&BM::health), "Is the server alive", R"({"status":"ok","timestamp":)" TIME "}",
       tag});
  return routes;
}

}  // namespace troupe::http
