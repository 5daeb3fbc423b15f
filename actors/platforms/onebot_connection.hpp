// OneBot v11 over WebSockets: clients connect to us (reverse), or we connect to one.
//
// A client has an account and a role: events come from it, actions go to it, or both. One that connects again takes the
// place of the one before, which is closed; the end of an old connection changes nothing for the new one.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "actors/platforms/backoff.hpp"
#include "actors/platforms/connection.hpp"
#include "actors/platforms/onebot.hpp"

namespace troupe::actors::platforms {

class OneBotConnection final : public Connection, public std::enable_shared_from_this<OneBotConnection> {
 public:
  explicit OneBotConnection(ConnectionSetup setup);
  ~OneBotConnection() override;

  void start() override;
  void stop() override;
  void send(Outgoing answer, SendAnswer sent) override;

 private:
  using ClientId = std::uint64_t;
  using SteadyTime = std::chrono::steady_clock::time_point;
  class Door;
  class Receiver;
  /// Frames that wait for the loop. Shared with the sockets, on their threads.
  struct Waiting {
    std::atomic<std::size_t> frames{0}, bytes{0};
    std::atomic<std::size_t> clients{0};
    std::atomic<ClientId> last_client{0};
  };
  struct Client {
    std::shared_ptr<PlatformSocket> socket;
    std::string self_id;  ///< empty until its first event says it
    bool brings_events = true, takes_actions = true;
    SteadyTime heard{};
    std::chrono::milliseconds patience{0};  ///< 0: it reports no heartbeats
  };
  struct Unanswered {
    ClientId client = 0;
    SteadyTime until{};
    SendAnswer sent;
  };

  bool is_forward() const { return !text("ws_url").empty(); }
  std::string text(const char* setting) const;
  std::uint16_t port() const;
  void connect();
  void connect_again(const std::string& why);
  void listen();

  // What sockets bring
  void opened(ClientId id, Client client);
  void frame(ClientId id, const std::string& json);
  void closed(ClientId id, const std::string& why);
  void take(ClientId id, onebot::Message message);
  void take(const onebot::Response& response);
  void become(ClientId id, const std::string& self_id);
  void drop(ClientId id, const std::string& why);
  Client* client_for(const std::string& self_id, ClientId& id);
  void look();

  ConnectionSetup setup_;
  bool is_stopped_ = false;
  bool is_listening_ = false;  ///< the address is ours
  Backoff backoff_;
  Loop::TimerPtr again_, looks_;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
  std::map<ClientId, Client> clients_;                      ///< the oldest first
  std::unordered_map<std::string, ClientId> acting_;        ///< by account: where its actions go
  std::unordered_map<std::string, ClientId> events_from_;   ///< by account: where its events come from
  std::unordered_map<std::string, Unanswered> unanswered_;  ///< by echo
  std::uint64_t last_echo_ = 0;
  std::deque<std::string> sent_order_;  ///< foreign ids, the oldest first
  std::unordered_set<std::string> sent_;
  std::shared_ptr<PlatformSocket> forward_;
  ClientId forward_id_ = 0;  ///< 0: none is connected or about to be
};

}  // namespace troupe::actors::platforms
