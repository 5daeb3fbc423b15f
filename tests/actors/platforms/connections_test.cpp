// Connections on a loop of their own, and what they answer to those who want something sent.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "actors/platforms/http_client.hpp"
#include "actors/platforms/onebot_connection.hpp"
#include "actors/platforms/websocket_client.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors::platforms {
namespace {

using namespace std::chrono_literals;

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
      connection_ = nullptr;
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

  Loop loop_;
  HttpClient http_{loop_};
  WebSocketClient sockets_{loop_};
  SlowListening listening_;
  NoEvents events_;
  std::shared_ptr<Connection> connection_;
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

}  // namespace
}  // namespace troupe::actors::platforms
