// WebSockets against a client that writes its frames by hand.
#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

constexpr std::uint8_t kText = 1, kBinary = 2, kContinuation = 0, kClose = 8, kPing = 9, kPong = 10;
constexpr std::uint8_t kFin = 0x80, kReserved1 = 0x40;

struct Frame {
  std::uint8_t first_byte = 0;
  std::string payload;
  std::uint8_t opcode() const { return first_byte & 0x0F; }
  int close_code() const {
    if (payload.size() < 2) return 1005;
    return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
  }
};

std::string frame_header(std::uint8_t first_byte, std::uint64_t length, bool masked) {
  std::string header(1, static_cast<char>(first_byte));
  const std::uint8_t mask_bit = masked ? 0x80 : 0;
  if (length < 126) {
    header += static_cast<char>(mask_bit | length);
  } else {
    const int bytes = length < 65536 ? 2 : 8;
    header += static_cast<char>(mask_bit | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) header += static_cast<char>(length >> (8 * i));
  }
  return header;
}

std::string frame(std::uint8_t first_byte, std::string_view payload, bool masked = true) {
  std::string bytes = frame_header(first_byte, payload.size(), masked);
  const std::string mask = masked ? std::string("\x12\x34\x56\x78") : std::string(4, '\0');
  if (masked) bytes += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

std::string close_payload(int code, std::string_view reason = "") {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)} + std::string(reason);
}

std::string handshake(std::string_view more_headers = "") {
  return get("/ws",
             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 std::string(more_headers));
}

class WebSocketClient : public RawClient {
 public:
  /// `early_bytes` leave with the handshake, before its answer.
  explicit WebSocketClient(const RunningServer& server, std::string_view more_headers = "",
                           std::string_view early_bytes = "")
      : RawClient(server.port()) {
    send(handshake(more_headers).append(early_bytes));
    switched_ = response();
  }
  const std::optional<RawResponse>& switched() const { return switched_; }

  /// The next frame; nothing when the connection ended.
  std::optional<Frame> next() {
    const std::string head = receive(2);
    if (head.size() < 2) return std::nullopt;
    std::uint64_t length = static_cast<unsigned char>(head[1]) & 0x7F;
    if (length >= 126) {
      const std::string extended = receive(length == 126 ? 2 : 8);
      length = 0;
      for (const unsigned char byte : extended) length = length * 256 + byte;
    }
    return Frame{static_cast<std::uint8_t>(head[0]), receive(length)};
  }

 private:
  std::optional<RawResponse> switched_;
};

/// Echoes messages; understands a few as orders. What happens is written down for the test.
class EchoListener : public WebSocketListener {
 public:
  struct Log {
    std::mutex mutex;
    std::vector<std::string> events;
    std::shared_ptr<WebSocket> socket;
    std::vector<std::string> copy() {
      const std::lock_guard lock(mutex);
      return events;
    }
    bool has(const std::string& event) {
      const auto all = copy();
      return std::find(all.begin(), all.end(), event) != all.end();
    }
    bool eventually_has(const std::string& event) {
      return eventually([&] { return has(event); });
    }
  };

