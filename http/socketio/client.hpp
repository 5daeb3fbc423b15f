// One Engine.IO session as Socket.IO sees it: what it has joined, and the packet it is in the middle of
// sending.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http/socketio/server.hpp"

namespace troupe::socketio {

/// What all clients of a server share.
struct ServerState {
  ServerState(http::EventLoop& loop, Options options)
      : loop(loop), options(std::move(options)), recovery(loop, this->options.recovery) {}

  Namespace* find(const std::string& nsp) const {
    const auto found = namespaces.find(nsp);
    return found == namespaces.end() ? nullptr : found->second.get();
  }

  http::EventLoop& loop;
  const Options options;
  std::map<std::string, std::unique_ptr<Namespace>, std::less<>> namespaces;
  RecoveryLog recovery;
  std::unordered_map<std::string, Socket*> by_pid;  ///< connected sockets, only with recovery
  std::size_t pending_attachment_bytes = 0;
  std::shared_ptr<Engine> engine;  ///< last: its end closes all sessions, which uses the rest
};

/// What a socket starts from.
struct Socket::Seat {
  std::string id;
  std::string pid;
  std::uint64_t connected_at = 0;
  std::string identity = {};
  bool recovered = false;
  std::shared_ptr<const http::Request> request;
  std::shared_ptr<void> context;
  Namespace* nsp = nullptr;
  Client* client = nullptr;
};

class Client : public EngineListener, public std::enable_shared_from_this<Client> {
 public:
  Client(ServerState& server, EngineSession& session) : server_(server), session_(&session) {}

  /// The client must join a namespace in time.
  void start();
  void message(std::string_view data, bool binary) override;
  void closed(Reason reason) override;

  /// The answer to a CONNECT.
  void admit(const std::string& nsp, const Json& auth, std::shared_ptr<void> context, std::string identity);
  void refuse(const std::string& nsp, std::string_view message, const Json& data);

  void send(const Frames& frames);
  /// Takes a socket out, with or without a DISCONNECT packet for the client.
  void leave(Socket& socket, Reason reason, bool tell);
  void close(Reason reason);
  /// Ends all sockets by the server's will, and the session.
  void disconnect_all();

 private:
  struct Recovered {
    LostSocket socket;
    std::vector<Frames> missed;
  };

  void receive_attachment(std::string_view bytes);
  void receive(Packet packet);
  void connect(Packet packet);
  void forget_partial();
  std::optional<Recovered> recover(const std::string& nsp, const Json& auth, const std::string& identity);

  ServerState& server_;
  EngineSession* session_;                                  ///< null once closed
  std::map<std::string, std::shared_ptr<Socket>> sockets_;  ///< by namespace
  std::set<std::string> connecting_;                        ///< namespaces whose CONNECT is not answered yet
  std::optional<Packet> partial_;                           ///< waits for attachments
  std::vector<std::string> attachments_;
  std::size_t attachment_bytes_ = 0;
  std::unique_ptr<http::EventLoop::Timer> connect_timeout_;
};

struct Admit::State {
  State(std::weak_ptr<Client> client, std::string nsp, Json auth)
      : client(std::move(client)), nsp(std::move(nsp)), auth(std::move(auth)) {}
  ~State();

  std::weak_ptr<Client> client;
  std::string nsp;
  Json auth;
};

}  // namespace troupe::socketio
