// The webhook platform: messages come in by signed HTTP requests, answers go out by the same.
#pragma once

#include "actors/platforms/connection.hpp"
#include "actors/platforms/http_sender.hpp"

namespace troupe::actors::platforms {

class WebhookConnection final : public Connection {
 public:
  explicit WebhookConnection(ConnectionSetup setup);

  void start() override { setup_.events.running(); }
  void stop() override { sender_->stop(); }
  void send(Outgoing answer, SendAnswer sent) override;
  /// Errors: those of webhook.hpp, conflict (it was heard before), those of Talks::hear.
  void take(Delivery delivery, std::function<void(Expected<void>)> taken) override;

 private:
  ConnectionSetup setup_;
  std::shared_ptr<HttpSender> sender_;
};

}  // namespace troupe::actors::platforms
