// The WebSocket of a session: questions in, answers out as they stream. What was committed is shown in the log's order.
//
//   {"type":"message","data":{"id","role","content","status"}}   status: streaming (content is the next piece, and there
//                                                                is no id yet) or complete (content is the whole)
//   {"type":"typing","data":{"role"}}                            someone is at it: the model, or the person elsewhere
//   {"type":"error","data":{"error","status"}}                   status: a business code; the connection stays open
#include "events/codec.hpp"
#include "http/surfaces/chat_v1/chat_v1.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view kPaths[] = {"/ws/chat/", "/api/v1/ws/chat/"};

OrderedJson error_frame(const std::string& code, const std::string& message) {
  return frame("error", {{"error", message}, {"status", code}});
}

}  // namespace

class ChatSocket final : public ClientSocket {
 public:
  ChatSocket(ChatV1& surface, Caller caller, events::SessionId session)
      : ClientSocket(surface.sockets_, std::move(caller)), surface_(surface), session_(session) {}

  void message(std::string_view payload, bool binary) override {
    if (binary) return send(error_frame("HTTP400", "Frames are JSON text"));
    surface_.said(*this, payload);
  }
  events::SessionId session() const { return session_; }

 private:
  void came() override { surface_.watched_->add(session_, this); }
  void went() override { surface_.watched_->remove(session_, this); }

  ChatV1& surface_;
  events::SessionId session_;
};

// WatchedSessions

void WatchedSessions::add(SessionId session, ChatSocket* socket) {
  const std::lock_guard lock(mutex_);
  sockets_.emplace(session, socket);
}

void WatchedSessions::remove(SessionId session, ChatSocket* socket) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = sockets_.equal_range(session);
  const auto at = std::find_if(begin, end, [&](const auto& known) { return known.second == socket; });
  if (at != end) sockets_.erase(at);
}

bool WatchedSessions::is_watched(SessionId session) const {
  const std::lock_guard lock(mutex_);
  return sockets_.contains(session);
}

std::vector<ChatSocket*> WatchedSessions::sockets_of(SessionId session) const {
  const std::lock_guard lock(mutex_);
  std::vector<ChatSocket*> found;
  const auto [begin, end] = sockets_.equal_range(session);
  for (auto at = begin; at != end; ++at) found.push_back(at->second);
  return found;
}

// The surface

ChatV1::ChatV1(Services services, ChatV1Options options)
    : services_(services),
      options_(options),
      queries_(services.store),
      sessions_(services.store),
      credentials_(queries_, services.system, services.secrets),
      routes_(make_routes(*this)) {
  services_.system.conversations().on_delta([this](const actors::QuestionId& question, std::string_view text) {
    if (!watched_->is_watched(question.session)) return;
    services_.loop.post([this, question, text = std::string(text)] { show_delta(question, text); });
  });
}

bool ChatV1::take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) {
  for (const auto path : kPaths) {
    if (!request.path.starts_with(path)) continue;
    const auto refuse = [&](const Error& why) { return upgrade->refuse(error(why, request.id)), true; };
    const auto token = query_parameter(request.query, "token");
    auto caller = token ? credentials_.of_access_token(*token) : authenticate(request, {});
    if (!caller) return refuse(caller.error());
    if (caller->account == 0) return refuse({Errc::unauthenticated, std::string(not_authenticated_text())});
    const auto session = whole_number(request.path.substr(path.size()));
    if (!session || !session_of(caller->account, *session))
      return refuse({Errc::not_found, "There is no such session", actors::kSessionId});
    if (sockets_.of_account(caller->account).size() >= defaults::kMaxChatSocketsPerAccount)
      return refuse({Errc::too_fast, "Too many WebSocket connections of this user"});
    WebSocketLimits limits;
    limits.idle_timeout = defaults::kWebSocketIdleTimeout;
    limits.permessage_deflate = true;
    upgrade->accept(std::make_shared<ChatSocket>(*this, std::move(*caller), *session), limits);
    return true;
  }
  return false;
}

