// WebSockets that the house opens, to a server that stops reading. Servers that speak are in tests/conformance/platforms.
#include "actors/platforms/websocket_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <future>
#include <thread>

#include "events/defaults.hpp"

namespace troupe::actors::platforms {
namespace {

using tcp = boost::asio::ip::tcp;

/// Completes one handshake, and reads nothing from then on.
class Deaf {
 public:
  Deaf()
      : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}), thread_([this] {
          boost::system::error_code error;
          tcp::socket socket(io_);
          acceptor_.accept(socket, error);
          boost::beast::websocket::stream<tcp::socket> stream(std::move(socket));
          stream.accept(error);
          may_end_.get_future().wait();
        }) {}
  ~Deaf() {
    may_end_.set_value();
    thread_.join();
  }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/"; }

 private:
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::promise<void> may_end_;
  std::thread thread_;
};

struct Closed {
  std::uint16_t code = 0;
  std::string why;
};

class Listener final : public SocketReceiver {
 public:
  explicit Listener(std::size_t sends) : sends_(sends) {}
  void opened(std::shared_ptr<PlatformSocket> socket) override {
    for (std::size_t i = 0; i < sends_; ++i) socket->send(std::string(defaults::kMaxPlatformQueueBytes / 4, 'x'));
    opened_.set_value();
  }
  void message(std::string_view) override {}
  void closed(std::uint16_t code, std::string why) override { closed_.set_value({code, std::move(why)}); }

  std::promise<void> opened_;
  std::promise<Closed> closed_;

 private:
  std::size_t sends_;
};

TEST(WebSocketClient, GivesUpAPeerThatDoesNotRead) {
  Deaf server;
  Loop loop;
  WebSocketClient client(loop);
  const auto listener = std::make_shared<Listener>(200);  // far more than the kernel takes
  std::shared_ptr<PlatformSocket> socket;
  loop.post([&] { socket = client.connect({server.url(), {}}, listener); });
  auto closed = listener->closed_.get_future();
  ASSERT_EQ(closed.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  const auto [code, why] = closed.get();
  EXPECT_EQ(code, 1008);
  EXPECT_EQ(why, "the platform does not read");
  loop.stop([&] { socket = nullptr; });
}

TEST(WebSocketClient, KeepsAPeerThatHasTheLimitWaiting) {
  Deaf server;
  Loop loop;
  WebSocketClient client(loop);
  const auto listener = std::make_shared<Listener>(4);
  std::shared_ptr<PlatformSocket> socket;
  loop.post([&] { socket = client.connect({server.url(), {}}, listener); });
  auto opened = listener->opened_.get_future();
  ASSERT_EQ(opened.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(listener->closed_.get_future().wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  loop.stop([&] { socket = nullptr; });
}

}  // namespace
}  // namespace troupe::actors::platforms
