#include "actors/group.hpp"

#include <gmock/gmock.h>

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using ::testing::ElementsAre;
using testing::expect_refused;
using testing::only;
using Group = testing::Given<GroupDecider>;

constexpr Micros kMinute = 60'000'000;
constexpr AccountId kGroup = 5;

GroupSettings changed(const Group& group, Json patch) {
  return only<GroupSettingsChanged>(group.when(ChangeGroup{kGroup, std::move(patch)})).settings;
}

TEST(GroupDecider, MergesWhatIsSetAndForgetsWhatIsNull) {
  const Group set({GroupSettingsChanged{kGroup, changed({}, {{"wake", {{"at", false}, {"prefixes", {"!"}}}}})}});
  const auto more = changed(set, {{"wake", {{"prefixes", {"?"}}, {"random_rate", 0.5}}}, {"prompt", "Be brief."}});
  EXPECT_EQ(more.wake.at, false);
  EXPECT_THAT(*more.wake.prefixes, ElementsAre("?"));
  EXPECT_EQ(more.wake.random_rate, 0.5);
  EXPECT_EQ(more.prompt, "Be brief.");
  EXPECT_FALSE(changed(set, {{"wake", {{"at", nullptr}}}}).wake.at);
}

TEST(GroupDecider, TellsNothingWhereNothingChanges) {
  EXPECT_TRUE(Group().when(ChangeGroup{kGroup, {{"enabled", true}}})->empty());
  EXPECT_TRUE(Group().when(ResetGroup{kGroup})->empty());
  EXPECT_EQ(only<GroupSettingsReset>(Group({GroupSettingsChanged{kGroup, {.enabled = false}}}).when(ResetGroup{kGroup}))
                .group,
            kGroup);
}

TEST(GroupDecider, NamesTheFieldThatIsNoGood) {
  const auto refused = [](Json patch, const std::string& field) {
    expect_refused(Group().when(ChangeGroup{kGroup, std::move(patch)}), Errc::invalid, field);
  };
  refused({{"lists", {{"mode", "some"}}}}, "lists.mode");
  refused({{"lists", {{"blacklist", {""}}}}}, "lists.blacklist");
  refused({{"limits", {{"daily_user", -1}}}}, "limits.daily_user");
  refused({{"rate", {{"enabled", true}, {"max_messages", 0}}}}, "rate.max_messages");
  refused({{"wake", {{"random_rate", 2}}}}, "wake.random_rate");
  refused({{"prompt", std::string(defaults::kMaxQuestionLength + 1, 'x')}}, "prompt");
  refused({{"tools", {{"blocked", std::vector<std::string>(defaults::kMaxSettingsListEntries + 1, "x")}}}},
          "tools.blocked");
  refused({{"enabled", "yes"}}, "");
}

TEST(GroupDecider, TakesNoChannelThatIsNear) {
  for (const char* url :
       {"http://127.0.0.1:11434/v1", "http://localhost/v1", "http://10.0.0.7/v1", "http://0x7f000001/",
        "http://[::1]/v1", "http://169.254.169.254/latest", "ftp://example.org"})
    expect_refused(Group().when(ChangeGroup{kGroup, {{"channel", {{"base_url", url}}}}}), Errc::invalid, "base_url");
  EXPECT_EQ(changed({}, {{"channel", {{"base_url", "https://models.example.org/v1"}}}}).channel->format, "openai");
}

TEST(GroupDecider, LetsNoKeyFollowItsChannelToAnotherPlace) {
  const auto channel = [](const char* url, Json keys) {
    return Json{{"channel", {{"base_url", url}, {"sealed_keys", keys}, {"key_hints", keys}}}};
  };
  const Group set({GroupSettingsChanged{kGroup, changed({}, channel("https://a.example.org/v1", {"old", "older"}))}});
  const auto moved = changed(set, {{"channel", {{"base_url", "https://b.example.org/v1"}}}});
  EXPECT_THAT(moved.channel->sealed_keys, ::testing::IsEmpty());
  EXPECT_THAT(moved.channel->key_hints, ::testing::IsEmpty());
  EXPECT_THAT(changed(set, channel("https://b.example.org/v1", {"old", "new"})).channel->sealed_keys,
              ElementsAre("new"));
  EXPECT_THAT(changed(set, {{"channel", {{"model", "m"}}}}).channel->sealed_keys, ElementsAre("old", "older"));
}

TEST(GroupDecider, LetsNobodyLoosenWhatTheHouseHasSet) {
  const auto by_house = [](const Group& group, Json patch) {
    return only<GroupSettingsChanged>(group.when(ChangeGroup{kGroup, std::move(patch), true}));
  };
  const Group held({by_house(Group(), {{"enabled", false},
                                       {"limits", {{"daily_group", 10}, {"daily_user", 3}}},
                                       {"lists", {{"mode", "blacklist"}, {"blacklist", {"7"}}}},
                                       {"tools", {{"blocked", {"shell"}}, {"blocked_categories", {"web"}}}}})});
  const auto refused = [&](Json patch, const char* field) {
    expect_refused(held.when(ChangeGroup{kGroup, std::move(patch)}), Errc::forbidden, field);
  };
  refused({{"enabled", true}}, "enabled");
  refused({{"limits", {{"daily_group", 11}}}}, "limits.daily_group");
  refused({{"limits", {{"daily_user", 0}}}}, "limits.daily_user");
  refused({{"lists", {{"blacklist", Json::array()}}}}, "lists.blacklist");
  refused({{"lists", {{"mode", "none"}}}}, "lists.mode");
  refused({{"tools", {{"blocked", {"other"}}}}}, "tools.blocked");
  refused({{"tools", {{"blocked_categories", nullptr}}}}, "tools.blocked_categories");
  expect_refused(held.when(ListGroupUser{kGroup, false, "7", false}), Errc::forbidden, "lists.blacklist");
  expect_refused(held.when(ForgiveGroupUse{kGroup, 1, 1, {}}), Errc::forbidden, "");
  EXPECT_TRUE(held.when(ChangeGroup{kGroup, {{"bounds", {{"enabled", true}}}}})->empty());
  EXPECT_EQ(changed(held, {{"limits", {{"daily_group", 5}}}, {"enabled", false}}).limits.daily_group, 5);
  EXPECT_FALSE(held.when(ForgiveGroupUse{kGroup, 1, 1, {}, true})->empty());
  const Group freed({by_house(held, {{"enabled", true}, {"limits", {{"daily_user", 0}}}})});
  EXPECT_EQ(changed(freed, {{"limits", {{"daily_user", 100}}}}).limits.daily_user, 100);
  expect_refused(freed.when(ChangeGroup{kGroup, {{"limits", {{"daily_group", 0}}}}}), Errc::forbidden,
                 "limits.daily_group");
}

