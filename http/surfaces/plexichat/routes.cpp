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
constexpr RateClass kMessages{"messages", 100, 60s, RateClass::Per::caller};
constexpr RateClass kSignals{"signals", 120, 60s, RateClass::Per::caller};
constexpr RateClass kUploads{"file_upload", 20, 60s, RateClass::Per::caller};
constexpr RateClass kLinks{"file_links", 600, 60s, RateClass::Per::address};
constexpr RateClass kSearch{"search", 50, 60s, RateClass::Per::caller};
// An answer of a model takes more than a message; the same as the chat_v1 dialect has for it.
constexpr RateClass kAssistant{"assistant", 60, 60s, RateClass::Per::caller};

constexpr long long kMostPages = 1LL << 40;
constexpr const char* kRanges =
    "Takes `Range` (one range; several are answered with the whole file), `If-Range` and `If-None-Match`.";

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define TOKENS R"({"access_token":"eyJ…","token_type":"bearer","expires_in":1800,"refresh_token":"eyJ…"})"
#define USER                                                                                         \
  R"({"id":"user_1","username":"ada","email":"ada@example.org","display_name":"Ada Lovelace",)"      \
  R"("avatar_url":"https://example.org/ada.jpg","roles":["admin"],"permissions":["system.manage"],)" \
  R"("created_at":)" TIME R"(,"last_login":)" TIME R"(,"is_active":true,"preferences":{"theme":"dark"}})"

#define CHANNEL                                                                                           \
  R"({"id":"channel_1","name":"general","description":"For all","is_private":false,"owner_id":"user_1",)" \
  R"("is_member":true,"member_count":2,"message_count":1250,"created_at":)" TIME R"(,"last_message_at":)" TIME "}"
#define MEMBER \
  R"({"user_id":"user_1","username":"ada","display_name":"Ada Lovelace","role":"owner","joined_at":)" TIME "}"
#define REACTIONS R"([{"emoji":"👍","count":1,"users":["user_1"]}])"
#define MESSAGE                                                                                         \
  R"({"id":"msg_67108865","channel_id":"channel_1","user_id":"user_1","content":"Hello, world!",)"      \
  R"("content_type":"text","created_at":)" TIME R"(,"updated_at":null,"attachments":[],"mentions":[],)" \
  R"("reactions":)" REACTIONS R"(,"thread_id":null,"reply_to":null,"is_edited":false,"is_deleted":false})"
#define DONE(text) R"({"message":")" text R"("})"

constexpr long long kDefaultPage = 50, kLargestPage = 100;

