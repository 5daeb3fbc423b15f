#include "http/socketio/engine.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "fakes.hpp"

namespace troupe::socketio {
namespace {

using Texts = std::vector<std::string>;

/// A server that echoes every message, and clients to it.
struct EngineTest : testing::Test {
  struct Echo : EngineListener {
    Echo(EngineTest& test, EngineSession& session) : test(test), session(&session) {}
    void message(std::string_view data, bool binary) override {
      session->send(binary ? binary_packet(data) : text_packet("4" + std::string(data)));
    }
    void closed(Reason reason) override { test.closes.push_back(reason); }
    EngineTest& test;
    EngineSession* session;
  };

  EngineTest() { options.cors.origins = {"*"}; }

  Engine& engine() {
    if (!engine_)
      engine_ = std::make_shared<Engine>(loop, options, [this](EngineSession& session) {
        last = &session;
        return std::make_shared<Echo>(*this, session);
      });
    return *engine_;
  }

  std::shared_ptr<Answer> request(std::string_view method, const std::string& query, std::string_view body = {},
                                  std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto answer = std::make_shared<Answer>();
    engine().request(make_request(method, "/engine.io/", query, body, std::move(headers)), reply_to(answer));
    return answer;
  }
  std::string open() {
    const auto body = request("GET", "EIO=4&transport=polling")->body();
    return nlohmann::json::parse(body.substr(1)).at("sid").get<std::string>();
  }
  std::shared_ptr<Answer> poll(const std::string& sid) {
    auto answer = request("GET", "EIO=4&transport=polling&sid=" + sid);
    loop.run();
    return answer;
  }
  std::shared_ptr<Answer> post(const std::string& sid, std::string_view body) {
    auto answer = request("POST", "EIO=4&transport=polling&sid=" + sid, body);
    loop.run();
    return answer;
  }
  UpgradeOutcome upgrade(const std::string& query) {
    UpgradeOutcome outcome;
    engine().upgrade(make_request("GET", "/engine.io/", query), upgrade_to(outcome));
    return outcome;
  }
  std::shared_ptr<FakeWebSocket> open_websocket() {
    auto socket = upgrade("EIO=4&transport=websocket").socket;
    socket->take();
    return socket;
  }
  std::shared_ptr<FakeWebSocket> probe(const std::string& sid) {
    return upgrade("EIO=4&transport=websocket&sid=" + sid).socket;
  }

  FakeLoop loop;
  EngineOptions options{.ping_interval = 300ms, .ping_timeout = 200ms};
  EngineSession* last = nullptr;
  std::vector<Reason> closes;
  std::shared_ptr<Engine> engine_;
};

// Handshake

TEST_F(EngineTest, OpensAPollingSession) {
  const auto answer = request("GET", "EIO=4&transport=polling&t=abc");
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->response->content_type, "text/plain; charset=UTF-8");
  EXPECT_EQ(answer->header("Cache-Control"), "no-store");
  ASSERT_EQ(answer->body()[0], '0');
  auto handshake = nlohmann::json::parse(answer->body().substr(1));
  EXPECT_EQ(handshake.at("sid").get<std::string>().size(), 20U);
  handshake.erase("sid");
  EXPECT_EQ(handshake, nlohmann::json::parse(R"({"upgrades":["websocket"],"pingInterval":300,
                                                 "pingTimeout":200,"maxPayload":1000000})"));
}

TEST_F(EngineTest, OpensAWebSocketSession) {
  const auto outcome = upgrade("EIO=4&transport=websocket");
  ASSERT_TRUE(outcome.socket);
  EXPECT_EQ(outcome.limits.max_message_bytes, 1'000'000U);
  const auto handshake = nlohmann::json::parse(outcome.socket->received.at(0).substr(1));
  EXPECT_EQ(handshake.at("upgrades"), nlohmann::json::array());
}

TEST_F(EngineTest, GivesEverySessionAnotherId) { EXPECT_NE(open(), open()); }

TEST_F(EngineTest, RefusesBadRequestsWithTheCodesOfTheReference) {
  const auto sid = open();
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"GET", "EIO=4", R"({"code":0,"message":"Transport unknown"})"},
      {"GET", "EIO=4&transport=abc", R"({"code":0,"message":"Transport unknown"})"},
      {"GET", "EIO=4&transport=polling&sid=nobody", R"({"code":1,"message":"Session ID unknown"})"},
      {"POST", "EIO=4&transport=polling", R"({"code":2,"message":"Bad handshake method"})"},
      {"PUT", "EIO=4&transport=polling&sid=" + sid, R"({"code":2,"message":"Bad handshake method"})"},
      {"GET", "EIO=4&transport=websocket", R"({"code":3,"message":"Bad request"})"},
      {"GET", "EIO=4&transport=websocket&sid=" + sid, R"({"code":3,"message":"Bad request"})"},
      {"GET", "transport=polling", R"({"code":5,"message":"Unsupported protocol version"})"},
      {"GET", "EIO=3&transport=polling", R"({"code":5,"message":"Unsupported protocol version"})"},
  };
  for (const auto& [method, query, body] : cases) {
    const auto answer = request(method, query);
    EXPECT_EQ(answer->status(), 400) << query;
    EXPECT_EQ(answer->body(), body) << query;
    EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "*") << query;
  }
  EXPECT_EQ(engine().sessions(), 1U);
}

