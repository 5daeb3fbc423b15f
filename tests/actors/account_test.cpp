#include "actors/account.hpp"

#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Account = testing::Given<AccountDecider>;

const AccountRegistered kAda{1, "ada", "ada@example.org", "Ada", "hash-1", "user"};
constexpr Micros kDay = 86'400'000'000;

RegisterAccount registration(std::string username = "ada", std::string email = "ada@example.org") {
  return {1, std::move(username), std::move(email), "Ada", "hash-1", "user"};
}

TEST(AccountDecider, RegistersANewAccount) {
  const auto events = Account().when(registration());
  EXPECT_EQ(only<AccountRegistered>(events).username, "ada");
}

TEST(AccountDecider, RefusesToRegisterTwice) {
  expect_refused(Account({kAda}).when(registration()), Errc::conflict, "id");
}

TEST(AccountDecider, NamesTheFieldOfABadRegistration) {
  for (const char* name : {"", "a b", "a@b", "a\tb", "tab\x01"})
    expect_refused(Account().when(registration(name)), Errc::invalid, "username");
  for (const char* email :
       {"", "ada", "@example.org", "ada@", "ada@@example.org", "a..b@example.org", "ada@exa mple.org"})
    expect_refused(Account().when(registration("ada", email)), Errc::invalid, "email");
  auto long_name = registration();
  long_name.fullname = std::string(defaults::kMaxProfileFieldLength + 1, 'x');
  expect_refused(Account().when(long_name), Errc::invalid, "fullname");
  expect_refused(Account().when(registration(std::string(defaults::kMaxUsernameLength + 1, 'x'))), Errc::invalid,
                 "username");
}

TEST(AccountDecider, CountsCharactersAndNotBytes) {
  std::string name;
  for (std::size_t i = 0; i < defaults::kMaxUsernameLength; ++i) name += "é";
  EXPECT_TRUE(Account().when(registration(name)).has_value());
}

TEST(AccountDecider, TakesItsNamesAndGivesThemUp) {
  const auto taken = AccountDecider::claims({}, kAda);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].name, "username/ada");
  EXPECT_EQ(taken[1].name, "email/ada@example.org");
  const auto released = AccountDecider::claims(Account({kAda}).state, AccountDeleted{});
  ASSERT_EQ(released.size(), 2u);
  EXPECT_EQ(released[0].kind, Claim::Kind::release);
}

TEST(AccountDecider, LogsInForSevenDays) {
  const auto events = Account({kAda}).when(LogIn{"hash-1", "token"}, 5);
  EXPECT_EQ(only<LoggedIn>(events).expires_at, 5 + 7 * kDay);
}

TEST(AccountDecider, RefusesALoginWhosePasswordWasChangedMeanwhile) {
  expect_refused(Account({kAda, PasswordChanged{"hash-2", {}}}).when(LogIn{"hash-1", "token"}), Errc::unauthenticated);
}

TEST(AccountDecider, EndsTheOldestLoginWhenTooManyAreOpen) {
  std::vector<AccountEvent> given = {kAda};
  for (std::size_t i = 0; i < defaults::kMaxLoginsPerAccount; ++i)
    given.emplace_back(LoggedIn{"token-" + std::to_string(i), kDay});
  const auto events = Account(given).when(LogIn{"hash-1", "one more"}, 1);
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<LoginsEnded>(events->front()).token_hashes, std::vector<std::string>{"token-0"});
}

TEST(AccountDecider, EndsLoginsThatRanOut) {
  const auto events = Account({kAda, LoggedIn{"old", 10}}).when(LogIn{"hash-1", "new"}, 11);
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<LoginsEnded>(events->front()).token_hashes, std::vector<std::string>{"old"});
}

TEST(AccountDecider, LoggingOutOfAnEndedLoginChangesNothing) {
  const auto events = Account({kAda}).when(LogOut{"unknown"});
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->empty());
}

TEST(AccountDecider, APasswordChangeEndsEveryLogin) {
  const Account ada({kAda, LoggedIn{"a", kDay}, LoggedIn{"b", kDay}});
  const auto events = ada.when(ChangePassword{"hash-1", "hash-2"});
  EXPECT_EQ(only<PasswordChanged>(events).ended_logins, (std::vector<std::string>{"a", "b"}));
  expect_refused(ada.when(ChangePassword{"wrong", "hash-2"}), Errc::invalid, "old_password");
}

TEST(AccountDecider, APasswordChangeKeepsTheLoginThatAskedForIt) {
  const Account ada({kAda, LoggedIn{"a", kDay}, LoggedIn{"b", kDay}, LoggedIn{"c", kDay}});
  const auto events = ada.when(ChangePassword{"hash-1", "hash-2", "b"});
  EXPECT_EQ(only<PasswordChanged>(events).ended_logins, (std::vector<std::string>{"a", "c"}));
  const Account after({kAda, LoggedIn{"a", kDay}, LoggedIn{"b", kDay}, PasswordChanged{"hash-2", {"a"}}});
  EXPECT_TRUE(after.when(LogOut{"a"})->empty());
  only<LoginsEnded>(after.when(LogOut{"b"}));
}

