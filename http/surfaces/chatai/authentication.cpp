#include "http/surfaces/chatai/authentication.hpp"

#include <algorithm>

#include "http/login_links.hpp"

namespace troupe::http::chatai {
namespace {

constexpr std::int64_t kLifetimeSeconds = std::chrono::seconds(defaults::kPanelLoginLifetime).count();

Headers cookie_header(const CallPtr& call, const std::string& token, std::int64_t max_age) {
  std::string cookie =
      std::string(kAuthCookie) + "=" + token + "; HttpOnly; Path=/; SameSite=Lax; Max-Age=" + std::to_string(max_age);
  if (call->request.tls) cookie += "; Secure";
  return {{"Set-Cookie", cookie}, {"Cache-Control", "no-store"}};
}

Error invalid_token() { return {Errc::unauthenticated, "Invalid or expired token", kTokenInvalid}; }

}  // namespace

Expected<std::string_view> token_in(const Request& request) {
  auto bearer = bearer_token(request);
  if (!bearer || !bearer->empty()) return bearer;
  return cookie(request, kAuthCookie).value_or(std::string_view{});
}

bool is_foreign(const Request& request, const std::vector<std::string>& allowed_origins) {
  const auto origin = request.header("Origin");
  if (!origin) return false;
  const auto scheme_end = origin->find("://");
  const auto host = scheme_end == origin->npos ? std::string_view{} : origin->substr(scheme_end + 3);
  if (host == request.header("Host").value_or(std::string_view{})) return false;
  return std::find(allowed_origins.begin(), allowed_origins.end(), *origin) == allowed_origins.end();
}

Authentication::Authentication(Context& context) : context_(context) {
  offer_login_links(context.services.system, context.services.store, context.options.panel_url);
}

Authentication::NewLogin Authentication::NewLogin::make() {
  return {actors::token_digest(actors::random_token()), actors::random_token()};
}

std::string Authentication::token_of(events::AccountId account, const std::string& login, const std::string& refresh,
                                     Micros now, Micros expires_at) const {
  const auto row = context_.queries.account(account);
  JwtClaims claims;
  claims.type = kAccessToken;
  claims.subject = account;
  claims.login = login;
  claims.id = refresh;
  claims.username = row ? row->username : "";
  claims.issued_at = now;
  claims.expires_at = expires_at;
  return context_.credentials.jwt().sign(claims);
}

void Authentication::log_in(const CallPtr& call) {
  const auto login = NewLogin::make();
  if (!call->body_text("username").empty()) return log_in_by_password(call, login);
  std::string token = call->body_text("token");
  if (token.empty()) token = call->body_text("password");
  if (token.empty()) return call->refuse({Errc::invalid, "token is required", "token"});
  log_in_by_link(call, token, login,
                 [this, call, login](events::AccountId account) { answer_logged_in(call, account, login); });
}

void Authentication::log_in_by_link(const CallPtr& call, const std::string& token, const NewLogin& login,
                                    std::function<void(events::AccountId)> next) {
  const auto link_hash = actors::token_digest(token);
  const auto account = context_.queries.account_with_login_link(link_hash);
  if (!account) return call->refuse(invalid_token());
  actors::LogInByLink command{link_hash, login.token_hash, actors::token_digest(login.refresh),
                              to_micros(defaults::kPanelLoginLifetime)};
  context_.services.system.ask_account(
      *account, std::move(command), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [account = *account, next = std::move(next)](const storage::RecordPtr&) { next(account); },
          [call](const Error& error) {
            const bool no_good = error.code == Errc::unauthenticated || error.code == Errc::not_found;
            call->refuse(no_good ? invalid_token() : error);
          }));
}

void Authentication::log_in_by_password(const CallPtr& call, const NewLogin& login) {
  actors::LogIn command;
  command.token_hash = login.token_hash;
  command.refresh_hash = actors::token_digest(login.refresh);
  command.lifetime = to_micros(defaults::kPanelLoginLifetime);
  sign_in(
      context_.services, call,
      {call->body_text("username"), call->body_text("password"), std::move(command), call->body_text("mfa_code")},
      [this, call, login](events::AccountId account) { answer_logged_in(call, account, login); },
      [call](const Error& error) {
        const bool wrong = error.code == Errc::unauthenticated && error.field != kMfaCode;
        call->refuse(wrong ? Error{error.code, "Invalid username or password"} : error);
      });
}

void Authentication::answer_logged_in(const CallPtr& call, events::AccountId account, const NewLogin& login) const {
  const Micros expires_at = call->now + to_micros(defaults::kPanelLoginLifetime);
  const auto token = token_of(account, login.token_hash, login.refresh, call->now, expires_at);
  succeed(call, {{"token", token}, {"expiresAt", milliseconds(expires_at)}, {"expiresIn", kLifetimeSeconds}}, {},
          cookie_header(call, token, kLifetimeSeconds));
}

