#include "http/socketio/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "fakes.hpp"

namespace troupe::socketio {
namespace {

using Texts = std::vector<std::string>;

Json parse_from(const std::string& text, std::string_view prefix) {
  EXPECT_TRUE(text.starts_with(prefix)) << text;
  return Json::parse(text.substr(prefix.size()));
}

/// A server with the namespaces `/`, `/custom` and `/other`, and WebSocket clients to it. On `/`, `echo`
/// comes back as `echo-back` and in the acknowledgement.
struct ServerTest : testing::Test {
  ServerTest() {
    options.engine.ping_interval = 300ms;
    options.engine.ping_timeout = 200ms;
    options.connect_timeout = 250ms;
    options.recovery.window = 2000ms;
  }

  Server& io() {
    if (server) return *server;
    server = std::make_unique<Server>(loop, options);
    server->of("/").on_connection([this](std::shared_ptr<Socket> socket) {
      sockets.push_back(socket);
      socket->on_event([](Socket& from, std::string_view name, Json arguments, Ack ack) {
        if (name != "echo") return;
        from.emit_arguments("echo-back", {arguments.begin(), arguments.end()});
        ack.send({arguments.begin(), arguments.end()});
      });
      socket->on_disconnect([this](Socket&, Reason reason) { ends.push_back(reason); });
    });
    server->of("/custom");
    server->of("/other").authorize([this](const Handshake& handshake, Admit admit) {
      asked.push_back(handshake.auth.dump());
      admits.push_back(std::move(admit));
    });
    return *server;
  }

  std::shared_ptr<FakeWebSocket> open() {
    UpgradeOutcome outcome;
    io().upgrade(make_request("GET", "/socket.io/", "EIO=4&transport=websocket", {}, {{"Cookie", "who=me"}}),
                 upgrade_to(outcome));
    outcome.socket->take();
    return outcome.socket;
  }
  /// A client in `/`; `answer` gets the data of its CONNECT's answer.
  std::shared_ptr<FakeWebSocket> connect(Json* answer = nullptr, const Json& auth = nullptr) {
    auto client = open();
    client->say("40" + (auth.is_null() ? "" : auth.dump()));
    auto received = client->take();
    if (received.empty()) return client;
    const auto data = parse_from(received.front(), "40");
    if (answer) *answer = data;
    client->received.assign(received.begin() + 1, received.end());
    return client;
  }
  std::shared_ptr<Answer> request(std::string_view method, const std::string& query, std::string_view body = {}) {
    auto answer = std::make_shared<Answer>();
    io().request(make_request(method, "/socket.io/", query, body), reply_to(answer));
    loop.run();
    return answer;
  }

