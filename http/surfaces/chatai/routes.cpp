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

#define CHANNEL                                                                                                                       \
  R"({"id":"AbCdEfGhIjKl","name":"main","adapterType":"openai","type":"openai","baseUrl":)"                                           \
  R"("https://api.openai.com/v1","apiKey":"****wxyz","apiKeys":["****wxyz"],"models":["gpt-4o-mini"],)"                               \
  R"("model":"gpt-4o-mini","embeddingModel":"","strategy":"failover","priority":100,"enabled":true,"status":"idle","testedAt":null,)" \
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
  return {text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
          word("adapterType", {"openai", "claude", "anthropic", "gemini"}, "Default: openai"),
          text("baseUrl", "http or https; default: the provider's own", defaults::kMaxBaseUrlLength),
          text("apiKey", "Stored sealed. `****` and its end stand for the key that is there"),
          array("apiKeys", "Several, tried in turn"),
          array("models", "The first is asked where nobody names one; none: anything may be asked for"),
          text("embeddingModel", "None: it makes no embeddings", defaults::kMaxModelNameLength),
          word("strategy", {"failover", "round-robin", "random", "least-used"},
               "Which key a request begins with; another is tried when it fails. Default: failover"),
          integer("priority", 0, defaults::kMaxProviderPriority, "The lowest is asked first; default: 100"),
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
          "It counts from the answer on. What no channel of this server has (weights, quotas, headers and "
          "paths of one's own, overrides) is refused by its name.");
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
      .note("The body is YAML or JSON: the preset itself, or in a field `content`.");
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

#define MEMORY                                                                                                \
  R"({"id":41,"userId":"10001","groupId":null,"category":"preference","subType":null,"content":"Likes tea",)" \
  R"("confidence":0.9,"source":"manual","metadata":{},"createdAt":1769860800000,"updatedAt":1769860800000,)"  \
  R"("isActive":true})"
#define FORGOTTEN R"({"success":true,"deletedCount":3})"
#define COUNTS R"("byCategory":{"preference":3},"categories":{"preference":"Preferences"})"

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
        .answers(OK(R"({"total":3,"users":1,)" COUNTS "}"));
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
        .answers(OK(R"({"userId":"10001","total":3,)" COUNTS R"(,"lastUpdate":1769860800000})"));
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

void skill_routes(RouteTable& table, Live& live) {
  table.tag("ChatAI: skills");
  table.get("/api/skills/sse", A::admin, to(live, &Live::stream), "What happens now, as server-sent events")
      .answers("{}")
      .streams(R"({"type":"channel-changed","id":"AbCdEfGhIjKl","name":"main","timestamp":1769860800000})")
      .note(
          "Events have no name and a `type` inside: first `connected`, then what is added, changed and removed of "
          "channels, presets, platforms, plugins, servers and the configuration, and `heartbeat` every 15 seconds. "
          "After a break `Last-Event-ID` brings what was missed, or `complete` is false in `connected`.");
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
  memory_routes(table, self.memories_);
  skill_routes(table, self.live_);
  auto routes = std::move(table).take();
  for (Route& route : routes)
    if (!route.rate) route.rate = &kRequests;
  return routes;
}

}  // namespace troupe::http
