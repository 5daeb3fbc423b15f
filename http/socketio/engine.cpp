#include "http/socketio/engine.hpp"

#include <algorithm>

#include "events/json.hpp"

namespace troupe::socketio {
namespace {

std::size_t bytes_of(const http::Request& request) {
  std::size_t bytes = request.method.size() + request.target.size() + request.path.size() + request.query.size();
  for (const auto& [name, value] : request.headers) bytes += name.size() + value.size();
  return bytes;
}

/// A request (without its body) that owns what it points to, so that a session does not hold on to the
/// buffers of the connection it came on.
std::shared_ptr<const http::Request> detach(const http::Request& request) {
  auto copy = std::make_shared<http::Request>(request);
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(bytes_of(request));
  const auto own = [&](std::string_view text) {
    const std::size_t at = bytes->size();
    bytes->append(text);
    return std::string_view(*bytes).substr(at, text.size());
  };
  copy->method = own(request.method);
  copy->target = own(request.target);
  copy->path = own(request.path);
  copy->query = own(request.query);
  copy->body = {};
  for (auto& [name, value] : copy->headers) {
    name = own(name);
    value = own(value);
  }
  copy->keep_alive = std::move(bytes);
  return copy;
}

std::string parameter(const http::Request& request, std::string_view name) {
  return http::query_parameter(request.query, name).value_or("");
}

}  // namespace

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::transport_close: return "transport close";
    case Reason::transport_error: return "transport error";
    case Reason::ping_timeout: return "ping timeout";
    case Reason::parse_error: return "parse error";
    case Reason::forced_close: return "forced close";
    case Reason::server_shutting_down: return "server shutting down";
    case Reason::client_namespace_disconnect: return "client namespace disconnect";
    case Reason::server_namespace_disconnect: return "server namespace disconnect";
  }
  return "unknown";
}

/// The errors of the reference server: clients know these codes and texts.
struct Engine::Refusal {
  int status;
  int code;
  std::string message;

  static Refusal transport_unknown() { return {400, 0, "Transport unknown"}; }
  static Refusal session_unknown() { return {400, 1, "Session ID unknown"}; }
  static Refusal bad_method() { return {400, 2, "Bad handshake method"}; }
  static Refusal bad_request() { return {400, 3, "Bad request"}; }
  static Refusal headers_too_large() { return {431, 3, "Request header fields too large"}; }
  static Refusal forbidden(std::string message) { return {403, 4, std::move(message)}; }
  static Refusal unsupported_version() { return {400, 5, "Unsupported protocol version"}; }
  static Refusal overloaded() { return {503, 3, "Too many sessions"}; }

  http::Response response(Headers headers) && {
    if (status == 503) headers.emplace_back("Retry-After", "5");
    const nlohmann::ordered_json body = {{"code", code}, {"message", std::move(message)}};
    return {status, json_text(body), "application/json", std::move(headers)};
  }
};

/// What the WebSocket layer calls: a new session's transport, or the probe of an upgrade.
class EngineConnection : public http::WebSocketListener {
 public:
  EngineConnection(std::weak_ptr<Engine> engine, std::shared_ptr<const http::Request> request)
      : engine_(std::move(engine)), request_(std::move(request)) {}
  explicit EngineConnection(std::weak_ptr<EngineSession> session) : session_(std::move(session)) {}

  void opened(std::shared_ptr<http::WebSocket> socket) override {
    socket_ = socket.get();
    if (request_) {
      const auto engine = engine_.lock();
      if (!engine) return socket->close(1001);
      engine->open_websocket(*this, std::move(request_), std::move(socket));
    } else if (const auto session = session_.lock()) {
      session->probe_opened(std::move(socket));
    } else {
      socket->close(1005);
    }
  }

  void message(std::string_view payload, bool binary) override {
    if (const auto session = session_.lock()) session->websocket_message(socket_, payload, binary);
  }

  void closed(std::uint16_t) override {
    if (const auto session = session_.lock()) session->websocket_closed(socket_);
  }

  void belongs_to(std::weak_ptr<EngineSession> session) { session_ = std::move(session); }

 private:
  std::weak_ptr<Engine> engine_;
  std::shared_ptr<const http::Request> request_;
  std::weak_ptr<EngineSession> session_;
  const http::WebSocket* socket_ = nullptr;  ///< only compared
};

Engine::Engine(http::EventLoop& loop, EngineOptions options, OnSession on_session)
    : loop_(loop), options_(std::move(options)), on_session_(std::move(on_session)) {}

Engine::~Engine() { shut_down(); }

void Engine::shut_down() {
  shutting_down_ = true;
  std::vector<std::shared_ptr<EngineSession>> all;
  for (const auto& [id, session] : sessions_) all.push_back(session);
  for (const auto& session : all) session->end(Reason::server_shutting_down, EngineType::close, 1001);
}

