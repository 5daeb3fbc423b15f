// The server under test of the Engine.IO 4 and Socket.IO 5 conformance suites (docs/*/v*-test-suite of
// github.com/socketio/socket.io): what they expect of it, on one port.
//
//   socketio_suite_server [PORT [recovery]]
//
// Port 0, the default, takes any free one. Prints `listening http://127.0.0.1:PORT` when ready; ends on SIGTERM.
#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <thread>

#include "http/server.hpp"
#include "http/socketio/server.hpp"

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct EngineEcho : socketio::EngineListener {
  explicit EngineEcho(socketio::EngineSession& session) : session(session) {}
  void message(std::string_view data, bool binary) override {
    session.send(binary ? socketio::binary_packet(data) : socketio::text_packet("4" + std::string(data)));
  }
  void closed(socketio::Reason) override {}
  socketio::EngineSession& session;
};

socketio::EngineOptions engine_options() {
  socketio::EngineOptions options;
  options.ping_interval = 300ms;
  options.ping_timeout = 200ms;
  options.cors.origins = {"*"};
  return options;
}

/// Says what the client sent in its CONNECT, and echoes `message` and `message-with-ack`. For the recovery tests,
/// `join` joins a room, `shout` sends to one, and `lose` breaks the connection off as a bad network would.
void serve_socket(socketio::Server& io, const std::shared_ptr<socketio::Socket>& socket) {
  if (!socket->recovered()) socket->emit("auth", *socket->context<socketio::Json>());
  socket->on_event([&io](socketio::Socket& from, std::string_view name, socketio::Json arguments, socketio::Ack ack) {
    const std::vector<socketio::Argument> all(arguments.begin(), arguments.end());
    if (name == "message") from.emit_arguments("message-back", all);
    if (name == "message-with-ack") ack.send(all);
    if (name == "leave-me") from.disconnect(arguments.at(0) == true);
    if (name == "join") ack(from.join(arguments.at(0).get<std::string>()));
    if (name == "shout") io.of("/").to(arguments.at(0).get<std::string>()).emit("shout", arguments.at(1));
    if (name == "ask-me")
      from.emit_with_ack(
          1s,
          [self = from.shared_from_this()](Expected<socketio::Json> answer) {
            self->emit("answer", answer ? *answer : socketio::Json(answer.error().message));
          },
          "question", 1);
  });
}

/// The application of both paths.
http::Application application(socketio::Engine& engine, socketio::Server& io) {
  return {
      .request =
          [&](http::Request request, http::Reply reply) {
            if (request.path.starts_with("/engine.io/")) return engine.request(request, std::move(reply));
            if (io.serves(request.path)) return io.request(request, std::move(reply));
            reply({404, "{}"});
          },
      .upgrade =
          [&](http::Request request, std::unique_ptr<http::Upgrade> upgrade) {
            if (request.path.starts_with("/engine.io/")) return engine.upgrade(request, std::move(upgrade));
            if (io.serves(request.path)) return io.upgrade(request, std::move(upgrade));
            upgrade->refuse({404, "{}"});
          },
  };
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  http::Server server;
  const auto engine = std::make_shared<socketio::Engine>(
      server.loop(), engine_options(),
      [](socketio::EngineSession& session) { return std::make_shared<EngineEcho>(session); });
  socketio::Options options{.engine = engine_options(), .connect_timeout = 1000ms};
  options.recovery.enabled = argc > 2 && std::string_view(argv[2]) == "recovery";
  socketio::Server io(server.loop(), options);
  for (const auto* name : {"/", "/custom"}) {
    io.of(name).authorize([](const socketio::Handshake& handshake, socketio::Admit admit) {
      if (handshake.auth.contains("refuse")) return admit.refuse("not authorized", {{"content", "Please retry later"}});
      admit.accept(std::make_shared<socketio::Json>(handshake.auth));
    });
    io.of(name).on_connection([&io](std::shared_ptr<socketio::Socket> socket) { serve_socket(io, socket); });
  }

  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const auto listening = server.listen({.port = port, .application = application(*engine, io)});
  if (!listening) {
    std::cerr << listening.error().message << '\n';
    return 1;
  }
  std::cout << "listening http://127.0.0.1:" << *listening << std::endl;
  std::thread ender([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    server.loop().post([&] {
      engine->shut_down();
      io.shut_down();
    });
    server.stop(1s);
  });
  server.run();
  ender.join();
}
