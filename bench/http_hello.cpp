// Our server answering the same as bench_hello: what its limits, time-outs and headers cost.
// `bench_http_hello PORT`
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "http/server.hpp"

using namespace troupe::http;

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8101);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Server server;
  const auto bound = server.listen({.port = port, .application = {.request = [](Request, Reply reply) {
                                                    reply({.body = R"({"hello":"world"})"});
                                                  }}});
  if (!bound) {
    std::cerr << bound.error().message << '\n';
    return 1;
  }
  std::thread stopper([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop(std::chrono::seconds(1));
  });
  server.run();
  stopper.join();
}
