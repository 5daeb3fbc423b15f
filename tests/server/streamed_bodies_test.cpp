// Bodies that are never held whole: what arrives goes into a sink, what leaves comes from a source.
#include <atomic>

#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

constexpr std::uint64_t kMax = std::uint64_t{8} << 20;

/// What the sinks of one test have in common.
struct Sinks {
  std::atomic<int> open{0};
  std::atomic<std::uint64_t> taken_bytes{0};
  std::atomic<std::size_t> largest_piece{0};
  std::atomic<bool> holds{false};  ///< pieces are not taken until `release`
  std::optional<Response> refusal;
  std::mutex mutex;
  std::vector<std::function<void(std::optional<Response>)>> held;

  void release() {
    holds = false;
    const std::lock_guard lock(mutex);
    for (const auto& taken : std::exchange(held, {})) taken(std::nullopt);
  }
  bool holds_some() {
    const std::lock_guard lock(mutex);
    return !held.empty();
  }
};

class CountingSink final : public BodySink {
 public:
  explicit CountingSink(Sinks& sinks) : sinks_(sinks) { ++sinks_.open; }
  ~CountingSink() override { --sinks_.open; }
  void write(std::string piece, std::function<void(std::optional<Response>)> taken) override {
    sinks_.taken_bytes += piece.size();
    sinks_.largest_piece = std::max<std::size_t>(sinks_.largest_piece, piece.size());
    if (sinks_.refusal) return taken(sinks_.refusal);
    if (!sinks_.holds) return std::thread([taken] { taken(std::nullopt); }).detach();
    const std::lock_guard lock(sinks_.mutex);
    sinks_.held.push_back(std::move(taken));
  }

 private:
  Sinks& sinks_;
};

/// `/upload` streams; `/closed` is refused at once; the rest is held in memory as ever.
Application uploads_into(Sinks& sinks, std::uint64_t max_bytes = kMax) {
  return {.request =
              [&sinks](Request request, Reply reply) {
                if (!request.body_sink) return echo(std::move(request), std::move(reply));
                reply({.body = std::to_string(sinks.taken_bytes), .headers = {{"X-Id", request.id}}});
              },
          .streams = [](std::string_view method,
                        std::string_view path) { return method == "POST" && (path == "/upload" || path == "/closed"); },
          .receive =
              [&sinks, max_bytes](const Request& head) {
                BodyPlan plan{nullptr, max_bytes};
                if (head.path == "/closed" || head.header("X-Closed"))
                  plan.refusal = Response{.status = 401, .body = "who are you?"};
                else
                  plan.sink = std::make_shared<CountingSink>(sinks);
                return plan;
              }};
}

std::string head_of_upload(std::uint64_t bytes, std::string_view more_headers = "", std::string_view path = "/upload") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(bytes) + "\r\n" +
         std::string(more_headers) + "\r\n";
}

TEST(ServerStreamedRequestBody, GoesToTheSinkInPiecesAndNotIntoTheRequest) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks));
  auto client = server.client();
  const auto answer = client.ask(post("/upload", std::string(1'000'000, 'x')));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "1000000");
  EXPECT_EQ(answer->header("x-id"), answer->header("x-request-id"));
  EXPECT_LE(sinks.largest_piece, defaults::kBodyPieceBytes + defaults::kReadBufferBytes);
  // The connection serves on, streamed or not.
  EXPECT_EQ(client.ask(post("/upload", "abc"))->body, "1000003");
  EXPECT_EQ(client.ask(post("/other", "abc"))->body, "POST /other|abc");
  EXPECT_TRUE(eventually([&] { return sinks.open == 0 && server.server().metrics().bodies_in_flight_bytes == 0; }));
}

TEST(ServerStreamedRequestBody, MayComeInChunks) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks));
  std::string request = "POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i) request += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  const auto answer = server.ask(request + "0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, std::to_string(100 * 0x1000));
}

