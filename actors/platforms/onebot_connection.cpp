#include "actors/platforms/onebot_connection.hpp"

#include <sodium.h>

#include <utility>
#include <vector>

#include "actors/decider.hpp"
#include "actors/llm/foreign_json.hpp"
#include "actors/platforms/websocket_client.hpp"

namespace troupe::actors::platforms {
namespace {

using std::chrono::steady_clock;

/// How often is looked for answers and clients that are late.
constexpr auto kLook = std::chrono::seconds(1);
/// Sent messages that are remembered, so that an answer to one is known to be to the bot.
constexpr std::size_t kMaxRememberedSent = 5000;

/// The token of `Bearer …` or `Token …`, whatever its case, as clients write it.
std::string_view token_of(const Handshake& handshake) {
  const auto header = handshake.header("authorization");
  const auto space = header.find(' ');
  if (space == header.npos) return handshake.access_token;
  return header.substr(space + 1);
}

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// With what clients append for their role.
bool is_our_path(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const std::string_view role : {"/event", "/api"})
    if (path.ends_with(role)) path.remove_suffix(role.size());
  return path.empty() || path == "/" || path == "/ws" || path == "/onebot/v11/ws";
}

}  // namespace

/// Brings what one socket says to the loop, as far as there is room.
class OneBotConnection::Receiver final : public SocketReceiver {
 public:
  Receiver(std::weak_ptr<OneBotConnection> connection, Loop& loop, std::shared_ptr<Waiting> waiting, Client client)
      : connection_(std::move(connection)),
        loop_(loop),
        waiting_(std::move(waiting)),
        client_(std::move(client)),
        id_(++waiting_->last_client) {
    ++waiting_->clients;
  }
  ~Receiver() override { --waiting_->clients; }
  ClientId id() const { return id_; }

  void opened(std::shared_ptr<PlatformSocket> socket) override {
    client_.socket = std::move(socket);
    loop_.post([connection = connection_, id = id_, client = std::move(client_)] {
      if (const auto alive = connection.lock()) return alive->opened(id, client);
      client.socket->close(1001, "The platform is gone");
    });
  }

  void message(std::string_view text) override {
    if (waiting_->frames >= defaults::kMaxPlatformMessagesWaiting ||
        waiting_->bytes + text.size() > defaults::kMaxPlatformBytesWaiting)
      return lose();
    is_losing_ = false;
    ++waiting_->frames;
    waiting_->bytes += text.size();
    loop_.post([connection = connection_, waiting = waiting_, id = id_, text = std::string(text)] {
      --waiting->frames;
      waiting->bytes -= text.size();
      if (const auto alive = connection.lock()) alive->frame(id, text);
    });
  }

  void closed(std::uint16_t, std::string why) override {
    loop_.post([connection = connection_, id = id_, why = std::move(why)] {
      if (const auto alive = connection.lock()) alive->closed(id, why);
    });
  }

 private:
  /// Said once until there is room again.
  void lose() {
    if (std::exchange(is_losing_, true)) return;
    loop_.post([connection = connection_] {
      if (const auto alive = connection.lock()) alive->setup_.events.erred("too many messages wait: some were lost");
    });
  }

  std::weak_ptr<OneBotConnection> connection_;
  Loop& loop_;
  std::shared_ptr<Waiting> waiting_;
  Client client_;
  const ClientId id_;
  bool is_losing_ = false;
};

class OneBotConnection::Door final : public Doorkeeper {
 public:
  Door(std::weak_ptr<OneBotConnection> connection, Loop& loop, std::shared_ptr<Waiting> waiting, std::string token)
      : connection_(std::move(connection)), loop_(loop), waiting_(std::move(waiting)), token_(std::move(token)) {}

  Verdict admit(const Handshake& handshake) override {
    if (!is_our_path(handshake.path)) return refuse(404, "OneBot clients connect to /ws");
    if (!token_.empty() && !is_same(token_of(handshake), token_)) return refuse(401, "The access token is wrong");
    // Any page in a browser on this machine could connect; it cannot hide where it comes from.
    if (token_.empty() && !handshake.header("origin").empty())
      return refuse(403, "Browsers need an access token to be set");
    if (waiting_->clients >= defaults::kMaxOneBotClients) return refuse(503, "Too many clients are connected");
    Client client;
    client.self_id = handshake.header("x-self-id");
    if (client.self_id.size() > defaults::kMaxForeignIdLength) return refuse(400, "X-Self-ID is too long");
    const auto role = handshake.header("x-client-role");
    client.brings_events = role != "API";
    client.takes_actions = role != "Event";
    return {std::nullopt, std::make_shared<Receiver>(connection_, loop_, waiting_, std::move(client))};
  }

 private:
  Verdict refuse(int status, std::string why) {
    if (status == 401)
      loop_.post([connection = connection_] {
        if (const auto alive = connection.lock()) alive->setup_.events.erred("a client came with a wrong access token");
      });
    return {Refusal{status, std::move(why)}, nullptr};
  }

