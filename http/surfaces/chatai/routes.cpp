// Every endpoint of the ChatAI API, on one page.
#include <algorithm>

#include "http/route_table.hpp"
#include "http/surfaces/chatai/chatai.hpp"

namespace troupe::http {
namespace {

using A = Access;
using namespace chatai;
using namespace std::chrono_literals;

// One budget for all, as the specification has it; people are told apart by their account, strangers by their address.
constexpr RateClass kRequests{"chatai", defaults::kPanelRequestsPerMinute, 60s, RateClass::Per::caller};
constexpr RateClass kGroupLogIns{"chatai_group_logins", defaults::kGroupLoginsPerMinute, 60s, RateClass::Per::address};
constexpr RateClass kLogIns{"chatai_logins", defaults::kPanelLoginsPerMinute, 60s, RateClass::Per::address};

#define OK(data) R"({"success":true,"data":)" data "}"
#define DONE(text) R"({"success":true,"data":null,"message":")" text R"("})"
#define LOGIN R"({"token":"eyJ…","expiresAt":1769947200000,"expiresIn":86400})"
#define USER R"("userId":"1","username":"ada","avatar":null,"isAdmin":true,"isMaster":true)"

/// A handler of one of the surface's parts.
template <class Part>
Handler to(Part& part, void (Part::*handler)(const CallPtr&)) {
  return [&part, handler](const CallPtr& call) { (part.*handler)(call); };
}

void authentication_routes(RouteTable& table, Authentication& authentication) {
  using P = Authentication;
  table.tag("ChatAI: authentication");
  table.post("/api/auth/login", A::anyone, to(authentication, &P::log_in), "Log in")
      .takes({text("token", "Of a login link", 200),
              text("username", "Username or e-mail, instead of a link", defaults::kMaxEmailLength),
              text("password", "With `username`; without, the same as `token`", defaults::kMaxPasswordLength),
              text("mfa_code", "Of the authenticator, where multi-factor authentication is on")})
      .answers(OK(LOGIN))
      .note(
          "Also sets the cookie `auth_token`. A temporary link is used up by it. Links are handed out by the bot "
          "(`#ai管理面板`, `#ai管理面板 永久`) and by `troupe login-link`; no request makes one without a login.")
      .rate(kLogIns);
  table.get("/login/token", A::anyone, to(authentication, &P::follow_link), "Follow a login link")
      .query({{.name = "token", .description = "Of the link", .required = true}})
      .answers(R"({})")
      .note("Sets the cookie and leads on. The only place where a token stands in a URL; a temporary one is used up.")
      .status(302)
      .rate(kLogIns);
  for (const bool by_post : {false, true})
    (by_post ? table.post("/api/auth/verify", A::login, to(authentication, &P::verify), "Whether the token is good")
             : table.get("/api/auth/verify", A::login, to(authentication, &P::verify), "Whether the token is good"))
        .answers(OK(R"({"valid":true,)" USER R"(,"expiresAt":1769947200000,"exp":1769947200})"));
  table.get("/api/auth/me", A::login, to(authentication, &P::me), "Who I am").answers(OK("{" USER "}"));
  table.get("/api/auth/status", A::login, to(authentication, &P::status), "Whether I am logged in")
      .answers(OK(R"({"authenticated":true,)" USER "}"));
  table.post("/api/auth/logout", A::login, to(authentication, &P::log_out), "Log out: ends the login")
      .answers(DONE("Logged out"))
      .logins_only();
  table.post("/api/auth/refresh", A::login, to(authentication, &P::refresh), "A new token for the one that is shown")
      .answers(OK(LOGIN))
      .note("Each token refreshes once; the second time it ends the login.")
      .logins_only();
  table
      .post("/api/auth/token/permanent", A::admin, to(authentication, &P::make_permanent_link),
            "Make a permanent login link of mine")
      .takes({flag("forceNew", "In place of the one there is")})
      .answers(OK(R"({"token":"…","isNew":true,"link":"http://localhost:3000/login/token?token=…","loginUrl":"…"})"))
      .note("It is shown this once.")
      .logins_only();
  table
      .del("/api/auth/token/permanent", A::admin, to(authentication, &P::revoke_permanent_link),
           "Revoke my permanent login link")
      .answers(R"({"success":true,"data":{"success":true,"revoked":true},"message":"Permanent link revoked"})")
      .logins_only();
  table.get("/api/auth/token/status", A::admin, to(authentication, &P::link_status), "Whether I have a permanent link")
      .answers(OK(R"({"hasPermanentToken":true,"issuedAt":1769860800000})"));
}

#define CHANNEL                                                                                         \
  R"({"id":"AbCdEfGhIjKl","name":"main","adapterType":"openai","type":"openai","baseUrl":)"             \
  R"("https://api.openai.com/v1","apiKey":"****wxyz","apiKeys":["****wxyz"],"models":["gpt-4o-mini"],)" \
  R"("model":"gpt-4o-mini","embeddingModel":"","strategy":"failover","priority":100,"weight":100,)"     \
  R"("quota":{"daily":0,"hourly":0,"perMinute":0},"enabled":true,"status":"idle","testedAt":null,)"     \
  R"("lastError":null,"createdAt":1769860800000,"updatedAt":1769860800000})"
#define CHANNEL_STATS \
  R"({"totalCalls":3,"successCalls":3,"failedCalls":0,"totalTokens":30,"successRate":1.0,"avgTokensPerCall":10})"
#define TESTED R"({"model":"gpt-4o-mini","success":true,"elapsed":420,"response":"Hello!"})"
#define PRESET                                                                                                   \
  R"({"id":"AbCdEfGhIjKl","name":"helper","description":"Helps","type":"user","isDefault":true,"systemPrompt":)" \
  R"("You help.","model":"","channel":"","temperature":0.7,"maxTokens":500,"modelParams":{"temperature":0.7,)"   \
  R"("max_tokens":500},"tools":[],"createdAt":1769860800000,"updatedAt":1769860800000})"
#define USAGE R"({"promptTokens":9,"completionTokens":3,"totalTokens":12})"
#define CONVERSATION                                                                                    \
  R"("id":"conv_7","userId":"123","groupId":null,"messageCount":2,"lastMessage":"Hello!","createdAt":)" \
  R"(1769860800000,"updatedAt":1769860800000)"
#define SAID R"([{"id":469762049,"role":"user","content":"Hi","timestamp":1769860800000}])"
#define FIGURES R"("calls":3,"success":3,"failed":0,"inputTokens":20,"outputTokens":10,"tokens":30,"avgDuration":420)"
#define SETTINGS                                                                                               \
  R"({"basic":{"commandPrefix":"#ai","pluginPrefix":"/","debug":false},"trigger":{"private":{"enabled":true,)" \
  R"("mode":"always"},"group":{"enabled":true,"at":true,"prefix":true,"keyword":false,"random":false,)"        \
  R"("randomRate":0.05},"prefixes":["#chat"],"keywords":[]},"context":{"maxMessages":20}})"

std::vector<Field> channel_fields() {
  return {
      text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
      word("adapterType", {"openai", "claude", "anthropic", "gemini"}, "Default: openai"),
      text("baseUrl", "http or https; default: the provider's own", defaults::kMaxBaseUrlLength),
      text("apiKey", "Stored sealed. `****` and its end stand for the key that is there"),
      array("apiKeys", "Several, tried in turn"),
      array("models", "The first is asked where nobody names one; none: anything may be asked for"),
      text("embeddingModel", "None: it makes no embeddings", defaults::kMaxModelNameLength),
      word("strategy", {"failover", "round-robin", "random", "least-used", "weighted"},
           "Which key a request begins with; another is tried when it fails. Default: failover. `weighted`: any of its "
           "keys, and among channels of the same priority that are weighted as well, one by chance, by `weight`"),
      integer("priority", 0, defaults::kMaxProviderPriority, "The lowest is asked first; default: 100"),
      integer("weight", 1, defaults::kMaxProviderWeight, "Of a weighted one; default: 100"),
      object("quota",
             "Requests that it is sent: `daily`, `hourly`, `perMinute`, UTC; 0: as many as there are. When one is "
             "used up, `status` is `quota_exceeded`, and the next channel is asked"),
      flag("enabled", "Default: true")};
}

std::vector<Field> preset_fields() {
  return {text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
          text("description", {}, defaults::kMaxDescriptionLength),
          text("systemPrompt", {}, defaults::kMaxQuestionLength),
          text("model", "None: the channel's own", defaults::kMaxModelNameLength),
          text("channel", "The name of the one that answers; none: any", defaults::kMaxCatalogueNameLength),
          number("temperature", 0, 2),
          integer("maxTokens", 1, 1'000'000),
          object("modelParams", "`temperature` and `max_tokens`, the other form of the two above")};
}

std::vector<Field> requiring(std::initializer_list<std::string_view> names, std::vector<Field> fields) {
  for (Field& field : fields) field.required = std::find(names.begin(), names.end(), field.name) != names.end();
  return fields;
}

void config_routes(RouteTable& table, Config& config) {
  using P = Config;
  const std::vector<Field> part = {
      {.name = "path", .type = Field::Type::any, .description = "With `value`: a dotted path"},
      {.name = "value", .type = Field::Type::any}};
  constexpr const char* kNote =
      "The body is a part of the tree: objects are merged, all else is replaced, and a dotted name is a path; or it is "
      "`{\"path\",\"value\"}`. A name that is no setting is refused, and then nothing changes. A white list that is "
      "not "
      "empty allows nobody else, unless `trigger.whitelistOnly` says otherwise.";
  table.tag("ChatAI: configuration");
  table.get("/api/config", A::admin, to(config, &P::show), "All settings").answers(OK(SETTINGS));
  for (const bool by_post : {false, true})
    (by_post ? table.post("/api/config", A::admin, to(config, &P::change), "Change settings")
             : table.put("/api/config", A::admin, to(config, &P::change), "Change settings"))
        .takes(part)
        .answers(OK(R"({"success":true,"updated":["debug","trigger.group.at"]})"))
        .note(kNote);
  table.get("/api/config/export", A::admin, to(config, &P::export_all), "The settings as a file")
      .query({text_parameter("format", "yaml or json; default: yaml")})
      .downloads("text/yaml");
  table.post("/api/config/import", A::admin, to(config, &P::import_all), "Change settings by a file")
      .answers(OK(R"({"imported":true,"changes":2,"updated":["debug","trigger.group.at"]})"))
      .note("The body is YAML or JSON: the tree itself, or in a field `content` (YAML) or `config`.");
  table.post("/api/config/validate", A::admin, to(config, &P::validate), "What would be wrong with settings")
      .answers(OK(R"({"valid":true})"))
      .note("The body as of an import. What is wrong is told in `errors`, each with `path` and `message`; then 400.")
      .only_reads();
  table.post("/api/config/reload", A::admin, to(config, &P::reload), "Nothing to do: what is stored is what counts")
      .answers(DONE("Configuration reloaded"));
  table.get("/api/config/{section}", A::admin, to(config, &P::show_section), "One section")
      .answers(OK(R"({"enabled":true})"))
      .note("`channels` and `presets` as well, which are changed elsewhere.");
  table.put("/api/config/{section}", A::admin, to(config, &P::change_section), "Change one section")
      .takes(part)
      .answers(OK(R"({"success":true,"updated":["memory.enabled"]})"))
      .note(kNote);
}

void channel_routes(RouteTable& table, Channels& channels) {
  using P = Channels;
  table.tag("ChatAI: channels");
  for (const char* path : {"/api/channels", "/api/channels/list"})
    table.get(path, A::admin, to(channels, &P::list_all), "Channels, oldest first")
        .query({text_parameter("withStats", "true: with the figures of each")})
        .answers(OK("[" CHANNEL "]"));
  table.get("/api/channels/stats", A::admin, to(channels, &P::stats), "Figures of one channel, or of all by their ids")
      .query({text_parameter("id", "Of one")})
      .answers(OK(CHANNEL_STATS));
  table.post("/api/channels", A::admin, to(channels, &P::create), "Add a channel")
      .takes(requiring({"name"}, channel_fields()))
      .answers(OK(CHANNEL))
      .status(201)
      .creates()
      .note(
          "It counts from the answer on. What no channel of this server has (headers and paths of one's own, "
          "overrides) is refused by its name.");
  table.post("/api/channels/fetch-models", A::admin, to(channels, &P::fetch_models), "Which models a provider has")
      .takes({text("channelId", "Of one that is kept; none: the body describes it"), text("apiKey"), text("baseUrl"),
              text("adapterType"), text("modelsPath")})
      .answers(OK(R"({"models":["gpt-4o-mini"]})"));
  table.post("/api/channels/test", A::admin, to(channels, &P::test), "Say hello to a channel")
      .takes({text("id", "Of one that is kept; none: the body describes it"), text("apiKey"), text("baseUrl"),
              text("adapterType"), array("models")})
      .answers(OK(
          R"({"success":true,"message":"OK","testResponse":"Hello!","elapsed":420,"latency":420,"model":"gpt-4o-mini"})"));
  table.post("/api/channels/test-model", A::admin, to(channels, &P::test_model), "Say hello to one model of a channel")
      .takes({required("channelId"), required("model", {}, defaults::kMaxModelNameLength)})
      .answers(OK(TESTED));
  table
      .post("/api/channels/batch-test", A::admin, to(channels, &P::test_models),
            "Say hello to several models of a channel")
      .takes({required("channelId"), array("models", "None: all that it lists"),
              integer("concurrency", 1, defaults::kMaxTestConcurrency, "At the same time; default: 3")})
      .answers(
          OK(R"({"total":1,"success":1,"failed":0,"channelId":"AbCdEfGhIjKl","channelName":"main","results":[)" TESTED
             "]}"));
  table.get("/api/channels/{channel_id}", A::admin, to(channels, &P::show), "One channel").answers(OK(CHANNEL));
  table.put("/api/channels/{channel_id}", A::admin, to(channels, &P::change), "Change a channel")
      .takes(channel_fields())
      .answers(OK(CHANNEL));
  table.del("/api/channels/{channel_id}", A::admin, to(channels, &P::remove), "Remove a channel")
      .answers(R"({"success":true,"data":null})");
}

void preset_routes(RouteTable& table, Presets& presets) {
  using P = Presets;
  table.tag("ChatAI: presets");
  table.get("/api/presets", A::login, to(presets, &P::list), "Presets, oldest first")
      .query({text_parameter("type", "system, user or all; all presets are the users' own"),
              text_parameter("search", "In names and descriptions")})
      .answers(OK(R"({"presets":[)" PRESET R"(],"total":1,"defaultId":"AbCdEfGhIjKl"})"));
  table.get("/api/preset/list", A::login, to(presets, &P::list), "The same").answers(OK(R"({"presets":[)" PRESET "]}"));
  table.post("/api/presets/import", A::admin, to(presets, &P::import_one), "Add a preset by a file")
      .query({text_parameter("overwrite", "true: change the one of that name")})
      .answers(OK(PRESET))
      .status(201)
      .note(
          "The body is YAML or JSON: the preset itself, or in a field `content`; or a form (multipart/form-data) with "
          "a "
          "`file` and `overwrite`.");
  for (const std::string base : {"/api/presets", "/api/preset"}) {
    table.post(base, A::admin, to(presets, &P::create), "Add a preset")
        .takes(requiring({"systemPrompt"}, preset_fields()))
        .answers(OK(PRESET))
        .status(201)
        .creates()
        .note("It gets an id of its own; `id` in the body is its name where there is no `name`.");
    const std::string one = base + "/{preset_id}";
    table.get(one, A::login, to(presets, &P::show), "One preset, by its id or name").answers(OK(PRESET));
    table.put(one, A::admin, to(presets, &P::change), "Change a preset").takes(preset_fields()).answers(OK(PRESET));
    table.del(one, A::admin, to(presets, &P::remove), "Delete a preset")
        .answers(DONE("Preset deleted"))
        .note("Not the default one: SYSTEM_PRESET.");
    table.get(one + "/prompt", A::login, to(presets, &P::prompt), "Its system prompt")
        .answers(OK(R"({"prompt":"You help."})"));
    table
        .post(one + (base == "/api/preset" ? "/default" : "/set-default"), A::admin, to(presets, &P::set_default),
              "Make it the default")
        .answers(OK(PRESET));
  }
  table.post("/api/presets/{preset_id}/copy", A::admin, to(presets, &P::copy), "Copy a preset")
      .takes({text("newName", "Default: its name and `(copy)`", defaults::kMaxCatalogueNameLength), text("newId")})
      .answers(OK(PRESET))
      .status(201);
  table.get("/api/presets/{preset_id}/export", A::login, to(presets, &P::export_one), "A preset as a file")
      .downloads("text/yaml");
}

void chat_routes(RouteTable& table, Chat& chat) {
  using P = Chat;
  constexpr long long kMostSkipped = 1'000'000;
  const auto limit = [](long long fallback) {
    return integer_parameter("limit", "How many to answer", fallback, 1, defaults::kMaxListLimit);
  };
  const Parameter user = text_parameter("userId", "Of whom"), group = text_parameter("groupId", "In which group");
  const std::vector<Field> question = {
      required("message", {}, defaults::kMaxQuestionLength),
      {.name = "userId", .type = Field::Type::any, .description = "Names the conversation, with `groupId`"},
      {.name = "groupId", .type = Field::Type::any},
      text("preset", "Id or name; none: the default one"),
      text("presetId", "The same"),
      text("model", "None: the preset's"),
      flag("stream", "Answer as server-sent events")};
  constexpr const char* kEvents = R"({"type":"content","text":"Hel","data":"Hel"})";
  constexpr const char* kNote =
      "The conversation is the caller's own: the same `userId` and `groupId` of one account are always the same "
      "conversation, and of two accounts never. Events have no name and a `type` inside: start, content, and then end "
      "or error.";
  table.tag("ChatAI: chat");
  table.post("/api/chat", A::login, to(chat, &P::chat), "Say something and be answered")
      .takes(question)
      .answers(OK(R"({"response":"Hello!","content":"Hello!","conversationId":"conv_7","model":"gpt-4o-mini",)"
                  R"("toolCalls":[],"usage":)" USAGE "}"))
      .streams(kEvents)
      .note(kNote);
  table.post("/api/chat/stream", A::login, to(chat, &P::stream), "Say something and be answered as it comes")
      .takes(question)
      .answers("{}")
      .streams(kEvents)
      .note(kNote);
  table.get("/api/chat/history", A::login, to(chat, &P::history), "What was said, oldest first")
      .query({user, group, limit(50)})
      .answers(OK(R"([{"id":469762049,"role":"user","content":"Hi","timestamp":"2026-01-31T12:00:00.000Z"}])"));
  table.del("/api/chat/history", A::login, to(chat, &P::clear_history), "Take back what was said")
      .query({user, group})
      .takes({{.name = "userId", .type = Field::Type::any}, {.name = "groupId", .type = Field::Type::any}})
      .answers(DONE("Context cleared"));
  table.tag("ChatAI: conversations");
  table.get("/api/conversations", A::login, to(chat, &P::conversations), "My conversations, newest first")
      .query({user, group, limit(20), integer_parameter("offset", "How many to leave out", 0, 0, kMostSkipped)})
      .answers(OK(R"({"conversations":[{)" CONVERSATION R"(}],"total":1})"));
  table.get("/api/conversations/list", A::login, to(chat, &P::conversations), "The same, as an array alone")
      .query({user, group, limit(100), integer_parameter("offset", "How many to leave out", 0, 0, kMostSkipped)})
      .answers(OK("[{" CONVERSATION "}]"));
  table.del("/api/conversations/clear-all", A::login, to(chat, &P::remove_all), "Delete all my conversations")
      .query({text_parameter("confirm", "true, or nothing is deleted")})
      .answers(OK(R"({"success":true,"deletedCount":3})"));
  table.get("/api/conversations/{conversation_id}", A::login, to(chat, &P::conversation), "One conversation")
      .query({limit(100)})
      .answers(OK("{" CONVERSATION R"(,"messages":)" SAID "}"))
      .note("By its id, or by whom it is with: `user:123`, `group:456:user:123`.");
  table.get("/api/conversations/{conversation_id}/messages", A::login, to(chat, &P::messages), "The last messages")
      .query({limit(100)})
      .answers(OK(SAID));
  table.post("/api/conversations/{conversation_id}/clear", A::login, to(chat, &P::clear), "Take back what was said")
      .answers(DONE("Context cleared"));
  table.del("/api/conversations/{conversation_id}", A::login, to(chat, &P::remove), "Delete a conversation")
      .answers(R"({"success":true,"data":null})");
}

void house_routes(RouteTable& table, House& house) {
  using P = House;
  const Parameter period = text_parameter("period", "day, week, month or all; default: day");
  const Parameter limit = integer_parameter("limit", "How many to answer", 50, 1, defaults::kMaxListLimit);
  table.tag("ChatAI: system");
  table.get("/api/system/status", A::login, to(house, &P::status), "How the server is")
      .answers(OK(
          R"({"status":"running","version":"0.1.0","uptime":3600,"startTime":1769857200000,"memory":)"
          R"({"percentage":12.5},"cpu":{"percentage":1.5},"disk":{"percentage":40.0},"bot":{"platforms":1,"enabled":1}})"));
  table.get("/api/system/info", A::login, to(house, &P::info), "What the server is")
      .answers(OK(R"({"version":"0.1.0","platform":"Linux","arch":"x86_64","adapters":[],"mcpServers":0})"));
  for (const char* path : {"/api/system/health", "/api/health"})
    table.get(path, A::login, to(house, &P::health), "Whether all is well")
        .answers(OK(R"({"healthy":true,"status":"healthy","checks":{"database":{"status":"ok"},"channels":)"
                    R"({"status":"ok","available":1}},"timestamp":1769860800000,"uptime":3600})"));
  table.get("/api/system/monitor", A::admin, to(house, &P::monitor), "What the server takes of its machine")
      .answers(OK(R"({"memory":{"systemUsedPercent":12.5},"api":{"medianLatency":0.4},"system":{"uptime":3600}})"));
  for (const char* path : {"/api/system/version", "/api/version"})
    table.get(path, A::login, to(house, &P::version), "The server's version")
        .answers(OK(R"({"version":"0.1.0","name":"troupe"})"));
  table.tag("ChatAI: statistics");
  for (const std::string base : {"/api/stats", "/api/system/stats"}) {
    table.get(base, A::admin, to(house, &P::stats), "The use of models in a period, UTC")
        .query({period})
        .answers(
            OK(R"({"summary":{"totalMessages":3,"aiResponses":3,"tokensUsed":30,"activeUsers":1,"activeGroups":0},)"
               R"("daily":[{"date":"2026-01-31","messages":3,"responses":3,)" FIGURES "}]}"));
    table.get(base + "/models", A::admin, to(house, &P::models), "By model, most calls first")
        .query({period, limit})
        .answers(OK(R"({"models":[{"model":"gpt-4o-mini",)" FIGURES "}]}"));
    table.get(base + "/channels", A::admin, to(house, &P::channels), "By channel, most calls first")
        .query({period, limit})
        .answers(OK(R"({"channels":[{"channel":"main",)" FIGURES "}]}"));
    table.get(base + "/users", A::admin, to(house, &P::users), "By user, most calls first")
        .query({period, limit})
        .answers(OK(R"({"users":[{"userId":"1","username":"ada",)" FIGURES "}]}"))
        .note("Accounts, and the people that bots meet on platforms; they share their numbers.");
    table.get(base + "/groups", A::admin, to(house, &P::groups), "By group of a platform, most calls first")
        .query({period, limit})
        .answers(OK(R"({"groups":[{"groupId":"456","name":"friends",)" FIGURES "}]}"));
  }
}

#define TOOL                                                                                                      \
  R"({"name":"current_time","description":"Tells the time","category":"time","enabled":true,"source":"builtin",)" \
  R"("serverName":"builtin","isBuiltin":true,"isCustom":false,"dangerous":false,"adminOnly":false,"parameters":)" \
  R"({"type":"object"},"inputSchema":{"type":"object"}})"
#define CATEGORY R"({"key":"time","name":"time","toolCount":1,"enabled":true})"
#define CALLED                                                                                 \
  R"({"toolName":"current_time","arguments":{},"result":"2026-01-31T12:00:00Z","duration":1,)" \
  R"("success":true,"id":"AbCdEfGhIjKlMnOp"})"
#define RESULT R"("content":[{"type":"text","text":"2026-01-31T12:00:00Z"}],"isError":false)"
#define TOOL_CALL                                                                                                  \
  R"({"id":"AbCdEfGhIjKlMnOp","tool":"current_time","toolName":"current_time","source":"builtin","args":{},)"      \
  R"("request":{},"result":"2026-01-31T12:00:00Z","response":"2026-01-31T12:00:00Z",)"                             \
  R"("success":true,"outcome":"succeeded","error":null,"duration":1,"timestamp":1769860800000,"through":"model",)" \
  R"("userId":"1","username":"ada","groupId":null})"
#define TOOL_FIGURES R"("calls":3,"success":2,"failed":1,"successRate":0.67,"avgDuration":4)"
#define CUSTOM_TOOL                                                                                                   \
  R"({"id":"AbCdEfGhIjKl","name":"greet","description":"Greets","category":"custom","source":"custom","parameters":)" \
  R"({"type":"object"},"inputSchema":{"type":"object"},"language":"lua","code":"return \"hello \" .. args.name",)"    \
  R"("dangerous":false,"enabled":true,"createdAt":1769860800000,"updatedAt":1769860800000})"
#define SERVER                                                                                                     \
  R"({"name":"files","id":"AbCdEfGhIjKl","status":"connected","type":"stdio","transport":"stdio","enabled":true,)" \
  R"("toolCount":4,"toolsCount":4,"resourcesCount":0,"promptsCount":0,"connectedAt":1769860800000,"error":null,)"  \
  R"("config":{"type":"stdio","command":"/usr/bin/npx","args":["-y","a-server"],"env":{"TOKEN":"****"},"url":"",)" \
  R"("headers":{},"timeout":30000}})"
#define COUNTS                                                                                      \
  R"({"total":3,"totalTools":3,"enabled":3,"enabledTools":3,"disabled":0,"categories":{"time":1},)" \
  R"("mcpServers":1})"
#define PROMPTS R"({"prompts":[{"name":"review","description":"Reviews","arguments":[]}],"count":1})"
#define RESOURCES R"({"resources":[{"uri":"file:///a.txt","name":"a.txt","mimeType":"text/plain"}],"count":1})"

constexpr long long kMostCallsSkipped = 1'000'000;

std::vector<Field> switch_fields(std::initializer_list<std::string_view> names) {
  std::vector<Field> fields = requiring({"enabled"}, {flag("enabled")});
  for (const auto name : names) fields.push_back(required(std::string(name), {}, defaults::kMaxCatalogueNameLength));
  return fields;
}

std::vector<Field> call_fields() {
  return {text("name", "Of the tool", defaults::kMaxToolNameLength),
          text("toolName", "The same", defaults::kMaxToolNameLength),
          {.name = "args", .type = Field::Type::any, .description = "An object that fits the tool's schema"},
          {.name = "arguments", .type = Field::Type::any, .description = "The same"}};
}

std::vector<Parameter> tool_filters() {
  return {text_parameter("category", "Of this one alone"), text_parameter("source", "builtin, custom, mcp or plugin")};
}

std::vector<Parameter> log_filters() {
  return {integer_parameter("limit", "How many to answer", 50, 1, defaults::kMaxListLimit),
          integer_parameter("offset", "How many to leave out", 0, 0, kMostCallsSkipped),
          text_parameter("tool", "Of this tool"),
          text_parameter("toolName", "The same"),
          text_parameter("userId", "For this account or person, by number"),
          text_parameter("groupId", "Asked for in this group of a platform")};
}

void tool_routes(RouteTable& table, Tools& tools) {
  using P = Tools;
  constexpr const char* kFailures =
      "TOOL_NOT_FOUND, TOOL_DISABLED (switched off, or dangerous where those are not allowed), INVALID_ARGS, "
      "EXECUTION_ERROR. Every call of a tool that there is stands in the log.";
  table.tag("ChatAI: tools");
  table.get("/api/tools", A::admin, to(tools, &P::list), "Tools, the house's own first")
      .query(tool_filters())
      .answers(OK(R"({"tools":[)" TOOL R"(],"count":1,"categories":{"time":)" CATEGORY "}}"));
  table.get("/api/tools/list", A::admin, to(tools, &P::list_alone), "The same, as an array alone")
      .query(tool_filters())
      .answers(OK("[" TOOL "]"));
  table.post("/api/tools/call", A::admin, to(tools, &P::call), "Call a tool")
      .takes(call_fields())
      .answers(OK(CALLED))
      .note(kFailures);
  table.post("/api/tools/{tool}/execute", A::admin, to(tools, &P::call), "Call a tool")
      .takes(call_fields())
      .answers(OK(CALLED))
      .note(kFailures);
  table.post("/api/tools/test", A::admin, to(tools, &P::test), "Call a tool; a failure is an answer as well")
      .takes(call_fields())
      .answers(OK(R"({"toolName":"current_time","arguments":{},"result":{)" RESULT
                  R"(},"duration":1,"success":true,"id":"AbCdEfGhIjKlMnOp"})"));
  table.put("/api/tools/{tool}/toggle", A::admin, to(tools, &P::toggle), "Switch a tool on or off")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"name":"current_time","tool":"current_time","enabled":false})"));
  table.put("/api/tools/category/{category}/toggle", A::admin, to(tools, &P::toggle_category), "Switch a category")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"category":"time","enabled":false})"));
  constexpr const char* kSwitches =
      R"({"enabled":true,"enabledCategories":["time"],"disabledCategories":[],"disabledTools":[],"dangerousTools":[],)"
      R"("allowDangerous":false})";
  table.get("/api/tools/builtin/config", A::admin, to(tools, &P::builtin_config), "The switches")
      .answers(std::string(R"({"success":true,"data":)") + kSwitches + "}");
  table.put("/api/tools/builtin/config", A::admin, to(tools, &P::change_builtin_config), "Set the switches")
      .takes({flag("enabled", "Of all tools"), array("enabledCategories", "All others are off"),
              array("disabledTools", "By name")})
      .answers(std::string(R"({"success":true,"data":)") + kSwitches + "}");
  table.get("/api/tools/dangerous", A::admin, to(tools, &P::dangerous), "What is dangerous")
      .answers(
          OK(R"({"allowDangerous":false,"dangerousTools":[],"adminOnlyTools":[],"dangerousNow":["send_message"]})"))
      .note("`dangerousTools` are named here; `dangerousNow` has those that say it of themselves as well.");
  table.put("/api/tools/dangerous", A::admin, to(tools, &P::change_dangerous), "Say what is dangerous")
      .takes({flag("allowDangerous", "Models and people may call them"), array("dangerousTools"),
              array("adminOnlyTools", "For administrators of the bots")})
      .answers(
          OK(R"({"allowDangerous":true,"dangerousTools":[],"adminOnlyTools":[],"dangerousNow":["send_message"]})"));
  table.post("/api/tools/reload", A::admin, to(tools, &P::reload), "Nothing to do: counts what there is, by source")
      .answers(OK(R"({"builtin":3,"custom":0,"mcp":0,"plugin":0})"));
  table.get("/api/tools/builtin/list", A::admin, to(tools, &P::list_builtin), "The house's own tools")
      .answers(OK("[" TOOL "]"));
  table.get("/api/tools/builtin/categories", A::admin, to(tools, &P::categories), "Categories")
      .answers(OK("[" CATEGORY "]"));
  for (const std::string base : {"/api/tools/builtin", "/api/skills"}) {
    table.post(base + "/enable-all", A::admin, to(tools, &P::enable_all), "Switch every tool on")
        .answers(OK(R"({"success":true,"enabledCount":1})"));
    table.post(base + "/disable-all", A::admin, to(tools, &P::disable_all), "Switch every tool off that there is")
        .answers(OK(R"({"success":true,"disabledCount":3})"));
  }
  table.get("/api/tools/stats", A::admin, to(tools, &P::stats), "How many there are").answers(OK(COUNTS));
  auto filters = log_filters();
  filters.push_back(text_parameter("success", "true or false"));
  table.get("/api/tools/logs", A::admin, to(tools, &P::logs), "The tool log, newest first")
      .query(filters)
      .answers(OK(R"({"logs":[)" TOOL_CALL R"(],"total":1})"))
      .note("Calls that models, people, programs and plugins made, of a day and of years ago.")
      .elsewhere();
  table.del("/api/tools/logs", A::admin, to(tools, &P::clear_logs), "Refused: the log is the event log")
      .answers("{}")
      .note("409 LOG_IS_PERMANENT. To delete a user makes what they asked unreadable for good.");
  table.get("/api/tools/{tool}", A::admin, to(tools, &P::show), "One tool").answers(OK(TOOL));
  for (const std::string base : {"/api/stats", "/api/system/stats"})
    for (const char* path : {"/tools", "/tool-calls"})
      table.get(base + path, A::admin, to(tools, &P::figures), "By tool, most calls first; and by day, UTC")
          .query({text_parameter("period", "day, week, month or all; default: day"),
                  integer_parameter("limit", "How many to answer", 50, 1, defaults::kMaxListLimit)})
          .answers(OK(R"({"tools":[{"tool":"current_time","toolName":"current_time",)" TOOL_FIGURES
                      R"(}],"summary":{)" TOOL_FIGURES R"(},"daily":[{"date":"2026-01-31",)" TOOL_FIGURES "}]}"));
  table.get("/api/stats/tool-calls/records", A::admin, to(tools, &P::logs), "The tool log")
      .query(filters)
      .answers(OK(R"({"logs":[)" TOOL_CALL R"(],"total":1})"))
      .elsewhere();
  table.get("/api/stats/tool-calls/errors", A::admin, to(tools, &P::errors), "Of the tool log, what failed")
      .query(log_filters())
      .answers(OK(R"({"logs":[)" TOOL_CALL R"(],"total":1})"))
      .elsewhere();
  table.get("/api/stats/tool-calls/record/{call}", A::admin, to(tools, &P::log_record), "One call")
      .answers(OK(TOOL_CALL));
}

