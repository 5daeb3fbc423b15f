// Servers of the Model Context Protocol as entries of the catalogue: a shell script by standard input and output, and one
// by HTTP behind a real socket. The official servers, and one that breaks every rule, are in tests/conformance/mcp.
#include "actors/mcp/mcp.hpp"

#include <signal.h>

#include <fstream>

#include "tests/actors/tools/house.hpp"

namespace troupe::actors {
namespace {

using llm::testing::Exchange;
using testing::RecordPtr;
using testing::wait;
using namespace std::chrono_literals;

/// Has one tool, `greet`, which greets $NAME, and writes its process number down.
constexpr const char* kScript = R"(
echo $$ >> "$1"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  answer() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
  case "$line" in
    *'"method":"initialize"'*) answer '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"7"}}' ;;
    *'"method":"tools/list"'*) answer '{"tools":[{"name":"greet","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*) answer '{"content":[{"type":"text","text":"hello '"$NAME"'"}]}' ;;
  esac
done
)";

class McpTest : public testing::HouseTest {
 protected:
  McpTest() {
    std::ofstream(folder_.path() / "server.sh") << kScript;
    system_->mcp().start();
  }

  events::McpServer script() {
    events::McpServer server;
    server.name = "shell";
    server.command = "/bin/sh";
    server.args = {folder_.path() / "server.sh", folder_.path() / "pids"};
    server.sealed_env = *sealed_secrets("env", {{"NAME", "world"}}, store_->secrets());
    return server;
  }
  Expected<std::string> add(events::McpServer server) {
    const auto added =
        wait<RecordPtr>([&](auto answer) { system_->catalogue().add(std::move(server), cause(), std::move(answer)); });
    if (!added) return tl::unexpected(added.error());
    return std::string((*added)->id());
  }
  void change(const std::string& id, Json fields) {
    const auto changed = wait<RecordPtr>([&](auto answer) {
      system_->catalogue().ask<events::McpServer>(id, ChangeEntry{std::move(fields)}, cause(), std::move(answer));
    });
    EXPECT_TRUE(changed) << changed.error().message;
  }
  void eventually_is(const std::string& id, const std::string& state) {
    eventually([&] { return system_->mcp().status(id).state == state; }, state.c_str());
  }
  /// Expected<void> as a bool and an error.
  std::optional<Error> done(const std::function<void(Mcp::Done)>& ask) {
    std::promise<Expected<void>> promise;
    ask([&](Expected<void> result) { promise.set_value(std::move(result)); });
    const auto result = promise.get_future().get();
    return result ? std::nullopt : std::optional(result.error());
  }
  std::vector<pid_t> processes() const {
    std::ifstream in(folder_.path() / "pids");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; in >> pid;) pids.push_back(pid);
    return pids;
  }
};

TEST_F(McpTest, OffersTheToolsOfAProgram) {
  const auto id = *add(script());
  eventually([&] { return system_->mcp().status(id).tools == 1; }, "the tool is there");
  const auto status = system_->mcp().status(id);
  EXPECT_EQ(status.state, "connected");
  EXPECT_EQ(status.server_name, "sh");
  EXPECT_EQ(status.server_version, "7");
  EXPECT_EQ(status.revision, "2025-06-18");
  EXPECT_GT(status.since, 0);
  EXPECT_EQ(call("greet")->text, "hello world");
  EXPECT_EQ(system_->tools().find("greet")->source, "mcp:shell");
  EXPECT_EQ(system_->tools().log().count({"", "mcp:shell"}), 1u);
}

TEST_F(McpTest, FollowsTheCatalogue) {
  const auto id = *add(script());
  eventually_is(id, "connected");
  eventually([&] { return system_->tools().find("greet") != nullptr; }, "the tool is there");
  change(id, {{"enabled", false}});
  eventually_is(id, "disconnected");
  EXPECT_FALSE(system_->tools().find("greet"));
  change(id, {{"enabled", true}, {"name", "renamed"}});
  eventually([&] { return system_->tools().find("greet") != nullptr; }, "the tool is there again");
  EXPECT_EQ(system_->tools().find("greet")->source, "mcp:renamed");
  const auto removed = wait<RecordPtr>(
      [&](auto answer) { system_->catalogue().ask<events::McpServer>(id, RemoveEntry{}, cause(), std::move(answer)); });
  ASSERT_TRUE(removed);
  eventually([&] { return !system_->tools().find("greet"); }, "the tool has gone");
  EXPECT_EQ(done([&](auto answer) { system_->mcp().connect(id, answer); })->code, Errc::not_found);
}