EngineSession* Engine::find(const std::string& id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Engine::request(const http::Request& request, http::Reply reply) {
  auto headers = cors_headers(request);
  if (request.method == "OPTIONS" && !options_.cors.origins.empty())
    return preflight(request, std::move(reply), std::move(headers));
  const auto refuse = [&](Refusal refusal) { reply(std::move(refusal).response(std::move(headers))); };
  const auto transport = parameter(request, "transport");
  if (transport != "polling" && transport != "websocket") return refuse(Refusal::transport_unknown());
  const auto sid = parameter(request, "sid");
  if (sid.empty()) {
    if (request.method != "GET") return refuse(Refusal::bad_method());
    if (transport != "polling") return refuse(Refusal::bad_request());
    if (auto refusal = refusal_to_open(request)) return refuse(std::move(*refusal));
    return open_polling(request, std::move(reply), std::move(headers));
  }
  auto* session = find(sid);
  if (!session) return refuse(Refusal::session_unknown());
  if (transport != "polling" || session->on_websocket()) return refuse(Refusal::bad_request());
  const auto keep = session->shared_from_this();
  if (request.method == "GET") return keep->poll(std::move(reply), std::move(headers));
  if (request.method == "POST") return keep->post(request, std::move(reply), std::move(headers));
  refuse(Refusal::bad_method());
}

void Engine::upgrade(const http::Request& request, std::unique_ptr<http::Upgrade> upgrade) {
  const auto refuse = [&](Refusal refusal) {
    upgrade->refuse({refusal.status, std::move(refusal.message), "text/html", {}});
  };
  if (parameter(request, "transport") != "websocket") return refuse(Refusal::transport_unknown());
  const http::WebSocketLimits limits{.max_message_bytes = options_.max_payload_bytes,
                                     .max_queue_bytes = options_.max_queued_bytes};
  const auto sid = parameter(request, "sid");
  if (sid.empty()) {
    if (auto refusal = refusal_to_open(request)) return refuse(std::move(*refusal));
    return upgrade->accept(std::make_shared<EngineConnection>(weak_from_this(), detach(request)), limits);
  }
  auto* session = find(sid);
  if (!session) return refuse(Refusal::session_unknown());
  if (session->on_websocket() || session->upgrading_ || session->state_ != EngineSession::State::open)
    // One WebSocket a session. Clients expect to see this one open and close, not fail.
    return upgrade->accept(std::make_shared<EngineConnection>(std::weak_ptr<EngineSession>()), limits);
  session->expect_upgrade();
  upgrade->accept(std::make_shared<EngineConnection>(session->weak_from_this()), limits);
}

std::optional<Engine::Refusal> Engine::refusal_to_open(const http::Request& request) const {
  if (options_.refusal_of)
    if (auto message = options_.refusal_of(request)) return Refusal::forbidden(std::move(*message));
  if (parameter(request, "EIO") != "4") return Refusal::unsupported_version();
  if (bytes_of(request) > options_.max_handshake_bytes) return Refusal::headers_too_large();
  if (shutting_down_ || sessions_.size() >= options_.max_sessions) return Refusal::overloaded();
  return std::nullopt;
}

std::shared_ptr<EngineSession> Engine::add_session(std::shared_ptr<const http::Request> request) {
  auto session = std::make_shared<EngineSession>(*this, std::move(request));
  sessions_.emplace(session->id(), session);
  session->ping_after_interval();
  return session;
}

std::string Engine::open_packet(const EngineSession& session) const {
  auto upgrades = nlohmann::ordered_json::array();
  if (!session.on_websocket()) upgrades.push_back("websocket");
  const nlohmann::ordered_json handshake = {{"sid", session.id()},
                                            {"upgrades", std::move(upgrades)},
                                            {"pingInterval", options_.ping_interval.count()},
                                            {"pingTimeout", options_.ping_timeout.count()},
                                            {"maxPayload", options_.max_payload_bytes}};
  return static_cast<char>(EngineType::open) + handshake.dump();
}

void Engine::open_polling(const http::Request& request, http::Reply reply, Headers headers) {
  const auto session = add_session(detach(request));
  headers.emplace_back("Cache-Control", "no-store");
  reply({200, open_packet(*session), "text/plain; charset=UTF-8", std::move(headers)});
  session->listener_ = on_session_(*session);
}

void Engine::open_websocket(EngineConnection& connection, std::shared_ptr<const http::Request> request,
                            std::shared_ptr<http::WebSocket> socket) {
  // Asked again: many handshakes may have been under way at once.
  if (shutting_down_ || sessions_.size() >= options_.max_sessions) return socket->close(1013);
  const auto session = add_session(std::move(request));
  connection.belongs_to(session);
  session->socket_ = std::move(socket);
  session->send(text_packet(open_packet(*session)));
  session->listener_ = on_session_(*session);
}

Headers Engine::cors_headers(const http::Request& request) const {
  const auto& [origins, credentials] = options_.cors;
  if (origins.empty()) return {};
  const bool any = std::find(origins.begin(), origins.end(), "*") != origins.end();
  if (any && !credentials) return {{"Access-Control-Allow-Origin", "*"}};
  Headers headers = {{"Vary", "Origin"}};
  const auto origin = request.header("Origin");
  if (!origin || (!any && std::find(origins.begin(), origins.end(), *origin) == origins.end())) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", *origin);
  if (credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  return headers;
}

void Engine::preflight(const http::Request& request, http::Reply reply, Headers headers) const {
  headers.emplace_back("Access-Control-Allow-Methods", "GET,POST");
  if (const auto wanted = request.header("Access-Control-Request-Headers"))
    headers.emplace_back("Access-Control-Allow-Headers", *wanted);
  reply({204, "", "text/plain", std::move(headers)});
}

}  // namespace troupe::socketio
