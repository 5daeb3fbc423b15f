// A bot on Telegram, by long polling. An update is confirmed when what it brought is durable: after a crash Telegram
// brings again what was not confirmed, and what had been heard already is not heard twice.
#pragma once

#include <optional>

#include "actors/platforms/connection.hpp"
#include "actors/platforms/telegram.hpp"

namespace troupe::actors::platforms {

class TelegramConnection final : public Connection, public std::enable_shared_from_this<TelegramConnection> {
 public:
  explicit TelegramConnection(ConnectionSetup setup);

  void start() override { introduce(); }
  void stop() override;
  void send(Outgoing answer, SendAnswer sent) override;

 private:
  /// Updates on their way into the house.
  struct Hearing {
    std::size_t open = 0;
    std::int64_t next_offset = 0;
    std::optional<std::int64_t> first_unheard;
    std::string why;
  };

  llm::HttpRequest request(const char* method, std::string body) const;
  void introduce();
  void poll();
  void works();
  void polled(const Expected<HttpAnswer>& answer, std::chrono::steady_clock::time_point asked);
  void hear(std::vector<telegram::Update> updates);
  void heard(const std::shared_ptr<Hearing>& hearing, std::int64_t update, const Expected<void>& result);
  /// Later, or never when the token is no good.
  void again(const Expected<HttpAnswer>& answer, void (TelegramConnection::*what)());
  void again(std::string why, std::chrono::milliseconds rest, void (TelegramConnection::*what)());

  ConnectionSetup setup_;
  std::shared_ptr<HttpSender> sender_;
  bool is_stopped_ = false, is_running_ = false;
  telegram::Bot bot_;
  std::int64_t offset_ = 0;
  Backoff backoff_;
  HttpClient::Ticket ticket_ = 0;
  Loop::TimerPtr again_;
};

}  // namespace troupe::actors::platforms
