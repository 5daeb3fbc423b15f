// What well-behaved clients see.
#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

TEST(HttpServer, AnswersWithTheHeadersThatEveryAnswerHas) {
  RunningServer server;
  const auto response = server.ask(get("/a/b?c=d%20e"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "GET /a/b?c=d%20e|");
  EXPECT_EQ(response->header("content-type"), "text/plain");
  EXPECT_EQ(response->header("server"), "troupe");
  EXPECT_FALSE(response->header("x-request-id").empty());
  EXPECT_TRUE(response->header("date").ends_with("GMT"));
}

TEST(HttpServer, GivesHandlersTheWholeRequest) {
  Request seen;
  RunningServer server([&](Request request, Reply reply) {
    seen = std::move(request);
    reply({});
  });
  auto client = server.client();
  const auto response = client.ask(post("/x?y=1", "body", "X-One: 1\r\nx-empty:\r\n"));
  ASSERT_TRUE(response);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/x?y=1");
  EXPECT_EQ(seen.path, "/x");
  EXPECT_EQ(seen.query, "y=1");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.header("x-ONE"), "1");
  EXPECT_EQ(seen.header("X-Empty"), "");
  EXPECT_FALSE(seen.header("X-Two"));
  EXPECT_EQ(seen.remote_address, "127.0.0.1");
  EXPECT_NE(seen.remote_port, 0);
  EXPECT_FALSE(seen.tls);
  EXPECT_EQ(seen.id, response->header("x-request-id"));
}

TEST(HttpServer, SendsEveryHeaderOfTheResponseButNoFramingAndNoLineBreaks) {
  RunningServer server([](Request, Reply reply) {
    reply({.status = 201,
           .body = "b",
           .headers = {{"Set-Cookie", "a=1"},
                       {"Set-Cookie", "b=2"},
                       {"Content-Length", "999"},
                       {"X-Evil", "1\r\nSet-Cookie: evil=1"},
                       {"Content-Type", "text/html"}}});
  });
  const auto response = server.ask(get("/"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.count("set-cookie"), 2u);
  EXPECT_EQ(response->headers.count("content-length"), 1u);
  EXPECT_EQ(response->headers.count("x-evil"), 0u);
  EXPECT_EQ(response->headers.count("content-type"), 1u);
  EXPECT_EQ(response->header("content-type"), "text/html");
  EXPECT_EQ(response->body, "b");
}

TEST(HttpServer, KeepsAConnectionOpenForManyRequests) {
  RunningServer server;
  auto client = server.client();
  for (int i = 0; i < 50; ++i) {
    const auto response = client.ask(post("/" + std::to_string(i), std::to_string(i)));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "POST /" + std::to_string(i) + "|" + std::to_string(i));
  }
  EXPECT_EQ(server.server().metrics().connections, 1u);
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  RunningServer server;
  auto client = server.client();
  const auto response = client.ask(get("/", "Connection: close\r\n"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(HttpServer, SpeaksHttp10) {
  RunningServer server;
  auto closing = server.client();
  const auto response = closing.ask("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(closing.ends());

  auto staying = server.client();
  for (int i = 0; i < 2; ++i) {
    const auto kept = staying.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->header("connection"), "keep-alive");
  }
}

TEST(HttpServer, AnswersHeadWithoutABodyAndWithItsLength) {
  RunningServer server;
  auto client = server.client();
  client.send("HEAD /abc HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto response = client.response(true);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("content-length"), std::to_string(std::string("HEAD /abc|").size()));
  const auto next = client.ask(get("/next"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "GET /next|");
}

TEST(HttpServer, SendsNoBodyWithStatusesThatHaveNone) {
  RunningServer server([](Request request, Reply reply) {
    reply({.status = request.path == "/304" ? 304 : 204, .body = "not to be sent"});
  });
  auto client = server.client();
  for (const char* path : {"/204", "/304", "/204"}) {
    const auto response = client.ask(get(path));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, path == std::string("/304") ? 304 : 204);
    EXPECT_EQ(response->headers.count("content-length"), 0u);
  }
}

TEST(HttpServer, HandlesPipelinedRequestsOneAfterTheOther) {
  std::mutex mutex;
  std::vector<std::pair<std::string, Reply>> held;
  RunningServer server([&](Request request, Reply reply) {
    const std::lock_guard lock(mutex);
    held.emplace_back(std::string(request.path), std::move(reply));
  });
  auto client = server.client();
  client.send(get("/1") + get("/2") + get("/3"));
  for (const char* path : {"/1", "/2", "/3"}) {
    ASSERT_TRUE(eventually([&] {
      const std::lock_guard lock(mutex);
      return !held.empty();
    }));
    std::this_thread::sleep_for(5ms);
    const std::lock_guard lock(mutex);
    ASSERT_EQ(held.size(), 1) << "the next one waits for this one's answer";
    held.front().second({.body = held.front().first});
    held.clear();
    const auto response = client.response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, path);
  }
}

TEST(HttpServer, AnswersARequestBeforeItRefusesTheBytesBehindIt) {
  RunningServer server;
  auto client = server.client();
  client.send(post("/", "body") + "\x01\x02\r\n\r\n");
  const auto answered = client.response();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->body, "POST /|body");
  const auto refused = client.response();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_TRUE(client.ends());
}

TEST(HttpServer, HandlesNothingBehindARequestThatClosesTheConnection) {
  std::atomic<int> handled{0};
  RunningServer server([&](Request request, Reply reply) {
    ++handled;
    echo(std::move(request), std::move(reply));
  });
  auto client = server.client();
  client.send(post("/1", "", "Connection: close\r\n") + post("/2", ""));
  ASSERT_TRUE(client.response());
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(handled, 1);
}

TEST(HttpServer, AnswersManyPipelinedRequests) {
  RunningServer server;
  auto client = server.client();
  constexpr int kRequests = 500;
  std::string all;
  for (int i = 0; i < kRequests; ++i) all += post("/" + std::to_string(i), std::string(100, 'x'));
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < kRequests; ++i) {
    const auto response = client.response();
    ASSERT_TRUE(response) << i;
    EXPECT_TRUE(response->body.starts_with("POST /" + std::to_string(i) + "|"));
  }
  sender.join();
}

TEST(HttpServer, TakesAChunkedBodyWithTrailers) {
  RunningServer server;
  auto client = server.client();
  const std::string head = "POST /c HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto response = client.ask(head + "5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "POST /c|hello world");
  const auto next = client.ask(get("/next"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "GET /next|");
}

TEST(HttpServer, TakesARequestThatComesByteByByte) {
  RunningServer server;
  auto client = server.client();
  for (const char byte : post("/slow", "body")) client.send({&byte, 1});
  const auto response = client.response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "POST /slow|body");
}

