#include "http/surfaces/nekobot/nekobot.hpp"

#include "http/security/api_key.hpp"

namespace troupe::http {
namespace {

/// The specification's table and what it does not name. There is one status for all that went wrong behind this server.
int neko_status_of(Errc code) {
  switch (code) {
    case Errc::upstream_failed:
    case Errc::timed_out: return 500;
    default: return status_of(code);
  }
}

Response envelope(int status, const std::string& message, const Error& error, std::string_view request_id) {
  OrderedJson body = {{"status", "error"}, {"message", message}};
  if (!error.field.empty() && status != 401 && status != 429) body["field"] = error.field;
  body["request_id"] = request_id;
  Headers headers;
  if (status == 401) headers = {{"WWW-Authenticate", "Bearer"}};
  return {status, json_text(body), "application/json", std::move(headers)};
}

}  // namespace

NekoBot::NekoBot(const Services& services, NekoBotOptions options)
    : context_(services, std::move(options)), routes_(make_routes(*this)) {}

Expected<Caller> NekoBot::of_token(std::string_view token) {
  return looks_like_api_key(token) ? context_.credentials.of_api_key(token)
                                   : context_.credentials.of_access_token(token);
}

Expected<Caller> NekoBot::authenticate(const Request& request, std::string_view) {
  const auto token = bearer_token(request);
  if (!token) return tl::unexpected(token.error());
  return token->empty() ? Caller{} : of_token(*token);
}

bool NekoBot::take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) {
  if (request.path != nekobot::kSocketPath) return false;
  const auto in_query = query_parameter(request.query, "token");
  const auto token = in_query ? std::optional<std::string_view>(*in_query) : subprotocol_token(request);
  auto caller = token ? of_token(*token) : authenticate(request, {});
  if (!caller)
    upgrade->refuse(refusal(caller.error(), request));
  else
    live_.accept(request, std::move(*caller), std::move(upgrade));
  return true;
}

Response NekoBot::error(const Error& error, std::string_view request_id) const {
  return envelope(neko_status_of(error.code), public_text(error, request_id), error, request_id);
}

Response NekoBot::refusal(const Error& why, const Request& request) const {
  const auto message = nekobot::words(request, why, public_text(why, request.id));
  return envelope(neko_status_of(why.code), message, why, request.id);
}

Headers NekoBot::rate_headers(const RateClass& rate, const RateVerdict& verdict) const {
  return {{"X-RateLimit-Limit", std::to_string(rate.limit)},
          {"X-RateLimit-Remaining", std::to_string(verdict.remaining)},
          {"X-RateLimit-Reset", std::to_string((verdict.reset_at + 999'999) / 1'000'000)}};
}

OrderedJson NekoBot::security_schemes() const {
  return {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"bearerFormat", "JWT"},
            {"description", "The access token of a login, or an API key (`plx_…`)"}}}};
}

OrderedJson NekoBot::error_schema() const {
  const OrderedJson text = {{"type", "string"}};
  return {
      {"type", "object"},
      {"properties",
       {{"status", {{"type", "string"}, {"enum", OrderedJson::array({"error"})}}},
        {"message", {{"type", "string"}, {"description", "English, or Chinese where `Accept-Language` prefers it"}}},
        {"field", {{"type", "string"}, {"description", "The field or parameter at fault, where there is one"}}},
        {"request_id", text}}},
      {"required", OrderedJson::array({"status", "message"})}};
}

}  // namespace troupe::http
