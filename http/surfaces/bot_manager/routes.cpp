// Every endpoint of the Bot Manager API, on one page.
#include "http/route_table.hpp"
#include "http/surfaces/bot_manager/bot_manager.hpp"

namespace troupe::http {
namespace {

using A = Access;
using BM = BotManager;

// Shapes that several answers share.
#define SUCCESS R"({"success":true})"
#define OK R"({"status":"ok"})"
#define TIME R"("2026-01-31T12:00:00.000Z")"
#define USER R"("id":1,"username":"ada","email":"ada@example.org","fullname":"Ada","role":"user")"
#define USER_FOUND R"({"id":1,"username":"ada","email":"ada@example.org","fullname":"Ada","created_at":)" TIME "}"
#define BOT R"("id":"AbCdEf","name":"helper","status":"online","created_at":)" TIME
#define BOT_DETAILS "{" BOT R"(,"last_active":)" TIME R"(,"metadata":{}})"
#define COMMAND                                                                                                  \
  R"({"id":"cmd_1_0a1b2c","bot_id":"AbCdEf","type":"send_message","payload":{},"status":"pending",)"             \
  R"("created_at":)" TIME R"(,"created_by":"api","dispatched_at":)" TIME R"(,"attempts":1,"completed_at":)" TIME \
  R"(,"result":{}})"
#define COMMANDS R"({"commands":[)" COMMAND R"(],"count":1})"
#define LOG R"({"type":"info","message":"started","timestamp":)" TIME R"(,"metadata":{},"bot_id":"AbCdEf"})"
#define MESSAGE                                                                                   \
  R"({"bot_id":"AbCdEf","message":"hello","author_id":"7","author_name":"Ada","thread_id":"t1",)" \
  R"("thread_type":"GROUP","timestamp":)" TIME R"(,"metadata":{}})"

constexpr const char* kAdminsOnly = "Admin access required";
constexpr long long kLargestId = 1LL << 52;  // a larger one is no whole number in JavaScript

Field profile_text(std::string name) { return text(std::move(name), {}, defaults::kMaxProfileFieldLength); }
Field bot_name() { return text("name", {}, defaults::kMaxBotNameLength); }
Field token_field() { return text("token", "The bot's token, as an alternative to the `X-Bot-Token` header"); }

Parameter limit(long long fallback, long long max = defaults::kMaxListLimit, long long min = 1) {
  return integer_parameter("limit", "Number of records, the newest ones, oldest first", fallback, min, max);
}

Parameter bot_filter() { return text_parameter("bot_id", "Only what concerns this bot"); }

}  // namespace

std::vector<Route> BotManager::make_routes(BotManager& self) {
  const auto to = [&self](void (BM::*handler)(const CallPtr&)) -> Handler {
    return [&self, handler](const CallPtr& call) { (self.*handler)(call); };
  };
  const auto sends = [&self](std::string type) -> Handler {
    return [&self, type = std::move(type)](const CallPtr& call) { self.send_to_bot(call, type); };
  };
  RouteTable table;

  table.tag("Authentication");
  table.post("/api/auth/register", A::anyone, to(&BM::register_account), "Register a new account")
      .takes({required("username", "Letters, digits, `.`, `_`, `-`", defaults::kMaxUsernameLength),
              required("email", "An e-mail address", defaults::kMaxEmailLength), new_password("password"),
              profile_text("fullname")},
             "Missing required fields")
      .answers(R"({"success":true,"message":"Registration successful"})")
      .note("Does not log in. White space around the fields is cut off.")
      .creates()
      .rate(kSignIns);
  table.post("/api/auth/login", A::anyone, to(&BM::log_in), "Log in by username or e-mail")
      .takes({required("username", "Username or e-mail"), password("password")}, "Missing credentials")
      .answers(R"({"success":true,"user":{)" USER "}}")
      .note("Sets the cookie `session_token`, good for seven days.")
      .rate(kSignIns);
  table.post("/api/auth/logout", A::anyone, to(&BM::log_out), "Log out")
      .answers(SUCCESS)
      .note("Ends this login only. Answers the same without one.");
  table.get("/api/auth/me", A::login, to(&BM::me), "The account that is logged in")
      .answers(R"({"user":{)" USER R"(,"created_at":)" TIME "}}");
  table.post("/api/auth/update-profile", A::login, to(&BM::update_profile), "Update the profile")
      .takes({profile_text("fullname"), profile_text("phone"), profile_text("birthday"), profile_text("gender")})
      .answers(SUCCESS);
  table.post("/api/auth/change-password", A::login, to(&BM::change_password), "Change the password")
      .takes({password("old_password"), new_password("new_password", "New password must be at least 8 characters")},
             "Missing passwords")
      .answers(SUCCESS)
      .note("Ends every login of the account.")
      .rate(kSignIns);
  table.post("/api/auth/forgot-password", A::anyone, to(&BM::forgot_password), "Ask for a reset mail")
      .takes({required("email", {}, defaults::kMaxEmailLength)}, "Email required")
      .answers(R"({"success":true,"message":"If email exists, reset link has been sent"})")
      .note("Answers the same, in the same time, whether the e-mail is known or not.")
      .rate(kSignIns);
  table.post("/api/auth/reset-password", A::anyone, to(&BM::reset_password), "Set a password by a reset token")
      .takes({required("token", "From the mail; good once, for an hour"), new_password("new_password")},
             "Missing required fields")
      .answers(SUCCESS)
      .note("Ends every login of the account.")
      .rate(kSignIns);
  table.post("/api/auth/delete-account", A::login, to(&BM::delete_account), "Delete the account")
      .takes({password("password")}, "Password required")
      .answers(SUCCESS)
      .note("Takes the account's bots along and ends every login.")
      .rate(kSignIns);

  table.tag("Users");
  table.get("/api/users", A::admin, to(&BM::users), "All accounts")
      .query({integer_parameter("limit", "Number of accounts", defaults::kMaxListLimit, 1, defaults::kMaxExportLimit),
              integer_parameter("after", "Only accounts with a higher id: the next page", 0, 0, kLargestId)})
      .answers(R"({"users":[{)" USER R"(,"created_at":)" TIME R"(}],"count":1})")
      .denied(kAdminsOnly)
      .elsewhere();
  table.get("/api/users/search", A::admin, to(&BM::search_users), "Search accounts by username or e-mail")
      .query({text_parameter("q", "At least two characters; at most 20 results")})
      .answers(R"({"users":[)" USER_FOUND R"(],"count":1})")
      .denied(kAdminsOnly)
      .elsewhere();
  table.get("/api/users/{user_id}", A::self_or_admin, to(&BM::user), "One account")
      .answers(R"({"user":{)" USER R"(,"phone":"","birthday":"","gender":"","created_at":)" TIME
               R"(,"last_login":)" TIME R"(,"is_active":true}})");
  table.get("/api/users/{user_id}/bots", A::self_or_admin, to(&BM::user_bots), "Bots of an account")
      .answers(R"({"bots":[{)" BOT R"(,"owner_id":1}],"count":1})")
      .elsewhere();

  table.tag("Bots");
  table.get("/api/my-bots", A::login, to(&BM::my_bots), "My bots, newest first")
      .answers(R"({"bots":[{)" BOT R"(,"metadata":{}}],"count":1})");
  table.post("/api/my-bots", A::login, to(&BM::create_bot), "Create a bot")
      .takes({required("name", {}, defaults::kMaxBotNameLength), object("metadata", "Free; also the bot's settings")},
             "Bot name is required")
      .answers(R"({"success":true,"bot_id":"AbCdEf","token":"…"})")
      .creates();
  table.get("/api/my-bots/{bot_id}", A::owner, to(&BM::bot_details), "One of my bots")
      .answers(R"({"bot":)" BOT_DETAILS "}");
  table.put("/api/my-bots/{bot_id}", A::owner, to(&BM::update_bot), "Rename a bot, or replace its metadata")
      .takes({bot_name(), object("metadata", "Replaces the metadata")})
      .answers(SUCCESS);
  table.del("/api/my-bots/{bot_id}", A::owner, to(&BM::delete_bot), "Delete a bot")
      .answers(SUCCESS)
      .note("Its token dies, and its waiting commands fail.")
      .denied("Bot not found or not authorized");
  table.get("/api/my-bots/{bot_id}/token", A::owner, to(&BM::bot_token), "The bot's token")
      .answers(R"({"token":"…"})")
      .denied("Not authorized or bot not found");
  table.post("/api/my-bots/{bot_id}/regenerate-token", A::owner, to(&BM::regenerate_token), "Give the bot a new token")
      .takes({})
      .answers(R"({"success":true,"token":"…"})")
      .note("The old token dies at once.");
  table.get("/api/my-bots/{bot_id}/data", A::owner, to(&BM::stored_data), "What the bot synced")
      .answers(R"({"data":{}})")
      .note("`data` is null before the first sync.");
  table.get("/api/admin/bots", A::admin, to(&BM::all_bots), "All bots, newest first")
      .query({limit(defaults::kMaxListLimit, defaults::kMaxExportLimit)})
      .answers(R"({"bots":[{)" BOT R"(,"owner_id":1}],"count":1})")
      .denied(kAdminsOnly)
      .elsewhere();
  table.get("/api/bot/{bot_id}/info", A::owner_or_admin, to(&BM::bot_info), "A bot with its statistics")
      .answers(R"({"bot":{)" BOT R"(,"metadata":{}},"stats":{"total_commands":100,"pending_commands":5,)"
               R"("completed_commands":90,"failed_commands":5},"online":true})")
      .elsewhere();

  table.tag("Bot operations");
  table.post("/api/bot/{bot_id}/send-command", A::owner_or_admin, sends(""), "Send a command to the bot")
      .takes({required("type", "What to do", defaults::kMaxCommandTypeLength), object("payload", "For the bot")},
             "Command type is required")
      .answers(R"({"status":"ok","command":)" COMMAND "}")
      .creates();
  table.post("/api/bot/{bot_id}/restart", A::owner_or_admin, sends("restart"), "Send a restart command")
      .takes({})
      .answers(R"({"status":"ok","command":)" COMMAND "}")
      .creates();
  table.post("/api/bot/{bot_id}/stop", A::owner_or_admin, sends("stop"), "Send a stop command")
      .takes({})
      .answers(R"({"status":"ok","command":)" COMMAND "}")
      .creates();
  table.get("/api/bot/{bot_id}/settings", A::owner_or_admin, to(&BM::settings), "The bot's settings")
      .answers(R"({"settings":{}})");
  table.put("/api/bot/{bot_id}/settings", A::owner_or_admin, to(&BM::update_settings), "Replace the bot's settings")
      .takes({})
      .answers(R"({"success":true,"settings":{}})")
      .note("The whole body becomes the settings, which are the bot's metadata.");
  table.get("/api/bot/{bot_id}/commands-history", A::owner_or_admin, to(&BM::commands_history), "The bot's commands")
      .query({limit(50)})
      .answers(COMMANDS)
      .elsewhere();

  table.tag("Statistics");
  table.get("/api/stats/overview", A::login, to(&BM::overview), "System-wide statistics")
      .answers(R"({"total_users":10,"total_bots":25,"user_bots":5,"total_commands":1000,"pending_commands":5,)"
               R"("total_logs":5000,"total_messages":2000,"connected_clients":10})")
      .note("`user_bots` are the caller's. `total_logs` counts messages too: each is also a log entry.");
  table.get("/api/stats/bot/{bot_id}", A::owner_or_admin, to(&BM::bot_statistics), "Statistics of a bot")
      .answers(R"({"total_commands":100,"pending_commands":5,"completed_commands":90,"failed_commands":5,)"
               R"("total_logs":500,"total_messages":200,"command_types":{"restart":10}})")
      .elsewhere();

  table.tag("Exports");
  const auto exported = limit(1000, defaults::kMaxExportLimit);
  table.get("/api/export/logs", A::login, to(&BM::export_logs), "Export logs")
      .query({bot_filter(), exported})
      .answers(R"({"exported_at":)" TIME R"(,"count":1,"logs":[)" LOG "]}")
      .elsewhere();
  table.get("/api/export/messages", A::login, to(&BM::export_messages), "Export messages")
      .query({bot_filter(), exported})
      .answers(R"({"exported_at":)" TIME R"(,"count":1,"messages":[)" MESSAGE "]}")
      .elsewhere();
  table.get("/api/export/bot-data/{bot_id}", A::owner_or_admin, to(&BM::export_bot), "Export all of a bot")
      .query({exported})
      .answers(R"({"exported_at":)" TIME R"(,"bot":)" BOT_DETAILS R"(,"data":{},"commands":[)" COMMAND
               R"(],"logs":[)" LOG R"(],"messages":[)" MESSAGE "]}")
      .elsewhere();

  table.tag("Logs and messages");
  table.get("/api/logs", A::bot_or_login, to(&BM::logs), "The newest log entries, oldest first")
      .query({bot_filter(), limit(100)})
      .answers(R"({"logs":[)" LOG R"(],"count":1})")
      .note("Of the caller's bots; of all bots for an administrator. A message is a log entry of type `message`.")
      .elsewhere();
  table.post("/api/bot/{bot_id}/logs", A::bot, to(&BM::post_logs), "Report log entries")
      .takes_one_or_many({text("type", "info, error, warning, … (default info)", defaults::kMaxLogTypeLength),
                          text("message"), object("metadata", "Free"), token_field()})
      .answers(R"({"status":"ok","received":1})")
      .note("One entry, or an array of at most " + std::to_string(defaults::kMaxLogsPerRequest) +
            ": all of them or none.")
      .invalid_body("Invalid payload")
      .creates();
  table.get("/api/messages", A::bot_or_login, to(&BM::messages), "The newest messages, oldest first")
      .query({bot_filter(), limit(100)})
      .answers(R"({"messages":[)" MESSAGE R"(],"count":1})")
      .elsewhere();
  table.post("/api/bot/{bot_id}/messages", A::bot, to(&BM::post_message), "Report a message")
      .takes({required("message"), text("author_id"), text("author_name"), text("thread_id"),
              word("thread_type", {"GROUP", "USER"}, "Default GROUP"), object("metadata", "Free"), token_field()})
      .answers(OK)
      .creates();
  table.post("/api/bot/{bot_id}/sync", A::bot, to(&BM::sync_data), "Store the bot's data")
      .takes({array("groups"), array("friends"), object("metadata", "Free"), token_field()})
      .answers(OK)
      .note("The whole body (without `token`) replaces what was synced before.")
      .creates();
  table.get("/api/bot/{bot_id}/data", A::bot, to(&BM::synced_data), "What the bot synced, and when")
      .answers(R"({"data":{},"source":"database","updated_at":)" TIME "}")
      .note("404 with empty data before the first sync.");

  table.tag("Commands");
  table.get("/api/commands", A::bot_or_login, to(&BM::list_commands), "The newest commands, oldest first")
      .query({bot_filter(), limit(100)})
      .answers(COMMANDS)
      .elsewhere();
  table.post("/api/commands", A::bot_or_login, to(&BM::create_command), "Queue a command")
      .takes({required("bot_id"), required("type", {}, defaults::kMaxCommandTypeLength),
              object("payload", "For the bot"), token_field()},
             "bot_id and type are required")
      .answers(R"({"status":"queued","command":)" COMMAND "}")
      .creates();
  table.get("/api/bot/{bot_id}/commands", A::bot, to(&BM::poll_commands), "Poll for commands")
      .query({limit(10, defaults::kMaxListLimit, 0),
              integer_parameter("wait", "Seconds to wait for a command when there is none", 0, 0,
                                std::chrono::seconds(defaults::kMaxPollWait).count())})
      .answers(COMMANDS)
      .note(
          "Commands are leased to this poll: if not acknowledged in time (60 s unless set otherwise), they are "
          "offered again, with `attempts` counted up. `status` stays `pending` until then.");
  table.post("/api/commands/{command_id}/ack", A::bot_or_login, to(&BM::acknowledge), "Acknowledge a command")
      .takes({word("status", {"completed", "failed"}, "Default completed"), object("result", "What came of it"),
              token_field()})
      .answers(R"({"status":"ok","command":)" COMMAND "}")
      .note("The same acknowledgement again answers the same; another one of a finished command is 409.");

  table.tag("Bots themselves");
  table.post("/api/bots/register", A::bot_or_login, to(&BM::register_bot), "A bot's program introduces itself")
      .takes({required("bot_id"), bot_name(), word("status", {"online", "offline"}, "Default online"),
              object("metadata", "Replaces the metadata"), token_field()},
             "bot_id is required")
      .answers(R"({"status":"ok","bot":{"id":"AbCdEf","name":"helper","status":"online","registered_at":)" TIME
               R"(,"metadata":{}}})")
      .creates();
  table.get("/api/bot/{bot_id}/status", A::bot, to(&BM::bot_status), "The bot's status")
      .answers(R"({"status":"ok","bot":)" BOT_DETAILS "}");
  Field new_status = word("status", {"online", "offline"});
  new_status.required = true;
  table.post("/api/bot/{bot_id}/status", A::bot, to(&BM::report_status), "Report the bot's status")
      .takes({new_status, object("data", "Free; passed on to listeners"), token_field()})
      .answers(R"({"status":"ok","bot":)" BOT_DETAILS "}")
      .note("A bot that says `online` and is silent for two minutes goes offline; any call with its token counts.");
  table.post("/api/bot/auth", A::anyone, to(&BM::bot_auth), "Check a bot's token")
      .takes({required("bot_id"), required("token")}, "bot_id and token required")
      .answers(R"({"success":true,"bot":)" BOT_DETAILS "}")
      .rate(kSignIns);
  table.get("/api/health", A::anyone, to(&BM::health), "Is the server alive")
      .answers(R"({"status":"ok","timestamp":)" TIME "}");
  return std::move(table).take();
}

}  // namespace troupe::http
