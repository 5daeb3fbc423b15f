#include "http/surfaces/plexichat/plexichat.hpp"

#include "http/security/api_key.hpp"
#include "http/security/sign_in.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view kBearer = "Bearer ";

struct Refusal {
  int status;
  const char* code;
};

/// The specification's table, and words of the same kind for what it does not name.
Refusal refusal_of(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
    case Errc::duplicate: return {422, "VALIDATION_ERROR"};
    case Errc::unauthenticated:
      if (error.field == kCredentials) return {401, "INVALID_CREDENTIALS"};
      return {401, error.field == kTokenExpired ? "TOKEN_EXPIRED" : "AUTHENTICATION_REQUIRED"};
    case Errc::forbidden: return {403, "INSUFFICIENT_PERMISSIONS"};
    case Errc::not_found: return {404, "RESOURCE_NOT_FOUND"};
    case Errc::wrong_method: return {405, "METHOD_NOT_ALLOWED"};
    case Errc::conflict: return {409, "CONFLICT"};
    case Errc::too_large: return {413, "PAYLOAD_TOO_LARGE"};
    case Errc::too_fast:
      return error.field == kLocked ? Refusal{423, "ACCOUNT_LOCKED"} : Refusal{429, "RATE_LIMIT_EXCEEDED"};
    case Errc::upstream_failed:
    case Errc::cancelled: return {502, "UPSTREAM_ERROR"};
    case Errc::timed_out: return {504, "UPSTREAM_TIMEOUT"};
    case Errc::maintenance: return {503, "MAINTENANCE"};
    case Errc::overloaded:
    case Errc::storage_failed:
    case Errc::shutting_down: return {503, "SERVICE_UNAVAILABLE"};
    case Errc::corrupt: return {500, "INTERNAL_SERVER_ERROR"};
  }
  return {500, "INTERNAL_SERVER_ERROR"};
}

}  // namespace

PlexiChat::PlexiChat(const Services& services) : context_(services), routes_(make_routes(*this)) {}

Expected<Caller> PlexiChat::authenticate(const Request& request, std::string_view) {
  auto& credentials = context_.credentials;
  if (const auto key = request.header("X-API-Key")) return credentials.of_api_key(trimmed(*key));
  if (const auto header = request.header("Authorization")) {
    if (!header->starts_with(kBearer)) return fail(Errc::unauthenticated, "Invalid token", kTokenInvalid);
    return of_token(trimmed(header->substr(kBearer.size())));
  }
  if (const auto login = cookie(request, plexichat::kSessionCookie); login && !login->empty())
    return credentials.of_login(*login);
  return Caller{};
}

Expected<Caller> PlexiChat::of_token(std::string_view token) {
  return looks_like_api_key(token) ? context_.credentials.of_api_key(token)
                                   : context_.credentials.of_access_token(token);
}

bool PlexiChat::take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) {
  if (request.path != plexichat::kSocketPath) return false;
  const auto token = query_parameter(request.query, "token");
  auto caller = token ? of_token(*token) : authenticate(request, {});
  if (!caller)
    upgrade->refuse(error(caller.error(), request.id));
  else
    live_.accept(request, std::move(*caller), std::move(upgrade));
  return true;
}

Response PlexiChat::error(const Error& in_the_house, std::string_view request_id) const {
  const Error error = plexichat::about_channels(in_the_house);
  const auto [status, code] = refusal_of(error);
  const std::string message = public_text(error, request_id);
  OrderedJson details = OrderedJson::object();
  if (!error.field.empty() && status != 401 && status != 423) details = {{"field", error.field}, {"reason", message}};
  Headers headers;
  if (status == 401) headers = {{"WWW-Authenticate", "Bearer"}};
  const OrderedJson body = {{"error",
                             {{"code", code},
                              {"message", message},
                              {"details", details},
                              {"request_id", request_id},
                              {"timestamp", iso8601(now_micros())}}}};
  return {status, json_text(body), "application/json", std::move(headers)};
}

Response PlexiChat::too_fast(int seconds_to_wait, std::string_view request_id) const {
  return {429, json_text(OrderedJson{{"error",
                                      {{"code", "RATE_LIMIT_EXCEEDED"},
                                       {"message", "Rate limit exceeded"},
                                       {"retry_after", seconds_to_wait},
                                       {"request_id", request_id},
                                       {"timestamp", iso8601(now_micros())}}}})};
}

Headers PlexiChat::rate_headers(const RateClass& rate, const RateVerdict& verdict) const {
  return {{"X-RateLimit-Limit", std::to_string(rate.limit)},
          {"X-RateLimit-Remaining", std::to_string(verdict.remaining)},
          {"X-RateLimit-Reset", std::to_string((verdict.reset_at + 999'999) / 1'000'000)},
          {"X-RateLimit-Window", std::to_string(rate.window.count())}};
}

OrderedJson PlexiChat::security_schemes() const {
  return {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
          {"apiKey", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}},
          {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", plexichat::kSessionCookie}}}};
}

OrderedJson PlexiChat::error_schema() const {
  const OrderedJson text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{"error",
             {{"type", "object"},
              {"properties",
               {{"code", text},
                {"message", text},
                {"details",
                 {{"type", "object"},
                  {"description", "`field` and `reason`, where a field or parameter is at fault"},
                  {"properties", {{"field", text}, {"reason", text}}}}},
                {"retry_after", {{"type", "integer"}, {"description", "Seconds; of RATE_LIMIT_EXCEEDED"}}},
                {"request_id", text},
                {"timestamp", text}}},
              {"required", OrderedJson::array({"code", "message"})}}}}},
          {"required", OrderedJson::array({"error"})}};
}

}  // namespace troupe::http