TEST_F(EngineTest, RefusesBadUpgrades) {
  for (const auto* query : {"EIO=4", "EIO=abc&transport=websocket", "transport=websocket", "EIO=4&transport=polling",
                            "EIO=4&transport=websocket&sid=nobody"}) {
    const auto outcome = upgrade(query);
    EXPECT_FALSE(outcome.socket) << query;
    EXPECT_EQ(outcome.refusal->status, 400) << query;
  }
}

TEST_F(EngineTest, AsksTheApplicationBeforeASessionOpens) {
  options.refusal_of = [](const http::Request& request) -> std::optional<std::string> {
    if (request.header("Origin") == "https://evil.example") return "not \"you\"";
    return std::nullopt;
  };
  const auto answer = request("GET", "EIO=4&transport=polling", {}, {{"Origin", "https://evil.example"}});
  EXPECT_EQ(answer->status(), 403);
  EXPECT_EQ(answer->body(), R"({"code":4,"message":"not \"you\""})");
  EXPECT_EQ(request("GET", "EIO=4&transport=polling")->status(), 200);
}

TEST_F(EngineTest, RefusesSessionsPastTheLimit) {
  options.max_sessions = 2;
  open();
  open_websocket();
  const auto answer = request("GET", "EIO=4&transport=polling");
  EXPECT_EQ(answer->status(), 503);
  EXPECT_EQ(answer->header("Retry-After"), "5");
  EXPECT_EQ(upgrade("EIO=4&transport=websocket").refusal->status, 503);
  EXPECT_EQ(engine().sessions(), 2U);
}

TEST_F(EngineTest, RefusesHandshakesWithHugeHeaders) {
  const std::string large(options.max_handshake_bytes, 'x');
  EXPECT_EQ(request("GET", "EIO=4&transport=polling", {}, {{"Cookie", large}})->status(), 431);
  EXPECT_EQ(engine().sessions(), 0U);
}

TEST_F(EngineTest, KeepsTheRequestBeyondItsConnection) {
  open();
  {
    auto request = make_request("GET", "/engine.io/", "EIO=4&transport=polling", {}, {{"Cookie", "a=b"}});
    engine().request(request, reply_to(std::make_shared<Answer>()));
  }
  EXPECT_EQ(last->request()->header("cookie"), "a=b");
  EXPECT_EQ(last->request()->path, "/engine.io/");
  EXPECT_EQ(last->request()->query, "EIO=4&transport=polling");
}

// CORS

TEST_F(EngineTest, AnswersAPreflight) {
  const auto answer = request("OPTIONS", "EIO=4&transport=polling", {},
                              {{"Origin", "http://a.example"}, {"Access-Control-Request-Headers", "x-one,x-two"}});
  EXPECT_EQ(answer->status(), 204);
  EXPECT_EQ(answer->body(), "");
  EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(answer->header("Access-Control-Allow-Methods"), "GET,POST");
  EXPECT_EQ(answer->header("Access-Control-Allow-Headers"), "x-one,x-two");
}

TEST_F(EngineTest, NamesOnlyAllowedOrigins) {
  options.cors = {.origins = {"http://a.example"}, .credentials = true};
  const auto allowed = request("GET", "EIO=4&transport=polling", {}, {{"Origin", "http://a.example"}});
  EXPECT_EQ(allowed->header("Access-Control-Allow-Origin"), "http://a.example");
  EXPECT_EQ(allowed->header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(allowed->header("Vary"), "Origin");
  const auto other = request("GET", "EIO=4&transport=polling", {}, {{"Origin", "http://b.example"}});
  EXPECT_EQ(other->header("Access-Control-Allow-Origin"), "<none>");
  EXPECT_EQ(other->header("Vary"), "Origin");
}

TEST_F(EngineTest, EchoesAnyOriginWhenCookiesAreAllowed) {
  options.cors = {.origins = {"*"}, .credentials = true};
  const auto answer = request("GET", "EIO=4&transport=polling", {}, {{"Origin", "http://b.example"}});
  EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "http://b.example");
}

