#include "http/surfaces/plexichat/authentication.hpp"

namespace troupe::http::plexichat {
namespace {

/// Without an end of its own the cookie goes when the browser does.
Headers set_cookie(const CallPtr& call, const std::string& login, bool remember) {
  std::string cookie = std::string(kSessionCookie) + "=" + login + "; HttpOnly; Path=/; SameSite=Lax";
  if (call->request.tls) cookie += "; Secure";
  if (remember) cookie += "; Max-Age=" + std::to_string(to_micros(defaults::kLongestLoginLifetime) / 1'000'000);
  return {{"Set-Cookie", cookie}};
}

/// A wrong code is as good as a wrong password.
Error in_this_dialect(const Error& error) {
  if (error.code != Errc::unauthenticated) return error;
  if (error.field == kMfaCode) return {error.code, "Invalid multi-factor authentication code", kCredentials};
  return {error.code, "Invalid username or password", kCredentials};
}

Error invalid_token() { return {Errc::unauthenticated, "Invalid token", kTokenInvalid}; }

}  // namespace

Headers clear_cookie() { return {{"Set-Cookie", std::string(kSessionCookie) + "=; Max-Age=0; Path=/"}}; }

Fields Authentication::tokens(const CallPtr& call, events::AccountId account, const std::string& login_hash,
                              const std::string& refresh, Micros refresh_expires_at) const {
  const auto row = context_.queries.account(account);
  JwtClaims claims;
  claims.type = kAccessToken;
  claims.subject = account;
  claims.login = login_hash;
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

Authentication::NewLogin Authentication::new_login(bool remember, Micros now) {
  const auto lifetime = remember ? defaults::kLongestLoginLifetime : defaults::kRefreshTokenLifetime;
  return {actors::random_token(), actors::random_token(), remember, now + to_micros(lifetime)};
}

actors::LogIn Authentication::command_of(const NewLogin& login, Micros now) {
  actors::LogIn command;
  command.token_hash = actors::token_digest(login.token);
  command.refresh_hash = actors::token_digest(login.refresh);
  command.lifetime = login.ends_at - now;
  return command;
}

void Authentication::answer_logged_in(const CallPtr& call, events::AccountId account, const NewLogin& login) const {
  call->answer(tokens(call, account, actors::token_digest(login.token), login.refresh, login.ends_at),
               set_cookie(call, login.token, login.remember));
}

std::string Authentication::binding(const std::string& password_hash, bool remember) const {
  return context_.services.secrets.keyed_digest(password_hash + (remember ? " remembered" : ""));
}

void Authentication::answer_mfa_required(const CallPtr& call, const HalfLogin& half, bool remember) const {
  JwtClaims claims;
  claims.type = kMfaToken;
  claims.subject = half.account;
  claims.id = actors::random_token();
  claims.bound_to = binding(half.verified_hash, remember);
  claims.issued_at = call->now;
  claims.expires_at = call->now + to_micros(defaults::kMfaTokenLifetime);
  const OrderedJson body = {{"error", "mfa_required"},
                            {"message", "Multi-factor authentication required"},
                            {"mfa_methods", OrderedJson::array({"totp", "backup_code"})},
                            {"temp_token", context_.credentials.jwt().sign(claims)}};
  call->refuse(Response{401, body.dump(), "application/json", {{"WWW-Authenticate", "Bearer"}}});
}

void Authentication::log_in(const CallPtr& call) {
  const auto login = new_login(call->body_flag("remember_me"), call->now);
  sign_in(
      context_.services, call,
      {call->body_text("username"), call->body_text("password"), command_of(login, call->now),
       call->body_text("mfa_code")},
      [this, call, login](events::AccountId account) { answer_logged_in(call, account, login); },
      [call](const Error& error) { call->refuse(in_this_dialect(error)); },
      [this, call, login](const HalfLogin& half) { answer_mfa_required(call, half, login.remember); });
}

void Authentication::verify_mfa(const CallPtr& call) {
  const auto claims = context_.credentials.jwt().verify(call->body_text("temp_token"), call->now);
  if (!claims) return call->refuse(claims.error());
  const auto hash = claims->type == kMfaToken ? context_.queries.password_hash(claims->subject) : std::nullopt;
  const bool remember = hash && claims->bound_to == binding(*hash, true);
  if (!hash || (!remember && claims->bound_to != binding(*hash, false))) return call->refuse(invalid_token());
  const auto login = new_login(remember, call->now);
  auto command = command_of(login, call->now);
  command.challenge = claims->id;
  open_login(
      context_.services, call, {claims->subject, *hash}, std::move(command), call->body_text("mfa_code"),
      [this, call, login](events::AccountId account) { answer_logged_in(call, account, login); },
      [call](const Error& error) {
        const bool bad_code = error.field == kMfaCode;
        const bool bad_token = error.code == Errc::unauthenticated && !bad_code;
        call->refuse(bad_token ? invalid_token() : in_this_dialect(error));
      });
}

void Authentication::refresh(const CallPtr& call) {
  const auto claims = context_.credentials.jwt().verify(call->body_text("refresh_token"), call->now);
  if (!claims) return call->refuse(claims.error());
  if (claims->type != kRefreshToken) return call->refuse(invalid_token());
  const std::string next = actors::random_token();
  actors::RefreshLogin command{claims->login, actors::token_digest(claims->id), actors::token_digest(next)};
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
            call->refuse(gone ? invalid_token() : error);
          }));
}

void Authentication::log_out(const CallPtr& call) {
  context_.services.system.ask_account(call->caller.account, actors::LogOut{call->caller.login_hash}, call->cause(),
                                       context_.services.then(call, [call](const storage::Record&) {
                                         call->answer({{"message", "Logged out successfully"}}, clear_cookie());
                                       }));
}

void Authentication::log_out_everywhere(const CallPtr& call) {
  context_.services.system.ask_account(call->caller.account, actors::LogOutEverywhere{}, call->cause(),
                                       context_.services.then(call, [call](const storage::Record&) {
                                         call->answer({{"message", "Logged out everywhere"}}, clear_cookie());
                                       }));
}

void Authentication::change_password(const CallPtr& call) {
  http::change_password(context_.services, call, [call] {
    call->answer({{"message", "Password changed; all other logins have ended"}});
  });
}

}  // namespace troupe::http::plexichat