Parameter limit() { return integer_parameter("limit", "How many to answer", kDefaultPage, 1, kLargestPage); }
#define FILE_VIEW                                                                                                  \
  R"({"id":"file_0123456789abcdef0123456789abcdef","filename":"document.pdf","original_filename":"document.pdf",)" \
  R"("size":1048576,"content_type":"application/pdf","url":"http://localhost:8000/files/file_…/document.pdf",)"  \
  R"("thumbnail_url":null,"channel_id":"channel_1","uploaded_by":"user_1","uploaded_at":)" TIME                    \
  R"(,"description":"Important document","is_public":false,"virus_scan_status":"clean",)"                          \
  R"("metadata":{"pages":10,"author":"John Doe"}})"

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
              flag("remember_me", "Refresh token and cookie live for 30 days instead of 7"),
              text("mfa_code", "Of the authenticator, or a backup code; where multi-factor authentication is on")})
      .answers(TOKENS)
      .note(
          "Also sets the cookie `plexichat_session`. Five wrong passwords or codes within 15 minutes lock the account "
          "for as long: 423, ACCOUNT_LOCKED; a name that nobody has is locked just the same. An account with "
          "multi-factor authentication, without `mfa_code`: 401 and "
          "`{\"error\":\"mfa_required\",\"message\":…,\"mfa_methods\":[\"totp\",\"backup_code\"],\"temp_token\":…}`, "
          "to go on "
          "with at /api/v1/auth/mfa/verify.")
      .rate(kAuthentication);
  table
      .post("/api/v1/auth/mfa/verify", A::anyone, to(authentication, &P::verify_mfa),
            "Complete a login with a second proof")
      .takes({required("temp_token", "From the answer `mfa_required`: good for five minutes and one login"),
              required("mfa_code"), word("method", {"totp", "backup_code"}, "Told by the code's form anyway")})
      .answers(TOKENS)
      .note("As logging in. A temporary token ends with the password that it was given out for.")
      .rate(kAuthentication);
  table.post("/api/v1/auth/refresh", A::anyone, to(authentication, &P::refresh), "Get new tokens for a refresh token")
      .takes({required("refresh_token")})
      .answers(TOKENS)
      .note(
          "The refresh token is used up: it is replaced by the one in the answer. Presented again, it ends the login "
          "and all tokens that came of it; so it does when two requests bring it at the same moment, of which one gets "
          "an answer.")
      .rate(kAuthentication);
  table
      .post("/api/v1/auth/logout", A::login, to(authentication, &P::log_out),
            "Log out: ends the login and all its tokens")
      .answers(R"({"message":"Logged out successfully"})")
      .logins_only()
      .rate(kOwnAccess);
  table
      .post("/api/v1/auth/logout-all", A::login, to(authentication, &P::log_out_everywhere),
            "End all my logins and their tokens")
      .answers(R"({"message":"Logged out everywhere"})")
      .note("API keys go on.")
      .logins_only()
      .rate(kOwnAccess);
  table.post("/api/v1/auth/change-password", A::login, to(authentication, &P::change_password), "Change my password")
      .takes({password("old_password"), new_password("new_password")})
      .answers(R"({"message":"Password changed; all other logins have ended"})")
      .note("This login goes on, and so do API keys.")
      .logins_only()
      .rate(kOwnAccess);
}