TEST_F(EngineTest, SendsNoCorsHeadersUnlessToldTo) {
  options.cors = {};
  EXPECT_TRUE(request("OPTIONS", "EIO=4&transport=polling")->status() == 400);
  EXPECT_EQ(request("GET", "EIO=4&transport=polling")->header("Access-Control-Allow-Origin"), "<none>");
}

// Polling

TEST_F(EngineTest, EchoesPackets) {
  const auto sid = open();
  const auto posted = post(sid, "4test1\0364test2\036bAQIDBA==");
  EXPECT_EQ(posted->status(), 200);
  EXPECT_EQ(posted->body(), "ok");
  EXPECT_EQ(poll(sid)->body(), "4test1\0364test2\036bAQIDBA==");
}

TEST_F(EngineTest, HoldsAPollUntilThereIsSomethingAndSendsItAllAtOnce) {
  const auto sid = open();
  const auto polled = poll(sid);
  EXPECT_FALSE(polled->response);
  post(sid, "4a\0364b");
  EXPECT_EQ(polled->body(), "4a\0364b");
}

TEST_F(EngineTest, ClosesOnABrokenPayload) {
  const auto sid = open();
  EXPECT_EQ(post(sid, "abc")->status(), 400);
  EXPECT_EQ(poll(sid)->status(), 400);
  EXPECT_EQ(closes, (std::vector{Reason::parse_error}));
}

TEST_F(EngineTest, ClosesOnRawBytes) {
  const auto sid = open();
  const auto answer =
      request("POST", "EIO=4&transport=polling&sid=" + sid, "4a", {{"content-type", "application/octet-stream"}});
  EXPECT_EQ(answer->status(), 400);
  EXPECT_EQ(engine().sessions(), 0U);
}

TEST_F(EngineTest, KeepsTheSessionWhenABodyIsTooLarge) {
  options.max_payload_bytes = 100;
  const auto sid = open();
  const auto answer = post(sid, std::string(101, '4'));
  EXPECT_EQ(answer->status(), 413);
  EXPECT_EQ(answer->body(), "");
  EXPECT_EQ(post(sid, std::string(100, '4'))->status(), 200);
}

TEST_F(EngineTest, ClosesOnTwoPollsAtOnce) {
  const auto sid = open();
  const auto first = poll(sid);
  const auto second = poll(sid);
  EXPECT_EQ(first->status(), 200);
  EXPECT_EQ(first->body(), "1");
  EXPECT_EQ(second->status(), 400);
  EXPECT_EQ(poll(sid)->status(), 400);
}

TEST_F(EngineTest, ClosesWhenAPollIsBrokenOff) {
  const auto sid = open();
  const auto polled = poll(sid);
  polled->gone = true;
  last->send(text_packet("4lost"));
  loop.run();
  EXPECT_EQ(closes, (std::vector{Reason::transport_close}));
  EXPECT_EQ(poll(sid)->status(), 400);
}

TEST_F(EngineTest, ClosesWhenTheClientSaysSo) {
  const auto sid = open();
  const auto polled = poll(sid);
  EXPECT_EQ(post(sid, "1")->status(), 200);
  EXPECT_EQ(polled->body(), "6");
  EXPECT_EQ(poll(sid)->status(), 400);
  EXPECT_EQ(closes, (std::vector{Reason::transport_close}));
}

TEST_F(EngineTest, IgnoresStrayPackets) {
  const auto sid = open();
  EXPECT_EQ(post(sid, "0\0365\0366")->status(), 200);
  EXPECT_TRUE(closes.empty());
}

TEST_F(EngineTest, ClosesOnAPingFromTheClient) {
  post(open(), "2");
  EXPECT_EQ(closes, (std::vector{Reason::parse_error}));
}

TEST_F(EngineTest, DeliversAServersCloseWithThePollThatWaits) {
  const auto sid = open();
  const auto polled = poll(sid);
  last->send(text_packet("441"));
  last->close();
  EXPECT_EQ(polled->body(), "441");
  EXPECT_EQ(poll(sid)->body(), "1") << "in a poll of its own";
  EXPECT_EQ(poll(sid)->status(), 400);
}

TEST_F(EngineTest, KeepsAServersCloseForTheNextPoll) {
  const auto sid = open();
  last->send(text_packet("441"));
  last->close();
  EXPECT_EQ(closes, (std::vector{Reason::forced_close}));
  EXPECT_EQ(post(sid, "4late")->status(), 400);
  EXPECT_EQ(poll(sid)->body(), "441");
  EXPECT_EQ(poll(sid)->body(), "1");
  EXPECT_EQ(poll(sid)->status(), 400);
  EXPECT_EQ(closes.size(), 1U);
}

