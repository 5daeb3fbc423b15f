// A bot on Discord: it hears by the gateway and speaks by the REST API.
#pragma once

#include <unordered_map>

#include "actors/platforms/connection.hpp"
#include "actors/platforms/discord.hpp"

namespace troupe::actors::platforms {

class DiscordConnection final : public Connection, public std::enable_shared_from_this<DiscordConnection> {
 public:
  explicit DiscordConnection(ConnectionSetup setup);

  void start() override { connect(); }
  void stop() override;
  void send(Outgoing answer, SendAnswer sent) override;

 private:
  class Receiver;

  void connect();
  void opened(std::shared_ptr<PlatformSocket> socket);
  void frame(std::string_view text);
  void closed(std::uint16_t code, const std::string& why);
  void take(discord::Gateway::Steps steps);
  void beat_after(std::chrono::milliseconds delay);
  void send_to(const std::string& channel, const Outgoing& answer, SendAnswer sent);
  llm::HttpRequest request(const std::string& path, std::string body) const;

  ConnectionSetup setup_;
  discord::Gateway gateway_;
  std::shared_ptr<HttpSender> sender_;
  bool is_stopped_ = false;
  std::shared_ptr<PlatformSocket> socket_;
  std::uint64_t connection_ = 0;       ///< counts them, so that the end of an old one is none of the new one
  std::chrono::milliseconds wait_{0};  ///< that the gateway asks for before the next one
  std::chrono::milliseconds beat_every_{0};
  Backoff backoff_;
  Loop::TimerPtr again_, beat_;
  discord::PrivateChannels private_channels_;
};

}  // namespace troupe::actors::platforms
