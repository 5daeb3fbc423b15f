#include "actors/command.hpp"

#include <random>

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Command = testing::Given<CommandDecider>;

const CommandQueued kQueued{"cmd_1_aaaaaa", 1, "AbCdEf", 7, "restart", Json::object(), "api"};

TEST(CommandDecider, IsLeasedToOnePollerAtATime) {
  const Command queued({kQueued});
  const auto lease = only<CommandLeased>(queued.when(LeaseCommand{100}, 10));
  EXPECT_EQ(lease.leased_until, 110);
  EXPECT_EQ(lease.attempt, 1u);
  const Command leased({kQueued, lease});
  expect_refused(leased.when(LeaseCommand{100}, 109), Errc::conflict);
  EXPECT_EQ(only<CommandLeased>(leased.when(LeaseCommand{100}, 110)).attempt, 2u);
}

TEST(CommandDecider, IsFinishedOnce) {
  const Command queued({kQueued});
  const auto finished = only<CommandFinished>(queued.when(FinishCommand{"completed", {{"n", 1}}}));
  const Command done({kQueued, finished});
  const auto again = done.when(FinishCommand{"completed", {{"n", 1}}});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  expect_refused(done.when(FinishCommand{"completed", {{"n", 2}}}), Errc::conflict);
  expect_refused(done.when(FinishCommand{"failed"}), Errc::conflict);
  expect_refused(done.when(LeaseCommand{100}), Errc::conflict);
}

TEST(CommandDecider, RefusesAckOfUnknownCommand) {
  expect_refused(Command().when(FinishCommand{"completed"}), Errc::not_found);
}

TEST(CommandDecider, RefusesAnotherWordThanCompletedOrFailed) {
  expect_refused(Command({kQueued}).when(FinishCommand{"done"}), Errc::invalid, "status");
}

TEST(CommandDecider, BoundsWhatItKeeps) {
  QueueCommand command{"cmd_1_aaaaaa", 1, "AbCdEf", 7, ""};
  expect_refused(Command().when(command), Errc::invalid, "type");
  command.type = "x";
  command.payload = {{"text", std::string(defaults::kMaxMetadataBytes, 'x')}};
  expect_refused(Command().when(command), Errc::too_large, "payload");
  expect_refused(Command({kQueued}).when(FinishCommand{"failed", command.payload}), Errc::too_large, "result");
}

/// Whatever is asked in whatever order: attempts count leases, leases never overlap, and nothing happens after the end.
TEST(CommandDecider, KeepsItsInvariantsUnderRandomCommands) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 300; ++round) {
    CommandState state;
    Micros now = 0, leased_until = 0;
    std::uint32_t leases = 0, ends = 0;
    for (int step = 0; step < 40; ++step) {
      now += random() % 50;
      CommandDecider::Command command;
      switch (random() % 4) {
        case 0: command = QueueCommand{"cmd_1_aaaaaa", 1, "AbCdEf", 7, "t"}; break;
        case 1: command = LeaseCommand{static_cast<Micros>(random() % 100)}; break;
        case 2: command = FinishCommand{"completed", {{"n", random() % 2}}}; break;
        default: command = FinishCommand{"failed"}; break;
      }
      const auto events = CommandDecider::decide(state, command, now);
      if (!events) continue;
      for (const auto& event : *events) {
        ASSERT_EQ(ends, 0u) << "something happened after the end";
        if (const auto* lease = std::get_if<CommandLeased>(&event)) {
          ASSERT_GE(now, leased_until) << "leased while leased";
          ASSERT_EQ(lease->attempt, ++leases);
          leased_until = lease->leased_until;
        }
        if (std::holds_alternative<CommandFinished>(event)) ++ends;
        CommandDecider::evolve(state, event, now);
      }
    }
    EXPECT_EQ(state.attempts, leases);
  }
}

}  // namespace
}  // namespace troupe::actors