TEST_F(EngineTest, ForgetsACloseThatNobodyFetches) {
  open();
  last->close();
  loop.advance(options.close_linger - 1ms);
  EXPECT_EQ(engine().sessions(), 1U);
  loop.advance(1ms);
  EXPECT_EQ(engine().sessions(), 0U);
  EXPECT_EQ(loop.timers(), 0U);
}

TEST_F(EngineTest, DropsAClientThatLetsTooManyPacketsWait) {
  options.max_queued_packets = 3;
  const auto sid = open();
  for (int i = 0; i < 3; ++i) last->send(text_packet("4x"));
  loop.run();
  EXPECT_TRUE(closes.empty());
  last->send(text_packet("4x"));
  EXPECT_TRUE(closes.empty()) << "no call back while sending";
  loop.run();
  EXPECT_EQ(closes, (std::vector{Reason::forced_close}));
  EXPECT_EQ(poll(sid)->status(), 400);
}

TEST_F(EngineTest, DropsAClientThatLetsTooManyBytesWait) {
  options.max_queued_bytes = 1000;
  const auto sid = open();
  last->send(text_packet(std::string(5000, '4')));
  loop.run();
  EXPECT_TRUE(closes.empty()) << "one packet may be large";
  last->send(text_packet("4"));
  loop.run();
  EXPECT_EQ(closes, (std::vector{Reason::forced_close}));
}

// Heartbeat

TEST_F(EngineTest, PingsAfterEveryPong) {
  const auto sid = open();
  for (int round = 0; round < 3; ++round) {
    const auto polled = poll(sid);
    loop.advance(299ms);
    EXPECT_FALSE(polled->response);
    loop.advance(1ms);
    EXPECT_EQ(polled->body(), "2");
    EXPECT_EQ(post(sid, "3")->status(), 200);
  }
}

TEST_F(EngineTest, ClosesWithoutAPong) {
  const auto sid = open();
  auto socket = open_websocket();
  loop.advance(499ms);
  EXPECT_TRUE(closes.empty());
  loop.advance(1ms);
  EXPECT_EQ(closes, (std::vector{Reason::ping_timeout, Reason::ping_timeout}));
  EXPECT_EQ(socket->take(), (Texts{"2"}));
  EXPECT_TRUE(socket->close_code);
  EXPECT_EQ(poll(sid)->status(), 400);
  EXPECT_EQ(loop.timers(), 0U);
}

// WebSocket

TEST_F(EngineTest, EchoesOnAWebSocket) {
  auto socket = open_websocket();
  socket->say("4hello");
  socket->say_bytes("\x01\x02");
  EXPECT_EQ(socket->take(), (Texts{"4hello", "binary:\x01\x02"}));
}

TEST_F(EngineTest, ClosesAWebSocketOnABrokenPacketOrACloseOrWhenItBreaks) {
  for (const auto* text : {"abc", "", "2"}) {
    auto socket = open_websocket();
    socket->say(text);
    EXPECT_EQ(socket->close_code, 1005) << text;
  }
  open_websocket()->say("1");
  open_websocket()->break_off();
  EXPECT_EQ(closes, (std::vector{Reason::parse_error, Reason::parse_error, Reason::parse_error, Reason::transport_close,
                                 Reason::transport_close}));
  EXPECT_EQ(engine().sessions(), 0U);
}

// Upgrade

TEST_F(EngineTest, MovesFromPollingToWebSocket) {
  const auto sid = open();
  const auto polled = poll(sid);
  auto socket = probe(sid);
  socket->say("2probe");
  EXPECT_EQ(socket->take(), (Texts{"3probe"}));
  EXPECT_EQ(polled->body(), "6");
  last->send(text_packet("4between"));
  socket->say("5");
  EXPECT_EQ(socket->take(), (Texts{"4between"})) << "what was queued comes first";
  socket->say("4hello");
  EXPECT_EQ(socket->take(), (Texts{"4hello"}));
  EXPECT_EQ(poll(sid)->body(), R"({"code":3,"message":"Bad request"})");
  EXPECT_TRUE(probe(sid)->close_code) << "a second WebSocket";
  loop.advance(299ms + 200ms);
  EXPECT_TRUE(closes.empty());
}

TEST_F(EngineTest, AnswersAPollDuringAnUpgradeAtOnce) {
  const auto sid = open();
  auto socket = probe(sid);
  socket->say("2probe");
  EXPECT_EQ(poll(sid)->body(), "6");
}