TEST(GroupDecider, EndsCodesAndLoginsWhenItIsReset) {
  const Group group({GroupCodeIssued{"code", 9, kMinute}, GroupAdminLoggedIn{"token", 9, kMinute}});
  const auto reset = group.when(ResetGroup{kGroup});
  ASSERT_TRUE(reset && reset->size() == 2);
  EXPECT_THAT(std::get<GroupCodesEnded>(reset->front()).code_hashes, ElementsAre("code"));
  EXPECT_THAT(std::get<GroupLoginsEnded>(reset->back()).token_hashes, ElementsAre("token"));
}

TEST(GroupDecider, KeepsNoMoreOfAGroupThanItMay) {
  const auto listing = [](std::size_t bytes) {
    return ChangeGroup{kGroup,
                       {{"lists", {{"blacklist", std::vector<std::string>(bytes / 100, std::string(97, '7'))}}}}};
  };
  EXPECT_TRUE(Group().when(listing(kMaxGroupSettingsBytes - 2'000)));
  expect_refused(Group().when(listing(kMaxGroupSettingsBytes + 100)), Errc::invalid, "");
}

TEST(GroupDecider, PutsUsersOnItsListsOnce) {
  const Group listed({GroupSettingsChanged{
      kGroup, only<GroupSettingsChanged>(Group().when(ListGroupUser{kGroup, false, "7", true, true})).settings}});
  EXPECT_THAT(listed.state.settings.lists.blacklist, ElementsAre("7"));
  EXPECT_EQ(listed.state.settings.lists.mode, "blacklist");
  EXPECT_TRUE(listed.when(ListGroupUser{kGroup, false, "7"})->empty());
  EXPECT_TRUE(only<GroupSettingsChanged>(listed.when(ListGroupUser{kGroup, false, "7", false}))
                  .settings.lists.blacklist.empty());
  expect_refused(listed.when(ListGroupUser{kGroup, false, ""}), Errc::invalid, "userId");
}

TEST(GroupDecider, TakesACodeOnceAndInTime) {
  const auto issued = Group().when(IssueGroupCode{"digest", 9}, 1);
  const Group group({only<GroupCodeIssued>(issued)});
  const auto in = group.when(LogInToGroup{"digest", "token"}, 4 * kMinute);
  ASSERT_TRUE(in && in->size() == 2);
  EXPECT_EQ(std::get<GroupAdminLoggedIn>(in->back()).user, 9);
  EXPECT_EQ(GroupDecider::claims(group.state, in->front()).front().kind, Claim::Kind::release);
  const Group used({issued->front(), in->front(), in->back()});
  expect_refused(used.when(LogInToGroup{"digest", "other"}, 4 * kMinute), Errc::unauthenticated, "code");
  expect_refused(group.when(LogInToGroup{"digest", "token"}, 6 * kMinute), Errc::unauthenticated, "code");
  expect_refused(group.when(LogInToGroup{"guess", "token"}, 1), Errc::unauthenticated, "code");
}

TEST(GroupDecider, EndsTheOldestOfTooManyCodesAndLogins) {
  std::vector<GroupEvent> codes, logins;
  for (std::size_t i = 0; i < defaults::kMaxGroupCodes; ++i)
    codes.push_back(GroupCodeIssued{"code" + std::to_string(i), 9, kMinute});
  const auto issued = Group(codes).when(IssueGroupCode{"new", 9}, 1);
  EXPECT_THAT(std::get<GroupCodesEnded>(issued->front()).code_hashes, ElementsAre("code0"));
  for (std::size_t i = 0; i < defaults::kMaxGroupLogins; ++i)
    logins.push_back(GroupAdminLoggedIn{"login" + std::to_string(i), 9, kMinute});
  logins.push_back(GroupCodeIssued{"code", 9, kMinute});
  const auto in = Group(logins).when(LogInToGroup{"code", "token"}, 1);
  EXPECT_THAT(std::get<GroupLoginsEnded>((*in)[1]).token_hashes, ElementsAre("login0"));
}

TEST(GroupDecider, EndsALoginOnce) {
  const Group in({GroupAdminLoggedIn{"token", 9, kMinute}});
  const auto out = only<GroupLoginsEnded>(in.when(LogOutOfGroup{"token"}));
  EXPECT_TRUE(Group({GroupAdminLoggedIn{"token", 9, kMinute}, out}).when(LogOutOfGroup{"token"})->empty());
}

}  // namespace
}  // namespace troupe::actors
