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
constexpr RateClass kGeneral{"general", 600, 60s, RateClass::Per::caller};
constexpr RateClass kUploads{"file_upload", 20, 60s, RateClass::Per::caller};
constexpr RateClass kLinks{"file_links", 600, 60s, RateClass::Per::address};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define TOKENS R"({"access_token":"eyJ…","token_type":"bearer","expires_in":1800,"refresh_token":"eyJ…"})"
#define USER                                                                                         \
  R"({"id":"user_1","username":"ada","email":"ada@example.org","display_name":"Ada Lovelace",)"      \
  R"("avatar_url":"https://example.org/ada.jpg","roles":["admin"],"permissions":["system.manage"],)" \
  R"("created_at":)" TIME R"(,"last_login":)" TIME R"(,"is_active":true,"preferences":{"theme":"dark"}})"

#define FILE_VIEW                                                                                               \
  R"({"id":"file_0123456789abcdef0123456789abcdef","filename":"document.pdf","original_filename":"document.pdf",)" \
  R"("size":1048576,"content_type":"application/pdf","url":"http://localhost:8000/files/file_…/document.pdf",)"    \
  R"("thumbnail_url":null,"channel_id":"channel_1","uploaded_by":"user_1","uploaded_at":)" TIME                    \
  R"(,"description":"Important document","is_public":false,"virus_scan_status":"clean",)"                        \
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

void file_routes(RouteTable& table, Files& files) {
  using P = Files;
  table.tag("PlexiChat: files");
  table.post("/api/v1/files/upload", A::login, to(files, &P::upload), "Upload a file")
      .uploads(defaults::kMaxUploadBytes,
               {required("file", "The file itself, at most 100 MiB"),
                text("channel_id", "The channel whose members may see it; without one it is the uploader's own"),
                text("description"), text("filename", "Instead of the name that comes with the file"),
                word("is_public", {"true", "false"}, "Whoever has the link may see it, without a login")},
               [&files](const Call& call) { return files.sink(call); })
      .answers(FILE_VIEW)
      .status(201)
      .note(
          "The type is told by the content, not by the name. Images get a thumbnail, their width and height in "
          "`metadata`; PDFs their `pages` and `author`. `virus_scan_status` is `clean`; `not_scanned` where the server "
          "has no scanner; `error` where the scanner could not say, until it can: the file cannot be downloaded before. "
          "A file in which the scanner finds malware is refused with 422 and not kept. `original_filename` is the name "
          "as sent, `filename` without what no file name should have.")
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
  const char* ranges = "Takes `Range` (one range; several are answered with the whole file), `If-Range` and `If-None-Match`.";
  table.get("/api/v1/files/{file_id}/download", A::login, to(files, &P::download), "Download a file")
      .sends("application/octet-stream")
      .note(ranges)
      .rate(kGeneral);
  table.get("/api/v1/files/{file_id}/thumbnail", A::login, to(files, &P::thumbnail), "A file's thumbnail")
      .sends("image/jpeg")
      .note(ranges)
      .rate(kGeneral);
  table.get("/files/{file_id}/thumbnail.jpg", A::anyone, to(files, &P::open_thumbnail_link),
            "The link of a file's thumbnail")
      .sends("image/jpeg")
      .note("A public file's needs no login.")
      .rate(kLinks);
  table.get("/files/{file_id}/{name}", A::anyone, to(files, &P::open_link), "The link of a file")
      .sends("application/octet-stream")
      .note("A public file needs no login. The name may be any.")
      .rate(kLinks);
}

}  // namespace

std::vector<Route> PlexiChat::make_routes(PlexiChat& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  user_routes(table, self.users_);
  file_routes(table, self.files_);
  return std::move(table).take();
}

}  // namespace troupe::http