TEST_F(EngineTest, AnswersAWaitingPollWhenTheClientUpgradesWithoutAProbe) {
  const auto sid = open();
  const auto polled = poll(sid);
  auto socket = probe(sid);
  socket->say("5");
  EXPECT_EQ(polled->body(), "6");
  socket->say("4x");
  EXPECT_EQ(socket->take(), (Texts{"4x"}));
}

TEST_F(EngineTest, KeepsPollingWhenTheProbeSaysSomethingElse) {
  const auto sid = open();
  auto socket = probe(sid);
  socket->say("4hello");
  EXPECT_EQ(socket->close_code, 1005);
  const auto polled = poll(sid);
  post(sid, "4still");
  EXPECT_EQ(polled->body(), "4still");
  EXPECT_FALSE(probe(sid)->close_code) << "it may try again";
}

TEST_F(EngineTest, KeepsPollingWhenTheProbeBreaksOrTakesTooLong) {
  options.upgrade_timeout = 100ms;
  const auto sid = open();
  probe(sid)->break_off();
  auto slow = probe(sid);
  slow->say("2probe");
  EXPECT_TRUE(probe(sid)->close_code) << "one upgrade at a time";
  loop.advance(100ms);
  EXPECT_TRUE(slow->close_code);
  EXPECT_FALSE(poll(sid)->response);
  EXPECT_TRUE(closes.empty());
}

TEST_F(EngineTest, ClosesTheProbeWithTheSession) {
  const auto sid = open();
  auto socket = probe(sid);
  post(sid, "1");
  EXPECT_TRUE(socket->close_code);
}

// The end

TEST_F(EngineTest, ShutsDown) {
  const auto sid = open();
  const auto polled = poll(sid);
  auto socket = open_websocket();
  engine().shut_down();
  EXPECT_EQ(polled->body(), "1");
  EXPECT_EQ(socket->close_code, 1001);
  EXPECT_EQ(closes, (std::vector{Reason::server_shutting_down, Reason::server_shutting_down}));
  EXPECT_EQ(request("GET", "EIO=4&transport=polling")->status(), 503);
  EXPECT_EQ(loop.timers(), 0U);
}

TEST_F(EngineTest, MayEndBeforeItsConnections) {
  auto socket = open_websocket();
  const auto polled = poll(open());
  engine_.reset();
  EXPECT_EQ(polled->body(), "1");
  EXPECT_EQ(socket->close_code, 1001);
  socket->listener->message("4x", false);
  socket->listener->closed(1001);
  loop.advance(1s);
}

TEST_F(EngineTest, SurvivesRandomClients) {
  options.max_queued_packets = 20;
  options.max_sessions = 8;
  std::mt19937 random(4);
  std::vector<std::string> sids;
  std::vector<std::shared_ptr<FakeWebSocket>> sockets;
  std::vector<std::shared_ptr<Answer>> polls;
  const std::vector<std::string> bodies = {"4a", "3", "1", "2", "x", "bAQ==", "4a\0364b", "5", "2probe", ""};
  const auto pick = [&](const auto& list) { return list[random() % list.size()]; };
  for (int round = 0; round < 20000; ++round) {
    const auto sid = sids.empty() ? std::string("none") : pick(sids);
    switch (random() % 7) {
      case 0:
        if (const auto opened = request("GET", "EIO=4&transport=polling"); opened->status() == 200)
          sids.push_back(nlohmann::json::parse(opened->body().substr(1)).at("sid").get<std::string>());
        break;
      case 1: polls.push_back(poll(sid)); break;
      case 2: post(sid, pick(bodies)); break;
      case 3:
        if (auto socket = upgrade("EIO=4&transport=websocket" + (random() % 2 ? "&sid=" + sid : "")).socket)
          sockets.push_back(std::move(socket));
        break;
      case 4:
        if (!sockets.empty()) pick(sockets)->say(pick(bodies));
        break;
      case 5:
        if (!sockets.empty()) pick(sockets)->break_off();
        break;
      case 6:
        if (!polls.empty()) pick(polls)->gone = random() % 8 == 0;
        loop.advance(std::chrono::milliseconds(random() % 60));
        break;
    }
    ASSERT_LE(engine().sessions(), 8U);
    if (sids.size() > 20) sids.erase(sids.begin());
    if (sockets.size() > 20) sockets.erase(sockets.begin());
  }
  loop.advance(60s);
  EXPECT_EQ(engine().sessions(), 0U);
  for (const auto& polled : polls) EXPECT_TRUE(polled->response) << "no poll waits for ever";
}

}  // namespace
}  // namespace troupe::socketio
