#include "http/surfaces/bot_manager/bot_manager.hpp"

namespace troupe::http {

using projections::Visible;

BotManager::BotManager(Services services, socketio::Options socketio_options)
    : services_(services),
      queries_(services.store),
      credentials_(queries_, services.system, services.secrets),
      routes_(make_routes(*this)),
      io_(services.loop, std::move(socketio_options)) {
  auto& all = io_.of("/");
  all.authorize(
      [this](const socketio::Handshake& handshake, const socketio::Admit& answer) { admit(handshake, answer); });
  all.on_connection([this](const std::shared_ptr<socketio::Socket>& socket) { greet(socket); });
}

Expected<Caller> BotManager::authenticate(const Request& request, std::string_view body_token) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!body_token.empty()) return credentials_.of_bot(body_token);
  if (const auto token = request.header("X-Bot-Token")) return credentials_.of_bot(trimmed(*token));
  if (const auto token = request.header("Authorization"); token && token->starts_with(kBearer))
    return credentials_.of_bot(trimmed(token->substr(kBearer.size())));
  if (const auto token = cookie(request, "session_token"); token && !token->empty())
    return credentials_.of_login(*token);
  return Caller{};
}

Subject BotManager::bot(std::string_view bot_id) const {
  const auto owner = queries_.owner_of_bot(bot_id);
  return owner ? Subject{true, *owner} : Subject{};
}

Response BotManager::error(const Error& error, std::string_view request_id) const {
  OrderedJson body = {{"error", public_text(error, request_id)}};
  if (!error.field.empty()) body["field"] = error.field;
  body["request_id"] = request_id;
  return {status_of(error.code), json_text(body)};
}

OrderedJson BotManager::security_schemes() const {
  return {{"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "session_token"}}},
          {"botToken", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-Bot-Token"}}},
          {"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
}

std::vector<std::string> BotManager::security_of(const Route& route) const {
  const bool for_bots = route.access == Access::bot || route.access == Access::bot_or_login;
  return for_bots ? std::vector<std::string>{"botToken", "bearer", "session"} : std::vector<std::string>{"session"};
}

OrderedJson BotManager::error_schema() const {
  return {{"type", "object"},
          {"properties",
           {{"error", {{"type", "string"}, {"description", "What is wrong, for people"}}},
            {"field", {{"type", "string"}, {"description", "The field or parameter at fault"}}},
            {"request_id", {{"type", "string"}}}}},
          {"required", OrderedJson::array({"error", "request_id"})}};
}

bool BotManager::take(Request& request, Reply& reply) {
  if (!io_.serves(request.path)) return false;
  io_.request(request, std::move(reply));
  return true;
}

bool BotManager::take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) {
  if (!io_.serves(request.path)) return false;
  io_.upgrade(request, std::move(upgrade));
  return true;
}

std::optional<Visible> BotManager::visible_or_refused(const CallPtr& call) const {
  const auto& caller = call->caller;
  if (const auto wanted = call->query_text("bot_id"); wanted && !wanted->empty()) {
    if (!allowed_or_refused(call, *wanted)) return std::nullopt;
    return Visible{false, {*wanted}};
  }
  if (!caller.bot_id.empty()) return Visible{false, {caller.bot_id}};
  if (caller.is_admin()) return Visible{true, {}};
  return Visible{false, queries_.bot_ids_of(caller.account)};
}

bool BotManager::allowed_or_refused(const CallPtr& call, const std::string& bot_id) const {
  const auto& caller = call->caller;
  if (!caller.bot_id.empty() && caller.bot_id != bot_id)
    return call->refuse({Errc::unauthenticated, std::string(wrong_bot_token_text())}), false;
  const Subject subject = bot(bot_id);
  const bool allowed =
      !caller.bot_id.empty() || caller.is_admin() || (subject.exists && subject.owner == caller.account);
  if (!allowed) return call->refuse({Errc::forbidden, call->route->denied}), false;
  if (!subject.exists) return call->refuse({Errc::not_found, "Bot not found"}), false;
  return true;
}

projections::BotRow BotManager::with_last_heard(projections::BotRow bot) const {
  if (const auto heard = services_.system.last_heard(bot.id)) bot.last_active = std::max(bot.last_active, *heard);
  return bot;
}

}  // namespace troupe::http