  FakeLoop loop;
  Options options;
  std::vector<std::shared_ptr<Socket>> sockets;
  std::vector<Reason> ends;
  std::vector<std::string> asked;
  std::vector<Admit> admits;
  std::unique_ptr<Server> server;  ///< its end tells the handlers, which use the rest
};

// Connecting

TEST_F(ServerTest, AnswersAConnectWithOnlyAPublicId) {
  Json answer;
  connect(&answer);
  EXPECT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer.at("sid"), sockets.at(0)->id());
  EXPECT_EQ(answer.at("sid").get<std::string>().size(), 20U);
  EXPECT_EQ(sockets.at(0)->request().header("cookie"), "who=me");
}

TEST_F(ServerTest, NeverShowsTheSecretOfTheSession) {
  const auto opened = request("GET", "EIO=4&transport=polling");
  const auto secret = Json::parse(opened->body().substr(1)).at("sid").get<std::string>();
  request("POST", "EIO=4&transport=polling&sid=" + secret, "40");
  const auto answer = request("GET", "EIO=4&transport=polling&sid=" + secret)->body();
  EXPECT_EQ(parse_from(answer, "40").at("sid"), sockets.at(0)->id());
  EXPECT_NE(sockets.at(0)->id(), secret);
}

TEST_F(ServerTest, ConnectsToACustomNamespaceWithOrWithoutAComma) {
  for (const auto* connect : {"40/custom,", "40/custom"}) {
    auto client = open();
    client->say(connect);
    EXPECT_TRUE(client->received.at(0).starts_with(R"(40/custom,{"sid":)"));
    client->say("41/custom");
    EXPECT_FALSE(client->close_code) << "the session lives on";
  }
}

TEST_F(ServerTest, RefusesAnUnknownNamespaceAndStaysOpen) {
  auto client = open();
  client->say("40/random");
  EXPECT_EQ(client->take(), (Texts{R"(44/random,{"message":"Invalid namespace"})"}));
  client->say("40");
  EXPECT_EQ(sockets.size(), 1U);
}

TEST_F(ServerTest, LetsTheApplicationAcceptLater) {
  auto client = open();
  client->say(R"(40/other,{"token":"123"})");
  EXPECT_EQ(asked, (Texts{R"({"token":"123"})"}));
  EXPECT_EQ(client->take(), (Texts{}));
  std::shared_ptr<Socket> joined;
  io().of("/other").on_connection([&](std::shared_ptr<Socket> socket) { joined = socket; });
  admits.at(0).accept(std::make_shared<int>(7));
  admits.at(0).refuse("changed my mind");
  EXPECT_EQ(client->take().size(), 1U);
  EXPECT_EQ(*joined->context<int>(), 7);
}

TEST_F(ServerTest, LetsTheApplicationRefuseWithData) {
  auto client = open();
  client->say(R"(40/other,{"bad":1})");
  admits.at(0).refuse("not authorized", {{"content", "Please retry later"}});
  admits.at(0).accept();
  EXPECT_EQ(client->take(),
            (Texts{R"(44/other,{"message":"not authorized","data":{"content":"Please retry later"}})"}));
  client->say("40/other,");
  EXPECT_EQ(asked.at(1), "{}");
  EXPECT_FALSE(client->close_code) << "it may try again";
}

TEST_F(ServerTest, RefusesWhenTheApplicationForgets) {
  auto client = open();
  client->say("40/other,");
  admits.clear();
  EXPECT_EQ(client->take(), (Texts{R"(44/other,{"message":"Not admitted"})"}));
}

TEST_F(ServerTest, IgnoresAnAdmissionWhenTheClientOrTheServerHasGone) {
  open()->say("40/other,");
  auto client = open();
  client->say("40/other,");
  client->break_off();
  admits.at(1).accept();
  server.reset();
  admits.at(0).accept();
  EXPECT_TRUE(sockets.empty());
}

TEST_F(ServerTest, ClosesWhenTheClientBreaksTheRules) {
  const std::vector<Texts> conversations = {
      {"4abc"},
      {R"(42["echo",1])"},
      {"41"},
      {"40", "40"},
      {"40/other,", "40/other,"},
      {"40/other,", R"(42/other,["x"])"},
      {"40", R"(42/other,["echo",1])"},
      {"40", R"(42["disconnect",1])"},
      {"40", "42[]"},
      {"40", "42{}"},
      {"40", R"(42abc["x"])"},
      {"40", "4abc"},
      {"40[]"},
      {"40", R"(44{"message":"x"})"},
      {"40", "41", R"(42["echo",1])"},
      {"40", R"(451-["x",{"_placeholder":true,"num":0}])", R"(42["echo"])"},
      {"40", R"(4511-["x"])"},
  };
  for (const auto& conversation : conversations) {
    auto client = open();
    for (const auto& text : conversation) {
      EXPECT_FALSE(client->close_code) << testing::PrintToString(conversation);
      client->say(text);
    }
    EXPECT_EQ(client->close_code, 1005) << testing::PrintToString(conversation);
  }
  EXPECT_EQ(io().connected_clients(), 0U);
}

TEST_F(ServerTest, ClosesWhenNoNamespaceIsJoinedInTime) {
  auto idle = open();
  auto waiting = open();
  waiting->say("40/other,");
  auto joined = connect();
  loop.advance(249ms);
  EXPECT_FALSE(idle->close_code);
  loop.advance(1ms);
  EXPECT_TRUE(idle->close_code);
  EXPECT_TRUE(waiting->close_code);
  EXPECT_FALSE(joined->close_code);
}

TEST_F(ServerTest, RefusesAHugeAuthPayload) {
  auto client = open();
  client->say(R"(40{"token":")" + std::string(options.engine.max_handshake_bytes, 'x') + "\"}");
  EXPECT_TRUE(client->close_code);
  EXPECT_TRUE(sockets.empty());
}

