// A server with an echo application, running on a thread of its own.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "http/server.hpp"
#include "tests/server/raw_client.hpp"

namespace troupe::http::test {

/// Says back what was asked: `METHOD path?query|body`.
inline void echo(Request request, Reply reply) {
  std::string text = std::string(request.method) + " " + std::string(request.path);
  if (!request.query.empty()) text += "?" + std::string(request.query);
  text += "|" + std::string(request.body);
  reply({.body = std::move(text), .content_type = "text/plain"});
}

class RunningServer {
 public:
  explicit RunningServer(std::function<void(Request, Reply)> handler = echo, ServerLimits limits = {},
                         std::function<void(Request, std::unique_ptr<Upgrade>)> upgrade = {})
      : RunningServer(Application{.request = std::move(handler), .upgrade = std::move(upgrade)}, limits) {}
  explicit RunningServer(Application application, ServerLimits limits = {}) : server_(limits) {
    const auto port = server_.listen({.application = std::move(application)});
    EXPECT_TRUE(port.has_value());
    port_ = port.value_or(0);
    thread_ = std::thread([this] {
      server_.run();
      ended_.set_value();
    });
  }
  ~RunningServer() { stop(0ms); }

  Server& server() { return server_; }
  std::uint16_t port() const { return port_; }
  RawClient client() const { return RawClient(port_); }
  std::optional<RawResponse> ask(std::string_view request) const { return client().ask(request); }

  /// Runs on the loop and waits.
  void on_loop(std::function<void()> work) {
    std::promise<void> done;
    server_.loop().post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  void stop(std::chrono::milliseconds grace) {
    if (!thread_.joinable()) return;
    server_.stop(grace);
    thread_.join();
  }
  bool ended_within(std::chrono::milliseconds time) {
    return ended_.get_future().wait_for(time) == std::future_status::ready;
  }
  void join() { thread_.join(); }

 private:
  Server server_;
  std::uint16_t port_ = 0;
  std::promise<void> ended_;
  std::thread thread_;
};

/// Waits until the condition holds; false after the time.
inline bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds timeout = 5000ms) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// Resident memory of this process; 0 under a sanitizer, which keeps shadows and freed memory.
inline std::size_t measurable_resident_bytes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;
#else
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
#endif
}

}  // namespace troupe::http::test