  std::weak_ptr<OneBotConnection> connection_;
  Loop& loop_;
  std::shared_ptr<Waiting> waiting_;
  const std::string token_;
};

OneBotConnection::OneBotConnection(ConnectionSetup setup) : setup_(std::move(setup)), backoff_(setup_.retry_delay) {}
OneBotConnection::~OneBotConnection() = default;

std::string OneBotConnection::text(const char* setting) const { return llm::text_in(setup_.config, setting); }

std::uint16_t OneBotConnection::port() const {
  return static_cast<std::uint16_t>(llm::integer_in(setup_.config, "ws_port").value_or(0));
}

void OneBotConnection::start() {
  looks_ = setup_.loop.after(kLook, [this] { look(); });
  is_forward() ? connect() : listen();
}

void OneBotConnection::stop() {
  is_stopped_ = true;
  again_ = nullptr;
  looks_ = nullptr;
  if (is_listening_) setup_.listening.close(text("ws_host"), port());
  for (auto& [id, client] : clients_) client.socket->close(1001, "The platform was changed or stopped");
  if (forward_) forward_->close(1001, "The platform was changed or stopped");
  clients_.clear();
  for (auto& [echo, unanswered] : std::exchange(unanswered_, {}))
    unanswered.sent(fail(Errc::overloaded, "the connection was stopped"));
}

void OneBotConnection::listen() {
  setup_.listening.open(
      text("ws_host"), port(), std::make_shared<Door>(weak_from_this(), setup_.loop, waiting_, text("access_token")),
      [me = weak_from_this(), &loop = setup_.loop, &listening = setup_.listening, address = text("ws_host"),
       port = port()](Expected<void> opened) {
        loop.post([me, &listening, address, port, opened] {
          const auto alive = me.lock();
          if (!alive || alive->is_stopped_) {
            if (opened) listening.close(address, port);
            return;
          }
          if (opened) {
            alive->is_listening_ = true;
            return alive->setup_.events.running();
          }
          alive->setup_.events.failed(opened.error().message);
          alive->again_ =
              alive->setup_.loop.after(alive->backoff_.failed(alive->setup_.events.dice()), [still = alive.get()] {
                still->setup_.events.retrying();
                still->listen();
              });
        });
      });
}

void OneBotConnection::connect() {
  auto receiver = std::make_shared<Receiver>(weak_from_this(), setup_.loop, waiting_, Client{});
  forward_id_ = receiver->id();
  WebSocketTarget target{text("ws_url"), {}, setup_.reach};
  if (const auto token = text("access_token"); !token.empty())
    target.headers.emplace_back("Authorization", "Bearer " + token);
  forward_ = setup_.sockets.connect(std::move(target), std::move(receiver));
}

void OneBotConnection::connect_again(const std::string& why) {
  setup_.events.failed(why);
  again_ = setup_.loop.after(backoff_.failed(setup_.events.dice()), [this] {
    setup_.events.retrying();
    connect();
  });
}

void OneBotConnection::opened(ClientId id, Client client) {
  if (is_stopped_) return client.socket->close(1001, "The platform was changed or stopped");
  client.heard = steady_clock::now();
  const auto self_id = client.self_id;
  clients_.emplace(id, std::move(client));
  setup_.events.has_clients(clients_.size());
  if (!self_id.empty()) become(id, self_id);
  if (!is_forward()) return;
  backoff_.succeeded();
  setup_.events.running();
}

/// From now on the account is where this client is.
void OneBotConnection::become(ClientId id, const std::string& self_id) {
  Client& client = clients_.at(id);
  client.self_id = self_id;
  const auto take_place = [&](std::unordered_map<std::string, ClientId>& places) {
    const auto before = std::exchange(places[self_id], id);
    if (before != 0 && before != id) drop(before, "Another connection of this account took its place");
  };
  if (client.takes_actions) take_place(acting_);
  if (client.brings_events) take_place(events_from_);
}

void OneBotConnection::drop(ClientId id, const std::string& why) {
  const auto at = clients_.find(id);
  if (at == clients_.end()) return;
  at->second.socket->close(1000, why);
  closed(id, why);  // the socket says so as well, later and to nobody
}

void OneBotConnection::closed(ClientId id, const std::string& why) {
  const auto node = clients_.extract(id);
  if (!node.empty()) {
    setup_.events.has_clients(clients_.size());
    const auto forget = [&](std::unordered_map<std::string, ClientId>& places) {
      const auto at = places.find(node.mapped().self_id);
      if (at != places.end() && at->second == id) places.erase(at);
    };
    forget(acting_);
    forget(events_from_);
  }
  std::erase_if(unanswered_, [&, id](auto& entry) {
    if (entry.second.client != id) return false;
    // It may have been sent; better twice than never.
    entry.second.sent(fail(Errc::overloaded, "the connection ended before the client answered"));
    return true;
  });
  if (id != forward_id_ || is_stopped_) return;
  forward_id_ = 0;
  forward_ = nullptr;
  connect_again(why);
}