TEST_F(McpTest, IsConnectedAndDisconnectedOnRequest) {
  const auto id = *add(script());
  EXPECT_FALSE(done([&](auto answer) { system_->mcp().connect(id, answer); }));
  EXPECT_TRUE(system_->tools().find("greet")) << "whoever waited finds the tools";
  EXPECT_FALSE(done([&](auto answer) { system_->mcp().disconnect(id, answer); }));
  EXPECT_EQ(system_->mcp().status(id).state, "disconnected");
  EXPECT_FALSE(system_->tools().find("greet"));
  const auto listed = wait<Json>([&](auto answer) { system_->mcp().tools(id, std::move(answer)); });
  EXPECT_EQ(listed.error().code, Errc::conflict);
  EXPECT_FALSE(done([&](auto answer) { system_->mcp().reconnect(id, answer); }));
  EXPECT_EQ(wait<Json>([&](auto answer) { system_->mcp().tools(id, std::move(answer)); })->size(), 1u);
  EXPECT_EQ(*wait<Json>([&](auto answer) { system_->mcp().resources(id, std::move(answer)); }), Json::array());
}

TEST_F(McpTest, EndsItsPrograms) {
  const auto id = *add(script());
  eventually_is(id, "connected");
  ASSERT_EQ(processes().size(), 1u);
  EXPECT_EQ(::kill(processes()[0], 0), 0);
  restart();
  EXPECT_NE(::kill(processes()[0], 0), 0);
  EXPECT_EQ(system_->mcp().status(id).state, "disconnected") << "not before it is started";
  system_->mcp().start();
  eventually_is(id, "connected");
  EXPECT_EQ(processes().size(), 2u);
}

TEST_F(McpTest, RunsNoProgramThatIsNotOnTheList) {
  auto server = script();
  server.command = "/bin/bash";
  const auto refused = add(server);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "command");
  const auto id = *add(script());
  const auto changed = wait<RecordPtr>([&](auto answer) {
    system_->catalogue().ask<events::McpServer>(id, ChangeEntry{{{"command", "/bin/bash"}}}, cause(), answer);
  });
  EXPECT_EQ(changed.error().field, "command");
}

TEST_F(McpTest, TakesNoVariablesThatRunOtherPrograms) {
  for (const char* name : {"LD_PRELOAD", "NODE_OPTIONS", "BASH_ENV", "A B", "A=B", ""})
    EXPECT_EQ(sealed_secrets("env", {{name, "x"}}, store_->secrets()).error().field, "env") << name;
  EXPECT_FALSE(sealed_secrets("headers", {{"X-A", "b\r\nHost: c"}}, store_->secrets()));
  EXPECT_FALSE(sealed_secrets("env", {{"A", std::string(defaults::kMaxMcpSecretLength + 1, 'x')}}, store_->secrets()));
  EXPECT_TRUE(sealed_secrets("headers", {{"Authorization", "Bearer x"}}, store_->secrets()));
}

TEST_F(McpTest, RunsNoProgramWithVariablesThatRunOthersWhoeverSealedThem) {
  auto server = script();
  server.sealed_env = {{"LD_PRELOAD", store_->secrets().seal("/tmp/evil.so")}};
  const auto id = *add(server);
  eventually_is(id, "error");
  EXPECT_TRUE(processes().empty());
  EXPECT_EQ(done([&](auto answer) { system_->mcp().connect(id, answer); })->field, "env");
}

TEST_F(McpTest, MayBeAskedForByAModel) {
  add(script());
  eventually([&] { return system_->tools().find("greet") != nullptr; }, "the tool is there");
  fake_.then([](const Exchange& exchange) {
    exchange.stream(
        {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"greet","arguments":"{}"}}]}}]})",
         R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})", "[DONE]"});
  });
  fake_.then([](const Exchange& exchange) {
    const Json told = Json::parse(exchange.body)["messages"].back();
    exchange.stream(
        {Json{{"choices",
               Json::array({Json{{"delta", {{"content", "It says: " + told["content"].get<std::string>()}}}}})}}
             .dump(),
         R"({"choices":[{"delta":{},"finish_reason":"stop"}]})", "[DONE]"});
  });
  AskModel question;
  question.session = kSession;
  question.asker = kAda;
  question.text = "greet them";
  question.tools = true;
  const auto outcome = wait<Outcome>([&](auto answer) {
    system_->conversations().ask_model(
        std::move(question), cause(), [](const auto&) {}, std::move(answer));
  });
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->answer.text, "It says: hello world");
}