void Authentication::follow_link(const CallPtr& call) {
  // What only looks where a link leads, such as a preview, must not use it up.
  if (call->request.method != "GET") return call->refuse({Errc::wrong_method, "Method not allowed"});
  const auto login = NewLogin::make();
  log_in_by_link(call, call->query_text("token").value_or(""), login, [this, call, login](events::AccountId account) {
    const Micros expires_at = call->now + to_micros(defaults::kPanelLoginLifetime);
    const auto token = token_of(account, login.token_hash, login.refresh, call->now, expires_at);
    Response redirect{302, "", "text/plain", cookie_header(call, token, kLifetimeSeconds)};
    redirect.headers.emplace_back("Location", "/docs");
    redirect.headers.emplace_back("Referrer-Policy", "no-referrer");
    call->answer_with(std::move(redirect));
  });
}

OrderedJson Authentication::user_view(const CallPtr& call) const {
  const auto row = context_.queries.account(call->caller.account);
  return {{"userId", std::to_string(call->caller.account)},
          {"username", row ? row->username : ""},
          {"avatar", row && !row->avatar_url.empty() ? OrderedJson(row->avatar_url) : OrderedJson(nullptr)},
          {"isAdmin", call->caller.is_admin()},
          {"isMaster", call->caller.is_admin()}};
}

void Authentication::me(const CallPtr& call) { succeed(call, user_view(call)); }

void Authentication::verify(const CallPtr& call) {
  OrderedJson view = {{"valid", true}};
  view.update(user_view(call));
  const auto token = token_in(call->request);
  const auto claims = token ? context_.credentials.jwt().verify(*token, call->now) : tl::unexpected(token.error());
  const Micros expires_at = claims ? claims->expires_at : call->caller.login_expires_at;
  const bool ends = expires_at != std::numeric_limits<Micros>::max();
  view["expiresAt"] = ends ? OrderedJson(milliseconds(expires_at)) : OrderedJson(nullptr);
  view["exp"] = ends ? OrderedJson(expires_at / 1'000'000) : OrderedJson(nullptr);
  succeed(call, std::move(view));
}

void Authentication::status(const CallPtr& call) {
  OrderedJson view = {{"authenticated", true}};
  view.update(user_view(call));
  succeed(call, std::move(view));
}

void Authentication::refresh(const CallPtr& call) {
  const auto token = token_in(call->request);
  if (!token) return call->refuse(token.error());
  const auto claims = context_.credentials.jwt().verify(*token, call->now);
  if (!claims) return call->refuse(claims.error());
  if (claims->id.empty()) return call->refuse({Errc::unauthenticated, "Invalid token", kTokenInvalid});
  const std::string next = actors::random_token();
  context_.services.system.ask_account(
      claims->subject,
      actors::RefreshLogin{claims->login, actors::token_digest(claims->id), actors::token_digest(next)}, call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call,
          [this, call, claims = *claims, next](const storage::RecordPtr& record) {
            const auto outcome = actors::outcome_of_refresh(*record);
            if (!outcome) return call->refuse({Errc::unauthenticated, outcome.error().message, kTokenInvalid});
            const auto fresh = token_of(claims.subject, claims.login, next, call->now, outcome->expires_at);
            succeed(
                call,
                {{"token", fresh}, {"expiresAt", milliseconds(outcome->expires_at)}, {"expiresIn", kLifetimeSeconds}},
                {}, cookie_header(call, fresh, kLifetimeSeconds));
          },
          [call](const Error& error) {
            const bool gone = error.code == Errc::not_found || error.code == Errc::unauthenticated;
            call->refuse(gone ? invalid_token() : error);
          }));
}

void Authentication::log_out(const CallPtr& call) {
  context_.services.system.ask_account(
      call->caller.account, actors::LogOut{call->caller.login_hash}, call->cause(),
      context_.services.then(call, [call](const storage::Record&) {
        succeed(call, nullptr, {{"message", "Logged out"}}, cookie_header(call, "", 0));
      }));
}

void Authentication::make_permanent_link(const CallPtr& call) {
  if (!call->body_flag("forceNew") && context_.queries.permanent_link_issued_at(call->caller.account))
    return call->refuse({Errc::conflict, "There is a permanent link already; forceNew replaces it", "forceNew"});
  issue_login_link(context_.services.system, call->caller.account, true, call->cause(),
                   context_.services.then_with<std::string>(call, [this, call](const std::string& token) {
                     succeed(call, {{"token", token},
                                    {"isNew", true},
                                    {"link", login_link_url(context_.options.panel_url, token)},
                                    {"loginUrl", login_link_url(context_.options.panel_url, token)}});
                   }));
}

void Authentication::revoke_permanent_link(const CallPtr& call) {
  context_.services.system.ask_account(call->caller.account, actors::RevokePermanentLink{}, call->cause(),
                                       context_.services.then(call, [call](const storage::Record& record) {
                                         const bool had = !record.events.empty();
                                         succeed(call, {{"success", true}, {"revoked", had}},
                                                 {{"message", had ? "Permanent link revoked" : "There was none"}});
                                       }));
}

void Authentication::link_status(const CallPtr& call) {
  const auto issued_at = context_.queries.permanent_link_issued_at(call->caller.account);
  succeed(call, {{"hasPermanentToken", issued_at.has_value()},
                 {"issuedAt", issued_at ? OrderedJson(milliseconds(*issued_at)) : OrderedJson(nullptr)}});
}

}  // namespace troupe::http::chatai
