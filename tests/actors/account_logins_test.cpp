// Logins with refresh tokens, and locking out who guesses.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "actors/account.hpp"
#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Account = testing::Given<AccountDecider>;

const AccountRegistered kAda{1, "ada", "ada@example.org", "Ada", "hash-1", "user"};
constexpr Micros kMinute = 60'000'000;
constexpr Micros kDay = 86'400'000'000;

LogIn log_in() { return {"hash-1", "token"}; }

LoggedIn refreshable(std::string token = "token", Micros expires_at = kDay) {
  return {std::move(token), expires_at, "refresh-1"};
}

TEST(AccountLogins, LastAsLongAsTheyAreAskedFor) {
  LogIn command = log_in();
  command.lifetime = 5 * kMinute;
  command.refresh_hash = "refresh-1";
  const auto events = Account({kAda}).when(command, 7);
  EXPECT_EQ(only<LoggedIn>(events).expires_at, 7 + 5 * kMinute);
  EXPECT_EQ(only<LoggedIn>(events).refresh_hash, "refresh-1");
}

TEST(AccountLogins, RefuseALifetimeOutOfRange) {
  LogIn command = log_in();
  for (const Micros lifetime : {Micros{0}, Micros{-1}, to_micros(defaults::kLongestLoginLifetime) + 1}) {
    command.lifetime = lifetime;
    expect_refused(Account({kAda}).when(command), Errc::invalid, "lifetime");
  }
}

TEST(AccountLogins, ARefreshExtendsTheLoginAndReplacesItsToken) {
  const Account ada({kAda, refreshable()});
  const auto refreshed = only<LoginRefreshed>(ada.when(RefreshLogin{"token", "refresh-1", "refresh-2"}, 1000));
  EXPECT_EQ(refreshed.token_hash, "token");
  EXPECT_EQ(refreshed.refresh_hash, "refresh-2");
  EXPECT_EQ(refreshed.expires_at, 1000 + kDay) << "as long as it was given out for";
  const Account later({kAda, refreshable(), refreshed});
  EXPECT_EQ(later.state.logins.front().expires_at, 1000 + kDay);
  only<LoginRefreshed>(later.when(RefreshLogin{"token", "refresh-2", "refresh-3"}, kDay + 500));
}

TEST(AccountLogins, AUsedRefreshTokenEndsTheLogin) {
  const Account ada({kAda, refreshable(), LoginRefreshed{"token", "refresh-2", kDay}});
  const auto events = ada.when(RefreshLogin{"token", "refresh-1", "refresh-3"});
  const auto ended = only<LoginsEnded>(events);
  EXPECT_EQ(ended.token_hashes, std::vector<std::string>{"token"});
  EXPECT_EQ(ended.reason, kRefreshTokenReused);
  const Account after({kAda, refreshable(), LoginRefreshed{"token", "refresh-2", kDay}, ended});
  expect_refused(after.when(RefreshLogin{"token", "refresh-2", "refresh-3"}), Errc::unauthenticated);
}

TEST(AccountLogins, TheRecordTellsARefreshFromAReuse) {
  Record record;
  record.events = {encode(LoginRefreshed{"token", "refresh-2", kDay})};
  ASSERT_TRUE(outcome_of_refresh(record));
  EXPECT_EQ(outcome_of_refresh(record)->expires_at, kDay);
  record.events = {encode(LoginsEnded{{"token"}, kRefreshTokenReused})};
  ASSERT_FALSE(outcome_of_refresh(record));
  EXPECT_EQ(outcome_of_refresh(record).error().code, Errc::unauthenticated);
}

TEST(AccountLogins, AnUnknownOrExpiredLoginIsNotRefreshed) {
  const Account ada({kAda, refreshable()});
  expect_refused(ada.when(RefreshLogin{"other", "refresh-1", "refresh-2"}), Errc::unauthenticated);
  expect_refused(ada.when(RefreshLogin{"token", "refresh-1", "refresh-2"}, kDay), Errc::unauthenticated);
  const Account plain({kAda, LoggedIn{"token", kDay}});
  expect_refused(plain.when(RefreshLogin{"token", "", "refresh-2"}), Errc::unauthenticated);
  expect_refused(plain.when(RefreshLogin{"token", "refresh-1", "refresh-2"}), Errc::unauthenticated);
}

