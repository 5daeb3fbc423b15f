// Every endpoint of the PlexiChat API, on one page.
#include "http/route_table.hpp"
#include "http/surfaces/plexichat/plexichat.hpp"

namespace troupe::http {
namespace {

using A = Access;
using namespace plexichat;
using namespace std::chrono_literals;

// Strangers are told apart by their address, people by their account.
constexpr RateClass kAuthentication{"authentication", 10, 60s, RateClass::Per::address};
constexpr RateClass kOwnAccess{"own_access", 10, 60s, RateClass::Per::caller};
constexpr RateClass kAdministration{"administration", 200, 60s, RateClass::Per::caller};
constexpr RateClass kGeneral{"general", 600, 60s, RateClass::Per::caller};
constexpr RateClass kSearch{"search", 50, 60s, RateClass::Per::caller};
// An answer of a model takes more than a message; the same as the chat_v1 dialect has for it.
constexpr RateClass kAssistant{"assistant", 60, 60s, RateClass::Per::caller};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define TOKENS R"({"access_token":"eyJ…","token_type":"bearer","expires_in":1800,"refresh_token":"eyJ…"})"
#define USER                                                                                         \
  R"({"id":"user_1","username":"ada","email":"ada@example.org","display_name":"Ada Lovelace",)"      \
  R"("avatar_url":"https://example.org/ada.jpg","roles":["admin"],"permissions":["system.manage"],)" \
  R"("created_at":)" TIME R"(,"last_login":)" TIME R"(,"is_active":true,"preferences":{"theme":"dark"}})"

/// A handler of one of the surface's parts.
template <class Part>
Handler to(Part& part, void (Part::*handler)(const CallPtr&)) {
  return [&part, handler](const CallPtr& call) { (part.*handler)(call); };
}

void authentication_routes(RouteTable& table, Authentication& authentication) {
  using P = Authentication;
  table.tag("PlexiChat: authentication");
  table.post("/api/v1/auth/login", A::anyone, to(authentication, &P::log_in), "Log in")
      .takes({required("username", "Username or e-mail"), password("password"),
              flag("remember_me", "Refresh token and cookie live for 30 days instead of 7")})
      .answers(TOKENS)
      .note(
          "Also sets the cookie `plexichat_session`. Five wrong passwords within 15 minutes lock the account for as "
          "long: 423, ACCOUNT_LOCKED.")
      .rate(kAuthentication);
  table.post("/api/v1/auth/refresh", A::anyone, to(authentication, &P::refresh), "Get new tokens for a refresh token")
      .takes({required("refresh_token")})
      .answers(TOKENS)
      .note(
          "The refresh token is used up: it is replaced by the one in the answer. Presented again, it ends the login "
          "and all tokens that came of it.")
      .rate(kAuthentication);
  table
      .post("/api/v1/auth/logout", A::login, to(authentication, &P::log_out),
            "Log out: ends the login and all its tokens")
      .answers(R"({"message":"Logged out successfully"})")
      .rate(kOwnAccess);
}

void user_routes(RouteTable& table, Users& users) {
  using P = Users;
  table.tag("PlexiChat: users");
  table.get("/api/v1/users/me", A::login, to(users, &P::me), "My profile").answers(USER).rate(kGeneral);
  table.put("/api/v1/users/me", A::login, to(users, &P::update_me), "Change my profile")
      .takes({text("display_name", {}, defaults::kMaxProfileFieldLength), text("email", {}, defaults::kMaxEmailLength),
              text("avatar_url", "An http(s) URL, or a path on this server"),
              object("preferences", "Merged into what is there by name; null removes a name")})
      .answers(USER)
      .rate(kGeneral);
}

void assistant_routes(RouteTable& table, Assistant& assistant) {
  using P = Assistant;
  table.tag("PlexiChat: AI");
  table.post("/api/v1/ai/chat", A::login, to(assistant, &P::chat), "Ask a model, about a channel or at all")
      .takes(
          {required("message", "The question", defaults::kMaxQuestionLength),
           object("context",
                  "The channel that the question is about: `channel_id`; `time_range`, how far back it reaches (a "
                  "number and s, m, h, d or w, such as `24h` or `7d`; without it all messages count); `include_files`, "
                  "whether the model is told which files were attached"),
           text("provider", "One of the configured ones, or `echo`; without it, the first that answers"),
           text("model", "One of the provider's; without it, the provider's own")})
      .answers(R"({"response":"In the last week the team …","provider":"openai","model":"gpt-4",)"
               R"("usage":{"prompt_tokens":150,"completion_tokens":200,"total_tokens":350},"created_at":)" TIME "}")
      .note(
          "Each question stands alone: the model knows nothing of earlier ones. It is told the newest messages of the "
          "channel that fit, at most 100 and 32,000 bytes, as data that it must not take instructions from; only "
          "members may ask about a channel. The figures of `usage` are the provider's, or estimates where it sends "
          "none. Questions count in the statistics of the chat_v1 API, as all conversations with models do; only "
          "chats count as chats. Where no provider is configured, the provider `echo` answers and says that it is a "
          "stand-in. An unknown provider is 422, one that fails 502, one that is too slow 504. A question whose asker "
          "leaves is given up.")
      .rate(kAssistant);
  table.post("/api/v1/ai/search", A::login, to(assistant, &P::search), "Search by meaning")
      .takes(
          {required("query", {}, defaults::kMaxQueryLength),
           array("content_types", "`messages`, `files`, or both, as without it. Files are not indexed: none is found"),
           array("channels", "Channels to search, by id or name; without it all those of which you are a member"),
           number("similarity_threshold", 0, 1,
                  "What is less alike is left out. Without it: 0.7 for vectors, 0.3 for full text"),
           integer("limit", 1, defaults::kMaxSearchResults, "Without it: 10")})
      .answers(R"({"results":[{"type":"message","id":"msg_67108865","channel_id":"channel_1","user_id":"user_1",)"
               R"("content":"A tutorial on machine learning","similarity":0.83,"created_at":)" TIME R"(}],"total":1,)"
               R"("query":"machine learning tutorials","method":"vector","provider":"openai",)"
               R"("model":"text-embedding-3-small","complete":true})")
      .note(
          "The most alike first; `total` is how many were found, up to `limit`. Finds what stands in channels of which "
          "you are a member. `method` is `vector` where a provider makes embeddings: `similarity` is then the cosine "
          "between query and text (0 where it is negative), and `provider` and `model` say whose vectors they are. "
          "Else, "
          "and when that provider fails, it is `full_text`: `similarity` of the best text is the share of the query's "
          "words that it has, rare words counting more (BM25), and that of the others falls with their rank. Case, "
          "accents and width of letters do not matter. `complete` is false while messages are not in the index: just "
          "after a start, while vectors are being made, or because there are more than 200,000 messages, or more "
          "than 256 MiB hold: then the newest are found. With vectors, texts of all channels go to the provider.")
      .only_reads()
      .rate(kSearch);
}

#define BACKUP                                                                                                   \
  R"({"backup_id":"20260131T120000Z-3f9a01","status":"running","progress":42.5,"created_at":)" TIME              \
  R"(,"created_by":"user_1","completed_at":)" TIME R"(,"size_bytes":123456,"data_bytes":234567,)"                \
  R"("last_position":1234,"include_database":true,"include_files":true,"compression":"gzip","encryption":true,)" \
  R"("encrypted_with":"data-key","error":"the disk is nearly full",)"                                            \
  R"("verification":{"status":"none","progress":0.0,"verified_at":)" TIME R"(},"available":false})"

void admin_routes(RouteTable& table, Admin& admin) {
  using P = Admin;
  table.tag("PlexiChat: administration");
  table.get("/api/v1/admin/system/status", A::admin, to(admin, &P::status), "How the system is, in measured figures")
      .answers(R"({"status":"healthy","version":"0.1.0","uptime":86400,)"
               R"("database":{"status":"connected","connections":5,"pool_size":4352},)"
               R"("cache":{"status":"connected","memory_usage":"45%","hit_rate":0.95},)"
               R"("security":{"encryption_status":"active","threat_level":"low","last_security_scan":)" TIME R"(},)"
               R"("performance":{"cpu_usage":25.5,"memory_usage":60.2,"disk_usage":45.8,"response_time_ms":0.4}})")
      .note(
          "`status`: `unhealthy` when the journal has failed, `degraded` when the disk or the memory is more than 90 % "
          "in use or the threat level is high, else `healthy`. `uptime`: seconds. `database` is embedded, so it has no "
          "connections of its own: `connections` is the number of writes and long reads that are waiting for it or "
          "under way, and `pool_size` how many it takes before it answers 503. `cache` is that of the database's "
          "blocks: `memory_usage` of its capacity, `hit_rate` since the start, null before the first look-up. "
          "`encryption_status`: `active` when this request came by TLS and what is stored is sealed, `at_rest` when "
          "only "
          "the latter is so. `threat_level`: `medium` from 10 failed logins or one locked account in the last 15 "
          "minutes (and since the start), `high` from 100 or five. `last_security_scan`: when every checksum of the "
          "log was last verified, which each backup begins with; null when it never was. `cpu_usage`: percent of all "
          "processors by this server since the last call; `memory_usage`: percent of its control group's limit, or "
          "else "
          "of the machine; `disk_usage`: percent of the data folder's file system; `response_time_ms`: median of the "
          "last 1024 requests.")
      .rate(kAdministration);
  table.get("/api/v1/admin/users", A::admin, to(admin, &P::list_users), "All users, in order of their ids")
      .query({text_parameter("include_inactive", "`true`: those who were made inactive as well"),
              text_parameter("role", "Only users of this role: user, moderator or admin"),
              text_parameter("search", "Only users whose name or e-mail contains this"),
              integer_parameter("page", "From 1", 1, 1, 1'000'000),
              integer_parameter("limit", "Users on a page", 20, 1, 100)})
      .answers(R"({"users":[)" USER R"(],"page":1,"limit":20,"total_count":1,"has_more":false})")
      .note("Each user also has `locked`: whether failed logins keep the account locked at this moment.")
      .elsewhere()
      .rate(kAdministration);
  table
      .put("/api/v1/admin/users/{user_id}", A::admin, to(admin, &P::update_user),
           "Change a user's role, or whether the user is active")
      .takes({flag("is_active", "false ends all logins of the user, and lets nobody log in"),
              array("roles", "Exactly one: user, moderator or admin")})
      .answers(USER)
      .note("Administrators cannot make themselves inactive or take their own role away: 409.")
      .rate(kAdministration);
  table
      .post("/api/v1/admin/users/{user_id}/logout", A::admin, to(admin, &P::log_user_out),
            "End all logins of a user, and all tokens that came of them")
      .answers(R"({"message":"All logins of the user have ended"})")
      .rate(kAdministration);
  table.post("/api/v1/admin/backup", A::admin, to(admin, &P::create_backup), "Begin a backup of the running system")
      .takes({flag("include_files", "Uploaded files; by default true"),
              flag("include_database", "Everything else; by default true"),
              word("compression", {"none", "gzip", "zstd"}, "By default gzip"),
              flag("encryption", "Encrypt it with a key that follows from the data key; by default true")})
      .answers(BACKUP)
      .note(
          "Answers when the beginning is durable; the backup is made beside all other work, and its state is told by "
          "`GET /api/v1/admin/backups/{backup_id}`. It holds everything that was answered before. One at a time: 409 "
          "while another is running. The data key is not in it: keep a copy of it apart. `troupe backup restore` "
          "brings "
          "it back.")
      .status(202)
      .creates()
      .rate(kAdministration);
  table.get("/api/v1/admin/backups", A::admin, to(admin, &P::list_backups), "All backups, newest first")
      .answers(R"({"backups":[)" BACKUP R"(],"total_count":1,"kept":10})")
      .note("When more than `kept` are there, the oldest goes.")
      .rate(kAdministration);
  table
      .get("/api/v1/admin/backups/{backup_id}", A::admin, to(admin, &P::show_backup),
           "A backup, and how far it or its verification is")
      .answers(BACKUP)
      .note(
          "`status`: running, completed or failed (then `error` says why). `verification.status`: none, running, good "
          "or "
          "damaged. `available`: whether the file is there. Percentages in `progress`.")
      .rate(kAdministration);
  table
      .get("/api/v1/admin/backups/{backup_id}/download", A::admin, to(admin, &P::download_backup),
           "The file of a backup")
      .downloads("application/octet-stream")
      .rate(kAdministration);
  table
      .post("/api/v1/admin/backups/{backup_id}/verify", A::admin, to(admin, &P::verify_backup),
            "Begin to read a backup from its first byte to its last")
      .answers(BACKUP)
      .status(202)
      .rate(kAdministration);
  table.del("/api/v1/admin/backups/{backup_id}", A::admin, to(admin, &P::delete_backup), "Delete a backup and its file")
      .answers(R"({"message":"Backup deleted"})")
      .rate(kAdministration);
}

}  // namespace

std::vector<Route> PlexiChat::make_routes(PlexiChat& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  user_routes(table, self.users_);
  assistant_routes(table, self.assistant_);
  admin_routes(table, self.admin_);
  return std::move(table).take();
}

}  // namespace troupe::http