events::McpServer by_http(const std::string& url) {
  events::McpServer server;
  server.name = "web";
  server.transport = "http";
  server.url = url;
  return server;
}

TEST_F(McpTest, SpeaksHttpWithTheSessionThatItIsGiven) {
  const auto json = [](const Exchange& exchange, const Json& result) {
    const Json asked = Json::parse(exchange.body);
    exchange.answer("200 OK", Json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"result", result}}.dump(),
                    "Content-Type: application/json\r\nMcp-Session-Id: s-1\r\n");
  };
  fake_.otherwise = [json](const Exchange& exchange) {
    if (!exchange.head.starts_with("POST ")) return exchange.answer("405 No", "");
    const Json asked = Json::parse(exchange.body);
    const auto method = asked["method"].get<std::string>();
    if (method == "initialize")
      return json(exchange, {{"protocolVersion", "2025-06-18"}, {"capabilities", {{"tools", Json::object()}}}});
    if (method == "tools/list")
      return json(exchange, {{"tools", Json::array({Json{{"name", "web"}, {"inputSchema", {{"type", "object"}}}}})}});
    if (!asked.contains("id")) return exchange.answer("202 Accepted", "");
    exchange.send_head("200 OK", "Content-Type: text/event-stream\r\n");
    exchange.send_event(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{}})");
    exchange.send_event(Json{{"jsonrpc", "2.0"},
                             {"id", asked["id"]},
                             {"result", {{"content", Json::array({Json{{"type", "text"}, {"text", "by a stream"}}})}}}}
                            .dump());
    exchange.end();
  };
  const auto id = *add(by_http(fake_.url + "/mcp"));
  eventually([&] { return system_->tools().find("web") != nullptr; }, "the tool is there");
  EXPECT_EQ(call("web")->text, "by a stream");
  const auto last = fake_.seen().back().head;
  EXPECT_NE(last.find("Mcp-Session-Id: s-1"), last.npos) << last;
  EXPECT_NE(last.find("MCP-Protocol-Version: 2025-06-18"), last.npos) << last;
  EXPECT_EQ(system_->mcp().status(id).state, "connected");
}

TEST_F(McpTest, TellsWhoWaitsForAConnectionThatTheServerIsDisabledOrGone) {
  fake_.otherwise = [](const Exchange&) {};
  const auto id = *add(by_http(fake_.url));
  const auto connect = [&] {
    const auto promise = std::make_shared<std::promise<Expected<void>>>();
    system_->mcp().connect(id, [promise](Expected<void> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  };
  auto disabled = connect();
  change(id, {{"enabled", false}});
  ASSERT_EQ(disabled.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(disabled.get().error().code, Errc::cancelled);
  auto gone = connect();
  ASSERT_TRUE(wait<RecordPtr>([&](auto answer) {
    system_->catalogue().ask<events::McpServer>(id, RemoveEntry{}, cause(), std::move(answer));
  }));
  ASSERT_EQ(gone.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(gone.get().error().code, Errc::not_found);
}

TEST_F(McpTest, FollowsNoRedirect) {
  fake_.otherwise = [](const Exchange& exchange) {
    exchange.answer("302 Found", "", "Location: http://169.254.169.254/latest\r\n");
  };
  const auto id = *add(by_http(fake_.url));
  eventually_is(id, "error");
  EXPECT_EQ(system_->mcp().status(id).error, "the server answers with HTTP status 302");
}

TEST_F(McpTest, ReachesNoAddressThatItMustNot) {
  for (const char* url :
       {"http://169.254.169.254/mcp", "http://metadata.google.internal/mcp", "ftp://a.example/x", "nothing"})
    EXPECT_EQ(add(by_http(url)).error().field, "url") << url;
  stop();
  allow_local_ = false;
  start();
  for (const char* url : {"http://127.0.0.1:1/mcp", "http://localhost/mcp", "http://10.0.0.1/mcp", "http://[::1]/mcp"})
    EXPECT_EQ(add(by_http(url)).error().field, "url") << url;
}

}  // namespace
}  // namespace troupe::actors