TEST(ServerStreamedRequestBody, IsRefusedBeforeItIsReadWhenItSaysThatItIsTooLarge) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks));
  for (const auto* expect : {"", "Expect: 100-continue\r\n"}) {
    auto client = server.client();
    client.send(head_of_upload(kMax + 1, expect));
    const auto answer = client.response();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
    EXPECT_TRUE(client.ends());
  }
  EXPECT_EQ(sinks.taken_bytes, 0u);
  EXPECT_TRUE(eventually([&] { return sinks.open == 0; }));
}

TEST(ServerStreamedRequestBody, IsCutOffWhenItTurnsOutTooLarge) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks, 100'000));
  auto client = server.client();
  client.send("POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 30; ++i) client.send("1000\r\n" + std::string(0x1000, 'x') + "\r\n");
  EXPECT_EQ(client.response()->status, 413);
  EXPECT_TRUE(client.ends());
  EXPECT_LE(sinks.taken_bytes, 100'000u);
}

TEST(ServerStreamedRequestBody, IsContinuedWhenItIsWelcome) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks));
  auto client = server.client();
  client.send(head_of_upload(3, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.receive(25), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.ask("abc")->body, "3");
}

TEST(ServerStreamedRequestBody, IsRefusedInTheApplicationsWords) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks));
  auto stranger = server.client();
  stranger.send(head_of_upload(1000, "Expect: 100-continue\r\n", "/closed"));
  const auto answer = stranger.response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(answer->body, "who are you?");
  EXPECT_TRUE(stranger.ends());

  sinks.refusal = Response{.status = 422, .body = "not like this"};
  auto client = server.client();
  client.send(head_of_upload(kMax));
  client.send(std::string(200'000, 'x'));
  const auto midway = client.response();
  ASSERT_TRUE(midway);
  EXPECT_EQ(midway->status, 422);
  EXPECT_EQ(midway->body, "not like this");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.ask(post("/upload", "the last piece"))->status, 422);
  EXPECT_TRUE(eventually([&] { return sinks.open == 0; }));
}

TEST(ServerStreamedRequestBody, WaitsInTheClientWhileTheSinkIsBehind) {
  Sinks sinks;
  sinks.holds = true;
  // The time that the sink takes is not the client's: it has 200 ms, and the sink takes more.
  RunningServer server(uploads_into(sinks, std::uint64_t{64} << 20), {.read_request_timeout = 200ms});
  auto client = server.client();
  client.send(head_of_upload(32 << 20));
  std::thread sender([&] { client.send(std::string(32 << 20, 'x')); });
  ASSERT_TRUE(eventually([&] { return sinks.holds_some(); }));
  std::this_thread::sleep_for(600ms);
  EXPECT_LE(sinks.taken_bytes, defaults::kBodyPieceBytes + defaults::kReadBufferBytes);
  EXPECT_LE(server.server().metrics().bodies_in_flight_bytes, defaults::kStreamedBodyBytes);
  sinks.release();
  sender.join();
  EXPECT_EQ(client.response()->body, std::to_string(32 << 20));
}

