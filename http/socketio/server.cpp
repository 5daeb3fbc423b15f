#include "http/socketio/server.hpp"

#include "http/socketio/client.hpp"

namespace troupe::socketio {

/// Shared by copies: the first that answers takes the socket out.
struct Ack::State {
  std::weak_ptr<Socket> socket;
  std::uint64_t id;
};

Ack::Ack(std::weak_ptr<Socket> socket, std::uint64_t id)
    : state_(std::make_shared<State>(State{std::move(socket), id})) {}

void Ack::send(const std::vector<Argument>& arguments) const {
  if (!state_) return;
  const auto socket = std::exchange(state_->socket, {}).lock();
  if (socket && socket->connected()) socket->send(encode_ack(socket->nsp_->name(), state_->id, arguments));
}

Server::Server(http::EventLoop& loop, Options options)
    : state_(std::make_unique<ServerState>(loop, std::move(options))) {
  state_->engine =
      std::make_shared<Engine>(loop, state_->options.engine, [state = state_.get()](EngineSession& session) {
        auto client = std::make_shared<Client>(*state, session);
        client->start();
        return client;
      });
}

Server::~Server() = default;

Namespace& Server::of(std::string_view name) {
  auto& nsp = state_->namespaces[std::string(name)];
  if (!nsp) nsp = std::make_unique<Namespace>(*state_, std::string(name));
  return *nsp;
}

bool Server::serves(std::string_view path) const { return path.starts_with(state_->options.path); }

void Server::request(const http::Request& request, http::Reply reply) {
  state_->engine->request(request, std::move(reply));
}

void Server::upgrade(const http::Request& request, std::unique_ptr<http::Upgrade> upgrade) {
  state_->engine->upgrade(request, std::move(upgrade));
}

std::size_t Server::connected_clients() const { return state_->engine->sessions(); }

void Server::shut_down() { state_->engine->shut_down(); }

}  // namespace troupe::socketio
