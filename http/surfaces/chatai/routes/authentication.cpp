// Routes of the tag authentication: logging in, and login links.
#include "http/surfaces/chatai/authentication.hpp"

#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;
using namespace std::chrono_literals;

constexpr RateClass kLogIns{"chatai_logins", defaults::kPanelLoginsPerMinute, 60s, RateClass::Per::address};

#define LOGIN R"({"token":"eyJ…","expiresAt":1769947200000,"expiresIn":86400})"
#define USER R"("userId":"1","username":"ada","avatar":null,"isAdmin":true,"isMaster":true)"

}  // namespace

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

}  // namespace troupe::http::chatai
