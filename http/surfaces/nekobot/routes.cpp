// Every endpoint of the NekoBot API, on one page.
#include "http/route_table.hpp"
#include "http/surfaces/nekobot/nekobot.hpp"

namespace troupe::http {
namespace {

using A = Access;
using namespace nekobot;
using namespace std::chrono_literals;

// Those who have not logged in are told apart by their address, others by their account.
constexpr RateClass kAuthentication{"authentication", 10, 60s, RateClass::Per::address};
constexpr RateClass kGeneral{"general", 600, 60s, RateClass::Per::caller};
// An answer of a model takes more than a record; the same as the other dialects have for it.
constexpr RateClass kModels{"models", 60, 60s, RateClass::Per::caller};
constexpr RateClass kFrames{"frames", 120, 60s, RateClass::Per::caller};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define SUCCESS(data) R"({"status":"success","data":)" data R"(,"message":"Done"})"
#define PAGED(data)                     \
  R"({"status":"success","data":)" data \
  R"(,"pagination":{"page":1,"page_size":20,"total":1,"total_pages":1},"message":"Done"})"
#define ID R"({"id":"AbCdEfGhIjKl"})"
#define PROVIDER                                                                                       \
  R"({"id":"AbCdEfGhIjKl","name":"main","type":"openai","has_api_key":true,"api_key_hint":"…wxyz",)" \
  R"("base_url":"https://api.openai.com/v1","model":"gpt-4o-mini","enabled":true,"created_at":)" TIME  \
  R"(,"updated_at":null})"
#define PERSONALITY                                                                                      \
  R"({"id":"AbCdEfGhIjKl","name":"cat","description":"A cat","prompt":"You are a cat.","enabled":true,)" \
  R"("is_default":true,"created_at":)" TIME R"(,"updated_at":null})"
#define CONFIG                                                                                                  \
  R"({"command_prefix":"/","panel_prefix":"#ai","debug":false,"admins_id":["aiocqhttp:10001"],)"                \
  R"("whitelist":{"enabled":false,"private":[],"group":["20001"]},"blacklist":{"private":[],"group":[]},)"      \
  R"("rate_limit":{"enabled":false,"max_messages":10,"time_window":60},"waking":{"enabled":true,)"              \
  R"("prefixes":["#chat"],"private":"always","group":true,"at":true,"keyword":false,"keywords":[],)"            \
  R"("random":false,"random_rate":0.05},"session":{"enabled":false,"enabled_sessions":["group_20001"],)"        \
  R"("one_for_each_user":false,"max_messages":20},"content_safety":{"enabled":false,"sensitive_words":[]},)"    \
  R"("result_decorate":{"enabled":false,"prefix":"","suffix":""},"tools":{"enabled":true,)"                     \
  R"("allow_dangerous":false,"dangerous":[],"admin_only":[],"disabled":[],"disabled_categories":[],"only":[],)" \
  R"("max_rounds":8},"memory":{"enabled":false,"max_memories":50,"auto_extract":false}})"
#define SETTINGS                                                                                        \
  R"({"theme":"dark","language":"zh-CN","notifications":{"enabled":true,"types":["error","warning"]},)" \
  R"("auto_restart":false})"
#define COMMAND                                                                                              \
  R"({"handler_full_name":"builtin.help","handler_name":"help","plugin":"builtin",)"                         \
  R"("plugin_display_name":"builtin","module_path":"","description":"Lists the commands","type":"command",)" \
  R"("original_command":"help","effective_command":"help","aliases":[],"permission":"everyone",)"            \
  R"("enabled":true,"is_group":false,"reserved":true,"sub_commands":[],"has_conflict":false})"
#define PLUGIN                                                                                                        \
  R"({"name":"dice","version":"1.0.0","description":"Rolls dice","author":"Ann","enabled":true,"commands":["roll"],)" \
  R"("is_official":false,"last_error":null,"stats":{"messages":3,"handled":0,"commands":1,"tools":0,"failures":0},)"  \
  R"("created_at":)" TIME R"(,"updated_at":null})"
#define PLATFORM                                                                                             \
  R"({"id":"AbCdEfGhIjKl","type":"aiocqhttp","name":"qq","enable":true,"enabled":true,"config":{"ws_host":)" \
  R"("127.0.0.1","ws_port":6299},"secrets":["access_token"],"connected":"running","created_at":)" TIME       \
  R"(,"updated_at":null})"
#define PLATFORM_STATISTICS                                                                                \
  R"({"id":"AbCdEfGhIjKl","type":"aiocqhttp","name":"qq","display_name":"OneBot v11","status":"running",)" \
  R"("started_at":)" TIME R"(,"error_count":0,"last_error":{"message":"…","timestamp":)" TIME              \
  R"(},"unified_webhook":false,"restarts":0,"clients":1,"messages":5,"messageStats":{"sent":2,"received":3,"error":0}})"
#define MCP_SERVER                                                                                         \
  R"({"id":"AbCdEfGhIjKl","name":"files","type":"stdio","config":{"command":"mcp-files","args":["/srv"],)" \
  R"("env":["TOKEN"],"timeout":30.0},"enabled":true,"status":"connected","tool_count":4,"error":null,)"    \
  R"("created_at":)" TIME R"(,"updated_at":null})"
#define ANSWER                                                                                             \
  R"({"content":"Hello!","text":"Hello!","model":"gpt-4o-mini","provider":"main","finish_reason":"stop",)" \
  R"("usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12},"session_id":"1","timestamp":)" TIME "}"