void multi_factor_routes(RouteTable& table, MultiFactor& multi_factor) {
  using P = MultiFactor;
  table.tag("PlexiChat: multi-factor authentication");
  table.get("/api/v1/auth/mfa", A::login, to(multi_factor, &P::status), "My second proof")
      .answers(R"({"enabled":true,"pending":false,"methods":["totp","backup_code"],"backup_codes_left":10})")
      .logins_only()
      .rate(kOwnAccess);
  table.post("/api/v1/auth/mfa/setup", A::login, to(multi_factor, &P::set_up), "Enrol an authenticator")
      .takes({password("password")})
      .answers(R"({"secret":"GEZDGNBVGY3TQOJQ","otpauth_uri":"otpauth://totp/Troupe:ada?…","qr_code":"<svg …>"})")
      .note(
          "`qr_code` is an SVG image of `otpauth_uri`. Nothing is asked for at login until the first code is "
          "confirmed; until then each call shows a new secret. 409 where it is on already.")
      .logins_only()
      .rate(kOwnAccess);
  table.post("/api/v1/auth/mfa/confirm", A::login, to(multi_factor, &P::confirm), "Confirm the first code")
      .takes({required("mfa_code", "Of the authenticator")})
      .answers(R"({"enabled":true,"backup_codes":["ABCD-EFGH"]})")
      .note("From now on logins need a code. The ten backup codes are not shown again; each is good once.")
      .logins_only()
      .rate(kOwnAccess);
  table
      .post("/api/v1/auth/mfa/backup-codes", A::login, to(multi_factor, &P::renew_backup_codes),
            "Get new backup codes in place of the old ones")
      .takes({required("mfa_code", "Of the authenticator, or a backup code")})
      .answers(R"({"backup_codes":["ABCD-EFGH"]})")
      .logins_only()
      .rate(kOwnAccess);
  table
      .post("/api/v1/auth/mfa/disable", A::login, to(multi_factor, &P::disable), "Turn multi-factor authentication off")
      .takes({password("password"), text("mfa_code", "Needed unless the enrolment was never confirmed")})
      .answers(R"({"enabled":false})")
      .logins_only()
      .rate(kOwnAccess);
}

Field permissions() {
  Field field = array("permissions", "`read`, `write` or both");
  field.required = true;
  return field;
}

void api_key_routes(RouteTable& table, ApiKeys& api_keys) {
  using P = ApiKeys;
  table.tag("PlexiChat: API keys");
  table.post("/api/v1/auth/api-keys", A::login, to(api_keys, &P::create), "Create an API key")
      .takes({required("name", {}, defaults::kMaxApiKeyNameLength), permissions(),
              text("expires_at", "ISO 8601 with `Z` or an offset, in the future; missing or null: never")})
      .answers(R"({"id":"AbCdEfGhIjKl","name":"My API Key","key":"plx_…","permissions":["read","write"],)"
               R"("expires_at":)" TIME R"(,"created_at":)" TIME "}")
      .status(201)
      .note(
          "`key` is shown this once. Send it as `X-API-Key`, or as the bearer. A key is its account, for what `read` "
          "(GET) and `write` (all else) allow, except for what says that an API key may not. At most 50 an account.")
      .logins_only()
      .rate(kOwnAccess);
  table.get("/api/v1/auth/api-keys", A::login, to(api_keys, &P::list), "My API keys")
      .answers(R"({"api_keys":[{"id":"AbCdEfGhIjKl","name":"My API Key","hint":"…a1B2","permissions":["read"],)"
               R"("expires_at":)" TIME R"(,"created_at":)" TIME "}]}")
      .logins_only()
      .rate(kOwnAccess);
  table.del("/api/v1/auth/api-keys/{key_id}", A::login, to(api_keys, &P::revoke), "Revoke an API key")
      .answers(R"({"message":"API key revoked"})")
      .logins_only()
      .rate(kOwnAccess);
}

Field display_name() { return text("display_name", {}, defaults::kMaxProfileFieldLength); }
Field roles() { return array("roles", "Exactly one of `user`, `moderator` and `admin`"); }

std::vector<Field> profile() {
  return {display_name(), text("email", {}, defaults::kMaxEmailLength),
          text("avatar_url", "An http(s) URL, or a path on this server"),
          object("preferences", "Merged into what is there by name; null removes a name")};
}

std::vector<Field> with(std::vector<Field> fields, Field more) {
  fields.push_back(std::move(more));
  return fields;
}

void user_routes(RouteTable& table, Users& users) {
  using P = Users;
  table.tag("PlexiChat: users");
  table.get("/api/v1/users/me", A::login, to(users, &P::me), "My profile").answers(USER).rate(kGeneral);
  table.put("/api/v1/users/me", A::login, to(users, &P::update_me), "Change my profile")
      .takes(profile())
      .answers(USER)
      .note("An API key may not change `email`: that is where a new password goes.")
      .rate(kGeneral);
  table.del("/api/v1/users/me", A::login, to(users, &P::delete_me), "Delete my account and all that is mine")
      .takes({password("password")})
      .answers(R"({"message":"Account deleted"})")
      .note("What I wrote becomes unreadable, also in the log. 409 for the last active administrator.")
      .logins_only()
      .rate(kOwnAccess);
  table.get("/api/v1/users", A::admin, to(users, &P::list), "List users")
      .query({integer_parameter("page", "From 1", 1, 1, kMostPages),
              integer_parameter("limit", "Users on a page", 20, 1, 100),
              text_parameter("search", "In username, e-mail and display name, ASCII letters without case")})
      .answers(R"({"users":[)" USER R"(],"pagination":{"page":1,"limit":20,"total_count":1,"total_pages":1,)"
               R"("has_more":false}})")
      .elsewhere()
      .rate(kAdministration);
  table.post("/api/v1/users", A::admin, to(users, &P::create), "Create a user")
      .takes({required("username", "Letters, digits, `.`, `_`, `-`", defaults::kMaxUsernameLength),
              required("email", {}, defaults::kMaxEmailLength), new_password("password"), display_name(), roles()})
      .answers(USER)
      .status(201)
      .note(
          "409 where the username or the e-mail is taken. People register themselves at /api/v1/auth/register, where "
          "that is served: the accounts are the same.")
      .creates()
      .rate(kAdministration);
  table.get("/api/v1/users/{user_id}", A::login, to(users, &P::user), "A user")
      .answers(USER)
      .note(
          "All of it for the user, administrators and moderators; `id`, `username`, `display_name` and `avatar_url` "
          "for everyone else.")
      .rate(kGeneral);
  table.put("/api/v1/users/{user_id}", A::self_or_admin, to(users, &P::update), "Change a user")
      .takes(with(profile(), roles()))
      .answers(USER)
      .note("`roles` by administrators only, and after the profile; 409 for the last active administrator.")
      .rate(kGeneral);
  table.del("/api/v1/users/{user_id}", A::admin, to(users, &P::remove), "Delete a user and all that is theirs")
      .answers(R"({"message":"User deleted"})")
      .note("409 for yourself: that is DELETE /api/v1/users/me, with a password.")
      .rate(kAdministration);
}

void assistant_routes(RouteTable& table, Assistant& assistant) {
  using P = Assistant;
  table.tag("PlexiChat: AI");
  table.post("/api/v1/ai/chat", A::login, to(assistant, &P::chat), "Ask a model, about a channel or at all")
      .takes(
          {required("message", "The question", defaults::kMaxQuestionLength),
           object(
               "context",
               "The channel that the question is about: `channel_id`; `time_range`, how far back it reaches (a "
               "number and s, m, h, d or w, such as `24h` or `7d`; without it all messages count); `include_files`, "
               "whether the model is told of the channel's files: names, types, descriptions, and what stands in text "
               "files"),
           text("provider", "One of the configured ones, or `echo`; without it, the first that answers"),
           text("model", "One of the provider's; without it, the provider's own")})
      .answers(R"({"response":"In the last week the team …","provider":"openai","model":"gpt-4",)"
               R"("usage":{"prompt_tokens":150,"completion_tokens":200,"total_tokens":350},"created_at":)" TIME "}")
      .note(
          "Each question stands alone: the model knows nothing of earlier ones. It is told the newest messages of the "
          "channel that fit, at most 100 and 32,000 bytes, as data that it must not take instructions from; only "
          "members may ask about a channel. Of files it is told those that were attached to these messages or "
          "uploaded to the channel in the same time, and of text files (plain text, JSON, XML, source code and the "
          "like) the first 16,000 bytes each, 48,000 together, the newest first; what is cut is marked as such. Of "
          "files that wait for their virus scan it is told no text. The figures of `usage` are the provider's, or "
          "estimates where it sends none. Questions count in the statistics of the chat_v1 API, as all conversations "
          "with models do; only "
          "chats count as chats. Where no provider is configured, the provider `echo` answers and says that it is a "
          "stand-in. An unknown provider is 422, one that fails 502, one that is too slow 504. A question whose asker "
          "leaves is given up.")
      .rate(kAssistant);
  table.post("/api/v1/ai/search", A::login, to(assistant, &P::search), "Search by meaning")
      .takes({required("query", {}, defaults::kMaxQueryLength),
              array("content_types",
                    "`messages`, `files`, or both, as without it; `type` of each result says which it is"),
              array("channels",
                    "Channels to search, by id or name; without it all those of which you are a member, your files "
                    "without a channel, and public files"),
              number("similarity_threshold", 0, 1,
                     "What is less alike is left out. Without it: 0.7 for vectors, 0.3 for full text"),
              integer("limit", 1, defaults::kMaxSearchResults, "Without it: 10")})
      .answers(R"({"results":[{"type":"file","id":"file_0123456789abcdef0123456789abcdef","channel_id":"channel_1",)"
               R"("user_id":"user_1","content":"Lesson 1: what is learned","similarity":0.83,"created_at":)" TIME R"(,)"
               R"("filename":"course.txt","description":"The course","content_type":"text/plain","size":5120},)"
               R"({"type":"message","id":"msg_67108865","channel_id":"channel_1","user_id":"user_1",)"
               R"("content":"A tutorial on machine learning","similarity":0.79,"created_at":)" TIME R"(}],"total":2,)"
               R"("query":"machine learning tutorials","method":"vector","provider":"openai",)"
               R"("model":"text-embedding-3-small","complete":true})")
      .note(
          "The most alike first; `total` is how many were found, up to `limit`. Finds messages and files in channels "
          "of which you are a member and, without `channels`, your own files that are in no channel, and public files "
          "of anyone. A file is found by its name, its description, the author of a PDF, and the first 16,000 bytes of "
          "a text file (plain text, JSON, XML, source code and the like), not by what stands in other formats; its "
          "`content` is the beginning of that text, up to 1,000 bytes, and empty where there is none. Files that "
          "wait for their virus scan are not found. `method` is `vector` where a provider makes embeddings: "
          "`similarity` is then the cosine between query and text (0 where it is negative), and `provider` and `model` "
          "say whose vectors they are. Else, and when that provider fails, it is `full_text`: `similarity` of the best "
          "text is the share of the query's "
          "words that it has, rare words counting more (BM25+), and that of the others falls with their rank. Case, "
          "accents and width of letters do not matter. `complete` is false while messages or files are not in the "
          "index: just after a start, while vectors are being made, or because there are more than 200,000 of them, or "
          "more than 256 MiB hold: then the newest are found. It is also false without `channels` when you are in more "
          "than 1,000 channels, as the newest 1,000 are searched. With vectors, texts of all channels and files go to "
          "the provider.")
      .only_reads()
      .rate(kSearch);
}

void file_routes(RouteTable& table, Files& files) {
  using P = Files;
  table.tag("PlexiChat: files");
  table.post("/api/v1/files/upload", A::login, to(files, &P::upload), "Upload a file")
      .uploads(defaults::kMaxUploadBytes,
               {required("file", "The file itself, at most 100 MiB"),
                text("channel_id", "The channel whose members may see it; without one it is the uploader's own"),
                text("description"), text("filename", "Instead of the name that comes with the file"),
                word("is_public", {"true", "false"},
                     "Whoever has the link may see it, without a login, and any user's search finds it")},
               [&files](const Call& call) { return files.sink(call); })
      .answers(FILE_VIEW)
      .status(201)
      .note(
          "The type is told by the content, not by the name. Images get a thumbnail, their width and height in "
          "`metadata`; PDFs their `pages` and `author`. `virus_scan_status` is `clean`; `not_scanned` where the server "
          "has no scanner; `error` where the scanner could not say, until it can: the file cannot be downloaded "
          "before. A file in which the scanner finds malware is refused with 422, one that is larger or deeper than "
          "what the scanner looks at with 413; neither is kept. `original_filename` is the name as sent, `filename` "
          "without what no file name should have.")
      .rate(kUploads);
  table.get("/api/v1/channels/{channel_id}/files", A::login, to(files, &P::list), "Files of a channel, newest first")
      .query({integer_parameter("limit", "Files in one answer", 50, 1, 100),
              text_parameter("before", "`next_cursor` of the page before")})
      .answers(R"({"files":[)" FILE_VIEW R"(],"pagination":{"has_more":false,"next_cursor":null}})")
      .rate(kGeneral);
  table.get("/api/v1/files/{file_id}", A::login, to(files, &P::show), "Get file information")
      .answers(FILE_VIEW)
      .rate(kGeneral);
  table.del("/api/v1/files/{file_id}", A::login, to(files, &P::remove), "Delete a file; its uploader or a moderator")
      .answers(R"({"message":"File deleted","id":"file_0123456789abcdef0123456789abcdef"})")
      .rate(kGeneral);
  table.get("/api/v1/files/{file_id}/download", A::login, to(files, &P::download), "Download a file")
      .downloads("application/octet-stream")
      .note(kRanges)
      .rate(kGeneral);
  table.get("/api/v1/files/{file_id}/thumbnail", A::login, to(files, &P::thumbnail), "A file's thumbnail")
      .downloads("image/jpeg")
      .note(kRanges)
      .rate(kGeneral);
  table
      .get("/files/{file_id}/thumbnail.jpg", A::anyone, to(files, &P::open_thumbnail_link),
           "The link of a file's thumbnail")
      .downloads("image/jpeg")
      .note("A public file's needs no login.")
      .rate(kLinks);
  table.get("/files/{file_id}/{name}", A::anyone, to(files, &P::open_link), "The link of a file")
      .downloads("application/octet-stream")
      .note("A public file needs no login. The name may be any.")
      .rate(kLinks);
}

#define ADMINISTERED_USER                                                                                 \
  R"({"id":"user_1","username":"ada","email":"ada@example.org","display_name":"Ada Lovelace",)"           \
  R"("avatar_url":"https://example.org/ada.jpg","roles":["admin"],"permissions":["system.manage"],)"      \
  R"("created_at":)" TIME R"(,"last_login":)" TIME R"(,"is_active":true,"preferences":{"theme":"dark"},)" \
  R"("locked":false})"
#define BACKUP                                                                                                   \
  R"({"backup_id":"20260131T120000000Z-3f9a01","status":"running","progress":42.5,"created_at":)" TIME           \
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
          "only the latter is so. `threat_level`: `medium` from 10 failed logins or one locked account in the last 15 "
          "minutes (and since the start), `high` from 100 or five. `last_security_scan`: when the virus scanner last "
          "said what an uploaded file is; on a server without one, when every checksum of the log was last verified, "
          "which each backup begins with; null when that never was. `cpu_usage`: percent of all processors by this "
          "server since the last call; `memory_usage`: percent of its control group's limit, or else of the machine; "
          "`disk_usage`: percent of the data folder's file system; `response_time_ms`: median of the last 1024 "
          "requests.")
      .rate(kAdministration);
  table.get("/api/v1/admin/users", A::admin, to(admin, &P::list_users), "All users, in order of their ids")
      .query({text_parameter("include_inactive", "`true`: those who were made inactive as well"),
              text_parameter("role", "Only users of this role: user, moderator or admin"),
              text_parameter("search", "Only users whose name or e-mail contains this"),
              integer_parameter("page", "From 1", 1, 1, 1'000'000),
              integer_parameter("limit", "Users on a page", 20, 1, 100)})
      .answers(R"({"users":[)" ADMINISTERED_USER R"(],"page":1,"limit":20,"total_count":1,"has_more":false})")
      .note("`locked`: whether failed logins keep the account locked at this moment.")
      .elsewhere()
      .rate(kAdministration);
  table
      .put("/api/v1/admin/users/{user_id}", A::admin, to(admin, &P::update_user),
           "Change a user's role, or whether the user is active")
      .takes({flag("is_active", "false ends all logins of the user, and lets nobody log in"),
              array("roles", "Exactly one: user, moderator or admin")})
      .answers(ADMINISTERED_USER)
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
          "brings it back.")
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
          "or damaged. `available`: whether the file is there. Percentages in `progress`.")
      .rate(kAdministration);
  table
      .get("/api/v1/admin/backups/{backup_id}/download", A::admin, to(admin, &P::download_backup),
           "The file of a backup")
      .downloads("application/octet-stream")
      .note(kRanges)
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