  explicit EchoListener(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  void opened(std::shared_ptr<WebSocket> socket) override {
    socket_ = socket;
    note("opened", std::move(socket));
  }
  void message(std::string_view payload, bool binary) override {
    if (payload == "close yourself") return socket_->close(4000, "as you wish");
    if (payload == "close, then talk") {
      socket_->close(1000);
      return socket_->send_text("not to be sent");
    }
    if (payload == "throw") throw std::runtime_error("from a listener");
    binary ? socket_->send_binary(payload) : socket_->send_text(payload);
  }
  void closed(std::uint16_t code) override {
    note("closed " + std::to_string(code), nullptr);
    socket_.reset();
  }

 private:
  void note(std::string event, std::shared_ptr<WebSocket> socket) {
    const std::lock_guard lock(log_->mutex);
    log_->events.push_back(std::move(event));
    log_->socket = std::move(socket);
  }
  std::shared_ptr<Log> log_;
  std::shared_ptr<WebSocket> socket_;
};

class WebSocketTest : public testing::Test {
 protected:
  void start(WebSocketLimits limits = {}, ServerLimits server_limits = {}) {
    limits_ = limits;
    server_ =
        std::make_unique<RunningServer>(echo, server_limits, [this](Request request, std::unique_ptr<Upgrade> upgrade) {
          if (request.header("X-Refuse")) return upgrade->refuse({.status = 403, .body = "no"});
          if (request.header("X-Forget")) return;
          upgrade->accept(std::make_shared<EchoListener>(log_), limits_);
        });
  }
  /// What the server says when it gets these bytes: the close code, and then the end of the connection.
  void expect_close(std::string_view bytes, int code) {
    WebSocketClient client(*server_);
    client.send(bytes);
    auto answer = client.next();
    while (answer && answer->opcode() != kClose) answer = client.next();
    ASSERT_TRUE(answer) << "expected code " << code;
    EXPECT_EQ(answer->close_code(), code);
    EXPECT_TRUE(client.ends());
    EXPECT_TRUE(log_->eventually_has("closed " + std::to_string(code))) << "expected code " << code;
  }
  ServerMetrics metrics() { return server_->server().metrics(); }

  WebSocketLimits limits_;
  std::shared_ptr<EchoListener::Log> log_ = std::make_shared<EchoListener::Log>();
  std::unique_ptr<RunningServer> server_;
};

TEST_F(WebSocketTest, CompletesTheHandshakeOfTheRfc) {
  start();
  WebSocketClient client(*server_);
  ASSERT_TRUE(client.switched());
  EXPECT_EQ(client.switched()->status, 101);
  EXPECT_EQ(client.switched()->header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(client.switched()->header("server"), "troupe");
  EXPECT_FALSE(client.switched()->header("x-request-id").empty());
  EXPECT_TRUE(log_->eventually_has("opened"));
  EXPECT_EQ(metrics().websockets, 1u);
  EXPECT_EQ(metrics().connections, 0u);
}

TEST_F(WebSocketTest, HearsAFrameThatCameInOnePacketWithTheHandshake) {
  start();
  WebSocketClient client(*server_, "", frame(kFin | kText, "early") + frame(kFin | kPing, "and more"));
  ASSERT_TRUE(client.switched());
  EXPECT_EQ(client.switched()->status, 101);
  const auto answer = client.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payload, "early");
  const auto pong = client.next();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->payload, "and more");
  client.send(frame(kFin | kText, "late"));
  EXPECT_EQ(client.next().value_or(Frame{}).payload, "late");
}

TEST_F(WebSocketTest, HearsAFrameThatIsCutAnywhereBetweenTheHandshakeAndWhatFollows) {
  start();
  const std::string bytes = frame(kFin | kText, "cut in two");
  for (std::size_t early = 0; early <= bytes.size(); ++early) {
    WebSocketClient client(*server_, "", bytes.substr(0, early));
    ASSERT_TRUE(client.switched()) << early;
    client.send(bytes.substr(early));
    EXPECT_EQ(client.next().value_or(Frame{}).payload, "cut in two") << early;
  }
}

TEST_F(WebSocketTest, HearsMoreEarlyBytesThanOneReadTakes) {
  start();
  std::string early;
  const std::string long_message(3 * defaults::kReadBufferBytes, 'x');
  for (int i = 0; i < 5; ++i) early += frame(kFin | kText, long_message + std::to_string(i));
  WebSocketClient client(*server_, "", early);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.next().value_or(Frame{}).payload, long_message + std::to_string(i));
}

