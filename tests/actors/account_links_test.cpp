// Links that log in by themselves.
#include "actors/account.hpp"
#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Account = testing::Given<AccountDecider>;

const AccountRegistered kAda{1, "ada", "ada@example.org", "Ada", "hash-1", "admin"};
constexpr Micros kLifetime = to_micros(defaults::kLoginLinkLifetime);
const LoginLinkIssued kOnce{"link", false, kLifetime};
const LoginLinkIssued kPermanent{"for-ever", true, 0};

TEST(LoginLinks, AreGoodForFiveMinutes) {
  const auto issued = Account({kAda}).when(IssueLoginLink{"link"}, 7);
  EXPECT_EQ(only<LoginLinkIssued>(issued).expires_at, 7 + kLifetime);
  EXPECT_FALSE(only<LoginLinkIssued>(issued).permanent);
}

TEST(LoginLinks, LogInOnceAndAreUsedUp) {
  const Account account({kAda, kOnce});
  const auto events = account.when(LogInByLink{"link", "token", "refresh"}, kLifetime - 1);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(std::get<LoginLinksEnded>(events->front()).token_hashes, std::vector<std::string>{"link"});
  EXPECT_EQ(std::get<LoggedIn>(events->back()).token_hash, "token");
  expect_refused(Account({kAda, kOnce, LoginLinksEnded{{"link"}}}).when(LogInByLink{"link", "other", "refresh"}, 1),
                 Errc::unauthenticated, "link");
}

TEST(LoginLinks, AreRefusedWhenTheyRanOutOrAreUnknown) {
  const Account account({kAda, kOnce});
  expect_refused(account.when(LogInByLink{"link", "token", "refresh"}, kLifetime), Errc::unauthenticated, "link");
  expect_refused(account.when(LogInByLink{"", "token", "refresh"}, 1), Errc::unauthenticated, "link");
}

TEST(LoginLinks, ThatArePermanentLogInAgainAndAgain) {
  const auto events = Account({kAda, kPermanent}).when(LogInByLink{"for-ever", "token", "refresh"}, 365 * kLifetime);
  EXPECT_EQ(only<LoggedIn>(events).token_hash, "token");
}

TEST(LoginLinks, ThatArePermanentReplaceTheOneBefore) {
  const auto events = Account({kAda, kPermanent}).when(IssueLoginLink{"next", true}, 1);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  const auto& ended = std::get<LoginLinksEnded>(events->front());
  EXPECT_EQ(ended.token_hashes, std::vector<std::string>{"for-ever"});
  EXPECT_TRUE(ended.permanent);
}

TEST(LoginLinks, ThatArePermanentAreRevoked) {
  EXPECT_TRUE(only<LoginLinksEnded>(Account({kAda, kPermanent}).when(RevokePermanentLink{})).permanent);
  const auto nothing = Account({kAda, kOnce}).when(RevokePermanentLink{});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
}

TEST(LoginLinks, EndWithThePasswordThatTheyWereMadeUnder) {
  const Account account({kAda, kOnce, kPermanent});
  const auto events = account.when(SetPassword{"hash-2"}, 1);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  const auto& ended = std::get<LoginLinksEnded>(events->back());
  EXPECT_EQ(ended.token_hashes, (std::vector<std::string>{"link", "for-ever"}));
  EXPECT_TRUE(ended.permanent);
  EXPECT_EQ(account.when(ChangePassword{"hash-1", "hash-2"}, 1)->size(), 2u);
}

TEST(LoginLinks, EndWithTheOldestWhenThereAreTooMany) {
  std::vector<AccountEvent> events = {kAda};
  for (std::size_t i = 0; i < defaults::kMaxLoginLinks; ++i)
    events.emplace_back(LoginLinkIssued{"link" + std::to_string(i), false, kLifetime});
  const auto more = Account(events).when(IssueLoginLink{"one more"}, 1);
  ASSERT_TRUE(more);
  ASSERT_EQ(more->size(), 2u);
  EXPECT_EQ(std::get<LoginLinksEnded>(more->front()).token_hashes, std::vector<std::string>{"link0"});
}

TEST(LoginLinks, OfAnInactiveAccountLetNobodyIn) {
  const Account account({kAda, kPermanent, ActiveChanged{false}});
  expect_refused(account.when(LogInByLink{"for-ever", "token", "refresh"}), Errc::forbidden, "active");
  expect_refused(account.when(IssueLoginLink{"link"}), Errc::forbidden, "active");
}

TEST(LoginLinks, AreFoundByAClaimUntilTheyEndOrTheAccountIsGone) {
  const auto state = Account({kAda, kPermanent}).state;
  const auto taken = AccountDecider::claims(state, kOnce);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].name, "login_link/link");
  EXPECT_EQ(taken[0].kind, Claim::Kind::take);
  EXPECT_EQ(AccountDecider::claims(state, LoginLinksEnded{{"for-ever"}}).at(0).kind, Claim::Kind::release);
  const auto released = AccountDecider::claims(state, AccountDeleted{});
  const bool of_link = std::any_of(released.begin(), released.end(),
                                   [](const Claim& claim) { return claim.name == "login_link/for-ever"; });
  EXPECT_TRUE(of_link);
}

}  // namespace
}  // namespace troupe::actors