void channel_routes(RouteTable& table, Channels& channels) {
  using P = Channels;
  table.tag("PlexiChat: channels");
  table.post("/api/v1/channels", A::login, to(channels, &P::create), "Create a channel")
      .takes({required("name", "Public channels have names of their own", defaults::kMaxChannelNameLength),
              text("description", {}, defaults::kMaxChannelDescriptionLength),
              flag("is_private", "Seen by its members only, who bring others in")})
      .answers(CHANNEL)
      .note("The creator owns it. 409, CONFLICT: the name is taken.")
      .status(201)
      .creates()
      .rate(kGeneral);
  table.get("/api/v1/channels", A::login, to(channels, &P::list), "My channels, and public ones to join")
      .query({limit(), text_parameter("after", "Id of a channel: those that are newer"),
              text_parameter("scope", "`all`, `mine` or `public`; default: all")})
      .answers(R"({"channels":[)" CHANNEL R"(],"pagination":{"has_more":true,"next_cursor":"channel_1"}})")
      .note("Oldest first. `next_cursor` is the next page's `after`; null on the last.")
      .rate(kGeneral);
  table.get("/api/v1/channels/{channel_id}", A::login, to(channels, &P::show), "A channel, by id or public name")
      .answers(CHANNEL)
      .note("A private channel that the caller is not in does not exist for it: 404, here and everywhere.")
      .rate(kGeneral);
  table.put("/api/v1/channels/{channel_id}", A::login, to(channels, &P::change), "Rename or describe a channel")
      .takes({text("name", {}, defaults::kMaxChannelNameLength),
              text("description", {}, defaults::kMaxChannelDescriptionLength)})
      .answers(CHANNEL)
      .note("Its owner; moderators, where they are members and in public channels.")
      .rate(kGeneral);
  table.del("/api/v1/channels/{channel_id}", A::login, to(channels, &P::remove), "Delete a channel")
      .answers(DONE("Channel deleted"))
      .note("Its owner, or an administrator. For good: nobody is in it any more, and its name is free.")
      .rate(kGeneral);
  table.post("/api/v1/channels/{channel_id}/join", A::login, to(channels, &P::join), "Join a public channel")
      .answers(CHANNEL)
      .rate(kGeneral);
  table.post("/api/v1/channels/{channel_id}/leave", A::login, to(channels, &P::leave), "Leave a channel")
      .answers(DONE("Channel left"))
      .note("409, CONFLICT: the owner stays, or deletes it.")
      .rate(kGeneral);
  table.get("/api/v1/channels/{channel_id}/members", A::login, to(channels, &P::members), "Who is in a channel")
      .query({limit(), text_parameter("after", "Id of a user: members with a higher one")})
      .answers(R"({"members":[)" MEMBER R"(],"pagination":{"has_more":true,"next_cursor":"user_1","total_count":2}})")
      .note("For members.")
      .rate(kGeneral);
  table.post("/api/v1/channels/{channel_id}/members", A::login, to(channels, &P::add_member), "Bring someone in")
      .takes({required("user_id")})
      .answers(MEMBER)
      .note("By any member.")
      .status(201)
      .rate(kGeneral);
  table
      .del("/api/v1/channels/{channel_id}/members/{user_id}", A::login, to(channels, &P::remove_member),
           "Remove a member")
      .answers(DONE("Member removed"))
      .note("By the owner or a moderator, or the member itself.")
      .rate(kGeneral);
}