TEST(ServerStreamedRequestBody, MustKeepAPace) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks), {.read_request_timeout = 200ms, .min_upload_bytes_per_second = 10'000});
  auto steady = server.client();
  steady.send(head_of_upload(16 * 5000));
  for (int i = 0; i < 16; ++i) {
    steady.send(std::string(5000, 'x'));
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_EQ(steady.response()->status, 200);

  auto slow = server.client();
  slow.send(head_of_upload(1'000'000));
  while (!slow.receive_some(20ms) && slow.send("x")) {
  }
  EXPECT_EQ(slow.response()->status, 408);
  EXPECT_TRUE(eventually([&] { return sinks.open == 0; }));
}

TEST(ServerStreamedRequestBody, IsGivenUpWhenTheClientLeaves) {
  Sinks sinks;
  RunningServer server(uploads_into(sinks));
  for (const bool held : {false, true}) {
    sinks.holds = held;
    {
      auto client = server.client();
      client.send(head_of_upload(kMax));
      client.send(std::string(300'000, 'x'));
      ASSERT_TRUE(eventually([&] { return sinks.open == 1 && (!held || sinks.holds_some()); }));
    }
    // Nothing is read while the sink is behind, so the end shows when it has caught up.
    if (held) sinks.release();
    EXPECT_TRUE(eventually([&] {
      const auto metrics = server.server().metrics();
      return sinks.open == 0 && metrics.connections == 0 && metrics.bodies_in_flight_bytes == 0;
    }));
  }
}

TEST(ServerStreamedRequestBody, IsGivenUpWhenTheServerStops) {
  Sinks sinks;
  sinks.holds = true;
  {
    RunningServer server(uploads_into(sinks));
    auto midway = server.client();
    midway.send(head_of_upload(kMax));
    midway.send(std::string(300'000, 'x'));
    auto complete = server.client();
    complete.send(post("/upload", "abc"));
    ASSERT_TRUE(eventually([&] {
      const std::lock_guard lock(sinks.mutex);
      return sinks.held.size() == 2;
    }));
    server.stop(0ms);
  }
  EXPECT_EQ(sinks.open, 0);
  sinks.release();  // too late, and harmless
}

TEST(ServerStreamedRequestBody, IsRefusedWhenTooManyAreOnTheirWay) {
  Sinks sinks;
  sinks.holds = true;
  constexpr std::size_t kRoom = 3;
  RunningServer server(uploads_into(sinks), {.max_bodies_in_flight_bytes = kRoom * defaults::kStreamedBodyBytes});
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kRoom; ++i) {
    clients.push_back(server.client());
    clients.back().send(head_of_upload(kMax));
    clients.back().send(std::string(100'000, 'x'));
    ASSERT_TRUE(eventually([&] { return sinks.open == static_cast<int>(i) + 1; }));
  }
  auto late = server.client();
  late.send(head_of_upload(10));
  EXPECT_EQ(late.response()->status, 503);
  clients.pop_back();
  sinks.release();
  EXPECT_TRUE(eventually([&] { return server.ask(post("/upload", "abc"))->status == 200; }));
}

TEST(ServerStreamedRequestBody, CostsLittleMemoryEvenAHundredTimesAtOnce) {
  Sinks sinks;
  constexpr int kUploads = 100;
  constexpr std::size_t kBytes = 4 << 20;
  RunningServer server(uploads_into(sinks));
  const std::string piece(64 << 10, 'x');
  std::vector<RawClient> clients;
  for (int i = 0; i < kUploads; ++i) clients.push_back(server.client());
  const auto before = measurable_resident_bytes();
  std::size_t most = 0;
  for (auto& client : clients) client.send(head_of_upload(kBytes));
  for (std::size_t sent = 0; sent < kBytes; sent += piece.size()) {
    for (auto& client : clients) client.send(piece);
    most = std::max(most, measurable_resident_bytes());
  }
  for (auto& client : clients) EXPECT_EQ(client.response()->status, 200);
  EXPECT_EQ(sinks.taken_bytes, kUploads * kBytes);
  // 400 MB went through; twice what is counted for each leaves room for the allocator.
  EXPECT_LE(most, before + 2 * kUploads * defaults::kStreamedBodyBytes);
}

// Responses

/// Gives `size` bytes in pieces, from a thread of its own; fails before the piece that would pass `fails_at`.
class CountedSource final : public BodySource {
 public:
  CountedSource(std::uint64_t size, std::atomic<int>& open, std::atomic<std::uint64_t>& read,
                std::uint64_t fails_at = ~std::uint64_t{0})
      : size_(size), open_(open), read_(read), fails_at_(fails_at) {
    ++open_;
  }
  ~CountedSource() override { --open_; }
  std::uint64_t size() const override { return size_; }
  void next(std::function<void(Expected<std::string>)> ready) override {
    const std::uint64_t at = read_;
    if (at >= fails_at_) return ready(fail(Errc::corrupt, "the file is damaged"));
    std::string piece(std::min<std::uint64_t>(defaults::kBodyPieceBytes, size_ - at), '\0');
    for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = byte_at(at + i);
    read_ += piece.size();
    std::thread([ready = std::move(ready), piece = std::move(piece)] { ready(piece); }).detach();
  }
  static char byte_at(std::uint64_t at) { return static_cast<char>('a' + at % 26); }

 private:
  const std::uint64_t size_;
  std::atomic<int>& open_;
  std::atomic<std::uint64_t>& read_;
  const std::uint64_t fails_at_;
};

struct Sources {
  std::atomic<int> open{0};
  std::atomic<std::uint64_t> read{0};
  std::uint64_t size = 1'000'000;
  std::uint64_t fails_at = ~std::uint64_t{0};

  auto handler() {
    return [this](Request request, Reply reply) {
      if (request.path != "/file") return echo(std::move(request), std::move(reply));
      read = 0;
      reply({.content_type = "text/plain", .source = std::make_shared<CountedSource>(size, open, read, fails_at)});
    };
  }
};

TEST(ServerStreamedResponseBody, ArrivesWholeAndTheConnectionServesOn) {
  Sources sources;
  RunningServer server(sources.handler());
  auto client = server.client();
  client.send(get("/file") + get("/next"));
  const auto file = client.response();
  ASSERT_TRUE(file);
  ASSERT_EQ(file->body.size(), sources.size);
  bool right = true;
  for (std::size_t i = 0; i < file->body.size(); ++i) right &= file->body[i] == CountedSource::byte_at(i);
  EXPECT_TRUE(right);
  EXPECT_EQ(client.response()->body, "GET /next|");
  EXPECT_EQ(client.ask(get("/file"))->body.size(), sources.size);
  EXPECT_TRUE(eventually([&] { return sources.open == 0; }));
  EXPECT_TRUE(eventually([&] { return server.server().metrics().responses_in_flight_bytes == 0; }));
}

TEST(ServerStreamedResponseBody, EndsTheConnectionWhenThatWasAsked) {
  Sources sources;
  RunningServer server(sources.handler());
  auto client = server.client();
  EXPECT_EQ(client.ask(get("/file", "Connection: close\r\n"))->body.size(), sources.size);
  EXPECT_TRUE(client.ends());
}

TEST(ServerStreamedResponseBody, IsNotReadForHead) {
  Sources sources;
  RunningServer server(sources.handler());
  auto client = server.client();
  client.send("HEAD /file HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.response(true)->header("content-length"), std::to_string(sources.size));
  EXPECT_EQ(client.ask(get("/next"))->body, "GET /next|");
  EXPECT_EQ(sources.read, 0u);
}

TEST(ServerStreamedResponseBody, MayBeEmpty) {
  Sources sources;
  sources.size = 0;
  RunningServer server(sources.handler());
  EXPECT_EQ(server.ask(get("/file"))->header("content-length"), "0");
}

TEST(ServerStreamedResponseBody, IsCutOffWhenItsSourceFails) {
  Sources sources;
  sources.fails_at = 3 * defaults::kBodyPieceBytes;
  RunningServer server(sources.handler());
  auto client = server.client();
  const auto file = client.ask(get("/file"));
  ASSERT_TRUE(file);
  EXPECT_LT(file->body.size(), sources.size);
  EXPECT_TRUE(client.ends());
}

TEST(ServerStreamedResponseBody, IsReadOnlyAsFastAsTheClientTakesIt) {
  Sources sources;
  sources.size = std::uint64_t{256} << 20;
  {
    RunningServer server(sources.handler(), {.write_response_timeout = 300ms});
    auto client = server.client();
    client.send(get("/file"));
    ASSERT_TRUE(client.receive_some());
    // What a client does not read stays in the kernel's buffers and is dropped after its time.
    EXPECT_TRUE(eventually([&] { return sources.open == 0; }, 10s));
    EXPECT_LT(sources.read, std::uint64_t{32} << 20);
  }
  Sources left;
  left.size = std::uint64_t{256} << 20;
  RunningServer server(left.handler());
  { server.client().ask(get("/next")); }
  {
    auto client = server.client();
    client.send(get("/file"));
    client.receive_some();
  }
  EXPECT_TRUE(eventually([&] { return left.open == 0; }));
}

}  // namespace
}  // namespace troupe::http::test
