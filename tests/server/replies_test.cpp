// Answers: from other threads, late, missing, and while the server stops. Also the event loop.
#include <atomic>

#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

/// Keeps replies until the test answers them.
class Held {
 public:
  std::function<void(Request, Reply)> handler() {
    return [this](Request request, Reply reply) {
      const std::lock_guard lock(mutex_);
      held_.emplace_back(std::move(request), std::move(reply));
    };
  }
  bool wait_for(std::size_t count) {
    return eventually([&] {
      const std::lock_guard lock(mutex_);
      return held_.size() >= count;
    });
  }
  std::vector<std::pair<Request, Reply>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<Request, Reply>> held_;
};

TEST(Reply, CanBeSentFromAnyThread) {
  Held held;
  RunningServer server(held.handler());
  constexpr std::size_t kClients = 64;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.client());
    clients.back().send(get("/" + std::to_string(i)));
  }
  ASSERT_TRUE(held.wait_for(kClients));
  auto waiting = held.take();
  std::vector<std::thread> threads;
  std::atomic<std::size_t> next{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < waiting.size(); i = next++) {
        auto [request, reply] = std::move(waiting[i]);
        reply({.body = std::string(request.path)});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < kClients; ++i) {
    const auto response = clients[i].response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "/" + std::to_string(i));
  }
}

TEST(Reply, IsHarmlessAfterTheClientLeft) {
  Held held;
  RunningServer server(held.handler());
  {
    auto client = server.client();
    client.send(get("/"));
    ASSERT_TRUE(held.wait_for(1));
  }
  auto waiting = held.take();
  EXPECT_TRUE(eventually([&] { return waiting[0].second.gone(); }));
  waiting[0].second({.body = std::string(100'000, 'x')});
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 0; }));
}

TEST(Reply, IsHarmlessAfterTheServerIsGone) {
  Held held;
  std::vector<std::pair<Request, Reply>> waiting;
  {
    RunningServer server(held.handler());
    auto client = server.client();
    client.send(post("/", "body"));
    ASSERT_TRUE(held.wait_for(1));
    waiting = held.take();
  }
  EXPECT_TRUE(waiting[0].second.gone());
  waiting[0].second({});
  EXPECT_EQ(waiting[0].first.body, "body");
}

TEST(Reply, ReachesAClientThatHalfClosedAfterItsRequests) {
  Held held;
  RunningServer server(held.handler());
  auto client = server.client();
  client.send(get("/1") + get("/2"));
  client.half_close();
  for (const char* path : {"/1", "/2"}) {
    ASSERT_TRUE(held.wait_for(1));
    std::this_thread::sleep_for(20ms);
    for (auto& [request, reply] : held.take()) reply({.body = std::string(request.path)});
    const auto response = client.response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, path);
  }
  EXPECT_TRUE(client.ends());
}

TEST(Reply, Answers500WhenDroppedOrWhenTheHandlerThrows) {
  RunningServer server([](Request request, Reply) {
    if (request.path == "/throw") throw std::runtime_error("a secret of the house");
  });
  auto client = server.client();
  for (const char* path : {"/drop", "/throw", "/drop"}) {
    const auto response = client.ask(get(path));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(response->body.find("secret"), std::string::npos);
  }
}

TEST(Reply, Answers503WhenTheHandlerTakesTooLong) {
  Held held;
  RunningServer server(held.handler(), {.handle_request_timeout = 60ms});
  auto client = server.client();
  const auto response = client.ask(get("/"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_FALSE(response->header("retry-after").empty());
  for (auto& [request, reply] : held.take()) reply({});
  EXPECT_TRUE(client.ends());
}

TEST(Reply, KeepsTheBytesOfTheBodyCountedAsLongAsTheRequestLives) {
  Held held;
  RunningServer server(held.handler());
  auto client = server.client();
  client.send(post("/", std::string(5000, 'x')));
  ASSERT_TRUE(held.wait_for(1));
  EXPECT_EQ(server.server().metrics().bodies_in_flight_bytes, 5000u);
  auto waiting = held.take();
  waiting[0].second({});
  ASSERT_TRUE(client.response());
  Request copy = waiting[0].first;
  waiting.clear();
  EXPECT_EQ(server.server().metrics().bodies_in_flight_bytes, 5000u);
  copy = {};
  EXPECT_EQ(server.server().metrics().bodies_in_flight_bytes, 0u);
}

TEST(ServerStop, LetsARequestInFlightFinish) {
  Held held;
  RunningServer server(held.handler());
  auto busy = server.client();
  auto idle = server.client();
  busy.send(get("/"));
  ASSERT_TRUE(held.wait_for(1));
  server.server().stop(5000ms);
  EXPECT_TRUE(idle.ends());
  EXPECT_TRUE(eventually([&] { return !server.client().connected(); }));
  held.take()[0].second({.body = "finished"});
  const auto response = busy.response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "finished");
  EXPECT_EQ(response->header("connection"), "close");
  busy.close();
  EXPECT_TRUE(server.ended_within(2000ms));
  server.join();
}

TEST(ServerStop, WaitsNoLongerThanTheGrace) {
  Held held;
  RunningServer server(held.handler());
  auto client = server.client();
  client.send(get("/"));
  ASSERT_TRUE(held.wait_for(1));
  server.server().stop(50ms);
  EXPECT_TRUE(server.ended_within(1000ms));
  server.join();
  EXPECT_EQ(server.server().metrics().connections, 0u);
}

TEST(ServerStop, MayComeBeforeRunAndTwice) {
  Server server;
  ASSERT_TRUE(server.listen({.application = {.request = echo}}));
  server.stop(10ms);
  server.stop(10ms);
  server.run();
  EXPECT_FALSE(server.listen({.application = {.request = echo}}));
}

TEST(EventLoop, RunsPostedWorkInOrderAndTimersOnce) {
  RunningServer server;
  std::vector<int> ran;
  std::unique_ptr<EventLoop::Timer> kept;
  std::unique_ptr<EventLoop::Timer> cancelled;
  server.on_loop([&] {
    kept = server.server().loop().after(5ms, [&] { ran.push_back(3); });
    cancelled = server.server().loop().after(1ms, [&] { ran.push_back(99); });
    server.server().loop().post([&] { ran.push_back(2); });
    ran.push_back(1);
    std::this_thread::sleep_for(10ms);  // both timers are due now
    cancelled.reset();
  });
  std::this_thread::sleep_for(50ms);
  server.on_loop([&] { kept.reset(); });
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST(EventLoop, LetsATimerDestroyItself) {
  RunningServer server;
  std::unique_ptr<EventLoop::Timer> timer;
  std::promise<void> ran;
  server.on_loop([&] {
    timer = server.server().loop().after(1ms, [&] {
      timer.reset();
      ran.set_value();
    });
  });
  EXPECT_EQ(ran.get_future().wait_for(2s), std::future_status::ready);
}

}  // namespace
}  // namespace troupe::http::test
