#include <gtest/gtest.h>

#include "http/surfaces/chatai/recent_events.hpp"

namespace troupe::http::chatai {
namespace {

TEST(RecentEvents, BringWhatCameAfterTheOneThatWasSeen) {
  RecentEvents recent;
  recent.begin(10);
  for (events::Position id : {11, 15, 20}) recent.add({id, std::to_string(id)});
  const auto missed = recent.after(11);
  EXPECT_TRUE(missed.all);
  EXPECT_EQ(missed.texts, (std::vector<std::string>{"15", "20"}));
  EXPECT_TRUE(recent.after(20).texts.empty());
}

TEST(RecentEvents, SayWhenOlderOnesAreForgotten) {
  RecentEvents recent;
  recent.begin(10);
  EXPECT_FALSE(recent.after(9).all);
  EXPECT_TRUE(recent.after(10).all);
  for (events::Position id = 11; id < 11 + defaults::kMaxReplayedEvents + 5; ++id) recent.add({id, "x"});
  EXPECT_FALSE(recent.after(14).all);
  EXPECT_TRUE(recent.after(15).all);
  EXPECT_EQ(recent.after(0).texts.size(), defaults::kMaxReplayedEvents);
}

}  // namespace
}  // namespace troupe::http::chatai
