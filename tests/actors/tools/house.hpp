// A house with one account, Ada, and a chat of hers, on a real store, with a model behind a real socket.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "projections/catalogue_queries.hpp"
#include "tests/actors/llm/fake_provider.hpp"
#include "tests/actors/running_system.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors::testing {

using namespace std::chrono_literals;
using storage::RecordPtr;

class HouseTest : public RunningSystemTest {
 protected:
  HouseTest() {
    start();
    wait<RecordPtr>([&](auto answer) {
      system_->register_account({0, "ada", "ada@example.org", "", "hash", "user"}, cause(), answer);
    });
    CreateSession create;
    create.kind = "chat";
    create.owner = kAda;
    const auto created = wait<RecordPtr>(
        [&](auto answer) { system_->conversations().create(std::move(create), "title", cause(), answer); });
    EXPECT_TRUE(created) << created.error().message;
  }
  ~HouseTest() override { stop(); }

  void start() {
    SystemOptions options;
    options.models.providers = {{"one", fake_.url, {}, "m"}};
    options.models.retry_delay = 10ms;
    options.mcp_commands = {"/bin/sh"};
    options.allow_local_providers = allow_local_;
    start_system(std::move(options));
  }
  void restart() {
    stop();
    start();
  }

  static Cause cause() { return {"ada", "request", now_micros(), std::nullopt}; }

  void set_tool_rules(Json rules) {
    Json all = projections::bot_settings(*store_).tools;
    all.update(rules);
    const auto changed = wait<RecordPtr>([&](auto answer) {
      system_->catalogue().ask<events::BotSettings>("bot", ChangeEntry{{{"tools", all}}}, cause(), answer);
    });
    ASSERT_TRUE(changed) << changed.error().message;
  }

  /// A tool that answers as `run` says.
  static OfferedTool tool(const std::string& name,
                          std::function<StopTool(const Json&, const ToolContext&, ToolAnswer)> run) {
    OfferedTool tool;
    tool.name = name;
    tool.description = "A tool of the test";
    tool.parameters = Json::parse(R"({"type":"object","properties":{"a":{"type":"integer"}}})");
    tool.run = std::move(run);
    return tool;
  }
  /// Says `<name> <a>`.
  static OfferedTool saying(const std::string& name) {
    return tool(name, [name](const Json& arguments, const ToolContext&, const ToolAnswer& answer) -> StopTool {
      answer(ToolResult{name + " " + std::to_string(arguments.value("a", 0))});
      return {};
    });
  }

  Expected<ToolOutcome> call(const std::string& name, const std::string& arguments = "{}") {
    ToolContext context{kAda};
    context.through = "panel";
    return wait<ToolOutcome>(
        [&](auto answer) { system_->tools().call(name, arguments, std::move(context), std::move(answer)); });
  }

  static void eventually(const std::function<bool()>& holds, const char* what) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
      std::this_thread::sleep_for(1ms);
    }
  }

  static constexpr AccountId kAda = 1;
  static constexpr SessionId kSession = 1;

  bool allow_local_ = true;
  llm::testing::FakeProvider fake_;
};

}  // namespace troupe::actors::testing