void message_routes(RouteTable& table, Messages& messages) {
  using P = Messages;
  table.tag("PlexiChat: messages");
  table.get("/api/v1/messages", A::login, to(messages, &P::list), "Messages of a channel, newest first")
      .query({{.name = "channel_id", .description = "Its id, or the name of a public one", .required = true},
              limit(),
              text_parameter("before", "Id of a message: those that are older"),
              text_parameter("after", "Id of a message: those that are newer, the ones next to it")})
      .answers(R"({"messages":[)" MESSAGE
               R"(],"pagination":{"has_more":true,"next_cursor":"msg_67108865","total_count":1250}})")
      .note(
          "For members of the channel; 403 in a public one that the caller has not joined. Deleted messages stay: "
          "`is_deleted` is true and `content` empty. `next_cursor` is the next page's `before` (its `after`, when "
          "only that was given); null on the last. However many are written or deleted meanwhile, no message is left "
          "out and none comes twice. `total_count` counts all messages of the channel. `thread_id` is the message "
          "that a chain of replies began with.")
      .rate(kMessages);
  table.post("/api/v1/messages", A::login, to(messages, &P::post), "Send a message")
      .takes(Messages::fields())
      .answers(MESSAGE)
      .note("To a public channel it makes the sender a member.")
      .status(201)
      .creates()
      .rate(kMessages);
  table.get("/api/v1/messages/{message_id}", A::login, to(messages, &P::show), "A message")
      .answers(MESSAGE)
      .rate(kMessages);
  table.put("/api/v1/messages/{message_id}", A::login, to(messages, &P::edit), "Edit a message")
      .takes({required("content", {}, defaults::kMaxMessageLength)})
      .answers(MESSAGE)
      .note("By its author; by moderators where they are members and in public channels.")
      .rate(kMessages);
  table.del("/api/v1/messages/{message_id}", A::login, to(messages, &P::remove), "Delete a message")
      .answers(MESSAGE)
      .note("By whom may edit it. Answers what stays: who wrote, when, and nothing of the content.")
      .rate(kMessages);
  table.get("/api/v1/messages/{message_id}/reactions", A::login, to(messages, &P::reactions), "Reactions to a message")
      .answers(R"({"reactions":)" REACTIONS "}")
      .note("`count` counts all people, `users` names the first 100.")
      .rate(kMessages);
  table.post("/api/v1/messages/{message_id}/reactions", A::login, to(messages, &P::react), "React to a message")
      .takes({required("emoji", {}, defaults::kMaxEmojiLength)})
      .answers(MESSAGE)
      .note("Twice is as good as once. 409, CONFLICT: there are too many.")
      .rate(kMessages);
  table
      .del("/api/v1/messages/{message_id}/reactions/{emoji}", A::login, to(messages, &P::unreact),
           "Take a reaction back")
      .answers(MESSAGE)
      .rate(kMessages);
}

