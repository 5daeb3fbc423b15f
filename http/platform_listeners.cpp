#include "http/platform_listeners.hpp"

#include <utility>

namespace troupe::http {
namespace {

using actors::platforms::Doorkeeper;
using actors::platforms::Handshake;
using actors::platforms::PlatformSocket;
using actors::platforms::SocketReceiver;

/// A socket that the platforms' thread uses, on the server's.
class LoopSocket final : public PlatformSocket {
 public:
  LoopSocket(EventLoop& loop, std::shared_ptr<WebSocket> socket) : loop_(loop), socket_(std::move(socket)) {}
  void send(std::string text) override {
    loop_.post([socket = socket_, text = std::move(text)] { socket->send_text(text); });
  }
  void close(std::uint16_t code, std::string reason) override {
    loop_.post([socket = socket_, code, reason = std::move(reason)] { socket->close(code, reason); });
  }

 private:
  EventLoop& loop_;
  std::shared_ptr<WebSocket> socket_;
};

class Bridge final : public WebSocketListener {
 public:
  Bridge(EventLoop& loop, std::shared_ptr<SocketReceiver> receiver) : loop_(loop), receiver_(std::move(receiver)) {}
  void opened(std::shared_ptr<WebSocket> socket) override {
    receiver_->opened(std::make_shared<LoopSocket>(loop_, std::move(socket)));
  }
  void message(std::string_view payload, bool) override { receiver_->message(payload); }
  void closed(std::uint16_t code) override {
    receiver_->closed(code, "the client closed the connection (" + std::to_string(code) + ")");
  }

 private:
  EventLoop& loop_;
  std::shared_ptr<SocketReceiver> receiver_;
};

std::string lower(std::string_view name) {
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

Handshake handshake_of(const Request& request) {
  Handshake handshake{std::string(request.path),
                      query_parameter(request.query, "access_token").value_or(""),
                      {},
                      request.remote_address};
  for (const auto& [name, value] : request.headers) handshake.headers.emplace_back(lower(name), value);
  return handshake;
}

Application application_of(EventLoop& loop, std::shared_ptr<Doorkeeper> doorkeeper) {
  Application application;
  application.request = [](const Request&, Reply reply) {
    reply(plain_error(426, "Clients of a platform connect here by WebSocket"));
  };
  application.upgrade = [&loop, doorkeeper = std::move(doorkeeper)](const Request& request,
                                                                    std::unique_ptr<Upgrade> upgrade) {
    const auto verdict = doorkeeper->admit(handshake_of(request));
    if (verdict.refusal) return upgrade->refuse(plain_error(verdict.refusal->status, verdict.refusal->why));
    WebSocketLimits limits;
    limits.idle_timeout = defaults::kWebSocketIdleTimeout;
    upgrade->accept(std::make_shared<Bridge>(loop, verdict.receiver), limits);
  };
  return application;
}

}  // namespace

void PlatformListeners::open(const std::string& address, std::uint16_t port, std::shared_ptr<Doorkeeper> doorkeeper,
                             std::function<void(Expected<void>)> opened) {
  server_.loop().post([this, address, port, doorkeeper = std::move(doorkeeper), opened = std::move(opened)] {
    ListenerOptions options{address, port, std::nullopt, application_of(server_.loop(), doorkeeper)};
    const auto bound = server_.listen(std::move(options));
    if (!bound) return opened(tl::unexpected(bound.error()));
    opened({});
  });
}

void PlatformListeners::close(const std::string& address, std::uint16_t port) {
  server_.loop().post([this, address, port] { server_.close(address, port); });
}

}  // namespace troupe::http
