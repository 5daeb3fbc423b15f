// One connection by HTTP and by SSE to a server that keeps to the protocol, except where a test says otherwise.
#include "actors/mcp/connection.hpp"

#include <gtest/gtest.h>

#include <future>

#include "tests/actors/llm/fake_provider.hpp"

namespace troupe::actors::mcp {
namespace {

using llm::testing::Exchange;
using llm::testing::FakeProvider;
using namespace std::chrono_literals;

constexpr const char* kJson = "Content-Type: application/json\r\n";
constexpr const char* kEvents = "Content-Type: text/event-stream\r\n";

class McpConnectionTest : public ::testing::TestWithParam<const char*> {
 protected:
  /// Connects as the parameter says. Time is `later_` later than it is.
  McpConnectionTest() {
    fake_.otherwise = [this](const Exchange& exchange) { serve(exchange); };
  }
  ~McpConnectionTest() override {
    loop_.stop([this] { connection_.reset(); });
  }

  bool is_sse() const { return std::string_view(GetParam()) == "sse"; }

  void connect() {
    on_loop([this] {
      Server server;
      server.name = "fake";
      server.url = fake_.url + "/mcp";
      const auto open = [&](TransportListener& listener) -> Expected<std::unique_ptr<Transport>> {
        return is_sse() ? sse_transport(loop_, server, listener) : http_transport(loop_, server, listener);
      };
      connection_ = std::make_unique<Connection>(server, open);
      connection_->on_change([this](const std::string& list) { lists_ += list + " "; });
    });
  }
  template <class Work>
  std::invoke_result_t<Work> on_loop(Work work) {
    std::packaged_task<std::invoke_result_t<Work>()> task(work);
    auto result = task.get_future();
    loop_.post([&task] { task(); });
    return result.get();
  }
  void eventually(const std::function<bool()>& is_so, const char* what) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!on_loop(is_so)) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << what;
      std::this_thread::sleep_for(2ms);
    }
  }
  void is_later_by(std::chrono::milliseconds time) {
    on_loop([&] { later_ = time; });
  }
  std::string fault() {
    return on_loop([&] { return connection_->fault() ? connection_->fault()->message : std::string(); });
  }

  /// To what the server was sent, by the stream or by the answer.
  void say(const Exchange& exchange, const Json& message) {
    if (!is_sse()) return exchange.answer("200 OK", message.dump(), kJson);
    stream_->send_event(message.dump());
    exchange.answer("202 Accepted", "");
  }
  void serve(const Exchange& exchange) {
    if (!exchange.head.starts_with("POST ")) {
      if (!is_sse() && !has_stream_) return exchange.answer("405 No", "");
      exchange.send_head("200 OK", kEvents);
      if (is_sse()) exchange.send_chunk("event: endpoint\ndata: /mcp\n\n");
      stream_.emplace(exchange);
      has_opened_ = true;
      return;
    }
    const Json message = Json::parse(exchange.body);
    const auto method = message.value("method", "");
    if (method == "initialize")
      return say(exchange,
                 {{"jsonrpc", "2.0"},
                  {"id", message["id"]},
                  {"result", {{"protocolVersion", "2025-06-18"}, {"capabilities", {{"tools", Json::object()}}}}}});
    if (method == "notifications/initialized") return initialized_(exchange);
    message.contains("result") ? ponged_(exchange) : asked_(exchange, message["id"]);
  }

  std::function<void(const Exchange&)> initialized_ = [](const auto& exchange) { exchange.answer("202 Accepted", ""); };
  std::function<void(const Exchange&)> ponged_ = [](const auto& exchange) { exchange.answer("202 Accepted", ""); };
  std::function<void(const Exchange&, const Json& id)> asked_ = [this](const auto& exchange, const auto& id) {
    say(exchange, {{"jsonrpc", "2.0"}, {"id", id}, {"result", Json::object()}});
  };
  bool has_stream_ = false;
  std::atomic<bool> has_opened_ = false;
  std::optional<Exchange> stream_;
  FakeProvider fake_;
  std::unique_ptr<Connection> connection_;
  std::string lists_;
  std::chrono::milliseconds later_{0};
  llm::HttpLoop loop_{
      1s, [this](SteadyTime now) { return connection_ ? connection_->turn(now + later_) : SteadyTime::max(); }};
};

INSTANTIATE_TEST_SUITE_P(By, McpConnectionTest, ::testing::Values("http", "sse"),
                         [](const auto& by) { return std::string(by.param); });

TEST_P(McpConnectionTest, IsReadyWhenTheServerTakesTheEndOfTheHandshakeAndKeepsThatResponseOpen) {
  initialized_ = [](const Exchange& exchange) { exchange.send_head("200 OK", kEvents); };
  connect();
  eventually([&] { return connection_->facts().has_value(); }, "it is ready");
  eventually([&] { return lists_ == "tools "; }, "its list may be asked for");
}

