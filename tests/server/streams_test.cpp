// Answers whose body is written while it is made.
#include <atomic>

#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

const Response kHead{.content_type = kEventStream};

/// Keeps what a test is to write to.
class Streams {
 public:
  std::function<void(Request, Reply)> handler() {
    return [this](Request request, Reply reply) {
      if (request.path == "/plain") return reply({.body = "plain"});
      const std::lock_guard lock(mutex_);
      streams_.push_back(reply.stream(kHead));
    };
  }
  BodyStream take() {
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard lock(mutex_);
      return !streams_.empty();
    }));
    const std::lock_guard lock(mutex_);
    BodyStream stream = std::move(streams_.front());
    streams_.erase(streams_.begin());
    return stream;
  }

 private:
  std::mutex mutex_;
  std::vector<BodyStream> streams_;
};

/// The bytes of all chunks up to the last, or up to where the connection ended.
std::string dechunked(RawClient& client, bool* complete = nullptr) {
  std::string body;
  for (;;) {
    std::string size;
    while (!size.ends_with("\r\n")) {
      const auto byte = client.receive(1);
      if (byte.empty()) {
        if (complete) *complete = false;
        return body;
      }
      size += byte;
    }
    const auto bytes = std::stoul(size, nullptr, 16);
    body += client.receive(bytes + 2).substr(0, bytes);
    if (bytes == 0) {
      if (complete) *complete = true;
      return body;
    }
  }
}

TEST(Stream, ArrivesPieceByPieceInChunks) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  client.send(get("/"));
  auto stream = streams.take();
  const auto head = client.response();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("transfer-encoding"), "chunked");
  EXPECT_EQ(head->header("content-length"), "");
  EXPECT_EQ(head->header("content-type"), kEventStream);
  EXPECT_TRUE(stream.write("first"));
  EXPECT_EQ(client.receive(10), "5\r\nfirst\r\n");
  EXPECT_TRUE(stream.write("second piece"));
  EXPECT_EQ(client.receive(17), "c\r\nsecond piece\r\n");
  stream.end();
  EXPECT_EQ(client.receive(5), "0\r\n\r\n");
  EXPECT_FALSE(stream.write("more"));
}

TEST(Stream, LeavesTheConnectionReadyForTheNextRequest) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  for (int i = 0; i < 3; ++i) {
    client.send(get("/"));
    auto stream = streams.take();
    ASSERT_TRUE(client.response());
    stream.write("body");
    stream.end();
    EXPECT_EQ(dechunked(client), "body");
    EXPECT_EQ(client.ask(get("/plain"))->body, "plain");
  }
}

TEST(Stream, IsWholeBeforeThePipelinedRequestIsAnswered) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  client.send(get("/") + get("/plain") + get("/"));
  {
    auto stream = streams.take();
    ASSERT_TRUE(client.response());
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(stream.write("piece "));
    stream.end();
  }
  EXPECT_EQ(dechunked(client).size(), 600u);
  const auto plain = client.response();
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->body, "plain");
  auto last = streams.take();
  last.end();
  ASSERT_TRUE(client.response());
  EXPECT_EQ(dechunked(client), "");
}

TEST(Stream, MayBeginAndEndInsideItsHandler) {
  RunningServer server([](Request, Reply reply) {
    auto stream = reply.stream(kHead);
    stream.write("at ");
    stream.write("once");
    stream.end();
  });
  auto client = server.client();
  client.send(get("/") + get("/"));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.response());
    EXPECT_EQ(dechunked(client), "at once");
  }
}

TEST(Stream, OfManyThreadsAndClientsComesInOrder) {
  Streams streams;
  RunningServer server(streams.handler());
  constexpr int kClients = 32;
  std::vector<RawClient> clients;
  std::vector<std::thread> makers;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(server.client());
    clients.back().send(get("/"));
    makers.emplace_back([stream = streams.take()]() mutable {
      for (int n = 0; n < 1000; ++n) EXPECT_TRUE(stream.write(std::to_string(n) + ","));
      stream.end();
    });
  }
  std::string expected;
  for (int n = 0; n < 1000; ++n) expected += std::to_string(n) + ",";
  for (auto& client : clients) {
    ASSERT_TRUE(client.response());
    EXPECT_EQ(dechunked(client), expected);
  }
  for (auto& maker : makers) maker.join();
  EXPECT_TRUE(eventually([&] { return server.server().metrics().responses_in_flight_bytes == 0; }));
}

TEST(Stream, ToHttp10HasNoChunksAndEndsWithTheConnection) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto stream = streams.take();
  const auto head = client.response();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("transfer-encoding"), "");
  EXPECT_EQ(head->header("connection"), "close");
  stream.write("one ");
  EXPECT_EQ(client.receive(4), "one ");
  stream.write("two");
  stream.end();
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(client.received(), "two");
}