void custom_tool_routes(RouteTable& table, CustomTools& tools) {
  using P = CustomTools;
  const std::vector<Field> fields = {
      text("name", "Letters, digits, `_` and `-`; unique among all tools", defaults::kMaxToolNameLength),
      text("description", "What models are told", defaults::kMaxToolDescriptionBytes),
      object("parameters", "JSON Schema of the arguments; also `inputSchema`"),
      text("code", "Lua 5.4; also `handler` or `source`", defaults::kMaxCustomToolBytes),
      flag("dangerous", "Called only where dangerous tools are allowed"),
      flag("enabled", "Default: true")};
  constexpr const char* kNote =
      "The code is the body of a Lua function: the arguments are the table `args`, and what it returns is the result "
      "(a "
      "text, or what can be JSON); `nil` and a text say why it failed. It runs in a state of the call's own, without "
      "files, processes, network or the house, and with limits of memory, instructions and time. What does not compile "
      "is refused with its line.";
  table.tag("ChatAI: custom tools");
  table.get("/api/tools/custom", A::admin, to(tools, &P::list), "Tools in Lua, oldest first")
      .answers(OK("[" CUSTOM_TOOL "]"));
  table
      .post(
          "/api/tools/custom", A::admin, [&tools](const CallPtr& call) { tools.add(call); }, "Add a tool in Lua")
      .uploads(defaults::kMaxCustomToolUploadBytes, fields, [&tools](const Call& call) { return tools.sink(call); })
      .answers(OK(CUSTOM_TOOL))
      .status(201)
      .note(std::string(kNote) +
            " JSON, or a form: the fields, and a `file`, `name.lua` with the code or `name.json` with the fields. 409 "
            "TOOL_EXISTS where a tool has the name.");
  table.get("/api/tools/custom/{tool}", A::admin, to(tools, &P::show), "One of them").answers(OK(CUSTOM_TOOL));
  table.put("/api/tools/custom/{tool}", A::admin, to(tools, &P::change), "Change it")
      .takes(fields)
      .answers(OK(CUSTOM_TOOL))
      .note(kNote);
  table.del("/api/tools/custom/{tool}", A::admin, to(tools, &P::remove), "Remove it")
      .answers(R"({"success":true,"data":null})");
}