TEST(HttpServer, SaysContinueToAClientThatWaitsForIt) {
  RunningServer server;
  auto client = server.client();
  client.send("POST /e HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const auto interim = client.response();
  ASSERT_TRUE(interim);
  EXPECT_EQ(interim->status, 100);
  const auto final_response = client.ask("body");
  ASSERT_TRUE(final_response);
  EXPECT_EQ(final_response->body, "POST /e|body");
}

TEST(HttpServer, CarriesLargeBodiesBothWays) {
  RunningServer server;
  auto client = server.client();
  const std::string body(3'000'000, 'z');
  std::thread sender([&] { client.send(post("/large", body)); });
  const auto response = client.response();
  sender.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "POST /large|" + body);
}

TEST(HttpServer, FindsThePathInAnAbsoluteTarget) {
  RunningServer server;
  const auto response = server.ask("GET http://host:1/p?q HTTP/1.1\r\nHost: host:1\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "GET /p?q|");
  const auto root = server.ask("GET http://host HTTP/1.1\r\nHost: host\r\n\r\n");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->body, "GET /|");
}

TEST(HttpServer, ServesARequestWhoseUpgradeItDoesNotSpeakAsPlainHttp) {
  RunningServer server;
  auto client = server.client();
  for (int i = 0; i < 2; ++i) {
    const auto response = client.ask(get("/h2", "Connection: Upgrade\r\nUpgrade: h2c\r\n"));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "GET /h2|");
  }
}

TEST(HttpServer, ListensOnTwoAddressesWithTwoApplications) {
  Server server;
  const auto answer = [](const char* text) {
    return Application{.request = [text](Request, Reply reply) { reply({.body = text}); }};
  };
  const auto first = server.listen({.application = answer("first")});
  const auto second = server.listen({.address = "::1", .application = answer("second")});
  ASSERT_TRUE(first && second);
  std::thread thread([&] { server.run(); });
  const auto from_first = RawClient(*first).ask(get("/"));
  const auto from_second = RawClient(*second, "::1").ask(get("/"));
  server.stop(0ms);
  thread.join();
  ASSERT_TRUE(from_first && from_second);
  EXPECT_EQ(from_first->body, "first");
  EXPECT_EQ(from_second->body, "second");
}

TEST(HttpServer, SaysWhyItCannotListen) {
  Server server;
  const auto taken = server.listen({.application = {.request = echo}});
  ASSERT_TRUE(taken);
  const auto again = server.listen({.port = *taken, .application = {.request = echo}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  EXPECT_EQ(again.error().message, "cannot listen on 127.0.0.1:" + std::to_string(*taken) + ": Address already in use");
  const auto foreign = server.listen({.address = "192.0.2.1", .application = {.request = echo}});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::conflict);
  const auto nonsense = server.listen({.address = "nonsense", .application = {.request = echo}});
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, Errc::invalid);
}

TEST(HttpServer, ListensNoLongerWhereAListenerWasClosedAndAnywhereElseAsBefore) {
  RunningServer server;
  std::uint16_t port = 0;
  server.on_loop([&] { port = *server.server().listen({.application = {.request = echo}}); });
  RawClient open(port);
  EXPECT_EQ(open.ask(get("/"))->status, 200);
  server.on_loop([&] {
    server.server().close("127.0.0.1", port);
    server.server().close("127.0.0.1", port);  // there is nothing to close any more
  });
  EXPECT_EQ(open.ask(get("/"))->status, 200) << "what is open stays";
  EXPECT_EQ(server.ask(get("/"))->status, 200);
  server.on_loop(
      [&] { EXPECT_EQ(server.server().listen({.port = port, .application = {.request = echo}}).value_or(0), port); });
  EXPECT_EQ(RawClient(port).ask(get("/"))->status, 200);
}

}  // namespace
}  // namespace troupe::http::test
