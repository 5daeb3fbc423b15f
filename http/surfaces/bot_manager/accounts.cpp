// Accounts, logins and the administrator's view of them.
#include "actors/rules.hpp"
#include "actors/secrets.hpp"
#include "http/security/sign_in.hpp"
#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "http/surfaces/bot_manager/views.hpp"

namespace troupe::http {

using namespace actors;
using namespace bot_manager;

namespace {

const OrderedJson kSuccess = {{"success", true}};

Headers set_cookie(const std::string& token, Micros now) {
  constexpr Micros kLifetime = to_micros(defaults::kLoginLifetime);
  return {{"Set-Cookie", "session_token=" + token + "; Expires=" + http_date(now + kLifetime) + "; Max-Age=" +
                             std::to_string(kLifetime / 1'000'000) + "; HttpOnly; Path=/; SameSite=Lax"}};
}

Headers clear_cookie() { return {{"Set-Cookie", "session_token=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"}}; }

Error in_this_dialect(Error error) {
  if (error.code != Errc::conflict) return error;
  if (error.field == "username") return {Errc::invalid, "Username already exists", "username"};
  if (error.field == "email") return {Errc::invalid, "Email already exists", "email"};
  return error;
}

}  // namespace

void BotManager::register_account(const CallPtr& call) {
  RegisterAccount command{0,     call->body_text("username"), call->body_text("email"), call->body_text("fullname"), "",
                          "user"};
  // Refused before the costly hash, when it can be.
  if (const auto ok = AccountDecider::decide({}, command, call->now); !ok) return call->refuse(ok.error());
  services_.system.hash_password(
      call->body_text("password"), services_.then_with<std::string>(call, [this, call, command](std::string hash) mutable {
        command.password_hash = std::move(hash);
        services_.system.register_account(std::move(command), call->cause(), [this, call](auto result) {
          services_.loop.post([call, result] {
            if (!result) return call->refuse(in_this_dialect(result.error()));
            call->guarded([&] { call->answer({{"success", true}, {"message", "Registration successful"}}); });
          });
        });
      }));
}

void BotManager::log_in(const CallPtr& call) {
  const std::string token = random_token();
  LogIn login;
  login.token_hash = token_digest(token);
  sign_in(services_, call, {call->body_text("username"), call->body_text("password"), std::move(login)},
          [this, call, token](AccountId account) {
            const auto row = queries_.account(account);
            if (!row) return call->refuse({Errc::unauthenticated, "Invalid credentials"});
            call->answer({{"success", true}, {"user", user_brief(*row)}}, set_cookie(token, call->now));
          });
}

void BotManager::log_out(const CallPtr& call) {
  const auto token = cookie(call->request, "session_token");
  const auto caller = token ? credentials_.of_login(*token) : Expected<Caller>(Caller{});
  if (!caller || caller->account == 0) return call->answer(kSuccess, clear_cookie());
  call->caller = *caller;
  services_.system.ask_account(caller->account, LogOut{caller->login_hash}, call->cause(),
                               services_.then(call, [call](const storage::Record&) { call->answer(kSuccess, clear_cookie()); }));
}

void BotManager::me(const CallPtr& call) {
  if (const auto row = queries_.account(call->caller.account)) return call->answer({{"user", user_self(*row)}});
  call->refuse({Errc::unauthenticated, "Invalid session"});
}

void BotManager::update_profile(const CallPtr& call) {
  UpdateProfile command{call->optional_body_text("fullname"), call->optional_body_text("phone"),
                        call->optional_body_text("birthday"), call->optional_body_text("gender")};
  services_.system.ask_account(call->caller.account, std::move(command), call->cause(),
                               services_.then(call, [call](const storage::Record&) { call->answer(kSuccess); }));
}

void BotManager::change_password(const CallPtr& call) {
  const auto hash = queries_.password_hash(call->caller.account);
  services_.system.verify_password(
      hash, call->body_text("old_password"), services_.then_with<bool>(call, [this, call, hash](bool good) {
        if (!good) return call->refuse({Errc::invalid, "Incorrect password", "old_password"});
        services_.system.hash_password(
            call->body_text("new_password"), services_.then_with<std::string>(call, [this, call, hash](std::string fresh) {
              services_.system.ask_account(
                  call->caller.account, ChangePassword{*hash, std::move(fresh)}, call->cause(),
                  services_.then(call, [call](const storage::Record&) { call->answer(kSuccess, clear_cookie()); }));
            }));
      }));
}

void BotManager::forgot_password(const CallPtr& call) {
  services_.system.request_password_reset(
      call->body_text("email"), call->cause(), services_.then(call, [call](const storage::Record&) {
        call->answer({{"success", true}, {"message", "If email exists, reset link has been sent"}});
      }));
}

void BotManager::reset_password(const CallPtr& call) {
  const std::string token_hash = token_digest(call->body_text("token"));
  const auto account = queries_.account_with_reset(token_hash);
  if (!account) return call->refuse({Errc::invalid, "Invalid or expired token", "token"});
  services_.system.hash_password(call->body_text("new_password"),
                                 services_.then_with<std::string>(call, [this, call, account, token_hash](std::string hash) {
                                   services_.system.ask_account(
                                       *account, ResetPassword{token_hash, std::move(hash)}, call->cause(),
                                       services_.then(call, [call](const storage::Record&) { call->answer(kSuccess); }));
                                 }));
}

void BotManager::delete_account(const CallPtr& call) {
  const auto hash = queries_.password_hash(call->caller.account);
  services_.system.verify_password(
      hash, call->body_text("password"), services_.then_with<bool>(call, [this, call, hash](bool good) {
        if (!good) return call->refuse({Errc::unauthenticated, "Incorrect password", "password"});
        services_.system.delete_account(
            call->caller.account, DeleteAccount{*hash}, call->cause(),
            services_.then(call, [call](const storage::Record&) { call->answer(kSuccess, clear_cookie()); }));
      }));
}

void BotManager::users(const CallPtr& call) {
  const auto rows =
      queries_.accounts(call->query_integer("after"), static_cast<std::size_t>(call->query_integer("limit")));
  call->answer(counted("users", rows, user_listed));
}

void BotManager::user(const CallPtr& call) {
  const auto row = queries_.account(std::stoll(call->path_parameter("user_id")));
  if (!row) return call->refuse({Errc::not_found, "User not found"});
  call->answer({{"user", user_details(*row)}});
}

void BotManager::user_bots(const CallPtr& call) {
  call->answer(counted("bots", queries_.bots_of(std::stoll(call->path_parameter("user_id"))), bot_of_user));
}

void BotManager::search_users(const CallPtr& call) {
  const std::string text(trimmed(call->query_text("q").value_or("")));
  if (length_in_characters(text) < defaults::kMinSearchLength)
    return call->refuse({Errc::invalid, "Search query too short", "q"});
  call->answer(counted("users", queries_.search_accounts(text, defaults::kMaxUserSearchResults), user_found));
}

}  // namespace troupe::http
