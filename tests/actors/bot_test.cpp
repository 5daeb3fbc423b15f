#include "actors/bot.hpp"

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Bot = testing::Given<BotDecider>;

const BotCreated kBot{"AbCdEf", 7, "helper", Json::object(), "digest-1", "sealed-1"};

TEST(BotDecider, IsCreatedOffline) {
  EXPECT_EQ(only<BotCreated>(Bot().when(CreateBot{"AbCdEf", 7, "helper"})).owner_id, 7);
  EXPECT_EQ(Bot({kBot}).state.status, "offline");
}

TEST(BotDecider, NamesTheFieldOfABadBot) {
  expect_refused(Bot().when(CreateBot{"AbCdEf", 7, ""}), Errc::invalid, "name");
  expect_refused(Bot().when(CreateBot{"AbCdEf", 7, std::string(defaults::kMaxBotNameLength + 1, 'x')}), Errc::invalid,
                 "name");
  expect_refused(Bot().when(CreateBot{"AbCdEf", 7, "x", Json::array()}), Errc::invalid, "metadata");
  const Json large = {{"text", std::string(defaults::kMaxMetadataBytes, 'x')}};
  expect_refused(Bot().when(CreateBot{"AbCdEf", 7, "x", large}), Errc::too_large, "metadata");
}

TEST(BotDecider, GoesOfflineOnlyWhenItIsReallySilent) {
  const Bot online({kBot, BotStatusReported{"online", {}}}, 50);
  EXPECT_EQ(only<BotWentOffline>(online.when(NoticeSilence{60})).last_heard, 60);
  const auto spoke_since = online.when(NoticeSilence{40});
  ASSERT_TRUE(spoke_since);
  EXPECT_TRUE(spoke_since->empty());
  const auto offline_already = Bot({kBot}).when(NoticeSilence{60});
  ASSERT_TRUE(offline_already);
  EXPECT_TRUE(offline_already->empty());
}

TEST(BotDecider, RefusesAStatusThatIsNeitherOnlineNorOffline) {
  expect_refused(Bot({kBot}).when(ReportBotStatus{"sleepy"}), Errc::invalid, "status");
  expect_refused(Bot({kBot}).when(RegisterBot{std::nullopt, ""}), Errc::invalid, "status");
}

TEST(BotDecider, ANewTokenReplacesTheOldOne) {
  const Bot bot({kBot});
  const auto claims = BotDecider::claims(bot.state, BotTokenRegenerated{"digest-2", "sealed-2"});
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].name, "token/digest-1");
  EXPECT_EQ(claims[0].kind, Claim::Kind::release);
  EXPECT_EQ(claims[1].name, "token/digest-2");
}

TEST(BotDecider, NothingFollowsDeletion) {
  const Bot gone({kBot, BotDeleted{7, 0}});
  expect_refused(gone.when(UpdateBot{"x"}), Errc::not_found);
  expect_refused(gone.when(DeleteBot{}), Errc::not_found);
}

TEST(BotDecider, SyncsObjectsOfBoundedSize) {
  EXPECT_EQ(only<BotDataSynced>(Bot({kBot}).when(SyncBotData{{{"groups", 1}}})).data["groups"], 1);
  expect_refused(Bot({kBot}).when(SyncBotData{Json::array()}), Errc::invalid);
  const Json large = {{"text", std::string(defaults::kMaxBotDataBytes, 'x')}};
  expect_refused(Bot({kBot}).when(SyncBotData{large}), Errc::too_large, "body");
}

}  // namespace
}  // namespace troupe::actors
