#include "actors/account.hpp"
#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Account = testing::Given<AccountDecider>;

const AccountRegistered kAda{1, "ada", "ada@example.org", "Ada", "hash-1", "user"};

ProfileUpdated preferring(Json preferences) { return {.preferences = std::move(preferences)}; }

TEST(AccountProfile, ANewEmailMovesTheClaim) {
  const Account ada({kAda});
  const auto events = ada.when(UpdateProfile{.email = "ada@example.com"});
  const auto claims = AccountDecider::claims(ada.state, only<ProfileUpdated>(events));
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].name, "email/ada@example.org");
  EXPECT_EQ(claims[0].kind, Claim::Kind::release);
  EXPECT_EQ(claims[1].name, "email/ada@example.com");
  EXPECT_EQ(claims[1].kind, Claim::Kind::take);
  EXPECT_EQ(Account({kAda, events->front()}).state.email, "ada@example.com");
}

TEST(AccountProfile, ANewEmailEndsAResetThatWentToTheOldOne) {
  const Account ada({kAda, PasswordResetIssued{"reset", "sealed", "ada@example.org", 100}});
  const ProfileUpdated moved{.email = "ada@example.com"};
  const auto claims = AccountDecider::claims(ada.state, moved);
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[0].name, "reset/reset");
  const Account after({kAda, PasswordResetIssued{"reset", "sealed", "ada@example.org", 100}, moved});
  expect_refused(after.when(ResetPassword{"reset", "hash-2"}, 99), Errc::invalid, "token");
}

TEST(AccountProfile, TheSameEmailAgainChangesNothing) {
  const Account ada({kAda});
  EXPECT_TRUE(ada.when(UpdateProfile{.email = "ada@example.org"})->empty());
  EXPECT_TRUE(AccountDecider::claims(ada.state, ProfileUpdated{.email = "ada@example.org"}).empty());
  const auto both = ada.when(UpdateProfile{.fullname = "A", .email = "ada@example.org"});
  EXPECT_FALSE(only<ProfileUpdated>(both).email);
}

TEST(AccountProfile, ChangesWithTheRoleOrNotAtAll) {
  const Account ada({kAda});
  const auto both = ada.when(ChangeUser{{.email = "ada@example.com"}, {"moderator"}});
  ASSERT_TRUE(both) << both.error().message;
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ(std::get<ProfileUpdated>((*both)[0]).email, "ada@example.com");
  EXPECT_EQ(std::get<RoleChanged>((*both)[1]).role, "moderator");
  expect_refused(ada.when(ChangeUser{{.fullname = "A"}, {"king"}}), Errc::invalid, "role");
  expect_refused(ada.when(ChangeUser{{.email = "none"}, {"moderator"}}), Errc::invalid, "email");
  const Account last({kAda, RoleChanged{"admin"}});
  expect_refused(last.when(ChangeUser{{.fullname = "A"}, {"user"}}), Errc::conflict, "administrators");
  EXPECT_TRUE(last.when(ChangeUser{{.fullname = "A"}, {"user", true}}));
}

TEST(AccountProfile, RefusesWhatIsNoEmail) {
  for (const char* email : {"", "ada", "@example.org"})
    expect_refused(Account({kAda}).when(UpdateProfile{.email = email}), Errc::invalid, "email");
}

TEST(AccountProfile, PreferencesAreMergedByName) {
  const Account ada({kAda, preferring({{"theme", "dark"}, {"language", "en"}, {"sounds", {{"typing", true}}}})});
  const auto events = ada.when(
      UpdateProfile{.preferences = Json{{"theme", "light"}, {"language", nullptr}, {"sounds", {{"ping", false}}}}});
  EXPECT_EQ(*only<ProfileUpdated>(events).preferences, (Json{{"theme", "light"}, {"sounds", {{"ping", false}}}}));
}

TEST(AccountProfile, TheLastPreferenceCanBeRemoved) {
  const auto events = Account({kAda, preferring({{"a", 1}})}).when(UpdateProfile{.preferences = Json{{"a", nullptr}}});
  EXPECT_EQ(*only<ProfileUpdated>(events).preferences, Json::object());
  const auto stored = decode<AccountEvent>(encode(only<ProfileUpdated>(events)));
  ASSERT_TRUE(stored);
  EXPECT_EQ(std::get<ProfileUpdated>(*stored).preferences, Json::object());
}

TEST(AccountProfile, PreferencesThatStayAsTheyAreChangeNothing) {
  EXPECT_TRUE(Account({kAda, preferring({{"a", 1}})}).when(UpdateProfile{.preferences = Json{{"a", 1}}})->empty());
  EXPECT_TRUE(Account({kAda}).when(UpdateProfile{.preferences = Json::object()})->empty());
}

TEST(AccountProfile, PreferencesAreAnObjectOfLimitedSizeAllTogether) {
  const std::string half(defaults::kMaxPreferencesBytes / 2, 'x');
  for (const Json& wrong : {Json("dark"), Json::array({1}), Json(nullptr)})
    expect_refused(Account({kAda}).when(UpdateProfile{.preferences = wrong}), Errc::invalid, "preferences");
  const Account ada({kAda, preferring({{"a", half}})});
  expect_refused(ada.when(UpdateProfile{.preferences = Json{{"b", half}}}), Errc::too_large, "preferences");
  EXPECT_TRUE(ada.when(UpdateProfile{.preferences = Json{{"a", nullptr}, {"b", half}}}));
}

TEST(AccountProfile, AnAvatarIsAWebAddressOrAPath) {
  for (const char* good :
       {"", "https://example.org/a.png?size=2#x", "http://example.org", "/files/1", "/", "https://[::1]/a"})
    EXPECT_TRUE(Account({kAda}).when(UpdateProfile{.avatar_url = good})) << good;
  for (const char* bad :
       {"a.png", "javascript:alert(1)", "data:image/png;base64,AA", "ftp://example.org/a", "https://", "https:///a",
        "//example.org/a", "/\\example.org", "https://example.org/a b", "/a\"onload=", "/a<b", "/é", "HTTPS", " /a"})
    expect_refused(Account({kAda}).when(UpdateProfile{.avatar_url = bad}), Errc::invalid, "avatar_url");
  const std::string longest = "/" + std::string(defaults::kMaxAvatarUrlLength - 1, 'a');
  EXPECT_TRUE(Account({kAda}).when(UpdateProfile{.avatar_url = longest}));
  expect_refused(Account({kAda}).when(UpdateProfile{.avatar_url = longest + "a"}), Errc::invalid, "avatar_url");
}

}  // namespace
}  // namespace troupe::actors