#define SESSION \
  R"({"id":"1","creator":"nekobot","summary":"","message_count":2,"created_at":)" TIME R"(,"updated_at":)" TIME "}"

constexpr const char* kStreams =
    "As server-sent events: `{\"type\":\"plain\",\"text\":…}` for each piece, then `{\"type\":\"end\", …}` with the "
    "model and the usage, or `{\"type\":\"error\",\"message\":…,\"error\":…}`. Comments keep a silent stream open. A "
    "client that leaves gives the answer up.";

/// A handler of one of the surface's parts.
template <class Part>
Handler to(Part& part, void (Part::*handler)(const CallPtr&)) {
  return [&part, handler](const CallPtr& call) { (part.*handler)(call); };
}

constexpr const char* kAdministratorsOnly = "Only an administrator may do this";

Field any(std::string name, std::string description) {
  return {.name = std::move(name), .type = Field::Type::any, .description = std::move(description)};
}

Field session_id() {
  Field field = any("session_id", "A text or a number");
  field.required = true;
  return field;
}

void authentication_routes(RouteTable& table, Authentication& authentication) {
  using P = Authentication;
  table.tag("NekoBot: authentication");
  table.post("/api/login", A::anyone, to(authentication, &P::log_in), "Log in")
      .takes({required("username"), password("password"),
              text("mfa_code", "Of the authenticator, or a backup code; where the account has one")})
      .answers(R"({"access_token":"eyJ…","token_type":"bearer","expires_in":1800,"status":"success","data":)"
               R"({"access_token":"eyJ…","token_type":"bearer","username":"nekobot","role":"admin",)"
               R"("first_login":false},"message":"Logged in"})")
      .note(
          "The token is good for half an hour; there is none to renew it with. `first_login`: the password is one that "
          "everybody knows. Five wrong passwords within 15 minutes lock the account for as long: 429.")
      .rate(kAuthentication);
  table.post("/api/logout", A::login, to(authentication, &P::log_out), "Log out: the token is void from then on")
      .answers(SUCCESS("{}"))
      .logins_only()
      .rate(kGeneral);
  table.post("/api/change-password", A::login, to(authentication, &P::change_password), "Change my password")
      .takes({password("old_password"), new_password("new_password")})
      .answers(SUCCESS("{}"))
      .note("This login goes on, all others end.")
      .logins_only()
      .rate(kAuthentication);
  table.get("/api/user-info", A::login, to(authentication, &P::user_info), "Who I am")
      .answers(SUCCESS(R"({"username":"nekobot","role":"admin"})"))
      .rate(kGeneral);
}

