// What clients send that they should not, and how little it costs the others.
#include <sys/resource.h>

#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

std::string chunked(std::string_view path, std::string_view chunks) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(chunks);
}

/// The server answers with the status, ends the connection and goes on serving others.
void expect_refusal(const RunningServer& server, std::string_view request, int status) {
  auto client = server.client();
  client.send(request);
  const auto response = client.response();
  ASSERT_TRUE(response) << request.substr(0, 80);
  EXPECT_EQ(response->status, status) << request.substr(0, 80);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(client.ends());
  const auto other = server.ask(get("/other"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->status, 200);
}

TEST(HostileClient, IsRefusedForMalformedRequests) {
  RunningServer server;
  for (const std::string& request :
       {std::string("NONSENSE\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET /a b c HTTP/1.1\r\n\r\n"),
        std::string("GET / HTTQ/1.1\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nBad Header: 1\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33), std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n"), chunked("/", "zz\r\n")})
    expect_refusal(server, request, 400);
}

TEST(HostileClient, IsRefusedForAnotherHttpVersionOrExpectation) {
  RunningServer server;
  expect_refusal(server, "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505);
  expect_refusal(server, get("/", "Expect: miracles\r\n"), 417);
}

TEST(HostileClient, IsRefusedForALongUrl) {
  RunningServer server;
  const auto fitting = server.ask(get("/" + std::string(defaults::kMaxUrlBytes - 1, 'u')));
  ASSERT_TRUE(fitting);
  EXPECT_EQ(fitting->status, 200);
  expect_refusal(server, get("/" + std::string(defaults::kMaxUrlBytes, 'u')), 414);
  expect_refusal(server, get("/" + std::string(70'000, 'u')), 414);
  expect_refusal(server, "GET /" + std::string(70'000, 'u'), 414);
}

TEST(HostileClient, IsRefusedForTooManyOrTooLargeHeaders) {
  RunningServer server;
  std::string fields;
  for (std::size_t i = 1; i < defaults::kMaxHeaderFields; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  const auto fitting = server.ask(get("/", fields));
  ASSERT_TRUE(fitting);
  EXPECT_EQ(fitting->status, 200);
  expect_refusal(server, get("/", fields + "X-More: 1\r\n"), 431);
  const auto longest = server.ask(get("/", "X: " + std::string(defaults::kMaxHeaderValueBytes, 'v') + "\r\n"));
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->status, 200);
  expect_refusal(server, get("/", "X: " + std::string(defaults::kMaxHeaderValueBytes + 1, 'v') + "\r\n"), 431);
  expect_refusal(server, get("/", std::string(defaults::kMaxHeaderNameBytes + 1, 'n') + ": 1\r\n"), 431);
  std::string many_large;
  for (int i = 0; i < 20; ++i) many_large += "X-" + std::to_string(i) + ": " + std::string(8000, 'v') + "\r\n";
  expect_refusal(server, get("/", many_large), 431);
}

TEST(HostileClient, IsRefusedForALargeBodyDeclaredOrChunked) {
  RunningServer server(echo, {.max_body_bytes = 10'000});
  const auto fitting = server.ask(post("/", std::string(10'000, 'b')));
  ASSERT_TRUE(fitting);
  EXPECT_EQ(fitting->status, 200);
  expect_refusal(server, post("/", std::string(10'001, 'b')), 413);
  expect_refusal(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413);
  expect_refusal(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\nExpect: 100-continue\r\n\r\n", 413);
  expect_refusal(server, chunked("/", "1388\r\n" + std::string(5000, 'b') + "\r\n1389\r\n" + std::string(5001, 'b')),
                 413);
}

TEST(HostileClient, ReadsTheRefusalEvenWhileItStillSendsALargeBody) {
  RunningServer server;
  auto client = server.client();
  const std::string body(20'000'000, 'b');
  EXPECT_TRUE(client.send(post("/", body)));
  const auto response = client.response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
}

TEST(HostileClient, IsEndedWhenItsRequestComesTooSlowly) {
  RunningServer server(echo, {.read_request_timeout = 100ms, .keep_alive_timeout = 400ms});
  for (const char* begin :
       {"G", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"}) {
    auto client = server.client();
    client.send(begin);
    const auto response = client.response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408);
    EXPECT_TRUE(client.ends());
  }
  // A byte now and then does not help.
  auto dripping = server.client();
  std::thread drip([&] {
    for (const char byte : get("/", "X: " + std::string(200, 'x') + "\r\n")) {
      if (!dripping.send({&byte, 1})) break;
      std::this_thread::sleep_for(2ms);
    }
  });
  const auto response = dripping.response();
  drip.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
}

TEST(HostileClient, IsEndedWhenItKeepsAConnectionIdle) {
  RunningServer server(echo, {.read_request_timeout = 50ms, .keep_alive_timeout = 150ms});
  auto silent = server.client();
  auto used = server.client();
  ASSERT_TRUE(used.ask(get("/")));
  std::this_thread::sleep_for(80ms);
  EXPECT_TRUE(used.ask(get("/"))) << "an idle connection is not a slow request";
  EXPECT_TRUE(silent.ends(1000ms));
  EXPECT_TRUE(used.ends(1000ms));
  EXPECT_EQ(used.received(), "");
}

TEST(HostileClient, IsEndedWhenItDoesNotTakeTheResponse) {
  RunningServer server([](Request, Reply reply) { reply({.body = std::string(20'000'000, 'x')}); },
                       {.write_response_timeout = 100ms, .min_response_bytes_per_second = 100'000'000});
  auto client = server.client();
  client.send(get("/"));
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 1; }));
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 0; }, 2000ms));
  EXPECT_EQ(server.server().metrics().responses_in_flight_bytes, 0);
}

TEST(HostileClient, IsEndedWhenItTakesTheResponseTooSlowly) {
  RunningServer server([](Request, Reply reply) { reply({.body = std::string(20'000'000, 'x')}); },
                       {.write_response_timeout = 200ms, .min_response_bytes_per_second = 100'000'000});
  auto client = server.client();
  client.send(get("/"));
  const auto began = std::chrono::steady_clock::now();
  while (client.receive_some(1000ms) && std::chrono::steady_clock::now() - began < 5s) std::this_thread::sleep_for(5ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s) << "some bytes now and then do not help";
  EXPECT_EQ(server.server().metrics().connections, 0);
}

TEST(HostileClients, ThatTakeNoAnswersLeaveSmallOnesForOthers) {
  const auto handler = [](Request request, Reply reply) {
    reply({.body = std::string(request.path == "/large" ? 8'000'000 : 5, 'x')});
  };
  RunningServer server(handler, {.max_responses_in_flight_bytes = 20'000'000});
  std::vector<RawClient> readers;
  for (int i = 0; i < 2; ++i) {
    readers.push_back(server.client());
    readers.back().send(get("/large"));
  }
  ASSERT_TRUE(eventually([&] { return server.server().metrics().responses_in_flight_bytes == 16'000'000; }));
  EXPECT_EQ(server.ask(get("/small"))->status, 200);
  const auto refused = server.ask(get("/large"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_FALSE(refused->header("retry-after").empty());
  for (auto& reader : readers) EXPECT_EQ(reader.response()->body.size(), 8'000'000);
  EXPECT_TRUE(eventually([&] { return server.server().metrics().responses_in_flight_bytes == 0; }));
  EXPECT_EQ(server.ask(get("/large"))->status, 200);
}

/// Takes little and slowly, so that the server's answer is still being written when the client goes.
RawClient narrow_client(const RunningServer& server) {
  auto client = server.client();
  const int bytes = 2304;
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  return client;
}

TEST(HostileClients, MayResetWhileAnAnswerIsWrittenAndARequestArrives) {
  RunningServer server([](Request, Reply reply) { reply({.body = std::string(2'000'000, 'x')}); });
  const auto before = measurable_resident_bytes();
  for (int i = 0; i < 300; ++i) {
    auto client = narrow_client(server);
    client.send(get("/"));
    std::this_thread::sleep_for(1ms);
    const linger at_once{1, 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    client.send(post("/", "x", "Expect: 100-continue\r\n"));
  }
  EXPECT_TRUE(eventually([&] { return server.server().metrics().connections == 0; }));
  EXPECT_EQ(server.ask(get("/"))->status, 200);
  EXPECT_LT(measurable_resident_bytes(), before + 60'000'000);
}

TEST(HostileClient, ThatNeverReadsCannotHoldTheLoopWithExpectations) {
  RunningServer server;
  auto client = narrow_client(server);
  std::string many;
  for (int i = 0; i < 2000; ++i) many += post("/", "x", "Expect: 100-continue\r\n");
  std::thread sender([&] { client.send(many); });
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(server.ask(get("/"))->status, 200);
  ::shutdown(client.fd(), SHUT_RDWR);
  sender.join();
}

TEST(HostileClient, MaySendOneByteChunksWithoutASixteenfoldCost) {
  RunningServer server;
  auto client = server.client();
  constexpr std::size_t kBytes = 1'000'000;
  std::string chunks;
  for (std::size_t i = 0; i < kBytes; ++i) chunks += "1\r\nx\r\n";
  client.send(chunked("/", chunks));
  const std::size_t before = measurable_resident_bytes();
  client.send("0\r\n\r\n");
  const auto response = client.response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), kBytes + 7);
  EXPECT_LT(measurable_resident_bytes(), before + 16'000'000);
}

TEST(HostileClients, BeyondTheLimitOfConnectionsGet503) {
  RunningServer server(echo, {.max_connections = 3});
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server.client());
    ASSERT_TRUE(clients.back().ask(get("/")));
  }
  auto extra = server.client();
  const auto response = extra.response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_TRUE(extra.ends());
  clients.pop_back();
  EXPECT_TRUE(eventually([&] {
    const auto later = server.ask(get("/"));
    return later && later->status == 200;
  }));
}

TEST(HostileClients, WithHalfSentBodiesShareABoundedSumAndSmallBodiesStillPass) {
  constexpr std::size_t kSum = 20'000'000;
  constexpr std::size_t kClients = 100;
  RunningServer server(echo, {.max_bodies_in_flight_bytes = kSum});
  const std::size_t before = measurable_resident_bytes();
  const std::string half(1'000'000, 'h');
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.client());
    clients.back().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n" + half);
  }
  std::vector<bool> refused(kClients);
  EXPECT_TRUE(eventually([&] {
    for (std::size_t i = 0; i < kClients; ++i)
      if (!refused[i] && clients[i].receive_some(0ms)) {
        refused[i] = true;
        EXPECT_TRUE(clients[i].received().starts_with("HTTP/1.1 503"));
        EXPECT_NE(clients[i].received().find("Retry-After"), std::string::npos);
      }
    return std::count(refused.begin(), refused.end(), true) >= static_cast<long>(kClients - kSum / half.size());
  }));
  EXPECT_LE(server.server().metrics().bodies_in_flight_bytes, kSum + kClients * defaults::kSmallBodyBytes);
  EXPECT_LT(measurable_resident_bytes(), before + 2 * kSum + 20'000'000);
  const auto small = server.ask(post("/small", std::string(defaults::kSmallBodyBytes, 's')));
  ASSERT_TRUE(small);
  EXPECT_EQ(small->status, 200);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server.server().metrics().bodies_in_flight_bytes == 0; }));
  const auto large = server.ask(post("/large", half));
  ASSERT_TRUE(large);
  EXPECT_EQ(large->status, 200);
}

/// Makes room for the sockets of a test; back to what it was at the end.
class FileLimit {
 public:
  explicit FileLimit(rlim_t files) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit wanted{files, before_.rlim_max};
    done_ = ::setrlimit(RLIMIT_NOFILE, &wanted) == 0;
  }
  ~FileLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  bool done() const { return done_; }

 private:
  rlimit before_{};
  bool done_ = false;
};

TEST(HostileClients, FiveThousandIdleConnectionsAreHarmless) {
  constexpr std::size_t kClients = 5000;
  const FileLimit files(2 * kClients + 200);
  ASSERT_TRUE(files.done()) << "the hard limit on open files is too low for this test";
  RunningServer server;
  const std::size_t before = measurable_resident_bytes();
  std::vector<RawClient> clients;
  clients.reserve(kClients);
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(server.client());
  ASSERT_TRUE(eventually([&] { return server.server().metrics().connections == kClients; }));
  EXPECT_LT(measurable_resident_bytes(), before + 80'000'000);
  auto busy = server.client();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(busy.ask(get("/")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  ASSERT_TRUE(clients[kClients / 2].ask(get("/")));
}

TEST(HostileClients, ThatUseUpAllFileDescriptorsDoNotEndAcceptingForEver) {
  RunningServer server;
  auto client = server.client();
  ASSERT_TRUE(client.ask(get("/")));
  std::vector<int> filling;
  const FileLimit few(static_cast<rlim_t>(client.fd()) + 100);
  for (int fd = 0; (fd = ::dup(0)) >= 0;) filling.push_back(fd);
  ::close(filling.back());
  filling.pop_back();
  auto waiting = server.client();  // takes the last descriptor: the server has none to accept it with
  ASSERT_TRUE(waiting.connected());
  waiting.send(get("/"));
  EXPECT_FALSE(waiting.receive_some(50ms));
  EXPECT_TRUE(client.ask(get("/")));
  for (const int fd : filling) ::close(fd);
  const auto response = waiting.response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

}  // namespace
}  // namespace troupe::http::test