TEST(AccountLogins, ARefreshNeedsANewToken) {
  const Account ada({kAda, refreshable()});
  expect_refused(ada.when(RefreshLogin{"token", "refresh-1", ""}), Errc::invalid, "next_refresh_hash");
  expect_refused(ada.when(RefreshLogin{"token", "refresh-1", "refresh-1"}), Errc::invalid, "next_refresh_hash");
}

/// Random refreshes, reuses, logins and log-outs: of all refresh tokens ever given out for a login, at most the last is
/// good, and none once a used one was seen.
TEST(AccountLogins, AtMostOneRefreshTokenOfALoginIsGoodAtAnyTime) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    Account ada({kAda});
    std::map<std::string, std::vector<std::string>> given_out;  // login -> its refresh tokens, oldest first
    std::set<std::string> ended;
    Micros now = 1;
    int next = 0;
    const auto follow = [&](const Expected<std::vector<AccountEvent>>& events) {
      for (const auto& event : *events) AccountDecider::evolve(ada.state, event, now);
    };
    for (int step = 0; step < 40; ++step, now += kMinute) {
      const std::string fresh = "refresh-" + std::to_string(++next);
      if (given_out.empty() || random() % 8 == 0) {
        const std::string login = "login-" + std::to_string(next);
        follow(ada.when(LogIn{"hash-1", login, fresh}, now));
        given_out[login] = {fresh};
        continue;
      }
      auto& [login, tokens] = *std::next(given_out.begin(), static_cast<long>(random() % given_out.size()));
      if (random() % 16 == 0) {
        follow(ada.when(LogOut{login}, now));
        ended.insert(login);
        continue;
      }
      const bool last = random() % 3 != 0;
      const auto& presented = last ? tokens.back() : tokens[random() % tokens.size()];
      const bool reused = presented != tokens.back();
      const auto events = ada.when(RefreshLogin{login, presented, fresh}, now);
      if (ended.contains(login)) {
        expect_refused(events, Errc::unauthenticated);
        continue;
      }
      ASSERT_TRUE(events);
      ASSERT_EQ(std::holds_alternative<LoginsEnded>(events->front()), reused);
      if (reused)
        ended.insert(login);
      else
        tokens.push_back(fresh);
      follow(events);
    }
    for (const auto& [login, tokens] : given_out) {
      const auto good = [&, &login = login](const std::string& token) {
        const auto events = ada.when(RefreshLogin{login, token, "fresh"}, now);
        return events && std::holds_alternative<LoginRefreshed>(events->front());
      };
      EXPECT_EQ(std::count_if(tokens.begin(), tokens.end(), good), ended.contains(login) ? 0 : 1);
      EXPECT_EQ(good(tokens.back()), !ended.contains(login));
    }
  }
}

TEST(AccountLogins, LoggingOutEverywhereEndsAll) {
  const auto events = Account({kAda, LoggedIn{"a", kDay}, refreshable("b")}).when(LogOutEverywhere{});
  EXPECT_EQ(only<LoginsEnded>(events).token_hashes, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(Account({kAda}).when(LogOutEverywhere{})->empty());
}

// Locking out

/// So many failures, a second apart, the first at `from`.
Account failing(std::size_t times, Micros from, std::vector<AccountEvent> given = {kAda}) {
  Account ada(std::move(given));
  for (std::size_t i = 0; i < times; ++i) {
    const Micros now = from + static_cast<Micros>(i) * 1'000'000;
    const auto failed = only<LogInFailed>(ada.when(RefuseLogIn{}, now));
    AccountDecider::evolve(ada.state, failed, now);
  }
  return ada;
}

TEST(AccountLockOut, TooManyFailuresLockTheAccountForAWhile) {
  const Micros last = kDay + static_cast<Micros>(defaults::kMaxFailedLogIns - 1) * 1'000'000;
  EXPECT_TRUE(failing(defaults::kMaxFailedLogIns - 1, kDay).when(log_in(), last));
  const Account locked = failing(defaults::kMaxFailedLogIns, kDay);
  expect_refused(locked.when(log_in(), last), Errc::too_fast, "locked");
  expect_refused(locked.when(log_in(), last + 15 * kMinute - 1), Errc::too_fast, "locked");
  EXPECT_TRUE(locked.when(log_in(), last + 15 * kMinute));
}

TEST(AccountLockOut, NothingIsWrittenOfFailuresWhileItLasts) {
  const Account locked = failing(defaults::kMaxFailedLogIns, kDay);
  const auto events = locked.when(RefuseLogIn{}, kDay + kMinute);
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->empty());
}