// Events

TEST_F(ServerTest, EchoesEventsAndAcknowledgements) {
  auto client = connect();
  client->say(R"(42["echo",1,"2",{"3":[true]}])");
  EXPECT_EQ(client->take(), (Texts{R"(42["echo-back",1,"2",{"3":[true]}])"}));
  client->say(R"(4212["echo",1])");
  EXPECT_EQ(client->take(), (Texts{R"(42["echo-back",1])", "4312[1]"}));
  client->say(R"(42/,13["echo",2])");
  EXPECT_EQ(client->take(), (Texts{R"(42["echo-back",2])", "4313[2]"}));
  client->say("42[1,2]");
  client->say(R"(4214["unhandled"])");
  EXPECT_EQ(client->take(), (Texts{}));
  EXPECT_FALSE(client->close_code);
}

TEST_F(ServerTest, EchoesBinary) {
  auto client = connect();
  client->say(R"(451-7["echo",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(client->take(), (Texts{}));
  client->say_bytes("\x01\x02");
  EXPECT_EQ(client->take(), (Texts{R"(451-["echo-back",{"_placeholder":true,"num":0}])", "binary:\x01\x02",
                                   R"(461-7[{"_placeholder":true,"num":0}])", "binary:\x01\x02"}));
}

TEST_F(ServerTest, ClosesOnAnAttachmentThatBelongsNowhere) {
  auto stray = connect();
  stray->say_bytes("x");
  EXPECT_TRUE(stray->close_code);
  auto out_of_range = connect();
  out_of_range->say(R"(451-["echo",{"_placeholder":true,"num":1}])");
  out_of_range->say_bytes("x");
  EXPECT_TRUE(out_of_range->close_code);
}

TEST_F(ServerTest, ClosesOnAttachmentsPastTheLimitOfOneEvent) {
  options.max_attachment_bytes = 10;
  auto client = connect();
  client->say(R"(452-["echo"])");
  client->say_bytes("123456");
  EXPECT_FALSE(client->close_code);
  client->say_bytes("12345");
  EXPECT_TRUE(client->close_code);
}

TEST_F(ServerTest, ClosesOnAttachmentsPastTheLimitOfAllClients) {
  options.max_pending_attachment_bytes = 10;
  auto one = connect();
  auto two = connect();
  const auto begin = [](FakeWebSocket& client) {
    client.say(R"(452-["echo"])");
    client.say_bytes("123456");
  };
  begin(*one);
  begin(*two);
  EXPECT_FALSE(one->close_code);
  EXPECT_TRUE(two->close_code);
  one->break_off();
  auto three = connect();
  begin(*three);
  EXPECT_FALSE(three->close_code) << "a lost client gives its share back";
  three->say_bytes("1");
  begin(*three);
  EXPECT_FALSE(three->close_code) << "and so does a finished event";
}

TEST_F(ServerTest, AcknowledgesAtMostOnceAndWheneverItLikes) {
  auto client = connect();
  Ack later;
  sockets.at(0)->on_event([&](Socket&, std::string_view, Json, Ack ack) { later = ack; });
  client->say(R"(427["ask"])");
  loop.run();
  EXPECT_TRUE(later.wanted());
  later({{"status", "ok"}});
  later("again");
  EXPECT_EQ(client->take(), (Texts{R"(437[{"status":"ok"}])"}));
  client->say(R"(428["ask"])");
  later();
  EXPECT_EQ(client->take(), (Texts{"438[]"}));
  client->say(R"(429["ask"])");
  later(1, "2");
  EXPECT_EQ(client->take(), (Texts{R"(439[1,"2"])"}));
  client->say(R"(42["ask"])");
  EXPECT_FALSE(later.wanted());
  later();
  EXPECT_EQ(client->take(), (Texts{}));
}

TEST_F(ServerTest, ForgetsAnAcknowledgementWhenTheClientHasGone) {
  auto client = connect();
  std::vector<Ack> kept;
  sockets.at(0)->on_event([&](Socket&, std::string_view, Json, Ack ack) { kept.push_back(ack); });
  client->say(R"(421["ask"])");
  client->say(R"(422["ask"])");
  client->say(R"(423["ask"])");
  client->say("41");
  kept.at(0)(1);
  sockets.clear();
  kept.at(1)(1);
  server.reset();
  kept.at(2)(1);
  EXPECT_EQ(client->take(), (Texts{}));
}

TEST_F(ServerTest, AsksAClientAndHearsItsAnswer) {
  auto client = connect();
  std::vector<std::string> answers;
  const auto hear = [&](Expected<Json> answer) { answers.push_back(answer ? answer->dump() : answer.error().message); };
  sockets.at(0)->emit_with_ack(1s, hear, "q", 1);
  sockets.at(0)->emit_with_ack(1s, hear, "q", 2);
  EXPECT_EQ(client->take(), (Texts{R"(420["q",1])", R"(421["q",2])"}));
  client->say(R"(431["two"])");
  client->say(R"(430["one"])");
  client->say(R"(430["one again"])");
  client->say(R"(4399["x"])");
  EXPECT_EQ(answers, (Texts{R"(["two"])", R"(["one"])"}));
  EXPECT_FALSE(client->close_code);
}

TEST_F(ServerTest, GivesUpOnAClientThatDoesNotAnswer) {
  options.max_pending_acks = 2;
  auto client = connect();
  std::vector<Errc> errors;
  const auto hear = [&](Expected<Json> answer) { errors.push_back(answer.error().code); };
  auto socket = sockets.at(0);
  socket->emit_with_ack(100ms, hear, "q");
  socket->emit_with_ack(10s, hear, "q");
  socket->emit_with_ack(10s, hear, "q");
  EXPECT_EQ(errors, (std::vector{Errc::overloaded}));
  loop.advance(100ms);
  EXPECT_EQ(errors, (std::vector{Errc::overloaded, Errc::timed_out}));
  client->break_off();
  socket->emit_with_ack(10s, hear, "q");
  EXPECT_EQ(errors, (std::vector{Errc::overloaded, Errc::timed_out, Errc::not_found, Errc::not_found}));
}

// Rooms

TEST_F(ServerTest, SendsToARoomOnceForEachSocket) {
  std::vector<std::shared_ptr<FakeWebSocket>> clients = {connect(), connect(), connect(), connect()};
  sockets[0]->join("a");
  sockets[1]->join("b");
  sockets[2]->join("a");
  sockets[2]->join("b");
  io().of("/").to("a").emit("e", 1);
  io().of("/").to({"a", "b"}).emit("e", 2);
  io().of("/").to(sockets[3]->id()).emit("e", 3);
  io().of("/").to("nobody").emit("e", 4);
  io().of("/").to(std::vector<std::string>{}).emit("e", 5);
  io().of("/").emit("e", 6);
  EXPECT_EQ(clients[0]->take(), (Texts{R"(42["e",1])", R"(42["e",2])", R"(42["e",6])"}));
  EXPECT_EQ(clients[1]->take(), (Texts{R"(42["e",2])", R"(42["e",6])"}));
  EXPECT_EQ(clients[2]->take(), (Texts{R"(42["e",1])", R"(42["e",2])", R"(42["e",6])"}));
  EXPECT_EQ(clients[3]->take(), (Texts{R"(42["e",3])", R"(42["e",6])"}));
  EXPECT_EQ(io().of("/").sockets_in("a"), 2U);
  sockets[0]->leave("a");
  clients[2]->break_off();
  EXPECT_EQ(io().of("/").sockets_in("a"), 0U);
  EXPECT_EQ(io().of("/").sockets(), 3U);
}

TEST_F(ServerTest, SharesOneFrameAmongAllClientsOfARoom) {
  for (const bool recovery : {false, true}) {
    options.recovery.enabled = recovery;
    server.reset();
    sockets.clear();
    auto one = connect();
    auto two = connect();
    for (const auto& socket : sockets) socket->join("a");
    io().of("/").to("a").emit("new_log", RenderedJson{R"({"z":1,"a":2})"});
    EXPECT_EQ(one->frames.back(), two->frames.back());
    EXPECT_EQ(one->take(), (Texts{recovery ? R"(42["new_log",{"z":1,"a":2},"1"])" : R"(42["new_log",{"z":1,"a":2}])"}));
  }
}

TEST_F(ServerTest, LimitsTheRoomsOfASocket) {
  options.max_rooms_per_socket = 2;
  connect();
  EXPECT_TRUE(sockets[0]->join("a"));
  EXPECT_TRUE(sockets[0]->join("b"));
  EXPECT_TRUE(sockets[0]->join("b"));
  EXPECT_FALSE(sockets[0]->join("c"));
  sockets[0]->leave("a");
  EXPECT_TRUE(sockets[0]->join("c"));
}

TEST_F(ServerTest, SurvivesClientsThatBreakWhileARoomIsSentTo) {
  struct Breaking : FakeWebSocket {
    void send_frame(const http::SharedFrame& frame) override {
      FakeWebSocket::send_frame(frame);
      if (fragile) break_off();
    }
    bool fragile = false;
  };
  struct BreakingUpgrade : http::Upgrade {
    explicit BreakingUpgrade(std::shared_ptr<Breaking> socket) : socket(std::move(socket)) {}
    void accept(std::shared_ptr<http::WebSocketListener> listener, const http::WebSocketLimits&) override {
      socket->listener = listener;
      listener->opened(socket);
    }
    void refuse(http::Response) override { FAIL(); }
    std::shared_ptr<Breaking> socket;
  };
  for (int i = 0; i < 5; ++i) {
    auto socket = std::make_shared<Breaking>();
    io().upgrade(make_request("GET", "/socket.io/", "EIO=4&transport=websocket"),
                 std::make_unique<BreakingUpgrade>(socket));
    socket->say("40");
    socket->fragile = true;
  }
  for (const auto& socket : sockets) socket->join("a");
  io().of("/").to("a").emit("e");
  EXPECT_EQ(ends.size(), 5U);
  EXPECT_EQ(io().of("/").sockets(), 0U);
}

// Leaving

TEST_F(ServerTest, LetsAClientLeaveANamespaceAndComeBack) {
  auto client = connect();
  client->say("41");
  EXPECT_EQ(ends, (std::vector{Reason::client_namespace_disconnect}));
  EXPECT_EQ(client->take(), (Texts{})) << "no answer";
  EXPECT_FALSE(sockets[0]->connected());
  sockets[0]->emit("into the void");
  EXPECT_FALSE(sockets[0]->join("a"));
  client->say("40");
  EXPECT_EQ(sockets.size(), 2U);
  EXPECT_NE(sockets[0]->id(), sockets[1]->id());
}

TEST_F(ServerTest, EndsASocketButNotItsSession) {
  auto client = connect();
  sockets[0]->disconnect();
  sockets[0]->disconnect();
  EXPECT_EQ(client->take(), (Texts{"41"}));
  EXPECT_FALSE(client->close_code);
  EXPECT_EQ(ends, (std::vector{Reason::server_namespace_disconnect}));
}

TEST_F(ServerTest, EndsASocketAndItsSession) {
  auto client = connect();
  client->say("40/custom,");
  client->take();
  sockets[0]->disconnect(true);
  EXPECT_EQ(client->take(), (Texts{"41", "41/custom,"}));
  EXPECT_TRUE(client->close_code);
}

TEST_F(ServerTest, EndsEverySocketOfARoom) {
  auto one = connect();
  auto two = connect();
  sockets[0]->join("a");
  io().of("/").to("a").disconnect();
  EXPECT_EQ(one->take(), (Texts{"41"}));
  EXPECT_EQ(two->take(), (Texts{}));
}

TEST_F(ServerTest, DeliversADisconnectToAPollingClient) {
  const auto opened = request("GET", "EIO=4&transport=polling");
  const auto sid = "EIO=4&transport=polling&sid=" + Json::parse(opened->body().substr(1)).at("sid").get<std::string>();
  request("POST", sid, "40");
  request("GET", sid);
  sockets[0]->disconnect(true);
  EXPECT_EQ(request("GET", sid)->body(), "41");
  EXPECT_EQ(request("GET", sid)->body(), "1");
}

TEST_F(ServerTest, LetsAHandlerEndItsOwnSocket) {
  auto client = connect();
  sockets[0]->on_event([&](Socket& socket, std::string_view, Json, Ack ack) {
    socket.disconnect(true);
    ack();
  });
  std::weak_ptr<Socket> weak = sockets[0];
  sockets.clear();
  client->say(R"(421["bye"])");
  EXPECT_TRUE(client->close_code);
  loop.run();
  EXPECT_TRUE(weak.expired());
}

TEST_F(ServerTest, FreesASocketWhoseHandlersHoldIt) {
  auto client = connect();
  sockets[0]->on_event([own = sockets[0]](Socket&, std::string_view, Json, Ack) {});
  std::weak_ptr<Socket> weak = sockets[0];
  sockets.clear();
  client->break_off();
  loop.run();
  EXPECT_TRUE(weak.expired());
}

TEST_F(ServerTest, SaysWhyASocketEnded) {
  connect()->break_off();
  auto parse_error = connect();
  parse_error->say("4abc");
  auto silent = connect();
  loop.advance(500ms);
  auto last = connect();
  io().shut_down();
  EXPECT_EQ(ends, (std::vector{Reason::transport_close, Reason::parse_error, Reason::ping_timeout,
                               Reason::server_shutting_down}));
  EXPECT_EQ(last->take(), (Texts{})) << "no DISCONNECT: the client must connect again";
  EXPECT_EQ(last->close_code, 1001);
}

// Recovery

struct RecoveryTest : ServerTest {
  RecoveryTest() { options.recovery.enabled = true; }
  Json state(std::string_view offset = {}) const {
    Json auth = {{"pid", first.at("pid")}};
    if (!offset.empty()) auth["offset"] = offset;
    return auth;
  }
  Json first;
};

TEST_F(RecoveryTest, GivesALostClientItsPlaceAndWhatItMissed) {
  auto client = connect(&first);
  EXPECT_NE(first.at("pid"), first.at("sid"));
  sockets[0]->join("a");
  io().of("/").to("a").emit("e", "one");
  EXPECT_EQ(client->take(), (Texts{R"(42["e","one","1"])"}));
  client->break_off();
  io().of("/").to("a").emit("e", "two");
  io().of("/").to("b").emit("e", "not for it");
  io().of("/").emit("e", "three");
  Json again;
  client = connect(&again, state("1"));
  EXPECT_EQ(again, first);
  EXPECT_EQ(client->take(), (Texts{R"(42["e","two","2"])", R"(42["e","three","4"])"}));
  EXPECT_TRUE(sockets.back()->recovered());
  io().of("/").to("a").emit("e", "four");
  EXPECT_EQ(client->take(), (Texts{R"(42["e","four","5"])"})) << "it is in its room again";
}

TEST_F(RecoveryTest, WorksBeforeTheFirstEvent) {
  auto other = connect();
  sockets[0]->emit("not for it");
  auto client = connect(&first);
  client->break_off();
  io().of("/").emit("e");
  Json again;
  client = connect(&again, state());
  EXPECT_EQ(again, first);
  EXPECT_EQ(client->take(), (Texts{R"(42["e","2"])"}));
}

TEST_F(RecoveryTest, RestoresTheSameClientEachTimeItIsLost) {
  auto client = connect(&first);
  for (int round = 1; round < 4; ++round) {
    client->break_off();
    io().of("/").emit("e");
    Json again;
    client = connect(&again, state(round > 1 ? std::to_string(round - 1) : ""));
    EXPECT_EQ(again, first);
    EXPECT_EQ(client->take(), (Texts{std::string("42").append(Json({"e", std::to_string(round)}).dump())}));
  }
}

TEST_F(RecoveryTest, TakesOverFromAConnectionThatIsNotYetKnownToBeLost) {
  auto old = connect(&first);
  sockets[0]->join("a");
  Json again;
  auto client = connect(&again, state());
  EXPECT_EQ(again, first);
  EXPECT_TRUE(old->close_code);
  EXPECT_EQ(ends, (std::vector{Reason::transport_close}));
  EXPECT_EQ(io().of("/").sockets_in("a"), 1U);
}

TEST_F(RecoveryTest, GivesAFreshConnectionWhenThePlaceIsOver) {
  const auto expect_fresh = [&](const Json& auth) {
    Json again;
    connect(&again, auth);
    EXPECT_NE(again.at("sid"), first.at("sid"));
    EXPECT_NE(again.at("pid"), first.at("pid"));
    EXPECT_FALSE(sockets.back()->recovered());
  };
  connect(&first)->break_off();
  loop.advance(2000ms);
  expect_fresh(state());
  connect(&first)->break_off();
  expect_fresh(state("99"));
  connect(&first)->break_off();
  expect_fresh(state("abc"));
  expect_fresh({{"pid", "unknown"}});
  expect_fresh({{"pid", 7}});
  connect(&first)->break_off();
  server.reset();
  expect_fresh(state());
}

TEST_F(RecoveryTest, IsNotForThoseWhoLeft) {
  auto left = connect(&first);
  left->say("41");
  Json again;
  connect(&again, state());
  EXPECT_NE(again.at("sid"), first.at("sid"));
  connect(&first);
  sockets.back()->disconnect();
  connect(&again, state());
  EXPECT_NE(again.at("sid"), first.at("sid"));
}

TEST_F(RecoveryTest, KeepsAPlaceForItsNamespaceOnly) {
  connect(&first)->break_off();
  auto client = open();
  client->say("40/custom," + state().dump());
  EXPECT_NE(parse_from(client->take().at(0), "40/custom,").at("sid"), first.at("sid"));
}

TEST_F(RecoveryTest, AsksTheApplicationAgain) {
  bool recovering = false;
  io().of("/").authorize([&](const Handshake& handshake, Admit admit) {
    recovering = handshake.recovering;
    recovering ? admit.refuse("logged out") : admit.accept();
  });
  connect(&first)->break_off();
  EXPECT_FALSE(recovering);
  auto client = open();
  client->say("40" + state().dump());
  EXPECT_TRUE(recovering);
  EXPECT_EQ(client->take(), (Texts{R"(44{"message":"logged out"})"}));
}

TEST_F(RecoveryTest, NumbersNoEventThatAsksForAnAcknowledgement) {
  auto client = connect(&first);
  sockets[0]->emit_with_ack(
      1s, [](Expected<Json>) {}, "q", 1);
  EXPECT_EQ(client->take(), (Texts{R"(420["q",1])"}));
}

TEST_F(RecoveryTest, ReplaysBinary) {
  auto client = connect(&first);
  client->break_off();
  io().of("/").emit("b", Json::binary({1, 2}));
  client = connect(nullptr, state());
  EXPECT_EQ(client->take(), (Texts{R"(451-["b",{"_placeholder":true,"num":0},"1"])", "binary:\x01\x02"}));
}

TEST_F(ServerTest, SurvivesRandomClients) {
  options.recovery = {.enabled = true, .max_events = 10, .max_sockets = 5};
  options.engine.max_sessions = 10;
  std::mt19937 random(5);
  const std::vector<std::string> texts = {"40",
                                          "40/custom,",
                                          "40/other,",
                                          "41",
                                          "41/custom",
                                          R"(42["echo",1])",
                                          R"(421["echo"])",
                                          R"(452-["echo"])",
                                          R"(451-3["echo",{"_placeholder":true,"num":0}])",
                                          "3",
                                          R"(430[1])",
                                          "1",
                                          "4",
                                          R"(40{"pid":"x"})",
                                          "42[",
                                          "44"};
  std::vector<std::shared_ptr<FakeWebSocket>> clients;
  for (int round = 0; round < 20000; ++round) {
    if (clients.size() < 8) clients.push_back(open());
    auto& client = clients[random() % clients.size()];
    switch (random() % 6) {
      case 0: client->say_bytes("abc"); break;
      case 1: loop.advance(std::chrono::milliseconds(random() % 100)); break;
      case 2: io().of("/").emit("e", round); break;
      case 3:
        if (!admits.empty()) admits.back().accept();
        admits.clear();
        break;
      default: client->say(texts[random() % texts.size()]);
    }
    if (client->close_code) std::swap(client, clients.back()), clients.pop_back();
    sockets.clear();
  }
  loop.advance(200s);
  EXPECT_EQ(io().connected_clients(), 0U);
  EXPECT_EQ(loop.timers(), 0U);
}

}  // namespace
}  // namespace troupe::socketio