std::vector<Field> server_fields() {
  return {text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
          object("config", "The fields below, which may stand beside it instead"),
          text("type", "stdio, npx, npm, http or sse; else by the address, package or command"),
          text("command", "Of stdio: a program that `--mcp-command` names, by its path or its name"),
          array("args"),
          object("env", "Stored sealed; shown by its names. `****` keeps the value that is there"),
          text("package", "Of npx"),
          text("url", "Of http and sse", defaults::kMaxBaseUrlLength),
          object("headers", "As `env`"),
          integer("timeout", 1, 600'000, "Of one call, in milliseconds; default: 30000"),
          flag("enabled", "Default: true")};
}

void mcp_routes(RouteTable& table, McpServers& servers, const std::string& base) {
  using P = McpServers;
  const std::string one = base + "/{server}";
  table.get(base, A::admin, to(servers, &P::list), "Servers, oldest first")
      .answers(OK(R"({"servers":[)" SERVER R"(],"total":1})"));
  table.post(base, A::admin, to(servers, &P::add), "Add a server, or set up anew the one of that name")
      .takes(server_fields())
      .answers(OK(SERVER))
      .status(201)
      .creates()
      .note("200 where it was there. It is connected from then on, while it is enabled.");
  table.get(one, A::admin, to(servers, &P::show), "One server, with its tools").answers(OK(SERVER));
  table.del(one, A::admin, to(servers, &P::remove), "Remove a server").answers(R"({"success":true,"data":null})");
  constexpr const char* kCodes = "SERVER_NOT_FOUND, ALREADY_CONNECTED, CONNECTION_FAILED, TIMEOUT.";
  table.post(one + "/connect", A::admin, to(servers, &P::connect), "Connect it").answers(OK(SERVER)).note(kCodes);
  table.post(one + "/disconnect", A::admin, to(servers, &P::disconnect), "Disconnect it, until it is asked for again")
      .answers(OK(SERVER));
  for (const char* again : {"/reconnect", "/reload"})
    table.post(one + again, A::admin, to(servers, &P::reconnect), "Connect it anew").answers(OK(SERVER)).note(kCodes);
}

void mcp_routes(RouteTable& table, McpServers& servers) {
  using P = McpServers;
  table.tag("ChatAI: MCP");
  mcp_routes(table, servers, "/api/mcp/servers");
  table.put("/api/mcp/servers/{server}", A::admin, to(servers, &P::change), "Change a server")
      .takes(server_fields())
      .answers(OK(SERVER));
  table.post("/api/mcp/connect", A::admin, to(servers, &P::connect_any), "Connect a server")
      .takes({text("name"),
              {.name = "server", .type = Field::Type::any, .description = "A name, or a configuration"},
              object("config")})
      .answers(OK(SERVER))
      .note("By its name; or by a whole configuration, which is kept as if it were added.");
  table.post("/api/mcp/servers/reconnect-all", A::admin, to(servers, &P::reconnect_all), "Connect all anew")
      .answers(OK(R"({"success":1,"failed":0,"total":1,"errors":[]})"));
  table.post("/api/mcp/import", A::admin, to(servers, &P::import_all), "Add servers by a configuration file")
      .takes(requiring({"mcpServers"}, {object("mcpServers", "By their names")}))
      .answers(OK(R"({"success":1,"failed":0,"total":1,"errors":[]})"))
      .note("Those of a known name are set up anew. What is wrong with one does not keep the others out.");
  table.get("/api/mcp/servers/{server}/tools", A::admin, to(servers, &P::tools), "Its tools, as it lists them")
      .answers(OK(R"({"tools":[{"name":"echo","description":"Echoes","inputSchema":{"type":"object"}}],"count":1})"));
  table.get("/api/mcp/servers/{server}/resources", A::admin, to(servers, &P::resources), "Its resources")
      .answers(OK(RESOURCES));
  table.get("/api/mcp/servers/{server}/prompts", A::admin, to(servers, &P::prompts), "Its prompts")
      .answers(OK(PROMPTS));
  const Parameter server = text_parameter("server", "Of this one; default: of all that are connected");
  table.get("/api/mcp/resources", A::admin, to(servers, &P::all_resources), "Resources, or what one holds")
      .query({server, text_parameter("uri", "Of the one to read; needs `server`")})
      .answers(OK(RESOURCES));
  table.post("/api/mcp/resources/read", A::admin, to(servers, &P::read_resource), "What a resource holds")
      .takes({text("serverName", "Also `server`"), required("uri", {}, defaults::kMaxBaseUrlLength)})
      .answers(OK(R"({"content":"hello","mimeType":"text/plain","encoding":"utf-8","contents":[]})"))
      .only_reads();
  table.get("/api/mcp/prompts", A::admin, to(servers, &P::all_prompts), "Prompts").query({server}).answers(OK(PROMPTS));
  table.post("/api/mcp/prompts/get", A::admin, to(servers, &P::get_prompt), "A prompt with its arguments filled in")
      .takes({text("serverName", "Also `server`"), required("name"), object("args")})
      .answers(OK(R"({"description":"Reviews","messages":[{"role":"user","content":{"type":"text","text":"Look"}}]})"))
      .only_reads();
  table.get("/api/mcp/sse", A::admin, to(servers, &P::stream), "What becomes of servers, as server-sent events")
      .answers("{}")
      .streams(R"({"type":"connected","server":"files","status":"connected","toolCount":4})")
      .note("First how each stands; then connecting, connected, disconnected, error and tools_updated.");
}

#define MEMORY                                                                                                \
  R"({"id":41,"userId":"10001","groupId":null,"category":"preference","subType":null,"content":"Likes tea",)" \
  R"("confidence":0.9,"source":"manual","metadata":{},"createdAt":1769860800000,"updatedAt":1769860800000,)"  \
  R"("isActive":true})"
#define FORGOTTEN R"({"success":true,"deletedCount":3})"
#define MEMORY_COUNTS R"("byCategory":{"preference":3},"categories":{"preference":"Preferences"})"

constexpr const char* kIds =
    "`userId` and `groupId` are the ids that platforms have given; where people of several platforms have the same "
    "one, "
    "`<platform>:<id>`, with the platform's name or id. `account:7` is the house's own number, of an account or of one "
    "whom bots have met.";
constexpr const char* kForgets =
    "There is no way back: the keys that seal what is forgotten are thrown away, so that nobody can read it any more, "
    "in "
    "the log either or in a later backup. What was said in conversations stays there. `hard` is accepted, and makes no "
    "difference.";

std::vector<Field> fact_fields() {
  return {
      {.name = "groupId", .type = Field::Type::any, .description = "Where it was learned; none: it holds everywhere"},
      text("content", "One fact", defaults::kMaxFactLength),
      text("category", "profile, preference, event, relation, topic or custom (the default)"),
      text("subType", {}, defaults::kMaxFactSubTypeLength),
      number("confidence", 0, 1, "Default: 0.9"),
      object("metadata")};
}

void memory_routes(RouteTable& table, Memories& memories) {
  using P = Memories;
  const Field user_field = {.name = "userId", .type = Field::Type::any, .description = "Of whom"};
  const Field group_field = {.name = "groupId", .type = Field::Type::any, .description = "In which group"};
  const Parameter user = text_parameter("userId", "Of whom"), group = text_parameter("groupId", "In which group");
  const Parameter query = text_parameter("query", "What to look for");
  const Parameter hard = text_parameter("hard", "Makes no difference");
  const auto limit = [](long long fallback) {
    return integer_parameter("limit", "How many to answer", fallback, 1, defaults::kMaxFactsOfSubject);
  };
  auto with_user = fact_fields();
  with_user.push_back(user_field);
  table.tag("ChatAI: memory");
  for (const std::string base : {"/api/memory", "/api/memories"}) {
    table.get(base + "/users", A::admin, to(memories, &P::users), "Of whom something is remembered")
        .query({limit(100), integer_parameter("offset", "How many to leave out", 0, 0, 1'000'000'000)})
        .answers(
            OK(R"([{"userId":"10001","name":"Ann","count":3,"lastUpdate":1769860800000,"categories":["topic"]}])"));
    table.get(base + "/stats", A::admin, to(memories, &P::stats), "How much is remembered")
        .answers(OK(R"({"total":3,"users":1,)" MEMORY_COUNTS "}"));
    table.get(base + "/categories", A::admin, to(memories, &P::categories), "What a memory may be about")
        .answers(OK(R"([{"key":"preference","name":"Preferences","label":"Preferences"}])"));
    table.get(base + "/search", A::admin, to(memories, &P::search), "Search")
        .query({query, user, group, text_parameter("category", "Of one category"), limit(20)})
        .answers(OK("[" MEMORY "]"));
    table.post(base + "/search", A::admin, to(memories, &P::search), "Search, by meaning where a channel makes vectors")
        .takes({required("query", {}, defaults::kMaxQueryLength), user_field, group_field, text("category"),
                integer("limit", 1, defaults::kMaxFactsOfSubject, "Default: 20")})
        .answers(OK("[" MEMORY "]"))
        .note(kIds)
        .only_reads();
    table.get(base + "/user/{user}", A::admin, to(memories, &P::of_user), "What is remembered of somebody")
        .query({text_parameter("format", "tree (by category, the default) or list"), group})
        .answers(OK(R"({"preference":{"label":"Preferences","items":[)" MEMORY R"(],"count":1}})"))
        .note(kIds)
        .elsewhere();
    table
        .get(base + "/user/{user}/stats", A::admin, to(memories, &P::stats_of_user),
             "How much is remembered of somebody")
        .answers(OK(R"({"userId":"10001","total":3,)" MEMORY_COUNTS R"(,"lastUpdate":1769860800000})"));
    table
        .get(base + "/user/{user}/category/{category}", A::admin, to(memories, &P::category_of_user),
             "What is remembered of somebody in one category")
        .answers(OK("[" MEMORY "]"))
        .elsewhere();
    table.post(base + "/user/{user}", A::admin, to(memories, &P::add), "Remember something of somebody")
        .takes(requiring({"content"}, fact_fields()))
        .answers(OK(MEMORY))
        .status(201)
        .creates()
        .note(
            "What says nearly the same of the same person, group and category is brought up to date; then `merged` is "
            "true.");
    table
        .post(base + "/user/{user}/summarize", A::admin, to(memories, &P::summarize), "Merge what says nearly the same")
        .takes({flag("useLLM", "Not supported: a model has no part in it")})
        .answers(OK(R"({"success":true,"method":"merge","mergedCount":1,"total":2})"));
    table.post(base + "/merge/{user}", A::admin, to(memories, &P::merge), "Merge what says nearly the same")
        .answers(OK(R"({"success":true,"method":"merge","mergedCount":1,"total":2})"));
    table.del(base + "/user/{user}", A::admin, to(memories, &P::remove_of_user), "Forget all of somebody, for good")
        .query({hard})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
    table
        .get(base + "/group/{group}", A::admin, to(memories, &P::of_group),
             "What is remembered of a group, and what was learned in it")
        .query({limit(100)})
        .answers(OK("[" MEMORY "]"))
        .elsewhere();
    table.post(base + "/batch", A::admin, to(memories, &P::add_many), "Remember several things")
        .takes({array("memories", "Each with `userId` and what a memory has; at most 100")})
        .answers(OK(R"({"total":1,"saved":1,"failed":0,"results":[{"success":true,"id":41,"merged":false}]})"));
    table.del(base + "/clear-all", A::admin, to(memories, &P::remove_all), "Forget everything of everybody, for good")
        .query({text_parameter("confirm", "true, or nothing is forgotten")})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
    table.get(base + "/{memory_id}", A::admin, to(memories, &P::show), "One memory").answers(OK(MEMORY));
    table.put(base + "/{memory_id}", A::admin, to(memories, &P::change), "Change a memory")
        .takes(fact_fields())
        .answers(OK(MEMORY))
        .note("Whom it is about and where it was learned cannot be changed.");
  }
  for (const std::string base : {"/api/memory", "/api/memories", "/api/chat/memories"}) {
    table.get(base, A::admin, to(memories, &P::list), "What is remembered of somebody, newest first, or fits a query")
        .query({user, group, query, limit(20)})
        .answers(OK("[" MEMORY "]"))
        .note(kIds);
    table.post(base, A::admin, to(memories, &P::add), "Remember something of somebody")
        .takes(requiring({"content"}, with_user))
        .answers(OK(MEMORY))
        .status(201)
        .creates();
    table.del(base, A::admin, to(memories, &P::remove_of_user), "Forget all of somebody, for good")
        .query({user})
        .takes({user_field})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
    table.del(base + "/{memory_id}", A::admin, to(memories, &P::remove), "Forget a memory for good")
        .query({hard})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
  }
  table
      .del("/api/contacts/{contact}", A::admin, to(memories, &P::forget_contact),
           "Forget a person or group of a platform wholly, for good")
      .query({text_parameter("type", "user (the default) or group"),
              text_parameter("confirm", "true, or nothing is forgotten")})
      .answers(R"({"success":true,"data":{"success":true},"message":"Contact forgotten"})")
      .note(
          "With the key of the contact goes all that it ever said to bots, and all that is remembered of it. Should it "
          "speak again, it is met anew. An account is deleted elsewhere.");
}

void skill_routes(RouteTable& table, Live& live, Skills& skills, Tools& tools, McpServers& servers) {
  table.tag("ChatAI: skills");
  table.get("/api/skills/status", A::admin, to(skills, &Skills::status), "Servers, figures and categories")
      .answers(OK(R"({"servers":[)" SERVER R"(],"stats":)" COUNTS R"(,"categories":[)" CATEGORY
                  R"(],"timestamp":1769860800000})"));
  table.get("/api/skills/tools", A::admin, to(skills, &Skills::list), "Tools")
      .query({text_parameter("includeBuiltin", "false: without the house's own"),
              text_parameter("includeMcp", "false: without those of servers")})
      .answers(OK(R"({"count":1,"tools":[)" TOOL "]}"));
  for (const std::string base : {"/api/tools", "/api/skills/tools"})
    table.get(base + "/by-source", A::admin, to(tools, &Tools::list_by_source), "Tools by where they come from")
        .query(tool_filters())
        .answers(OK(R"({"builtin":[)" TOOL R"(],"custom":[],"mcp":[],"plugin":[]})"));
  table.get("/api/skills/tools/{tool}/detail", A::admin, to(tools, &Tools::show), "One tool").answers(OK(TOOL));
  table.post("/api/skills/execute", A::admin, to(tools, &Tools::execute), "Call a tool; a failure is an answer as well")
      .takes(call_fields())
      .answers(OK("{" RESULT R"(,"toolName":"current_time","duration":1,"id":"AbCdEfGhIjKlMnOp"})"));
  table.post("/api/skills/execute/batch", A::admin, to(tools, &Tools::execute_batch), "Call several tools side by side")
      .takes(requiring({"calls"}, {array("calls", "Each with `toolName` and `args`")}))
      .answers(OK(R"({"results":[{"toolName":"current_time","success":true,"result":{)" RESULT
                  R"(},"isError":false,"duration":1,"id":"AbCdEfGhIjKlMnOp"}],"count":1})"));
  auto found_by = tool_filters();
  found_by.push_back(text_parameter("q", "Words of their names and descriptions"));
  found_by.push_back(integer_parameter("limit", "How many to answer", 20, 1, defaults::kMaxListLimit));
  table.get("/api/skills/search", A::admin, to(skills, &Skills::search), "Find tools, the best first")
      .query(found_by)
      .answers(OK(R"({"tools":[)" TOOL R"(],"count":1})"));
  table.get("/api/skills/discover", A::admin, to(skills, &Skills::discover), "What can be called now, by category")
      .answers(OK(R"({"categories":[)" CATEGORY R"(],"timestamp":1769860800000})"));
  table.post("/api/skills/recommend", A::admin, to(skills, &Skills::recommend), "Tools for what is to be done")
      .takes({required("context", "In words", defaults::kMaxQuestionLength),
              integer("limit", 1, defaults::kMaxListLimit, "Default: 5")})
      .answers(OK(R"({"recommendations":[)" TOOL R"(],"tools":[],"count":1})"))
      .only_reads();
  table.get("/api/skills/categories", A::admin, to(tools, &Tools::categories), "Categories")
      .answers(OK("[" CATEGORY "]"));
  table.post("/api/skills/categories/{category}/toggle", A::admin, to(tools, &Tools::toggle_category), "Switch one")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"category":"time","enabled":false})"));
  table.post("/api/skills/toggle-category", A::admin, to(tools, &Tools::toggle_category), "The same")
      .takes(switch_fields({"category"}))
      .answers(OK(R"({"success":true,"category":"time","enabled":false})"));
  table.post("/api/skills/tools/{tool}/toggle", A::admin, to(tools, &Tools::toggle), "Switch a tool on or off")
      .takes(switch_fields({}))
      .answers(OK(R"({"success":true,"name":"current_time","tool":"current_time","enabled":false})"));
  table.post("/api/skills/toggle-tool", A::admin, to(tools, &Tools::toggle), "The same")
      .takes(switch_fields({"toolName"}))
      .answers(OK(R"({"success":true,"name":"current_time","tool":"current_time","enabled":false})"));
  table
      .post("/api/skills/reload", A::admin, to(tools, &Tools::reload), "Nothing to do: counts what there is, by source")
      .answers(OK(R"({"builtin":3,"custom":0,"mcp":0,"plugin":0})"));
  table.get("/api/skills/stats", A::admin, to(tools, &Tools::stats), "How many there are").answers(OK(COUNTS));
  mcp_routes(table, servers, "/api/skills/mcp/servers");
  table.get("/api/skills/sse", A::admin, to(live, &Live::stream), "What happens now, as server-sent events")
      .answers("{}")
      .streams(R"({"type":"channel-changed","id":"AbCdEfGhIjKl","name":"main","timestamp":1769860800000})")
      .note(
          "Events have no name and a `type` inside: first `connected`, then what is added, changed and removed of "
          "channels, presets, platforms, plugins, servers, tools and the configuration; tool-executed, tool-toggled, "
          "category-toggled, batch-executed, tools-reloaded, server-connecting, server-connected, "
          "server-disconnected, server-error and server-updated; and `heartbeat` every 15 seconds. "
          "After a break `Last-Event-ID` brings what was missed, or `complete` is false in `connected`.");
}

#define LIMITS R"({"dailyGroupLimit":100,"dailyUserLimit":10,"limitMessage":"今日的使用次数已用完，请明天再来。"})"
#define GROUP_CHANNEL                                                                                                 \
  R"({"hasChannel":true,"adapterType":"openai","baseUrl":"https://api.openai.com/v1","apiKey":"****wxyz","apiKeys":)" \
  R"(["****wxyz"],"models":["gpt-4o-mini"]})"
#define TRIGGERS R"({"prefix":["#chat"],"at":true,"keyword":null,"keywords":null,"random":null,"randomRate":null})"
#define GROUP_TOOLS                                                                                        \
  R"({"enabled":true,"allowedTools":[],"blockedTools":["send_message"],"disabledTools":["send_message"],)" \
  R"("disabledCategories":[]})"
#define GROUP                                                                                                        \
  R"({"groupId":"456","groupName":"friends","hasCustomConfig":true,"enabled":true,"systemPrompt":"","presetId":"",)" \
  R"("triggerMode":"default","customPrefix":"","triggers":)" TRIGGERS R"(,"toolsEnabled":true,"tools":)" GROUP_TOOLS \
  R"(,"memory":{"enabled":null},"rateLimit":{"enabled":false,"maxRequests":10,"windowSeconds":60},"models":)"        \
  R"({"chat":""},"listMode":"none","blacklist":[],"whitelist":[],"usageLimit":)" LIMITS                              \
  R"(,"independentChannel":{"hasChannel":false}})"
#define GROUP_USE                                                                                                      \
  R"({"groupId":"456","date":"2026-01-31","groupCount":3,"dailyGroupLimit":100,"dailyUserLimit":10,"groupRemaining":)" \
  R"(97,"topUsers":[{"userId":"123","nickname":"Ada","count":3}],"totalUsers":1})"
#define USERS_LISTED R"({"listMode":"blacklist","blacklist":["123"],"total":1})"

constexpr const char* kGroupNote =
    "A part of it is enough; null is as the bots' settings have it, where a field may be null. A group may ask for "
    "less than the bots' settings allow, never for more: of two rates, the fewer messages in the longer window count. "
    "What the bots' administrators set here of `enabled`, limits, the black list and blocked tools holds: 403 for a "
    "group's administrator who loosens it. What no group of this server has (`bym`, `imageGen`, `summary`, `events`, "
    "`knowledgeIds` and others) is refused by its name unless it asks for nothing. All that is set of a group is at "
    "most 64 KB of JSON.";

std::vector<Field> group_fields() {
  return {text("systemPrompt", "In place of the preset's", defaults::kMaxQuestionLength),
          {.name = "presetId", .type = Field::Type::any, .description = "Id or name; empty: the group's own is none"},
          flag("enabled", "No: the bot answers commands only"),
          text("triggerMode", "default, at, prefix, both, keyword, random or none"),
          text("customPrefix"),
          object("triggers", "`prefix`, `at`, `keyword`, `keywords`, `random`, `randomRate`"),
          object("tools", "`enabled`, `allowedTools`, `blockedTools`, `disabledCategories`"),
          object("memory", "`enabled`"),
          object("rateLimit", "`enabled`, `maxRequests`, `windowSeconds`"),
          text("listMode", "none, blacklist or whitelist"),
          array("blacklist", "Ids of users on the platform"),
          array("whitelist"),
          object("usageLimit", "`dailyGroupLimit`, `dailyUserLimit` (0: none), `limitMessage`"),
          object("models", "`chat`")};
}

void group_admin_routes(RouteTable& table, GroupAdmin& group) {
  using P = GroupAdmin;
  constexpr auto kAccess = A::group_admin;
  const std::string base = "/api/group-admin";
  const std::vector<Field> user = {
      {.name = "userId", .type = Field::Type::any, .required = true, .description = "Of the platform"}};
  table.tag("ChatAI: group administration");
  table.post(base + "/login", A::anyone, to(group, &P::log_in), "Log in by a code of the bot's")
      .takes({text("code", "Of `#群管理面板`", 64)})
      .answers(OK(R"({"token":"grp_…","groupId":"456","groupName":"friends","userId":"123","expiresIn":86400})"))
      .note(
          "The bot hands codes to a group's owner and administrators, in private. Each is good once, for 5 minutes. "
          "The "
          "token opens this group and nothing else, as a bearer token only.")
      .rate(kGroupLogIns);
  table.post(base + "/logout", kAccess, to(group, &P::log_out), "Log out: ends the login").answers(DONE("Logged out"));
  table.get(base + "/verify", kAccess, to(group, &P::verify), "Whether the token is good")
      .answers(OK(R"({"valid":true,"groupId":"456","groupName":"friends","userId":"123","expiresAt":1769947200000})"));
  table.get(base + "/config", kAccess, to(group, &P::show), "The group's settings, and what they may be")
      .answers(OK(GROUP));
  table.put(base + "/config", kAccess, to(group, &P::change), "Change the group's settings")
      .takes(group_fields())
      .answers(OK(GROUP))
      .note(kGroupNote);
  table.get(base + "/presets", kAccess, to(group, &P::show_presets), "Presets to choose from")
      .answers(OK(R"([{"id":"AbCdEfGhIjKl","name":"helper","description":"Helps"}])"));
  table.get(base + "/channels", kAccess, to(group, &P::show_channels), "Names of channels")
      .answers(OK(R"([{"name":"main"}])"));
  for (const bool white : {false, true}) {
    const std::string list = base + (white ? "/whitelist" : "/blacklist");
    table.get(list, kAccess, to(group, white ? &P::show_whitelist : &P::show_blacklist), "The list")
        .answers(OK(USERS_LISTED));
    table.put(list, kAccess, to(group, white ? &P::set_whitelist : &P::set_blacklist), "Replace the list")
        .takes({array(white ? "whitelist" : "blacklist"), text("listMode")})
        .answers(OK(USERS_LISTED));
    table
        .post(list + "/add", kAccess, to(group, white ? &P::add_to_whitelist : &P::add_to_blacklist),
              "Put a user on it")
        .takes(user)
        .answers(OK(USERS_LISTED));
    table
        .post(list + "/remove", kAccess, to(group, white ? &P::remove_from_whitelist : &P::remove_from_blacklist),
              "Take a user off it")
        .takes(user)
        .answers(OK(USERS_LISTED));
  }
  table.get(base + "/usage-limit", kAccess, to(group, &P::show_limits), "How much may be asked a day")
      .answers(OK(LIMITS));
  table.put(base + "/usage-limit", kAccess, to(group, &P::set_limits), "Change how much may be asked a day")
      .takes({integer("dailyGroupLimit", 0, defaults::kMaxDailyLimit),
              integer("dailyUserLimit", 0, defaults::kMaxDailyLimit),
              text("limitMessage", "Told once a day to whom a limit stops; empty: nothing is",
                   defaults::kMaxDescriptionLength)})
      .answers(OK(LIMITS));
  table.get(base + "/usage-stats", kAccess, to(group, &P::show_use), "What was asked today, UTC")
      .answers(OK(GROUP_USE));
  table.post(base + "/usage-stats/reset", kAccess, to(group, &P::reset_use), "Begin today's counts anew")
      .answers(OK(GROUP_USE))
      .note("403 where the limits are those of the bots' administrators.");
  table.get(base + "/channel", kAccess, to(group, &P::show_channel), "The group's own channel")
      .answers(OK(GROUP_CHANNEL));
  table.put(base + "/channel", kAccess, to(group, &P::set_channel), "Answer by a channel of the group's own")
      .takes({text("adapterType"), text("baseUrl", "On the internet, never near", defaults::kMaxBaseUrlLength),
              text("apiKey", "Stored sealed; `****` and its end stand for the key that is there, for the same baseUrl"),
              array("apiKeys"), array("models")})
      .answers(OK(GROUP_CHANNEL))
      .note(
          "It is sent what is said in the group, what was learned there and of it, and the prompt of the group or of "
          "its preset; neither the prompt of the bots nor what their administrators wrote down for everywhere. Its "
          "models call tools without the rights of administrators.");
  table.del(base + "/channel", kAccess, to(group, &P::remove_channel), "Answer by the house's channels again")
      .answers(OK(R"({"hasChannel":false})"));
  table.post(base + "/models/fetch", kAccess, to(group, &P::fetch_models), "Which models the group's channel has")
      .takes({text("adapterType"), text("baseUrl"), text("apiKey")})
      .answers(OK(R"({"models":["gpt-4o-mini"]})"));
}

void groups_routes(RouteTable& table, chatai::Groups& groups) {
  using P = chatai::Groups;
  const std::vector<Parameter> page = {integer_parameter("page", "From 1", 1, 1, 1'000'000),
                                       integer_parameter("limit", "How many to answer", 50, 1, defaults::kMaxListLimit),
                                       text_parameter("search", "In ids and names")};
  const std::string one = "/api/groups/{group_id}";
  table.tag("ChatAI: groups");
  table.get("/api/groups", A::admin, to(groups, &P::list), "Groups that the bots are in")
      .query({page[0], page[1]})
      .answers(OK(R"({"groups":[{"id":"456","name":"friends","memberCount":3,"enabled":true,"preset":"",)"
                  R"("hasCustomConfig":false}],"total":1,"page":1,"limit":50})"))
      .note(
          "Members are those who spoke. An id that groups of several platforms have is told apart by its platform's "
          "name: `qq:456`.")
      .elsewhere();
  table.post("/api/groups/batch", A::admin, to(groups, &P::change_many), "Change the settings of several groups")
      .takes({{.name = "groupIds", .type = Field::Type::array, .required = true},
              text("action", "update"),
              object("config")})
      .answers(OK(R"({"total":2,"updated":2,"success":2,"failed":0,"results":[{"groupId":"456","success":true}]})"));
  table.post("/api/groups/batch/toggle", A::admin, to(groups, &P::toggle_many), "Switch several groups on or off")
      .takes({{.name = "groupIds", .type = Field::Type::array, .required = true},
              {.name = "enabled", .type = Field::Type::boolean, .required = true}})
      .answers(OK(R"({"total":2,"updated":2,"success":2,"failed":0,"results":[{"groupId":"456","success":true}]})"));
  table.get(one + "/config", A::admin, to(groups, &P::show), "A group's settings").answers(OK(GROUP));
  table.put(one + "/config", A::admin, to(groups, &P::change), "Change a group's settings")
      .takes(group_fields())
      .answers(OK(GROUP))
      .note(kGroupNote);
  table.del(one + "/config", A::admin, to(groups, &P::reset), "A group as the bots' settings have it")
      .answers(OK(GROUP))
      .note("Its codes and logins end.");
  table.get(one + "/members", A::admin, to(groups, &P::members), "Who spoke in a group")
      .query(page)
      .answers(OK(R"({"members":[{"userId":"123","nickname":"Ada","role":null,"blocked":false,"lastActive":)"
                  R"(1769860800000}],"total":1,"page":1,"limit":50})"))
      .elsewhere();
  table.put(one + "/members/{user_id}", A::admin, to(groups, &P::change_member), "Hear somebody in a group, or not")
      .takes({{.name = "blocked", .type = Field::Type::boolean, .required = true}})
      .answers(OK(R"({"userId":"123","blocked":true})"));
  table.get(one + "/stats", A::admin, to(groups, &P::stats), "A group's figures, by day, UTC")
      .query({text_parameter("period", "day, week or month; default: day")})
      .answers(OK(R"({"groupId":"456","totalMessages":9,"aiResponses":3,"toolCalls":1,"activeUsers":1,"topUsers":)"
                  R"([{"userId":"123","nickname":"Ada","count":3}],"dailyStats":[{"date":"2026-01-31","messages":9,)"
                  R"("responses":3,"toolCalls":1}]})"));
  table.get(one + "/usage-stats", A::admin, to(groups, &P::use), "What was asked in a group today, UTC")
      .answers(OK(GROUP_USE));
  table.post(one + "/usage-stats/reset", A::admin, to(groups, &P::reset_use), "Begin a group's counts of today anew")
      .answers(OK(GROUP_USE));
  table.get(one + "/conversations", A::admin, to(groups, &P::conversations), "A group's conversations, newest first")
      .query({integer_parameter("limit", "How many to answer", 50, 1, defaults::kMaxListLimit)})
      .answers(OK(R"({"conversations":[{)" CONVERSATION R"(}],"total":1})"))
      .elsewhere();
  table.del(one + "/conversations", A::admin, to(groups, &P::clear_conversations), "Take back what was said in a group")
      .answers(OK(R"({"success":true,"deletedCount":1})"));
  table.get(one + "/presets", A::admin, to(groups, &P::presets), "Presets, and the group's own")
      .answers(OK(
          R"({"presets":[{"id":"AbCdEfGhIjKl","name":"helper","description":"Helps"}],"current":"","presetId":""})"));
  table.put(one + "/preset", A::admin, to(groups, &P::set_preset), "Choose a group's preset")
      .takes({text("presetId", "Id or name; empty: none of its own")})
      .answers(OK(GROUP));
  table.get(one + "/tools", A::admin, to(groups, &P::tools), "Which tools may be called in a group")
      .answers(OK(GROUP_TOOLS));
  table.put(one + "/tools", A::admin, to(groups, &P::set_tools), "Change which tools may be called in a group")
      .takes({flag("enabled"), array("allowedTools", "None: all that the house allows"), array("blockedTools")})
      .answers(OK(GROUP_TOOLS));
  table.get(one + "/triggers", A::admin, to(groups, &P::triggers), "What wakes the bot in a group")
      .answers(OK(TRIGGERS));
  table.put(one + "/triggers", A::admin, to(groups, &P::set_triggers), "Change what wakes the bot in a group")
      .takes({{.name = "prefix", .type = Field::Type::any},
              flag("at"),
              flag("keyword"),
              array("keywords"),
              {.name = "random", .type = Field::Type::any}})
      .answers(OK(TRIGGERS));
}

}  // namespace

std::vector<Route> ChatAi::make_routes(ChatAi& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  config_routes(table, self.config_);
  channel_routes(table, self.channels_);
  preset_routes(table, self.presets_);
  chat_routes(table, self.chat_);
  house_routes(table, self.house_);
  group_admin_routes(table, self.group_admin_);
  groups_routes(table, self.groups_);
  tool_routes(table, self.tools_);
  custom_tool_routes(table, self.custom_tools_);
  mcp_routes(table, self.mcp_servers_);
  memory_routes(table, self.memories_);
  skill_routes(table, self.live_, self.skills_, self.tools_, self.mcp_servers_);
  auto routes = std::move(table).take();
  for (Route& route : routes)
    if (!route.rate) route.rate = &kRequests;
  return routes;
}

}  // namespace troupe::http