TEST(AccountDecider, TheLastActiveAdministratorRemainsOne) {
  const Account admin({kAda, RoleChanged{"admin"}});
  expect_refused(admin.when(ChangeRole{"user"}), Errc::conflict, "administrators");
  expect_refused(admin.when(ChangeActive{false}), Errc::conflict, "administrators");
  expect_refused(admin.when(DeleteAccount{"hash-1"}), Errc::conflict, "administrators");
  expect_refused(admin.when(DeleteAccount{"wrong", true}), Errc::unauthenticated, "password");
  only<RoleChanged>(admin.when(ChangeRole{"user", true}));
  only<ActiveChanged>(admin.when(ChangeActive{false, true}));
  only<AccountDeleted>(admin.when(DeleteAccount{"hash-1", true}));
  EXPECT_TRUE(admin.when(ChangeRole{"admin"})->empty());
}

TEST(AccountDecider, WhoIsNoActiveAdministratorMayGo) {
  only<AccountDeleted>(Account({kAda}).when(DeleteAccount{"hash-1"}));
  const Account inactive({kAda, RoleChanged{"admin"}, ActiveChanged{false}});
  only<RoleChanged>(inactive.when(ChangeRole{"user"}));
  only<AccountDeleted>(inactive.when(DeleteAccount{"hash-1"}));
}

TEST(AccountDecider, AResetTokenIsGoodOnceAndForAnHour) {
  const PasswordResetIssued issued{"reset", "sealed", "ada@example.org", 100};
  const Account ada({kAda, LoggedIn{"a", kDay}, issued});
  EXPECT_EQ(only<PasswordChanged>(ada.when(ResetPassword{"reset", "hash-2"}, 99)).ended_logins.size(), 1u);
  expect_refused(ada.when(ResetPassword{"reset", "hash-2"}, 100), Errc::invalid, "token");
  expect_refused(ada.when(ResetPassword{"other", "hash-2"}, 99), Errc::invalid, "token");
  expect_refused(Account({kAda, issued, PasswordChanged{"hash-2", {}}}).when(ResetPassword{"reset", "h"}, 99),
                 Errc::invalid, "token");
  expect_refused(Account({kAda}).when(ResetPassword{"", "h"}, 99), Errc::invalid, "token");
}

TEST(AccountDecider, ASecondResetReplacesTheFirst) {
  const Account ada({kAda, PasswordResetIssued{"first", "s", "e", 100}});
  const auto claims = AccountDecider::claims(ada.state, PasswordResetIssued{"second", "s", "e", 100});
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].name, "reset/first");
  EXPECT_EQ(claims[0].kind, Claim::Kind::release);
  EXPECT_EQ(claims[1].name, "reset/second");
}

TEST(AccountDecider, NothingFollowsDeletion) {
  const Account gone({kAda, AccountDeleted{}});
  expect_refused(gone.when(LogIn{"hash-1", "t"}), Errc::not_found);
  expect_refused(gone.when(UpdateProfile{.fullname = "A"}), Errc::not_found);
  expect_refused(Account().when(LogOut{"t"}), Errc::not_found);
}

TEST(AccountDecider, AMailThatLeftAfterTheAccountWasDeletedIsNotedAllTheSame) {
  const Account gone({kAda, PasswordResetIssued{"r", "s", "e", 100}, AccountDeleted{}});
  EXPECT_TRUE(only<PasswordResetMailSettled>(gone.when(SettlePasswordResetMail{"r", true, ""})).sent);
}

TEST(AccountDecider, RefusesTextThatIsNotUtf8) {
  expect_refused(Account().when(registration("ad\xff")), Errc::invalid, "username");
  expect_refused(Account().when(registration("ad\xed\xa0\x80")), Errc::invalid, "username");
}

TEST(AccountDecider, RefusesAnUnknownRoleAndAnEmptyUpdate) {
  expect_refused(Account({kAda}).when(ChangeRole{"king"}), Errc::invalid, "role");
  expect_refused(Account({kAda}).when(UpdateProfile{}), Errc::invalid);
}

TEST(AccountDecider, AStateSurvivesItsSnapshot) {
  const Account ada({kAda, LoggedIn{"a", kDay}, PasswordResetIssued{"r", "s", "e", 100}});
  const auto again = Json(ada.state).get<AccountState>();
  EXPECT_EQ(again.username, "ada");
  EXPECT_EQ(again.logins.size(), 1u);
  EXPECT_EQ(again.reset_expires_at, 100);
}

}  // namespace
}  // namespace troupe::actors
