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

}  // namespace

std::vector<Route> PlexiChat::make_routes(PlexiChat& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  user_routes(table, self.users_);
  return std::move(table).take();
}

}  // namespace troupe::http
