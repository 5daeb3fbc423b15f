#include "http/surfaces/plexichat/authentication.hpp"

#include "http/security/sign_in.hpp"

namespace troupe::http::plexichat {
namespace {

/// Without an end of its own the cookie goes when the browser does.
Headers set_cookie(const CallPtr& call, const std::string& login, bool remember) {
  std::string cookie = std::string(kSessionCookie) + "=" + login + "; HttpOnly; Path=/; SameSite=Lax";
  if (call->request.tls) cookie += "; Secure";
  if (remember) cookie += "; Max-Age=" + std::to_string(to_micros(defaults::kLongestLoginLifetime) / 1'000'000);
  return {{"Set-Cookie", cookie}};
}

Headers clear_cookie() { return {{"Set-Cookie", std::string(kSessionCookie) + "=; Max-Age=0; Path=/"}}; }

/// A wrong code is as good as a wrong password.
Error in_this_dialect(const Error& error) {
  if (error.code != Errc::unauthenticated) return error;
  return {error.code, "Invalid username or password", kCredentials};
}

}  // namespace

Fields Authentication::tokens(const CallPtr& call, events::AccountId account, const std::string& login,
                              const std::string& refresh, Micros refresh_expires_at) const {
  const auto row = context_.queries.account(account);
  JwtClaims claims;
  claims.type = kAccessToken;
  claims.subject = account;
  claims.login = login;
  claims.username = row ? row->username : "";
  claims.issued_at = call->now;
  claims.expires_at = call->now + to_micros(defaults::kAccessTokenLifetime);
  JwtClaims refresh_claims = claims;
  refresh_claims.type = kRefreshToken;
  refresh_claims.id = refresh;
  refresh_claims.expires_at = refresh_expires_at;
  const auto& jwt = context_.credentials.jwt();
  return {{"access_token", jwt.sign(claims)},
          {"token_type", "bearer"},
          {"expires_in", to_micros(defaults::kAccessTokenLifetime) / 1'000'000},
          {"refresh_token", jwt.sign(refresh_claims)}};
}

void Authentication::log_in(const CallPtr& call) {
  const bool remember = call->body_flag("remember_me");
  const std::string login = actors::random_token(), refresh = actors::random_token();
  actors::LogIn command;
  command.token_hash = actors::token_digest(login);
  command.refresh_hash = actors::token_digest(refresh);
  command.lifetime = to_micros(remember ? defaults::kLongestLoginLifetime : defaults::kRefreshTokenLifetime);
  const Micros ends_at = call->now + command.lifetime;
  sign_in(
      context_.services, call, {call->body_text("username"), call->body_text("password"), std::move(command)},
      [this, call, login, refresh, remember, ends_at](events::AccountId account) {
        call->answer(tokens(call, account, login, refresh, ends_at), set_cookie(call, login, remember));
      },
      [call](const Error& error) { call->refuse(in_this_dialect(error)); });
}

void Authentication::refresh(const CallPtr& call) {
  const auto claims = context_.credentials.jwt().verify(call->body_text("refresh_token"), call->now);
  if (!claims) return call->refuse(claims.error());
  if (claims->type != kRefreshToken) return call->refuse({Errc::unauthenticated, "Invalid token", kTokenInvalid});
  const std::string next = actors::random_token();
  actors::RefreshLogin command{actors::token_digest(claims->login), actors::token_digest(claims->id),
                               actors::token_digest(next)};
  context_.services.system.ask_account(
      claims->subject, std::move(command), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call,
          [this, call, claims = *claims, next](const storage::RecordPtr& record) {
            const auto outcome = actors::outcome_of_refresh(*record);
            if (!outcome) return call->refuse({Errc::unauthenticated, outcome.error().message, kTokenInvalid});
            call->answer(tokens(call, claims.subject, claims.login, next, outcome->expires_at));
          },
          [call](const Error& error) {
            const bool gone = error.code == Errc::not_found || error.code == Errc::unauthenticated;
            call->refuse(gone ? Error{Errc::unauthenticated, "Invalid token", kTokenInvalid} : error);
          }));
}

void Authentication::log_out(const CallPtr& call) {
  context_.services.system.ask_account(call->caller.account, actors::LogOut{call->caller.login_hash}, call->cause(),
                                       context_.services.then(call, [call](const storage::Record&) {
                                         call->answer({{"message", "Logged out successfully"}}, clear_cookie());
                                       }));
}

}  // namespace troupe::http::plexichat