TEST(AccountLockOut, CountsAnewWhenItIsOver) {
  const Account locked = failing(defaults::kMaxFailedLogIns, kDay);
  EXPECT_EQ(only<LogInFailed>(locked.when(RefuseLogIn{}, kDay + 16 * kMinute)).locked_until, 0);
}

TEST(AccountLockOut, FailuresOfLongAgoDoNotCount) {
  const Account ada = failing(defaults::kMaxFailedLogIns - 1, kDay);
  EXPECT_NE(only<LogInFailed>(ada.when(RefuseLogIn{}, kDay + 14 * kMinute)).locked_until, 0);
  EXPECT_EQ(only<LogInFailed>(ada.when(RefuseLogIn{}, kDay + 16 * kMinute)).locked_until, 0);
}

TEST(AccountLockOut, AGoodLoginResetsTheCount) {
  Account ada = failing(defaults::kMaxFailedLogIns - 1, kDay);
  AccountDecider::evolve(ada.state, LoggedIn{"token", 2 * kDay}, kDay + kMinute);
  EXPECT_EQ(only<LogInFailed>(ada.when(RefuseLogIn{}, kDay + kMinute)).locked_until, 0);
}

TEST(AccountLockOut, TheStateRemembersNoMoreFailuresThanItNeeds) {
  Account ada({kAda});
  for (Micros now = 0; now < kDay; now += 4 * kMinute) {
    const auto events = ada.when(RefuseLogIn{}, now);
    for (const auto& event : *events) AccountDecider::evolve(ada.state, event, now);
    EXPECT_LT(ada.state.failed_log_ins.size(), defaults::kMaxFailedLogIns);
  }
}

// Inactive accounts

TEST(AccountActivity, WhoIsMadeInactiveIsLoggedOutAndCannotLogIn) {
  const Account ada({kAda, LoggedIn{"a", kDay}});
  const auto events = ada.when(ChangeActive{false});
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<LoginsEnded>(events->front()).token_hashes, std::vector<std::string>{"a"});
  EXPECT_FALSE(std::get<ActiveChanged>(events->back()).active);
  const Account inactive({kAda, ActiveChanged{false}});
  expect_refused(inactive.when(log_in()), Errc::forbidden, "active");
  LogIn wrong = log_in();
  wrong.verified_hash = "wrong";
  expect_refused(inactive.when(wrong), Errc::unauthenticated);
  EXPECT_TRUE(Account({kAda, ActiveChanged{false}, ActiveChanged{true}}).when(log_in()));
}

TEST(AccountActivity, AChangeToWhatItIsChangesNothing) {
  EXPECT_TRUE(Account({kAda}).when(ChangeActive{true})->empty());
  EXPECT_TRUE(Account({kAda, ActiveChanged{false}}).when(ChangeActive{false})->empty());
}

TEST(AccountLogins, AStateSurvivesItsSnapshot) {
  Account ada = failing(2, kDay, {kAda, refreshable("token", 3 * kDay), ActiveChanged{false}});
  const auto again = Json(ada.state).get<AccountState>();
  EXPECT_EQ(again.logins.front().refresh_hash, "refresh-1");
  EXPECT_EQ(again.logins.front().lifetime, 3 * kDay);
  EXPECT_EQ(again.failed_log_ins, ada.state.failed_log_ins);
  EXPECT_FALSE(again.active);
}

TEST(AccountLogins, ASnapshotFromBeforeRefreshTokensReads) {
  const auto old = Json{{"exists", true}, {"logins", {{{"token_hash", "a"}, {"expires_at", 5}}}}}.get<AccountState>();
  EXPECT_TRUE(old.active);
  EXPECT_EQ(old.logins.front().refresh_hash, "");
  EXPECT_TRUE(old.preferences.is_object());
}

}  // namespace
}  // namespace troupe::actors