void settings_routes(RouteTable& table, Settings& settings) {
  using P = Settings;
  table.tag("NekoBot: settings");
  const auto config_fields = [] {
    return std::vector<Field>{
        object("config", "The settings to change; they may also stand unwrapped, as the body itself")};
  };
  table.get("/api/bot/config", A::admin, to(settings, &P::show_config), "How the bots behave")
      .answers(SUCCESS(CONFIG))
      .denied(kAdministratorsOnly)
      .note(
          "`waking.private`: whether a private message wakes the model (`always`, `prefix` or `off`). Nothing in it is "
          "a secret.")
      .rate(kGeneral);
  table.put("/api/bot/config", A::admin, to(settings, &P::change_config), "Change how the bots behave")
      .takes(config_fields())
      .answers(SUCCESS(CONFIG))
      .denied(kAdministratorsOnly)
      .note("What is missing stays as it is, within sections too. It counts at once. A setting that there is not: 400.")
      .rate(kGeneral);
  table.get("/api/settings", A::login, to(settings, &P::show_settings), "What the panel remembers")
      .answers(SUCCESS(R"({"settings":)" SETTINGS R"(,"config":)" CONFIG "}"))
      .note("`config` is there for administrators.")
      .rate(kGeneral);
  table.put("/api/settings", A::admin, to(settings, &P::change_settings), "Change what the panel remembers")
      .takes({object("settings", "Those to change; they may also stand unwrapped, as the body itself")})
      .answers(SUCCESS(R"({"settings":)" SETTINGS "}"))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
}

