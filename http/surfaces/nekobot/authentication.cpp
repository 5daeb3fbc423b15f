#include "http/surfaces/nekobot/authentication.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr Sentence kLoggedIn{"Logged in", "登录成功"};
constexpr Sentence kLoggedOut{"Logged out", "登出成功"};
constexpr Sentence kPasswordChanged{"Password changed; all other logins have ended", "密码修改成功"};

/// Which of the two was wrong is nobody's business.
Error in_this_dialect(const Error& error) {
  if (error.code == Errc::unauthenticated && error.field != kMfaCode)
    return {error.code, "Invalid username or password", kCredentials};
  if (error.field == kMfaCode) return {Errc::unauthenticated, "This account needs an mfa_code to log in", kCredentials};
  return error;
}

}  // namespace

void Authentication::log_in(const CallPtr& call) {
  const std::string login = actors::random_token();
  const Micros ends_at = call->now + to_micros(defaults::kAccessTokenLifetime);
  actors::LogIn command;
  command.token_hash = actors::token_digest(login);
  command.lifetime = ends_at - call->now;
  sign_in(
      context_.services, call,
      {call->body_text("username"), call->body_text("password"), std::move(command), call->body_text("mfa_code")},
      [this, call, login, ends_at](events::AccountId account) {
        const auto row = context_.queries.account(account);
        JwtClaims claims;
        claims.type = kAccessToken;
        claims.subject = account;
        claims.login = actors::token_digest(login);
        claims.username = row ? row->username : "";
        claims.issued_at = call->now;
        claims.expires_at = ends_at;
        const std::string token = context_.credentials.jwt().sign(claims);
        const bool first = has_known_password(claims.username, call->body_text("password"));
        call->answer({{"access_token", token},
                      {"token_type", "bearer"},
                      {"expires_in", to_micros(defaults::kAccessTokenLifetime) / 1'000'000},
                      {"status", "success"},
                      {"data",
                       {{"access_token", token},
                        {"token_type", "bearer"},
                        {"username", claims.username},
                        {"role", row ? row->role : ""},
                        {"first_login", first}}},
                      {"message", words(call->request, kLoggedIn)}});
      },
      [call](const Error& error) { call->refuse(in_this_dialect(error)); });
}

bool Authentication::has_known_password(const std::string& username, const std::string& password) const {
  return context_.options.demo && username == password;
}

void Authentication::log_out(const CallPtr& call) {
  context_.services.system.ask_account(call->caller.account, actors::LogOut{call->caller.login_hash}, call->cause(),
                                       context_.services.then(call, [call](const storage::Record&) {
                                         succeed(call, OrderedJson::object(), kLoggedOut);
                                       }));
}

void Authentication::change_password(const CallPtr& call) {
  http::change_password(context_.services, call, [call] { succeed(call, OrderedJson::object(), kPasswordChanged); });
}

void Authentication::user_info(const CallPtr& call) {
  const auto row = context_.queries.account(call->caller.account);
  if (!row) return call->refuse({Errc::not_found, "There is no such account"});
  succeed(call, {{"username", row->username}, {"role", row->role}});
}

}  // namespace troupe::http::nekobot
