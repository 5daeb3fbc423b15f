#include "http/socketio/recovery.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace troupe::socketio {
namespace {

struct RecoveryLogTest : testing::Test {
  FakeLoop loop;
  RecoveryOptions options{.enabled = true, .window = 1000ms, .max_events = 3, .max_bytes = 10'000, .max_sockets = 2};

  static Frames event(std::string_view text) { return {text_packet(text)}; }
  static std::vector<std::string> texts(const std::optional<std::vector<Frames>>& missed) {
    std::vector<std::string> list;
    if (!missed) return {"<none>"};
    for (const auto& frames : *missed) list.emplace_back(frames.at(0).payload());
    return list;
  }
  const LostSocket socket{"sid", "/", {"red"}, 0};
};

TEST_F(RecoveryLogTest, GivesTheEventsOfTheSocketsRoomsAfterTheOffset) {
  options.max_events = 100;
  RecoveryLog log(loop, options);
  log.record("/", {"red"}, event("1"));
  log.record("/", {"blue"}, event("2"));
  log.record("/", {}, event("3"));
  log.record("/x", {}, event("4"));
  log.record("/", {"sid"}, event("5"));
  log.record("/", {"blue", "red"}, event("6"));
  EXPECT_EQ(texts(log.missed(socket, 1, 10, 1000)), (std::vector<std::string>{"3", "5", "6"}));
  EXPECT_EQ(texts(log.missed(socket, 6, 10, 1000)), (std::vector<std::string>{}));
  EXPECT_EQ(texts(log.missed(socket, 7, 10, 1000)), (std::vector<std::string>{"<none>"})) << "an offset not given yet";
}

TEST_F(RecoveryLogTest, KeepsOnlyTheNewestEvents) {
  RecoveryLog log(loop, options);
  for (const auto* text : {"1", "2", "3", "4"}) log.record("/", {}, event(text));
  EXPECT_EQ(log.events(), 3U);
  EXPECT_EQ(texts(log.missed(socket, 1, 10, 1000)), (std::vector<std::string>{"2", "3", "4"}));
  EXPECT_EQ(texts(log.missed(socket, 0, 10, 1000)), (std::vector<std::string>{"<none>"})) << "event 1 is gone";
}

TEST_F(RecoveryLogTest, KeepsNoMoreBytesThanTheLimit) {
  RecoveryLog log(loop, options);
  for (int i = 0; i < 3; ++i) log.record("/", {}, event(std::string(4000, 'x')));
  EXPECT_EQ(log.events(), 2U);
  EXPECT_LE(log.bytes(), options.max_bytes);
  log.record("/", {}, event(std::string(20000, 'x')));
  EXPECT_EQ(log.events(), 0U);
  EXPECT_EQ(log.bytes(), 0U);
  EXPECT_EQ(texts(log.missed(socket, 3, 10, 100000)), (std::vector<std::string>{"<none>"}));
}

TEST_F(RecoveryLogTest, RefusesToReplayMoreThanAClientCanQueue) {
  RecoveryLog log(loop, options);
  for (const auto* text : {"1", "2", "3"}) log.record("/", {}, event(text));
  EXPECT_EQ(texts(log.missed(socket, 0, 2, 1000)), (std::vector<std::string>{"<none>"}));
  EXPECT_EQ(texts(log.missed(socket, 0, 3, 8)), (std::vector<std::string>{"<none>"}));
}

TEST_F(RecoveryLogTest, GivesAPlaceOnceAndOnlyInItsNamespace) {
  RecoveryLog log(loop, options);
  log.keep("pid", socket);
  EXPECT_FALSE(log.take("pid", "/other"));
  EXPECT_FALSE(log.take("dip", "/"));
  EXPECT_TRUE(log.take("pid", "/"));
  EXPECT_FALSE(log.take("pid", "/"));
}

TEST_F(RecoveryLogTest, ForgetsAPlaceAfterTheWindow) {
  RecoveryLog log(loop, options);
  log.keep("pid", socket);
  loop.advance(999ms);
  EXPECT_TRUE(log.has_lost_sockets());
  loop.advance(1ms);
  EXPECT_FALSE(log.take("pid", "/"));
  EXPECT_EQ(loop.timers(), 0U);
}

TEST_F(RecoveryLogTest, ForgetsTheOldestPlacePastTheLimit) {
  RecoveryLog log(loop, options);
  for (const auto* pid : {"a", "b", "c"}) log.keep(pid, socket);
  EXPECT_EQ(log.lost_sockets(), 2U);
  EXPECT_FALSE(log.take("a", "/"));
  EXPECT_TRUE(log.take("b", "/"));
}

}  // namespace
}  // namespace troupe::socketio