TEST_P(McpConnectionTest, BreaksWhenTheServerDoesNotTakeTheEndOfTheHandshake) {
  std::promise<void> told;
  initialized_ = [&](const Exchange&) { told.set_value(); };
  connect();
  told.get_future().wait();
  EXPECT_EQ(fault(), "");
  is_later_by(defaults::kMcpConnectTimeout + 1s);
  eventually([&] { return connection_->fault().has_value(); }, "it breaks");
  EXPECT_EQ(fault(), "the server does not take the end of the handshake");
}

TEST_P(McpConnectionTest, HangsUpOnAPongThatTheServerDoesNotTake) {
  has_stream_ = true;
  std::promise<Exchange> ponged;
  ponged_ = [&](const Exchange& exchange) { ponged.set_value(exchange); };
  connect();
  eventually([&] { return connection_->facts() && has_opened_; }, "it is ready");
  stream_->send_event(R"({"jsonrpc":"2.0","id":"p","method":"ping"})");
  const Exchange pong = ponged.get_future().get();
  EXPECT_FALSE(pong.is_left_within(50ms));
  is_later_by(defaults::kMcpPingTimeout + 1s);
  EXPECT_TRUE(pong.is_left_within(5s));
  EXPECT_EQ(fault(), "");
}

TEST_P(McpConnectionTest, BreaksWhenTooManyPongsAreNotTaken) {
  has_stream_ = true;
  std::atomic<std::size_t> ponged = 0;
  ponged_ = [&](const Exchange&) { ++ponged; };
  connect();
  eventually([&] { return connection_->facts() && has_opened_; }, "it is ready");
  for (std::size_t i = 0; i < defaults::kMaxMcpRequests; ++i)
    stream_->send_event(R"({"jsonrpc":"2.0","id":"p","method":"ping"})");
  eventually([&] { return ponged == defaults::kMaxMcpRequests; }, "as many as may be open");
  EXPECT_EQ(fault(), "");
  stream_->send_event(R"({"jsonrpc":"2.0","id":"p","method":"ping"})");
  eventually([&] { return connection_->fault().has_value(); }, "it breaks");
  EXPECT_EQ(fault(), "the server does not take what it is told");
}

TEST_P(McpConnectionTest, HangsUpOnARequestThatIsAnsweredAndKeptOpen) {
  std::promise<Exchange> asked;
  asked_ = [&](const Exchange& exchange, const Json& id) {
    if (!is_sse()) exchange.send_head("200 OK", kEvents);
    (is_sse() ? *stream_ : exchange)
        .send_event(Json{{"jsonrpc", "2.0"}, {"id", id}, {"result", Json::object()}}.dump());
    asked.set_value(exchange);
  };
  connect();
  eventually([&] { return connection_->facts().has_value(); }, "it is ready");
  std::promise<Expected<Json>> answered;
  on_loop([&] {
    connection_->request("ping", Json::object(), 10s,
                         [&](Expected<Json> result) { answered.set_value(std::move(result)); });
  });
  EXPECT_TRUE(answered.get_future().get());
  is_later_by(defaults::kMcpGrace + 1s);
  EXPECT_TRUE(asked.get_future().get().is_left_within(5s));
  EXPECT_EQ(fault(), "");
}

/// Takes everything.
struct Willing final : Transport {
  explicit Willing(TransportListener& listener_in) : listener(listener_in) {}
  void send(std::string, std::int64_t) override {}
  void agree(const std::string&, std::string) override { listener.ready(); }
  SteadyTime turn(SteadyTime) override { return SteadyTime::max(); }
  TransportListener& listener;
};

TEST(McpConnection, HoldsNoAnswerAgainstTheServerWhoseExchangeEndsAfterIt) {
  Connection connection({}, [](TransportListener& listener) -> Expected<std::unique_ptr<Transport>> {
    return std::make_unique<Willing>(listener);
  });
  std::size_t answered = 0;
  for (std::size_t i = 0; i <= defaults::kMaxMcpUnsolicited; ++i) {
    const auto number =
        connection.request("ping", Json::object(), 10s, [&](const auto& result) { answered += result ? 1 : 0; });
    connection.received(Json{{"jsonrpc", "2.0"}, {"id", number}, {"result", Json::object()}}.dump());
    connection.failed(number, {Errc::upstream_failed, "no answer: it is empty"});
    connection.turn(std::chrono::steady_clock::now());
  }
  EXPECT_EQ(answered, defaults::kMaxMcpUnsolicited + 1);
  EXPECT_FALSE(connection.fault());
}

}  // namespace
}  // namespace troupe::actors::mcp
