// Connections on a loop of their own, and what they answer to those who want something sent.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "actors/platforms/discord_connection.hpp"
#include "actors/platforms/http_client.hpp"
#include "actors/platforms/http_sender.hpp"
#include "actors/platforms/onebot_connection.hpp"
#include "actors/platforms/websocket_client.hpp"
#include "tests/actors/llm/fake_provider.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors::platforms {
namespace {

using namespace std::chrono_literals;
using llm::testing::Exchange;
using llm::testing::FakeProvider;

/// A server that answers when its test says so.
class SlowListening final : public Listening {
 public:
  void open(const std::string&, std::uint16_t, std::shared_ptr<Doorkeeper> doorkeeper,
            std::function<void(Expected<void>)> opened) override {
    const std::lock_guard lock(mutex_);
    door_ = std::move(doorkeeper);
    opened_ = std::move(opened);
  }
  void close(const std::string&, std::uint16_t) override { ++closings; }
  void answer(Expected<void> result) {
    const std::lock_guard lock(mutex_);
    opened_(std::move(result));
  }
  std::shared_ptr<Doorkeeper> door() {
    const std::lock_guard lock(mutex_);
    return door_;
  }
  std::atomic<int> closings{0};

 private:
  std::mutex mutex_;
  std::shared_ptr<Doorkeeper> door_;
  std::function<void(Expected<void>)> opened_;
};

class DeafSocket final : public PlatformSocket {
 public:
  void send(std::string) override {}
  void close(std::uint16_t, std::string) override {}
};

class NoEvents final : public ConnectionEvents {
 public:
  void running() override {}
  void failed(std::string) override {}
  void retrying() override {}
  void erred(std::string) override {}
  void has_clients(std::size_t) override {}
  void happened(const std::string&) override {}
  void hear(Incoming, std::function<void(Expected<void>)>) override {}
  bool has_heard(const Incoming&) const override { return false; }
  double dice() override { return 0; }
};

class ConnectionsTest : public ::testing::Test {
 protected:
  ~ConnectionsTest() override {
    loop_.stop([this] {
      if (connection_) connection_->stop();
      if (sender_) sender_->stop();
      connection_ = nullptr;
      sender_ = nullptr;
    });
    http_.stop();
  }

  ConnectionSetup setup(Json config = Json::object()) {
    return {std::move(config), loop_, http_, sockets_, listening_, Reach::everywhere, 10ms, events_, 20ms};
  }
  /// What was posted before has been done.
  void run(std::function<void()> work) {
    EXPECT_TRUE(testing::wait<bool>([&](auto done) {
      loop_.post([work, done] {
        work();
        done(true);
      });
    }));
  }
  Expected<std::string> send(const Outgoing& text) {
    return testing::wait<std::string>(
        [&](auto sent) { loop_.post([this, text, sent] { connection_->send(text, sent); }); });
  }

  // Discord's HTTP API
  llm::HttpRequest request() {
    llm::HttpRequest request{provider_.url, {}, "{}"};
    request.wanted_headers = discord::limit_headers();
    return request;
  }
  void post_to_the_channel(int requests, std::function<void(Expected<std::string>)> sent) {
    loop_.post([this, requests, sent] {
      if (!sender_) sender_ = std::make_shared<HttpSender>(setup(), discord::outcome_of);
      sender_->send("42", std::vector<llm::HttpRequest>(static_cast<std::size_t>(requests), request()), sent);
    });
  }
  static FakeProvider::Script takes(const std::string& id, const std::string& rest = "") {
    return [=](const Exchange& exchange) {
      const auto limits = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset-After: " + rest + "\r\n";
      exchange.answer("200 OK", Json{{"id", id}}.dump(), rest.empty() ? "" : limits);
    };
  }
  static void has_enough(const Exchange& exchange) {
    exchange.answer("429 Too Many Requests", "{}", "Retry-After: 60\r\n");
  }