void OneBotConnection::frame(ClientId id, const std::string& json) {
  const auto at = clients_.find(id);
  if (at == clients_.end() || is_stopped_) return;
  at->second.heard = steady_clock::now();
  auto frame = onebot::parse(json);
  if (!frame) return setup_.events.erred("a client sent what is not OneBot v11: " + frame.error().message);
  std::visit(Overloaded{
                 [&](onebot::Message& message) { take(id, std::move(message)); },
                 [&](const onebot::Heartbeat& beat) {
                   if (at->second.self_id.empty() && !beat.self_id.empty()) become(id, beat.self_id);
                   const auto interval =
                       std::min<std::chrono::milliseconds>(beat.interval, defaults::kLongestHeartbeat);
                   at->second.patience = interval * defaults::kMissedHeartbeats;
                 },
                 [&](const onebot::Happening& happening) {
                   if (at->second.self_id.empty() && !happening.self_id.empty()) become(id, happening.self_id);
                   setup_.events.happened(happening.kind);
                 },
                 [&](const onebot::Response& response) { take(response); },
             },
             *frame);
}

void OneBotConnection::take(ClientId id, onebot::Message message) {
  if (clients_.at(id).self_id.empty()) become(id, message.self_id);
  // Answers go where the account's own client is.
  if (message.self_id != clients_.at(id).self_id)
    return setup_.events.erred("a client brought a message of another account than its own");
  if (message.speaker.user == message.self_id) return;  // its own words come back
  const bool answers_the_bot =
      !message.answers.empty() && sent_.contains(onebot::foreign_id(message.self_id, message.answers));
  Incoming incoming{std::move(message.speaker), onebot::foreign_id(message.self_id, message.message_id),
                    std::move(message.text), message.names_the_bot || answers_the_bot};
  setup_.events.hear(std::move(incoming), {});
}

void OneBotConnection::take(const onebot::Response& response) {
  auto node = unanswered_.extract(response.echo);
  if (node.empty()) return;
  Unanswered& unanswered = node.mapped();
  if (!response.is_ok) return unanswered.sent(fail(Errc::upstream_failed, response.why));
  const auto at = clients_.find(unanswered.client);
  const auto id = at == clients_.end() ? std::string() : onebot::foreign_id(at->second.self_id, response.message_id);
  if (!id.empty() && sent_.insert(id).second) {
    sent_order_.push_back(id);
    if (sent_order_.size() > kMaxRememberedSent) {
      sent_.erase(sent_order_.front());
      sent_order_.pop_front();
    }
  }
  unanswered.sent(id);
}

/// The account's client, or the one that has been here longest where no account is asked for.
OneBotConnection::Client* OneBotConnection::client_for(const std::string& self_id, ClientId& id) {
  if (!self_id.empty()) {
    const auto at = acting_.find(self_id);
    if (at == acting_.end()) return nullptr;
    id = at->second;
    return &clients_.at(id);
  }
  for (auto& [client_id, client] : clients_) {
    if (!client.takes_actions) continue;
    id = client_id;
    return &client;
  }
  return nullptr;
}

void OneBotConnection::send(Outgoing answer, SendAnswer sent) {
  const auto question = onebot::parse_foreign_id(answer.reply_to);
  ClientId id = 0;
  Client* client = client_for(question.self_id, id);
  if (!client) return sent(fail(Errc::overloaded, "no client is connected"));
  if (unanswered_.size() >= defaults::kMaxUnansweredSends)
    return sent(fail(Errc::overloaded, "too many answers wait for their clients"));
  const auto echo = "troupe-" + std::to_string(++last_echo_);
  unanswered_.emplace(echo, Unanswered{id, steady_clock::now() + setup_.answer_timeout, std::move(sent)});
  client->socket->send(onebot::send_action(answer, question.message_id, echo));
}

/// Every second: who is late.
void OneBotConnection::look() {
  const auto now = steady_clock::now();
  std::erase_if(unanswered_, [&](auto& entry) {
    if (now < entry.second.until) return false;
    entry.second.sent(fail(Errc::overloaded, "the client did not answer"));  // as when its connection ends
    return true;
  });
  std::vector<ClientId> silent;
  for (const auto& [id, client] : clients_)
    if (client.patience.count() > 0 && now - client.heard > client.patience) silent.push_back(id);
  for (const ClientId id : silent) {
    setup_.events.erred("a client was silent for longer than it said");
    drop(id, "No heartbeat came");
  }
  looks_ = setup_.loop.after(kLook, [this] { look(); });
}

}  // namespace troupe::actors::platforms