TEST(Stream, ToAHeadRequestHasNoBody) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  client.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n");
  auto stream = streams.take();
  ASSERT_TRUE(client.response(true));
  EXPECT_TRUE(eventually([&] { return !stream.write("body"); })) << "its maker may stop";
  stream.end();
  EXPECT_EQ(client.ask(get("/plain"))->body, "plain");
}

TEST(Stream, ThatIsDroppedCutsTheConnectionAfterWhatWasWritten) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  client.send(get("/"));
  {
    auto stream = streams.take();
    stream.write("half");
  }
  ASSERT_TRUE(client.response());
  bool complete = true;
  EXPECT_EQ(dechunked(client, &complete), "half");
  EXPECT_FALSE(complete);
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 0; }));
}

TEST(Stream, TellsItsMakerThatTheClientLeft) {
  Streams streams;
  RunningServer server(streams.handler());
  BodyStream stream;
  {
    auto client = server.client();
    client.send(get("/"));
    stream = streams.take();
    ASSERT_TRUE(client.response());
    EXPECT_FALSE(stream.gone());
  }
  EXPECT_TRUE(eventually([&] { return stream.gone(); }));
  EXPECT_TRUE(eventually([&] { return !stream.write("anybody?"); }));
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 0; }));
}

TEST(Stream, OutlivesItsServerHarmlessly) {
  Streams streams;
  BodyStream begun;
  {
    RunningServer server(streams.handler());
    auto client = server.client();
    client.send(get("/"));
    begun = streams.take();
    ASSERT_TRUE(client.response());
  }
  EXPECT_TRUE(begun.gone());
  EXPECT_FALSE(begun.write("too late"));
  begun.end();
}

TEST(HostileClient, ThatDoesNotReadAStreamIsDroppedAtTheLimitOfItsQueue) {
  Streams streams;
  constexpr std::size_t kQueue = 100'000;
  RunningServer server(streams.handler(), {.max_stream_queue_bytes = kQueue});
  auto client = server.client();
  client.send(get("/"));
  auto stream = streams.take();
  auto other = server.client();
  const std::string piece(10'000, 'x');
  std::size_t taken = 0;
  while (stream.write(piece) && taken < 500'000'000) {
    taken += piece.size();
    EXPECT_LE(server.server().metrics().responses_in_flight_bytes, 2 * kQueue + piece.size());
    if (taken % 100'000 == 0) {
      EXPECT_TRUE(other.ask(get("/plain"))) << "others are served";
    }
  }
  EXPECT_LT(taken, 50'000'000u) << "what the kernel's buffers take, and the queue";
  EXPECT_TRUE(eventually([&] { return stream.gone(); }));
  EXPECT_EQ(server.server().metrics().streams_dropped, 1u);
  EXPECT_TRUE(eventually([&] { return server.server().metrics().responses_in_flight_bytes == 0; }));
}

TEST(HostileClient, ThatDoesNotReadAStreamIsDroppedInTime) {
  Streams streams;
  RunningServer server(streams.handler(),
                       {.write_response_timeout = 100ms, .min_response_bytes_per_second = 100'000'000});
  auto client = server.client();
  client.send(get("/"));
  auto stream = streams.take();
  // More than the kernel takes, in what the queue takes.
  while (server.server().metrics().responses_in_flight_bytes < 600'000 && stream.write(std::string(200'000, 'x')))
    std::this_thread::sleep_for(2ms);
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 0; }, 2000ms));
  EXPECT_FALSE(stream.write("more"));
}

TEST(Stream, ThatFallsSilentForTooLongIsCut) {
  Streams streams;
  RunningServer server(streams.handler(), {.handle_request_timeout = 150ms});
  auto client = server.client();
  client.send(get("/"));
  auto stream = streams.take();
  ASSERT_TRUE(client.response());
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(stream.write("."));
    std::this_thread::sleep_for(30ms);
  }
  EXPECT_TRUE(client.ends(2000ms));
  EXPECT_FALSE(stream.write("."));
}

TEST(ServerStop, LetsAStreamFinish) {
  Streams streams;
  RunningServer server(streams.handler());
  auto client = server.client();
  client.send(get("/"));
  auto stream = streams.take();
  ASSERT_TRUE(client.response());
  server.server().stop(5000ms);
  EXPECT_TRUE(eventually([&] { return !server.client().connected(); }));
  EXPECT_TRUE(stream.write("the end"));
  stream.end();
  EXPECT_EQ(dechunked(client), "the end");
  EXPECT_TRUE(server.ended_within(2000ms));
  server.join();
}

}  // namespace
}  // namespace troupe::http::test