  Loop loop_;
  HttpClient http_{loop_};
  WebSocketClient sockets_{loop_};
  SlowListening listening_;
  NoEvents events_;
  FakeProvider provider_;
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<HttpSender> sender_;
};

TEST_F(ConnectionsTest, SendAgainWhatAClientDoesNotAnswer) {
  run([&] {
    connection_ = std::make_shared<OneBotConnection>(setup({{"ws_host", "127.0.0.1"}, {"ws_port", 6301}}));
    connection_->start();
  });
  listening_.answer({});
  const auto verdict = listening_.door()->admit({"/ws", "", {{"x-self-id", "1"}}, "127.0.0.1"});
  ASSERT_FALSE(verdict.refusal);
  verdict.receiver->opened(std::make_shared<DeafSocket>());
  const auto sent = send({"p", false, "7", "hi", ""});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "the client did not answer");
  EXPECT_EQ(sent.error().code, Errc::overloaded);
}

TEST_F(ConnectionsTest, CloseNoAddressThatIsNotTheirs) {
  run([&] {
    connection_ = std::make_shared<OneBotConnection>(setup({{"ws_host", "127.0.0.1"}, {"ws_port", 6301}}));
    connection_->start();
    connection_->stop();
  });
  listening_.answer(fail(Errc::conflict, "another one listens there"));
  run([] {});
  EXPECT_EQ(listening_.closings, 0);
}

TEST_F(ConnectionsTest, CloseAnAddressThatOpensAfterTheyWereStopped) {
  run([&] {
    connection_ = std::make_shared<OneBotConnection>(setup({{"ws_host", "127.0.0.1"}, {"ws_port", 6301}}));
    connection_->start();
    connection_->stop();
  });
  EXPECT_EQ(listening_.closings, 0);
  listening_.answer({});
  run([] {});
  EXPECT_EQ(listening_.closings, 1);
}

TEST_F(ConnectionsTest, AskForAPrivateChannelNoMoreOftenThanDiscordAllows) {
  run([&] {
    connection_ = std::make_shared<DiscordConnection>(setup({{"base_url", provider_.url}, {"discord_token", "t"}}));
  });
  provider_.then(has_enough);
  EXPECT_EQ(send({"p", false, "7", "hi", ""}).error().code, Errc::overloaded);
  EXPECT_EQ(send({"p", false, "7", "hi", ""}).error().code, Errc::overloaded);
  EXPECT_EQ(provider_.requests, 1);
}

TEST_F(ConnectionsTest, SpeakInThePrivateChannelThatDiscordMade) {
  run([&] {
    connection_ = std::make_shared<DiscordConnection>(setup({{"base_url", provider_.url}, {"discord_token", "t"}}));
  });
  provider_.then(takes("../users"));
  EXPECT_EQ(send({"p", false, "7", "hi", ""}).error().code, Errc::upstream_failed);
  provider_.then(takes("900"));
  provider_.then(takes("55"));
  EXPECT_EQ(send({"p", false, "7", "hi", ""}), "55");
  provider_.then(takes("56"));
  EXPECT_EQ(send({"p", false, "7", "hi", ""}), "56");
  ASSERT_EQ(provider_.requests, 4);
  EXPECT_TRUE(provider_.seen()[1].head.starts_with("POST /users/@me/channels "));
  EXPECT_TRUE(provider_.seen()[3].head.starts_with("POST /channels/900/messages "));
}

TEST_F(ConnectionsTest, WaitBeforeTheNextPieceWhenTheLimitIsUsedUp) {
  provider_.then(takes("55", "0.3"));
  provider_.then(takes("56"));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(testing::wait<std::string>([&](auto sent) { post_to_the_channel(2, sent); }), "56");
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
}

TEST_F(ConnectionsTest, RestAsLongAsTheLongestOfTwoAnswersAsks) {
  // Two are under way at once: one is told to wait for a minute, then the other for a moment.
  std::promise<void> refused, both;
  provider_.then(has_enough);
  provider_.then([&](const Exchange& exchange) {
    refused.get_future().wait();
    takes("55", "0.01")(exchange);
  });
  int answered = 0;
  for (int i = 0; i < 2; ++i)
    post_to_the_channel(1, [&](const Expected<std::string>& sent) {
      if (!sent) refused.set_value();
      if (++answered == 2) both.set_value();
    });
  ASSERT_EQ(both.get_future().wait_for(10s), std::future_status::ready);
  std::this_thread::sleep_for(20ms);  // the moment
  const auto third = testing::wait<std::string>([&](auto sent) { post_to_the_channel(1, sent); });
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().message, "the platform asked for patience");
  EXPECT_EQ(provider_.requests, 2);
}

}  // namespace
}  // namespace troupe::actors::platforms