void ChatV1::said(ChatSocket& socket, std::string_view text) {
  if (!take_from_rate(frame_rate(), socket.caller().name(), now_micros()).allowed)
    return socket.close(kPolicyViolation, "Too many frames");
  if (!sockets_.check_login(socket)) return;
  const auto refuse = [&](const std::string& why) { socket.send(error_frame("HTTP400", why)); };
  const auto parsed = parse_frame(text);
  if (!parsed) return refuse(parsed.error().message);
  const Json& said = *parsed;
  const auto type = said["type"].get<std::string>();
  if (type == "typing") return send_to(socket.session(), frame("typing", {{"role", "user"}}), &socket);
  if (type != "message") return refuse("type must be message or typing");
  const Json& data = said.contains("data") && said["data"].is_object() ? said["data"] : said;
  if (!data.contains("content") || !data["content"].is_string()) return refuse("data.content must be a string");
  asked(socket, std::string(trimmed(data["content"].get_ref<const std::string&>())));
}

void ChatV1::asked(ChatSocket& socket, std::string text) {
  if (text.empty()) return socket.send(error_frame("HTTP400", "data.content must not be empty"));
  const Micros now = now_micros();
  if (!take_from_rate(chat_rate(), socket.caller().name(), now).allowed)
    return socket.send(error_frame("HTTP429", "Too many messages, try again later"));
  actors::AskModel question;
  question.session = socket.session();
  question.asker = socket.caller().account;
  question.text = std::move(text);
  services_.system.conversations().ask_model(
      std::move(question), {socket.caller().name(), {}, now, {}},
      [this, socket = socket.weak_from_this()](Expected<storage::RecordPtr> asked) {
        if (asked) return;
        services_.loop.post([this, socket, why = asked.error()] {
          const auto open = socket.lock();
          if (!open) return;
          const Json body = Json::parse(error(why, "").body);
          open->send(
              error_frame(body["error"]["code"].get<std::string>(), body["error"]["message"].get<std::string>()));
        });
      },
      [](const Expected<actors::Outcome>&) {});  // the log tells
}

void ChatV1::committed(const std::vector<storage::RecordPtr>& records) {
  if (sockets_.size() == 0) return;
  for (const auto& record : records) {
    if (record->category() == events::kAccounts) sockets_.check_logins_of(whole_number(record->id()).value_or(0));
    if (record->category() != events::kSessions) continue;
    const auto session = whole_number(record->id());
    if (!session || !watched_->is_watched(*session)) continue;
    for (const auto& stored : record->events)
      if (const auto event = events::decode<events::SessionEvent>(stored)) show(*session, *event);
  }
}

void ChatV1::show(SessionId session, const events::SessionEvent& event) {
  if (const auto* message = std::get_if<events::MessagePosted>(&event)) {
    const auto text = services_.secrets.unseal_for(message->key_of, message->sealed_text).value_or("");
    return send_to(session, frame("message", {{"id", events::message_id(session, message->number)},
                                              {"role", message->role},
                                              {"content", text},
                                              {"status", "complete"}}));
  }
  if (std::holds_alternative<events::QuestionAsked>(event))
    return send_to(session, frame("typing", {{"role", "assistant"}}));
  if (const auto* failed = std::get_if<events::QuestionFailed>(&event))
    send_to(session, error_frame("CHAT002", "Failed to send message: " + failed->reason));
}

void ChatV1::show_delta(const actors::QuestionId& question, const std::string& text) {
  send_to(question.session, frame("message", {{"role", "assistant"},
                                              {"content", text},
                                              {"status", "streaming"},
                                              {"reply_to", events::message_id(question.session, question.number)}}));
}

void ChatV1::send_to(SessionId session, const OrderedJson& frame, const ChatSocket* but) {
  const auto sockets = watched_->sockets_of(session);
  if (sockets.empty()) return;
  const auto shared = make_text_frame(json_text(frame));
  for (ChatSocket* socket : sockets)
    if (socket != but) socket->send(shared);
}

std::size_t ChatV1::connected_clients() const { return sockets_.size(); }

void ChatV1::shut_down() { sockets_.close_all(kGoingAway, "The server is ending"); }

}  // namespace troupe::http