TEST_F(WebSocketTest, HearsAnEarlyFrameBehindAPipelinedRequest) {
  start();
  auto client = server_->client();
  client.send(get("/first") + handshake() + frame(kFin | kText, "early"));
  EXPECT_EQ(client.response().value_or(RawResponse{}).body, "GET /first|");
  EXPECT_EQ(client.response().value_or(RawResponse{}).status, 101);
  const std::string echoed = frame(kFin | kText, "early", false);
  EXPECT_EQ(client.receive(echoed.size()), echoed);
}

TEST_F(WebSocketTest, ClosesWhenTheEarlyBytesAreNoFrame) {
  start();
  WebSocketClient client(*server_, "", "GET /next HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto answer = client.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->close_code(), 1002);
}

TEST_F(WebSocketTest, EchoesMessagesOfEveryLengthForm) {
  start();
  WebSocketClient client(*server_);
  for (const std::size_t length : {0u, 1u, 125u, 126u, 65535u, 65536u, 1'000'000u}) {
    for (const std::uint8_t type : {kText, kBinary}) {
      const std::string payload(length, type == kText ? 'a' : '\xFF');
      std::thread sender([&] { client.send(frame(kFin | type, payload)); });
      const auto answer = client.next();
      sender.join();
      ASSERT_TRUE(answer) << length;
      EXPECT_EQ(answer->first_byte, kFin | type);
      EXPECT_EQ(answer->payload, payload);
    }
  }
}

TEST_F(WebSocketTest, JoinsFragmentsAndAnswersPingsBetweenThem) {
  start();
  WebSocketClient client(*server_);
  client.send(frame(kText, "Hel") + frame(kContinuation, "") + frame(kFin | kPing, "are you there") +
              frame(kFin | kContinuation, "lo"));
  const auto pong = client.next();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode(), kPong);
  EXPECT_EQ(pong->payload, "are you there");
  const auto message = client.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->payload, "Hello");
}

TEST_F(WebSocketTest, AnswersManySmallMessagesInOrder) {
  start();
  WebSocketClient client(*server_);
  constexpr int kMessages = 5000;
  std::thread sender([&] {
    for (int i = 0; i < kMessages; ++i) client.send(frame(kFin | kText, std::to_string(i)));
  });
  for (int i = 0; i < kMessages; ++i) {
    const auto answer = client.next();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->payload, std::to_string(i));
  }
  sender.join();
}

TEST_F(WebSocketTest, AnswersTheClientsCloseAndTellsItsCode) {
  start();
  {
    WebSocketClient client(*server_);
    client.send(frame(kFin | kClose, close_payload(4321, "bye")));
    const auto answer = client.next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->close_code(), 4321);
    EXPECT_TRUE(client.ends());
    EXPECT_TRUE(log_->eventually_has("closed 4321"));
  }
  {
    WebSocketClient client(*server_);
    client.send(frame(kFin | kClose, ""));
    const auto answer = client.next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->opcode(), kClose);
    EXPECT_TRUE(log_->eventually_has("closed 1005"));
  }
  {
    WebSocketClient client(*server_);
    client.close();
    EXPECT_TRUE(log_->eventually_has("closed 1006"));
  }
  EXPECT_TRUE(eventually([&] { return metrics().websockets == 0; }));
}

TEST_F(WebSocketTest, ClosesWithACodeAndWaitsForTheAnswer) {
  start();
  WebSocketClient client(*server_);
  client.send(frame(kFin | kText, "close yourself"));
  const auto close = client.next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->opcode(), kClose);
  EXPECT_EQ(close->payload, close_payload(4000, "as you wish"));
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(log_->has("closed 4000"));
  client.send(frame(kFin | kText, "sent before the close was seen") + frame(kFin | kClose, close_payload(4000)));
  EXPECT_TRUE(log_->eventually_has("closed 4000"));
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(log_->copy(), (std::vector<std::string>{"opened", "closed 4000"}));
}

