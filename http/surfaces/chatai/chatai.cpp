#include "http/surfaces/chatai/chatai.hpp"

#include "http/security/api_key.hpp"

namespace troupe::http {

ChatAi::ChatAi(const Services& services, ChatAiOptions options)
    : context_(services, std::move(options)), routes_(make_routes(*this)) {
  services.system.conversations().on_delta(
      [this](const actors::QuestionId& question, std::string_view text) { chat_.delta(question, text); });
}

Expected<Caller> ChatAi::authenticate(const Request& request, std::string_view) {
  auto& credentials = context_.credentials;
  if (const auto key = request.header("X-API-Key")) return credentials.of_api_key(trimmed(*key));
  const auto token = chatai::token_in(request);
  if (!token) return tl::unexpected(token.error());
  if (token->empty()) return Caller{};
  if (request.header("Authorization") && chatai::GroupAdmin::is_token(*token)) return group_admin_.authenticate(*token);
  if (!request.header("Authorization") && chatai::is_foreign(request, context_.options.allowed_origins))
    return fail(Errc::forbidden, "This origin is not allowed");
  if (looks_like_api_key(*token)) return credentials.of_api_key(*token);
  auto caller = credentials.of_access_token(*token);
  if (!caller && caller.error().field == kTokenExpired)
    return fail(Errc::unauthenticated, "Token expired", kTokenExpired);
  return caller;
}

Response ChatAi::worded(const Error& error, std::string_view request_id, bool chinese) const {
  const std::string english = public_text(error, request_id);
  OrderedJson body = {{"success", false},
                      {"error", chinese ? chatai::in_chinese(error, english) : english},
                      {"code", chatai::code_of(error)}};
  const int status = error.code == Errc::duplicate ? 409 : status_of(error.code);
  if (!error.field.empty() && !chatai::is_code(error.field) && status != 401) body["field"] = error.field;
  Headers headers;
  if (status == 401) headers = {{"WWW-Authenticate", "Bearer"}};
  return {status, json_text(body), "application/json", std::move(headers)};
}

Response ChatAi::error(const Error& error, std::string_view request_id) const {
  return worded(error, request_id, false);
}

Response ChatAi::refusal(const Error& why, const Request& request) const {
  return worded(why, request.id, chatai::prefers_chinese(request.header("Accept-Language").value_or("")));
}

Response ChatAi::too_fast_to(const Request& request, int) const {
  const bool logs_in = request.path.ends_with("/group-admin/login");
  return refusal({Errc::too_fast, logs_in ? "Too many attempts to log in; try again later" : "Rate limit exceeded"},
                 request);
}

Headers ChatAi::rate_headers(const RateClass& rate, const RateVerdict& verdict) const {
  return {{"X-RateLimit-Limit", std::to_string(rate.limit)},
          {"X-RateLimit-Remaining", std::to_string(verdict.remaining)},
          {"X-RateLimit-Reset", std::to_string((verdict.reset_at + 999'999) / 1'000'000)}};
}

OrderedJson ChatAi::security_schemes() const {
  return {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
          {"groupAdmin", {{"type", "http"}, {"scheme", "bearer"}}},
          {"cookie", {{"type", "apiKey"}, {"in", "cookie"}, {"name", chatai::kAuthCookie}}},
          {"apiKey", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}}};
}

OrderedJson ChatAi::error_schema() const {
  const OrderedJson text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{"success", {{"type", "boolean"}}},
            {"error", {{"type", "string"}, {"description", "In Chinese where `Accept-Language` prefers it"}}},
            {"code", text},
            {"field", {{"type", "string"}, {"description", "The field at fault, where one is"}}}}},
          {"required", OrderedJson::array({"success", "error", "code"})}};
}

}  // namespace troupe::http