void live_routes(RouteTable& table, const PlexiChat& surface) {
  table.tag("PlexiChat: live");
  const auto no_socket = [&surface](const CallPtr& call) {
    Response response = surface.error({Errc::wrong_method, "Connect with a WebSocket"}, call->request.id);
    response.status = 426;
    response.headers.emplace_back("Upgrade", "websocket");
    call->refuse(std::move(response));
  };
  table.get(kSocketPath, A::anyone, no_socket, "WebSocket: what happens in channels, as it happens")
      .query({text_parameter("token", "An access token or an API key, where headers cannot be set")})
      .answers(R"({"type":"welcome","data":{"user_id":"user_1"}})")
      .note(
          "Frames are JSON text, `{\"type\": …, \"data\": {…}}`; an `id` in a client's frame comes back "
          "in its answer.\n\n"
          "A client sends `subscribe` {channels, after}, `unsubscribe` {channels}, `send_message` {data: as of POST "
          "/api/v1/messages}, `typing_start` and `typing_stop` {channel_id}, `presence` {status: online, away or busy} "
          "and `ping`; it is answered `subscribed`, `unsubscribed`, `message_sent`, `pong` or `error`, whose `data` is "
          "the `error` of HTTP answers. It is told `message`, `message_updated`, `message_deleted`, `reaction_added`, "
          "`reaction_removed`, `member_joined`, `member_left`, `channel_updated`, `channel_deleted`, `typing` (it ends "
          "by itself after 10 seconds) and `presence`, in channels it subscribed to.\n\n"
          "Subscribing to a public channel joins it. `after` is the last message seen: {\"channel_1\": \"msg_…\"}, or "
          "one id for its own channel. All messages since then come first, then those that follow, none left out and "
          "none twice; `subscribed` says what `after` would be now, null is the beginning. Presence is told in "
          "channels with at most 100 members and 100 open sockets.\n\n"
          "Bad credentials are refused before the upgrade: 401. Without any, the socket is greeted and may ping. Close "
          "codes: 1001 the server is ending; 1008 too many bad frames, or 1 MB waits for a client that does not read; "
          "1009 a frame over 64 KB; 4001 the login or API key has ended. 100 sockets an account (429), 200 channels a "
          "socket; sending counts with POST /api/v1/messages, typing and presence 120 a minute.")
      .status(101);
}

}  // namespace

LiveRates PlexiChat::live_rates() { return {kMessages, kSignals, kGeneral}; }

std::vector<Route> PlexiChat::make_routes(PlexiChat& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  multi_factor_routes(table, self.multi_factor_);
  api_key_routes(table, self.api_keys_);
  user_routes(table, self.users_);
  channel_routes(table, self.channels_);
  message_routes(table, self.messages_);
  live_routes(table, self);
  file_routes(table, self.files_);
  assistant_routes(table, self.assistant_);
  admin_routes(table, self.admin_);
  return std::move(table).take();
}

}  // namespace troupe::http