void model_routes(RouteTable& table, Models& models) {
  using P = Models;
  table.tag("NekoBot: models");
  table.get("/api/llm/providers", A::admin, to(models, &P::list), "Services that answer for language models")
      .query(page_parameters())
      .answers(PAGED(R"({"providers":[)" PROVIDER "]}"))
      .denied(kAdministratorsOnly)
      .note("Those of the server's own settings stand before these and are not listed. Keys are never shown.")
      .elsewhere()
      .rate(kGeneral);
  table.post("/api/llm/providers", A::admin, to(models, &P::add), "Add such a service")
      .takes(
          {required("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
           required("type",
                    "openai, openai_compatible, gemini, claude, deepseek, dashscope, moonshot, glm, zhipu, ollama or "
                    "lm_studio"),
           text("api_key", "Stored sealed. ollama, lm_studio and openai_compatible may go without"),
           text("base_url", "Default: the type's own", defaults::kMaxBaseUrlLength),
           text("model", "Default: the type's own", defaults::kMaxModelNameLength), flag("enabled", "Default: true")})
      .answers(SUCCESS(PROVIDER))
      .denied(kAdministratorsOnly)
      .note("409: the name is taken. Addresses inside the house only where the server's settings allow them.")
      .creates()
      .rate(kGeneral);
  table.del("/api/llm/providers/{id}", A::admin, to(models, &P::remove), "Delete such a service")
      .answers(SUCCESS(ID))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
  table.post("/api/llm/chat", A::open_or_login, to(models, &P::chat), "Ask a model")
      .takes({text("message", "The question", defaults::kMaxQuestionLength),
              text("prompt", "Another name for it", defaults::kMaxQuestionLength),
              text("provider_id", "The id or name of one that is enabled; default: the first that can answer"),
              text("model", "Default: the provider's own", defaults::kMaxModelNameLength),
              any("session_id",
                  "Of a chat of the caller's, which the question and its answer become part of; without "
                  "it nothing of the text is kept"),
              text("system_prompt", "Default: that of the session, or else of the default personality",
                   defaults::kMaxQuestionLength),
              number("temperature", 0, 2), integer("max_tokens", 1, 1'000'000, "Of the answer"),
              flag("stream", "Answer as server-sent events; default: false")})
      .answers(SUCCESS(ANSWER))
      .streams(R"({"type":"plain","text":"Hel"})")
      .note(std::string("`session_id` and `timestamp` are there for a question in a session. ") + kStreams)
      .rate(kModels);
}

void personality_routes(RouteTable& table, Personalities& personalities) {
  using P = Personalities;
  table.tag("NekoBot: personalities");
  table.get("/api/personalities", A::login, to(personalities, &P::list), "Personalities")
      .query(page_parameters())
      .answers(PAGED(R"({"personalities":[)" PERSONALITY "]}"))
      .elsewhere()
      .rate(kGeneral);
  table.post("/api/personalities", A::admin, to(personalities, &P::create), "Create a personality")
      .takes({required("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
              required("prompt", "The system prompt", defaults::kMaxQuestionLength),
              text("description", {}, defaults::kMaxDescriptionLength), flag("enabled", "Only true")})
      .answers(SUCCESS(PERSONALITY))
      .denied(kAdministratorsOnly)
      .creates()
      .rate(kGeneral);
  table
      .put("/api/personalities/default", A::admin, to(personalities, &P::set_default), "Choose the default personality")
      .takes({text("id", "Of a personality"), text("name", "Or its name")})
      .answers(SUCCESS(PERSONALITY))
      .denied(kAdministratorsOnly)
      .note("It speaks in new chats, and wherever else none is named.")
      .rate(kGeneral);
  table.del("/api/personalities/{id}", A::admin, to(personalities, &P::remove), "Delete a personality")
      .answers(SUCCESS(ID))
      .denied(kAdministratorsOnly)
      .note("Where it was the default, the one that was it before is it again.")
      .rate(kGeneral);
}

void command_routes(RouteTable& table, Commands& commands) {
  using P = Commands;
  table.tag("NekoBot: commands");
  table.get("/api/commands", A::open_or_login, to(commands, &P::list), "Commands that the bots know")
      .query(page_parameters())
      .answers(PAGED(R"({"items":[)" COMMAND R"(],"summary":{"total":1,"disabled":0,"conflicts":0}})"))
      .rate(kGeneral);
  table
      .get("/api/commands/conflicts", A::open_or_login, to(commands, &P::conflicts), "Names that several commands have")
      .query(page_parameters())
      .answers(PAGED(R"([{"conflict_key":"roll","handler_count":2,"handlers":[{"handler_full_name":"dice.roll",)"
                     R"("handler_name":"roll","plugin":"dice","current_name":"roll"}]}])"))
      .note("The first handler of each is the one that answers.")
      .rate(kGeneral);
}

void plugin_routes(RouteTable& table, Plugins& plugins) {
  using P = Plugins;
  const auto named = [] { return std::vector<Field>{text("name", "Of the plugin", defaults::kMaxPluginNameLength)}; };
  table.tag("NekoBot: plugins");
  table.get("/api/plugins", A::login, to(plugins, &P::list), "Installed plugins, by their names")
      .query(page_parameters())
      .answers(PAGED(R"({"dice":)" PLUGIN "}"))
      .elsewhere()
      .rate(kGeneral);
  table.post("/api/plugins/enable", A::open_or_admin, to(plugins, &P::enable), "Switch a plugin on")
      .takes(named())
      .answers(SUCCESS(PLUGIN))
      .denied(kAdministratorsOnly)
      .note("It stays on over restarts. One that is on already is left as it is; one that does not start is refused.")
      .rate(kGeneral);
  table.post("/api/plugins/disable", A::open_or_admin, to(plugins, &P::disable), "Switch a plugin off")
      .takes(named())
      .answers(SUCCESS(PLUGIN))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
  table.post("/api/plugins/reload", A::open_or_admin, to(plugins, &P::reload), "Run a plugin anew")
      .takes(named())
      .answers(SUCCESS(PLUGIN))
      .denied(kAdministratorsOnly)
      .note("Messages wait meanwhile; whether it is enabled stays as it was.")
      .rate(kGeneral);
  table.post("/api/plugins/upload", A::open_or_admin, to(plugins, &P::upload), "Install a plugin")
      .uploads(defaults::kMaxPackageBytes + defaults::kMaxFormFieldBytes,
               {required("file", "A zip with one folder, in which `main.lua` is")},
               [&plugins](const Call& call) { return plugins.sink(call); })
      .answers(SUCCESS(R"({"plugin_name":"dice"})"))
      .denied(kAdministratorsOnly)
      .note("It is loaded and not enabled. Too many files, too large ones and tricks with paths are refused.")
      .rate(kGeneral);
  table.del("/api/plugins/delete", A::open_or_admin, to(plugins, &P::remove), "Delete a plugin and what it keeps")
      .query({text_parameter("name", "Here or in the body")})
      .takes(named())
      .answers(SUCCESS(PLUGIN))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
  table.get("/api/plugins/config", A::admin, to(plugins, &P::show_config), "What a plugin is set to")
      .query({text_parameter("name", "Of the plugin")})
      .answers(
          SUCCESS(R"({"config":{"sides":6},"schema":{"type":"object","properties":{"sides":{"type":"integer"}}}})"))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
  table.put("/api/plugins/config", A::admin, to(plugins, &P::change_config), "Set a plugin")
      .takes({text("name", "Of the plugin", defaults::kMaxPluginNameLength), object("config", "The whole of it")})
      .answers(SUCCESS(PLUGIN))
      .denied(kAdministratorsOnly)
      .note("In place of what was set; it is checked against the plugin's schema. One that is enabled is run anew.")
      .rate(kGeneral);
}

void platform_routes(RouteTable& table, Platforms& platforms) {
  using P = Platforms;
  table.tag("NekoBot: platforms");
  table.get("/api/platforms", A::admin, to(platforms, &P::list), "Accounts of the bots on chat networks")
      .query(page_parameters())
      .answers(PAGED(R"({"platforms":[)" PLATFORM "]}"))
      .denied(kAdministratorsOnly)
      .note("`connected` is the status of the connection. Of secrets the names are shown.")
      .elsewhere()
      .rate(kGeneral);
  table.post("/api/platforms", A::admin, to(platforms, &P::add), "Add such an account")
      .takes({required("type", "aiocqhttp, telegram, discord or webhook"),
              text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
              text("id", "Where there is no `name`, that", defaults::kMaxCatalogueNameLength),
              flag("enable", "Default: true"), flag("enabled", "Another name for it"),
              object("config", "Its settings; they may also stand beside it")})
      .answers(SUCCESS(PLATFORM))
      .denied(kAdministratorsOnly)
      .creates()
      .note("The id is the server's. It is connected at once where it is enabled.")
      .rate(kGeneral);
  table.del("/api/platforms/{id}", A::admin, to(platforms, &P::remove), "Delete such an account")
      .answers(SUCCESS(R"({"id":"AbCdEfGhIjKl","deleted_count":1})"))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
  table.get("/api/platform/stats", A::open_or_login, to(platforms, &P::statistics), "How it goes with them")
      .answers(SUCCESS(R"({"platforms":[)" PLATFORM_STATISTICS
                       R"(],"summary":{"total":1,"running":1,"error":0,"total_errors":0}})"))
      .note("Counts are since the server began.")
      .elsewhere()
      .rate(kGeneral);
}

void mcp_routes(RouteTable& table, McpServers& servers) {
  using P = McpServers;
  table.tag("NekoBot: MCP");
  table.get("/api/mcp/servers", A::admin, to(servers, &P::list), "Servers of the Model Context Protocol")
      .query(page_parameters())
      .answers(PAGED(R"({"servers":[)" MCP_SERVER "]}"))
      .denied(kAdministratorsOnly)
      .note("Of `env` and `headers` the names are shown, and never the values.")
      .elsewhere()
      .rate(kGeneral);
  table.post("/api/mcp/servers", A::admin, to(servers, &P::add), "Add such a server")
      .takes({required("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
              text("type", "`stdio` (default), `http` or `sse`"), text("transport", "Another name for it"),
              object("config",
                     "`command`, `args` and `env` of stdio; `url` and `headers` of the others; `timeout` in "
                     "seconds. They may also stand beside it"),
              any("command", "A program that the server's settings allow; an array: with arguments"), array("args"),
              object("env", "Stored sealed"), text("url", {}, defaults::kMaxBaseUrlLength),
              object("headers", "Stored sealed"), number("timeout", 0, 600, "Seconds; default: 30"),
              flag("enabled", "Default: true")})
      .answers(SUCCESS(MCP_SERVER))
      .denied(kAdministratorsOnly)
      .creates()
      .rate(kGeneral);
  table.del("/api/mcp/servers/{id}", A::admin, to(servers, &P::remove), "Delete such a server")
      .answers(SUCCESS(ID))
      .denied(kAdministratorsOnly)
      .rate(kGeneral);
}

void log_routes(RouteTable& table, Logs& logs) {
  table.tag("NekoBot: log");
  table.get("/api/logs", A::admin, to(logs, &Logs::list), "The server's own log, newest first")
      .query(page_parameters({text_parameter("level", "TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL; default: all"),
                              text_parameter("keyword", "Text in the message, whatever its case")},
                             Order::descending))
      .answers(PAGED(R"({"logs":[{"id":1,"timestamp":)" TIME
                     R"(,"level":"WARNING","message":"…","logger_name":"troupe"}]})"))
      .denied(kAdministratorsOnly)
      .note("The last 1000 lines since the server began.")
      .rate(kGeneral);
}

void chat_routes(RouteTable& table, Chat& chat) {
  using P = Chat;
  table.tag("NekoBot: chat");
  table.post("/chat/new_session", A::open_or_login, to(chat, &P::new_session), "Begin a chat")
      .answers(SUCCESS(R"({"session_id":"1"})"))
      .creates()
      .rate(kGeneral);
  table.get("/chat/sessions", A::open_or_login, to(chat, &P::sessions), "My chats, newest first")
      .query(page_parameters({}, Order::descending))
      .answers(PAGED(R"({"sessions":[)" SESSION "]}"))
      .note("The newest 1000. Callers without a token have one account together, `guest`, and see its chats only.")
      .rate(kGeneral);
  table.get("/chat/get_session", A::open_or_login, to(chat, &P::get_session), "A chat with its messages, oldest first")
      .query({{.name = "session_id", .description = "Of a chat of mine", .required = true}})
      .answers(SUCCESS(R"({"session":)" SESSION R"(,"messages":[{"role":"user","content":"Hello","timestamp":)" TIME
                       R"(,"status":"complete"}],"is_running":false})"))
      .note("The newest 1000 messages. `is_running`: an answer is under way.")
      .rate(kGeneral);
  table.del("/chat/delete_session", A::open_or_login, to(chat, &P::delete_session), "Delete a chat of mine")
      .query({text_parameter("session_id", "Here or in the body")})
      .takes({any("session_id", "A text or a number")})
      .answers(SUCCESS("{}"))
      .rate(kGeneral);
  table.post("/chat/send", A::open_or_login, to(chat, &P::send), "Say something in a chat, and get the answer")
      .takes({required("message", {}, defaults::kMaxQuestionLength), session_id(),
              text("selected_provider", "The id or name of one that is enabled; default: the first that can answer"),
              text("selected_model", "Default: the provider's own", defaults::kMaxModelNameLength),
              flag("enable_streaming", "Default: true")})
      .answers(SUCCESS(ANSWER))
      .streams(R"({"type":"plain","text":"Hel"})")
      .note(std::string(kStreams) + " With `enable_streaming` false the answer is one JSON body.")
      .rate(kModels);
}

void live_routes(RouteTable& table, const NekoBot& surface) {
  table.tag("NekoBot: live");
  const auto no_socket = [&surface](const CallPtr& call) {
    Response response = surface.refusal({Errc::wrong_method, "Connect with a WebSocket"}, call->request);
    response.status = 426;
    response.headers.emplace_back("Upgrade", "websocket");
    call->refuse(std::move(response));
  };
  table.get(kSocketPath, A::anyone, no_socket, "WebSocket: the log and the events, as they happen")
      .query({text_parameter("token", "An access token or an API key, where headers cannot be set")})
      .answers(R"({"channel":"logs","data":{"id":1,"timestamp":)" TIME
               R"(,"level":"INFO","message":"…","logger_name":"troupe"}})")
      .note(
          "Frames are JSON text. A client sends "
          "`{\"action\":\"subscribe\",\"channels\":[\"logs\",\"events\"],\"last\":50}` "
          "(`last`: and what was before, at most so many, up to 500), `{\"action\":\"unsubscribe\",\"channels\":[…]}` "
          "and `{\"action\":\"ping\"}`, with an `id` that comes back if it likes. It is answered "
          "`{\"status\":\"success\",\"action\":…,\"channels\":[…]}` or `{\"status\":\"error\",\"message\":…}`, "
          "and told `{\"channel\":…,\"data\":{…}}`: on `logs` what GET /api/logs lists, on `events` `position`, "
          "`type`, "
          "`category`, `stream`, `timestamp`, `caused_by` and `request_id` of what happened, and nothing of its "
          "content.\n\nA browser, which cannot set headers, may offer the token as a subprotocol: "
          "`new WebSocket(url, [\"bearer\", token])`. For administrators; and without a token wherever the endpoints "
          "without one are open. Bad "
          "credentials are refused before the upgrade. Close codes: 1001 the server is ending; 1008 ten bad frames one "
          "after the other, or 1 MB waits for a client that does not read; 1009 a frame over 4 KB; 4001 the login has "
          "ended, or its account is no administrator any more.")
      .status(101);
}

}  // namespace

const RateClass& NekoBot::frame_rate() { return kFrames; }

std::vector<Route> NekoBot::make_routes(NekoBot& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  settings_routes(table, self.settings_);
  model_routes(table, self.models_);
  personality_routes(table, self.personalities_);
  command_routes(table, self.commands_);
  plugin_routes(table, self.plugins_);
  platform_routes(table, self.platforms_);
  mcp_routes(table, self.mcp_servers_);
  log_routes(table, self.logs_);
  chat_routes(table, self.chat_);
  live_routes(table, self);
  return std::move(table).take();
}

}  // namespace troupe::http