TEST_F(WebSocketTest, SendsNothingAfterItsClose) {
  start();
  WebSocketClient client(*server_);
  client.send(frame(kFin | kText, "close, then talk"));
  const auto close = client.next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->opcode(), kClose);
  client.send(frame(kFin | kClose, close_payload(1000)));
  EXPECT_FALSE(client.next());
}

TEST_F(WebSocketTest, EndsAConnectionThatBreaksTheProtocol) {
  start({.max_message_bytes = 1000});
  expect_close(frame(kFin | kReserved1 | kText, "reserved bit"), 1002);
  expect_close(frame(kFin | 3, "reserved opcode"), 1002);
  expect_close(frame(kFin | 11, "reserved control opcode"), 1002);
  expect_close(frame(kFin | kText, "not masked", false), 1002);
  expect_close(frame(kFin | kContinuation, "nothing to continue"), 1002);
  expect_close(frame(kText, "begun") + frame(kFin | kText, "begun again"), 1002);
  expect_close(frame(kPing, "fragmented control frame"), 1002);
  expect_close(frame(kFin | kPing, std::string(126, 'p')), 1002);
  expect_close(frame(kFin | kClose, "x"), 1002);
  expect_close(frame(kFin | kClose, close_payload(1005)), 1002);
}

TEST_F(WebSocketTest, EndsAConnectionWithInvalidUtf8) {
  start();
  expect_close(frame(kFin | kText, "\xC0\xAF"), 1007);
  expect_close(frame(kText, "\xE2\x82") + frame(kFin | kContinuation, "\x28"), 1007);
  expect_close(frame(kFin | kText, "\xED\xA0\x80"), 1007);
  WebSocketClient client(*server_);
  client.send(frame(kText, "\xE2\x82") + frame(kFin | kContinuation, "\xAC"));
  const auto answer = client.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payload, "\xE2\x82\xAC");
}

TEST_F(WebSocketTest, RefusesAMessageOverTheLimitByItsHeaderAlone) {
  start({.max_message_bytes = 1000});
  const std::size_t before = measurable_resident_bytes();
  expect_close(frame_header(kFin | kBinary, std::uint64_t{2} << 30, true) + "mask", 1009);
  expect_close(frame(kFin | kText, std::string(1001, 'a')), 1009);
  expect_close(frame(kText, std::string(600, 'a')) + frame(kFin | kContinuation, std::string(600, 'a')), 1009);
  EXPECT_LE(measurable_resident_bytes(), before + 10'000'000);
  WebSocketClient client(*server_);
  client.send(frame(kFin | kText, std::string(1000, 'a')));
  const auto answer = client.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payload.size(), 1000u);
}

TEST_F(WebSocketTest, BoundsTheSumOfUnfinishedMessages) {
  start({}, {.max_bodies_in_flight_bytes = 3'000'000});
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(*server_));
    clients.back()->send(frame(kText, std::string(900'000, 'a')));
    if (clients.back()->receive_some(100ms)) {
      ++refused;
      EXPECT_EQ(clients.back()->next()->close_code(), 1013);
    }
  }
  EXPECT_EQ(refused, 3);
  EXPECT_LE(metrics().bodies_in_flight_bytes, 3'000'000u);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return metrics().bodies_in_flight_bytes == 0; }));
}

