#include "actors/platforms/discord_connection.hpp"

#include <utility>

#include "actors/decider.hpp"
#include "actors/llm/foreign_json.hpp"
#include "actors/platforms/text_pieces.hpp"
#include "actors/platforms/websocket_client.hpp"

namespace troupe::actors::platforms {
namespace {

/// Any code of ours above 4000 lets the session be resumed.
constexpr std::uint16_t kKeepSession = 4900;

discord::Gateway::Options gateway_options(const Json& config) {
  return {llm::text_in(config, "gateway_url"), llm::text_in(config, "discord_token"),
          llm::text_in(config, "discord_activity_name")};
}

}  // namespace

class DiscordConnection::Receiver final : public SocketReceiver {
 public:
  Receiver(std::weak_ptr<DiscordConnection> owner, std::uint64_t connection)
      : owner_(std::move(owner)), connection_(connection) {}
  void opened(std::shared_ptr<PlatformSocket> socket) override {
    if (const auto owner = current()) owner->opened(std::move(socket));
  }
  void message(std::string_view text) override {
    if (const auto owner = current()) owner->frame(text);
  }
  void closed(std::uint16_t code, std::string why) override {
    if (const auto owner = current()) owner->closed(code, why);
  }

 private:
  std::shared_ptr<DiscordConnection> current() const {
    auto owner = owner_.lock();
    return owner && owner->connection_ == connection_ && !owner->is_stopped_ ? owner : nullptr;
  }

  std::weak_ptr<DiscordConnection> owner_;
  std::uint64_t connection_;
};

DiscordConnection::DiscordConnection(ConnectionSetup setup)
    : setup_(std::move(setup)),
      gateway_(gateway_options(setup_.config)),
      sender_(std::make_shared<HttpSender>(setup_, discord::outcome_of)),
      backoff_(setup_.retry_delay) {}

void DiscordConnection::stop() {
  is_stopped_ = true;
  again_ = nullptr;
  beat_ = nullptr;
  if (socket_) socket_->close(1000, "");
  sender_->stop();
}

void DiscordConnection::connect() {
  socket_ = setup_.sockets.connect({gateway_.url(), {}, setup_.reach},
                                   std::make_shared<Receiver>(weak_from_this(), ++connection_));
}

void DiscordConnection::opened(std::shared_ptr<PlatformSocket>) { gateway_.connected(); }

void DiscordConnection::frame(std::string_view text) {
  auto steps = gateway_.take(text, setup_.events.dice());
  if (!steps) return setup_.events.erred("the gateway sent what is no frame: " + steps.error().message);
  take(std::move(*steps));
}

void DiscordConnection::take(discord::Gateway::Steps steps) {
  using Gateway = discord::Gateway;
  const auto connection = connection_;
  for (auto& step : steps) {
    std::visit(Overloaded{
                   [&](Gateway::Send& send) { socket_->send(std::move(send.frame)); },
                   [&](const Gateway::BeginToBeat& beats) {
                     beat_every_ = beats.every;
                     beat_after(beats.first);
                   },
                   [&](const Gateway::Ready&) {
                     backoff_.succeeded();
                     setup_.events.running();
                   },
                   [&](Gateway::Hear& hear) {
                     if (!hear.message.speaker.in_group)
                       private_channels_.remember(hear.message.speaker.user, hear.channel);
                     setup_.events.hear(std::move(hear.message), {});
                   },
                   [&](const Gateway::Reconnect& reconnect) {
                     wait_ = reconnect.wait;
                     socket_->close(kKeepSession, "");
                     closed(kKeepSession, reconnect.why);
                   },
               },
               step);
    if (connection != connection_) return;
  }
}

void DiscordConnection::closed(std::uint16_t code, const std::string& why) {
  ++connection_;  // what else the old one says is nobody's
  socket_ = nullptr;
  beat_ = nullptr;
  if (const auto hopeless = gateway_.closed(code)) return setup_.events.failed(*hopeless);
  setup_.events.failed(why);
  again_ = setup_.loop.after(backoff_.failed(setup_.events.dice(), std::exchange(wait_, {})), [this] {
    setup_.events.retrying();
    connect();
  });
}

void DiscordConnection::beat_after(std::chrono::milliseconds delay) {
  beat_ = setup_.loop.after(delay, [this] {
    beat_after(beat_every_);
    take(gateway_.beat());
  });
}

llm::HttpRequest DiscordConnection::request(const std::string& path, std::string body) const {
  llm::HttpRequest request{llm::url_of(llm::text_in(setup_.config, "base_url"), path),
                           {"Authorization: Bot " + llm::text_in(setup_.config, "discord_token"),
                            "User-Agent: DiscordBot (https://example.org/troupe, 1)"},
                           std::move(body),
                           setup_.reach};
  request.wanted_headers = discord::limit_headers();
  return request;
}

void DiscordConnection::send(Outgoing answer, SendAnswer sent) {
  if (!discord::is_snowflake(answer.to))
    return sent(fail(Errc::invalid, "it is not for a person or a channel of Discord", "to"));
  if (answer.in_group) return send_to(answer.to, answer, std::move(sent));
  if (const auto known = private_channels_.to(answer.to); !known.empty())
    return send_to(known, answer, std::move(sent));
  setup_.http.post(request("/users/@me/channels", discord::private_channel_request(answer.to)),
                   defaults::kPlatformAnswerTimeout,
                   [me = weak_from_this(), answer, sent = std::move(sent)](const Expected<HttpAnswer>& made) {
                     const auto alive = me.lock();
                     if (!alive || alive->is_stopped_ || !made)
                       return sent(fail(Errc::overloaded, made ? "the connection was stopped" : made.error().message));
                     const auto outcome = discord::outcome_of(*made);
                     if (outcome.kind == SendOutcome::Kind::again) return sent(fail(Errc::overloaded, outcome.why));
                     const auto channel = discord::id_in(made->body);
                     if (outcome.kind == SendOutcome::Kind::refused || channel.empty())
                       return sent(fail(Errc::upstream_failed, "there is no private channel: " + outcome.why));
                     alive->private_channels_.remember(answer.to, channel);
                     alive->send_to(channel, answer, sent);
                   });
}

void DiscordConnection::send_to(const std::string& channel, const Outgoing& answer, SendAnswer sent) {
  std::vector<llm::HttpRequest> requests;
  for (const auto& piece : pieces_of(answer.text, discord::kMaxMessageLength))
    requests.push_back(
        request("/channels/" + channel + "/messages", discord::message_request(answer, piece, requests.size())));
  sender_->send(channel, std::move(requests), std::move(sent));
}

}  // namespace troupe::actors::platforms
