// MCP servers past the limits of what the house does for them.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "actors/mcp/mcp.hpp"
#include "tests/actors/tools/house.hpp"

namespace troupe::actors {
namespace {

using testing::RecordPtr;
using testing::wait;
using namespace std::chrono_literals;

/// Lets anybody connect, and answers nothing.
class Silent {
 public:
  Silent() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 128), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/mcp";
  }
  ~Silent() { ::close(socket_); }
  std::string url;

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

class McpLimitsTest : public testing::HouseTest {
 protected:
  ~McpLimitsTest() override { mcp_.reset(); }

  std::string add(events::McpServer server) {
    const auto added =
        wait<RecordPtr>([&](auto answer) { system_->catalogue().add(std::move(server), cause(), std::move(answer)); });
    return added ? std::string((*added)->id()) : added.error().message;
  }
  std::string add_program(const std::string& script) {
    events::McpServer server;
    server.name = "program";
    server.command = "/bin/sh";
    server.args = {"-c", script};
    return add(server);
  }
  /// The house's own stays unconnected: this one tries again quickly.
  Mcp& connect() {
    mcp_ = std::make_unique<Mcp>(*store_, store_->secrets(), system_->tools(),
                                 McpOptions{{"/bin/sh"}, Reach::everywhere, 1ms});
    mcp_->start();
    return *mcp_;
  }
  std::size_t starts() const {
    std::ifstream in(folder_.path() / "starts");
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
  }

  std::unique_ptr<Mcp> mcp_;
};

TEST_F(McpLimitsTest, AreNoMoreConnectionsThanThereMayBe) {
  Silent silent;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i <= defaults::kMaxMcpConnections; ++i) {
    events::McpServer server;
    server.name = "silent " + std::to_string(i);
    server.transport = "http";
    server.url = silent.url;
    ids.push_back(add(server));
  }
  Mcp& mcp = connect();
  const auto refused = [&] {
    return std::count_if(ids.begin(), ids.end(), [&](const auto& id) { return mcp.status(id).state == "error"; });
  };
  eventually([&] { return mcp.connections() == defaults::kMaxMcpConnections && refused() == 1; }, "one is refused");
  for (const auto& id : ids) {
    const auto status = mcp.status(id);
    if (status.state != "error") continue;
    EXPECT_EQ(status.error, "there are 64 connections to MCP servers, which is the most");
  }
}

TEST_F(McpLimitsTest, IsAProgramThatEndsStartedOnlySoOftenAgain) {
  const auto id = add_program("echo x >> " + (folder_.path() / "starts").string() + "; exit 1");
  Mcp& mcp = connect();
  eventually([&] { return starts() == 1 + defaults::kMaxMcpRetries; }, "every attempt");
  eventually([&] { return mcp.status(id).state == "error"; }, "the last one has failed");
  EXPECT_EQ(mcp.restarts(), defaults::kMaxMcpRetries);
  std::this_thread::sleep_for(300ms);  // the next would come after 256 ms
  EXPECT_EQ(starts(), 1 + defaults::kMaxMcpRetries);
  std::promise<void> asked;
  mcp.connect(id, [&](const Expected<void>&) { asked.set_value(); });
  asked.get_future().wait();
  EXPECT_GT(starts(), 1 + defaults::kMaxMcpRetries) << "somebody asks for it";
}

TEST_F(McpLimitsTest, IsAProgramThatDoesNotReadGivenUp) {
  const auto id = add_program(R"(
read -r line
id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}}\n' "$id"
read -r line
exec sleep 60
)");
  Mcp& mcp = connect();
  eventually([&] { return mcp.status(id).state == "connected"; }, "the handshake");
  const Json large = {{"text", std::string(defaults::kMaxMcpMessageBytes - 1000, 'x')}};
  std::promise<Error> last;
  for (int i = 0; i < 3; ++i)
    mcp.get_prompt(id, "prompt", large, [&last, i](const Expected<Json>& result) {
      if (i == 2) last.set_value(result ? Error{} : result.error());
    });
  EXPECT_EQ(last.get_future().get().message, "the server does not read what it is sent");
  eventually([&] { return mcp.status(id).error == "the server does not read what it is sent"; }, "the reason");
}

}  // namespace
}  // namespace troupe::actors