TEST_F(WebSocketTest, DropsAClientThatNeverReads) {
  start({.max_queue_bytes = 200'000});
  WebSocketClient client(*server_);
  ASSERT_TRUE(log_->eventually_has("opened"));
  const std::size_t before = measurable_resident_bytes();
  const SharedFrame shared = make_binary_frame(std::string(50'000, 'x'));
  const auto drop_by = std::chrono::steady_clock::now() + 5s;
  while (!log_->has("closed 1008") && std::chrono::steady_clock::now() < drop_by)
    server_->on_loop([&] {
      const auto socket = log_->socket;
      for (int i = 0; socket && i < 10; ++i) {
        socket->send_frame(shared);
        EXPECT_LE(socket->queued_bytes(), 200'000u + 100);
      }
    });
  EXPECT_TRUE(log_->has("closed 1008"));
  EXPECT_LE(measurable_resident_bytes(), before + 20'000'000);
  EXPECT_EQ(metrics().websockets_dropped, 1u);
  // It is told why when it reads at last, after whole frames only.
  auto last = client.next();
  while (last && last->opcode() != kClose) {
    EXPECT_EQ(last->payload.size(), 50'000u);
    last = client.next();
  }
  ASSERT_TRUE(last);
  EXPECT_EQ(last->close_code(), 1008);
}

TEST_F(WebSocketTest, HardClosesADroppedClientThatStillDoesNotRead) {
  start({.max_queue_bytes = 200'000});
  WebSocketClient client(*server_);
  client.send(frame(kFin | kText, "hello"));
  ASSERT_TRUE(client.next());
  const SharedFrame shared = make_binary_frame(std::string(100'000, 'x'));
  server_->on_loop([&] {
    const auto socket = log_->socket;
    for (int i = 0; i < 200; ++i) socket->send_frame(shared);
  });
  EXPECT_TRUE(log_->eventually_has("closed 1008"));
  EXPECT_TRUE(eventually([&] { return metrics().websockets == 0; }, defaults::kWebSocketCloseTimeout + 2s));
}

TEST_F(WebSocketTest, PingsASilentClientAndDropsItWhenItStaysSilent) {
  start({.idle_timeout = 100ms});
  WebSocketClient client(*server_);
  const auto ping = client.next();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode(), kPing);
  client.send(frame(kFin | kPong, ping->payload));
  const auto second = client.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->opcode(), kPing);
  EXPECT_TRUE(client.ends(1000ms));
  EXPECT_TRUE(log_->eventually_has("closed 1006"));
}

TEST_F(WebSocketTest, ClosesWith1011WhenTheListenerThrows) {
  start();
  WebSocketClient client(*server_);
  client.send(frame(kFin | kText, "throw"));
  const auto close = client.next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->close_code(), 1011);
}

TEST_F(WebSocketTest, CompressesWhenAskedAndAllowed) {
  start({.permessage_deflate = true});
  WebSocketClient client(*server_, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  ASSERT_TRUE(client.switched());
  EXPECT_TRUE(client.switched()->header("sec-websocket-extensions").starts_with("permessage-deflate"));
  // "Hello", compressed (RFC 7692, section 7.2.3.1).
  client.send(frame(kFin | kReserved1 | kText, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)));
  const auto small = client.next();
  ASSERT_TRUE(small);
  EXPECT_EQ(small->first_byte, kFin | kText);
  EXPECT_EQ(small->payload, "Hello");
  client.send(frame(kFin | kText, std::string(100'000, 'a')));
  std::size_t received = 0;
  auto part = client.next();
  ASSERT_TRUE(part);
  EXPECT_EQ(part->first_byte & kReserved1, kReserved1);
  while (part && !(part->first_byte & kFin)) {
    received += part->payload.size();
    part = client.next();
  }
  EXPECT_LT(received, 2000u);

  WebSocketClient plain(*server_);
  plain.send(frame(kFin | kText, std::string(2000, 'a')));
  EXPECT_EQ(plain.next()->payload.size(), 2000u);
}

TEST_F(WebSocketTest, BoundsWhatACompressedMessageUnpacksTo) {
  start({.max_message_bytes = 1000, .permessage_deflate = true});
  // 4,000 times 'a' as zlib compresses it at level 9, without the last four bytes of the sync flush.
  const std::string bomb("\xec\xc1\x31\x01\x00\x00\x00\xc2\xa0\xac\xeb\x5f\xc2\x18\x3e\x40\x01\x00\x00\x00\x6f\x03",
                         22);
  WebSocketClient client(*server_, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  client.send(frame(kFin | kReserved1 | kText, bomb));
  const auto close = client.next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->opcode(), kClose);
  EXPECT_EQ(close->close_code(), 1009);
}

TEST_F(WebSocketTest, EndsAConnectionWithBrokenCompression) {
  start({.permessage_deflate = true});
  WebSocketClient client(*server_, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  client.send(frame(kFin | kReserved1 | kText, std::string(20, '\xFF')));
  const auto close = client.next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->close_code(), 1007);
  EXPECT_TRUE(log_->eventually_has("closed 1007"));
}

TEST_F(WebSocketTest, MayBeRefusedForgottenOrMalformed) {
  start();
  const auto status = [&](std::string_view request) {
    auto client = server_->client();
    const auto response = client.ask(request);
    EXPECT_TRUE(client.ends());
    return response ? response->status : 0;
  };
  EXPECT_EQ(status(handshake("X-Refuse: 1\r\n")), 403);
  EXPECT_EQ(status(handshake("X-Forget: 1\r\n")), 500);
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  EXPECT_EQ(status(get("/", upgrade + "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
            426);
  EXPECT_EQ(status(get("/", upgrade + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n")), 400);
  EXPECT_EQ(status(get("/", upgrade)), 426);
  RunningServer without;
  const auto response = without.ask(handshake());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
}

TEST_F(WebSocketTest, IsClosedWith1001WhenTheServerStops) {
  start();
  WebSocketClient client(*server_);
  ASSERT_TRUE(log_->eventually_has("opened"));
  server_->server().stop(5000ms);
  const auto close = client.next();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->close_code(), 1001);
  client.send(frame(kFin | kClose, close_payload(1001)));
  EXPECT_TRUE(client.ends());
  client.close();
  EXPECT_TRUE(server_->ended_within(3000ms));
  server_->join();
  EXPECT_TRUE(log_->has("closed 1001"));
}

TEST_F(WebSocketTest, IsToldWhenTheGraceIsOver) {
  start();
  WebSocketClient client(*server_);
  ASSERT_TRUE(log_->eventually_has("opened"));
  server_->stop(50ms);
  EXPECT_TRUE(log_->has("closed 1006"));
  EXPECT_EQ(metrics().websockets, 0u);
}

TEST_F(WebSocketTest, MayBeHeldLongerThanTheServer) {
  start();
  WebSocketClient client(*server_);
  ASSERT_TRUE(log_->eventually_has("opened"));
  std::shared_ptr<WebSocket> kept;
  server_->on_loop([&] { kept = log_->socket; });
  server_.reset();
  kept->send_text("nobody hears this");
  kept->close(1000);
  EXPECT_EQ(kept->queued_bytes(), 0u);
}

TEST_F(WebSocketTest, BroadcastsOneFrameToManyClients) {
  std::vector<std::shared_ptr<WebSocket>> sockets;
  struct Collecting : WebSocketListener {
    explicit Collecting(std::vector<std::shared_ptr<WebSocket>>& into) : into(into) {}
    void opened(std::shared_ptr<WebSocket> socket) override { into.push_back(std::move(socket)); }
    void message(std::string_view, bool) override {}
    void closed(std::uint16_t) override {}
    std::vector<std::shared_ptr<WebSocket>>& into;
  };
  RunningServer server(echo, {}, [&](Request, std::unique_ptr<Upgrade> upgrade) {
    upgrade->accept(std::make_shared<Collecting>(sockets), {});
  });
  constexpr std::size_t kClients = 200;
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(std::make_unique<WebSocketClient>(server));
  server.on_loop([&] {
    for (int i = 0; i < 10; ++i) {
      const SharedFrame shared = make_text_frame("news " + std::to_string(i));
      for (const auto& socket : sockets) socket->send_frame(shared);
    }
  });
  for (auto& client : clients)
    for (int i = 0; i < 10; ++i) ASSERT_EQ(client->next()->payload, "news " + std::to_string(i));
  server.on_loop([&] { sockets.clear(); });
}

}  // namespace
}  // namespace troupe::http::test
