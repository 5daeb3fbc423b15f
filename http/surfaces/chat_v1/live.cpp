// The WebSocket of a session: questions in, answers out as they stream. What was committed is shown in the log's order.
//
//   {"type":"message","data":{"id","role","content","status"}}   status: streaming (content is the next piece, and there
//                                                                is no id yet) or complete (content is the whole)
//   {"type":"typing","data":{"role"}}                            someone is at it: the model, or the person elsewhere
//   {"type":"error","data":{"error","status"}}                   status: a business code; the connection stays open
#include "events/codec.hpp"
#include "events/json_depth.hpp"
#include "http/surfaces/chat_v1/chat_v1.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view kPaths[] = {"/ws/chat/", "/api/v1/ws/chat/"};
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kPolicyViolation = 1008;

OrderedJson frame(const char* type, Fields data) { return {{"type", type}, {"data", std::move(data)}}; }

OrderedJson error_frame(const std::string& code, const std::string& message) {
  return frame("error", {{"error", message}, {"status", code}});
}

std::string text_of(const OrderedJson& frame) {
  return frame.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

/// One connection. Loop's thread.
class ChatSocket : public WebSocketListener, public std::enable_shared_from_this<ChatSocket> {
 public:
  ChatSocket(ChatV1& surface, Caller caller, events::SessionId session)
      : surface_(surface), sockets_(surface.sockets_), caller_(std::move(caller)), session_(session) {}

  void opened(std::shared_ptr<WebSocket> socket) override {
    socket_ = std::move(socket);
    sockets_->add(session_, caller_.account, shared_from_this());
  }
  void message(std::string_view payload, bool binary) override {
    if (binary) return send(text_of(error_frame("HTTP400", "Frames are JSON text")));
    surface_.said(*this, payload);
  }
  void closed(std::uint16_t) override {
    socket_.reset();
    sockets_->remove(session_, caller_.account, this);
  }

  void send(const std::string& text) {
    if (socket_) socket_->send_text(text);
  }
  void send(const SharedFrame& frame) {
    if (socket_) socket_->send_frame(frame);
  }
  void close(std::uint16_t code, std::string_view reason) {
    if (socket_) socket_->close(code, reason);
  }
  const Caller& caller() const { return caller_; }
  events::SessionId session() const { return session_; }

 private:
  ChatV1& surface_;
  std::shared_ptr<ChatSockets> sockets_;
  Caller caller_;
  events::SessionId session_;
  std::shared_ptr<WebSocket> socket_;
};

// ChatSockets

void ChatSockets::add(SessionId session, AccountId account, const std::shared_ptr<ChatSocket>& socket) {
  const std::lock_guard lock(mutex_);
  sockets_.emplace(session, socket);
  ++of_account_[account];
}

void ChatSockets::remove(SessionId session, AccountId account, const ChatSocket* socket) {
  std::shared_ptr<ChatSocket> last;  // ends after the lock
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = sockets_.equal_range(session);
  const auto at = std::find_if(begin, end, [&](const auto& known) { return known.second.get() == socket; });
  if (at == end) return;
  last = std::move(at->second);
  sockets_.erase(at);
  if (--of_account_[account] == 0) of_account_.erase(account);
}

std::size_t ChatSockets::of_account(AccountId account) const {
  const std::lock_guard lock(mutex_);
  const auto at = of_account_.find(account);
  return at == of_account_.end() ? 0 : at->second;
}

bool ChatSockets::is_watched(SessionId session) const {
  const std::lock_guard lock(mutex_);
  return sockets_.contains(session);
}

std::vector<std::shared_ptr<ChatSocket>> ChatSockets::of_session(SessionId session) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ChatSocket>> found;
  const auto [begin, end] = sockets_.equal_range(session);
  for (auto at = begin; at != end; ++at) found.push_back(at->second);
  return found;
}

std::vector<std::shared_ptr<ChatSocket>> ChatSockets::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ChatSocket>> found;
  for (const auto& [session, socket] : sockets_) found.push_back(socket);
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
    if (!sockets_->is_watched(question.session)) return;
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
      return refuse({Errc::not_found, "There is no such session", "session_id"});
    if (sockets_->of_account(caller->account) >= defaults::kMaxChatSocketsPerAccount)
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
  if (!credentials_.still_good(socket.caller())) return socket.close(kPolicyViolation, "The login has ended");
  const auto refuse = [&](const std::string& why) { socket.send(text_of(error_frame("HTTP400", why))); };
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return refuse("JSON is nested too deep");
  const Json said = Json::parse(text, nullptr, false);
  if (!said.is_object() || !said.contains("type") || !said["type"].is_string())
    return refuse("A frame is a JSON object with a type");
  const auto type = said["type"].get<std::string>();
  if (type == "typing") return send_to(socket.session(), frame("typing", {{"role", "user"}}), &socket);
  if (type != "message") return refuse("type must be message or typing");
  const Json& data = said.contains("data") && said["data"].is_object() ? said["data"] : said;
  if (!data.contains("content") || !data["content"].is_string()) return refuse("data.content must be a string");
  asked(socket, std::string(trimmed(data["content"].get_ref<const std::string&>())));
}

void ChatV1::asked(ChatSocket& socket, std::string text) {
  if (text.empty()) return socket.send(text_of(error_frame("HTTP400", "data.content must not be empty")));
  const Micros now = now_micros();
  if (!take_from_rate(chat_rate(), socket.caller().name(), now).allowed)
    return socket.send(text_of(error_frame("HTTP429", "Too many messages, try again later")));
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
          open->send(text_of(
              error_frame(body["error"]["code"].get<std::string>(), body["error"]["message"].get<std::string>())));
        });
      },
      [](const Expected<actors::Outcome>&) {});  // the log tells
}

void ChatV1::committed(const std::vector<storage::RecordPtr>& records) {
  if (sockets_->size() == 0) return;
  for (const auto& record : records) {
    if (record->category() == events::kAccounts) end_sockets_of(whole_number(record->id()).value_or(0));
    if (record->category() != events::kSessions) continue;
    const auto session = whole_number(record->id());
    if (!session || !sockets_->is_watched(*session)) continue;
    for (const auto& stored : record->events)
      if (const auto event = events::decode<events::SessionEvent>(stored)) show(*session, *event);
  }
}

/// A socket ends with the login it came with.
void ChatV1::end_sockets_of(AccountId account) {
  if (sockets_->of_account(account) == 0) return;
  for (const auto& socket : sockets_->all())
    if (socket->caller().account == account && !credentials_.still_good(socket->caller()))
      socket->close(kPolicyViolation, "The login has ended");
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
  const auto sockets = sockets_->of_session(session);
  if (sockets.empty()) return;
  const auto shared = make_text_frame(text_of(frame));
  for (const auto& socket : sockets)
    if (socket.get() != but) socket->send(shared);
}

std::size_t ChatV1::connected_clients() const { return sockets_->size(); }

void ChatV1::shut_down() {
  for (const auto& socket : sockets_->all()) socket->close(kGoingAway, "The server is ending");
}

}  // namespace troupe::http
