#include "actors/account.hpp"
#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Account = testing::Given<AccountDecider>;

const AccountRegistered kAda{1, "ada", "ada@example.org", "Ada", "hash-1", "user"};

/// Enabled, with the code of step 100 used and two backup codes.
std::vector<AccountEvent> enabled() {
  return {kAda, MfaEnrolmentBegan{"sealed"}, MfaEnabled{{"paper-1", "paper-2"}}, MfaStepUsed{100}};
}

Account enabled_and(AccountEvent more) {
  auto given = enabled();
  given.push_back(std::move(more));
  return Account(given);
}

LogIn with_step(std::int64_t step) {
  LogIn command{"hash-1", "token"};
  command.mfa_step = step;
  return command;
}

LogIn with_backup_code(std::string hash) {
  LogIn command{"hash-1", "token"};
  command.backup_code_hash = std::move(hash);
  return command;
}

TEST(AccountMfa, AnEnrolmentThatIsNotConfirmedAsksForNothing) {
  EXPECT_EQ(only<MfaEnrolmentBegan>(Account({kAda}).when(BeginMfaEnrolment{"sealed"})).sealed_secret, "sealed");
  only<LoggedIn>(Account({kAda, MfaEnrolmentBegan{"sealed"}}).when(LogIn{"hash-1", "token"}));
  expect_refused(Account({kAda}).when(BeginMfaEnrolment{}), Errc::invalid, "sealed_secret");
}

TEST(AccountMfa, ConfirmingEnablesItAndUsesUpTheCode) {
  const auto events = Account({kAda, MfaEnrolmentBegan{"sealed"}}).when(ConfirmMfa{100, {"paper-1"}, "sealed"});
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<MfaEnabled>(events->front()).backup_code_hashes, std::vector<std::string>{"paper-1"});
  EXPECT_EQ(std::get<MfaStepUsed>(events->back()).step, 100);
  expect_refused(Account(enabled()).when(with_step(100)), Errc::unauthenticated, "mfa_code");
}

TEST(AccountMfa, ConfirmsOnlyTheSecretThatTheCodeWasCheckedAgainst) {
  const Account ada({kAda, MfaEnrolmentBegan{"first"}, MfaEnrolmentBegan{"second"}});
  expect_refused(ada.when(ConfirmMfa{100, {}, "first"}), Errc::conflict);
  EXPECT_TRUE(ada.when(ConfirmMfa{100, {}, "second"}));
  expect_refused(Account({kAda}).when(ConfirmMfa{100, {}, ""}), Errc::conflict);
  expect_refused(Account(enabled()).when(ConfirmMfa{101, {}, "sealed"}), Errc::conflict);
}

TEST(AccountMfa, LimitsBackupCodes) {
  const Account ada({kAda, MfaEnrolmentBegan{"sealed"}});
  const std::vector<std::string> most(defaults::kBackupCodes, "paper");
  auto more = most;
  more.emplace_back("one more");
  EXPECT_TRUE(ada.when(ConfirmMfa{100, most, "sealed"}));
  expect_refused(ada.when(ConfirmMfa{100, more, "sealed"}), Errc::invalid, "backup_code_hashes");
  expect_refused(ada.when(ConfirmMfa{100, {""}, "sealed"}), Errc::invalid, "backup_code_hashes");
}

TEST(AccountMfa, CannotBeEnrolledTwice) {
  expect_refused(Account(enabled()).when(BeginMfaEnrolment{"other"}), Errc::conflict);
}

TEST(AccountMfa, ALoginNeedsASecondProof) {
  const auto refused = Account(enabled()).when(LogIn{"hash-1", "token"});
  expect_refused(refused, Errc::forbidden, "mfa_code");
  EXPECT_EQ(refused.error().message, "Multi-factor authentication required");
  expect_refused(Account(enabled()).when(LogIn{"wrong", "token"}), Errc::unauthenticated);
}

TEST(AccountMfa, ACodeIsGoodOnceAndNotAfterALaterOne) {
  const auto events = Account(enabled()).when(with_step(102));
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<MfaStepUsed>(events->front()).step, 102);
  EXPECT_TRUE(std::holds_alternative<LoggedIn>(events->back()));
  const Account ada = enabled_and(MfaStepUsed{102});
  for (const std::int64_t step : {0, 101, 102})
    expect_refused(ada.when(with_step(step)), Errc::unauthenticated, "mfa_code");
  EXPECT_TRUE(ada.when(with_step(103)));
}

TEST(AccountMfa, ABackupCodeIsGoodOnce) {
  const auto events = Account(enabled()).when(with_backup_code("paper-1"));
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<MfaBackupCodeUsed>(events->front()).backup_code_hash, "paper-1");
  EXPECT_EQ(std::get<MfaBackupCodeUsed>(events->front()).left, 1);
  const Account ada = enabled_and(MfaBackupCodeUsed{"paper-1"});
  expect_refused(ada.when(with_backup_code("paper-1")), Errc::unauthenticated, "mfa_code");
  expect_refused(ada.when(with_backup_code("paper-3")), Errc::unauthenticated, "mfa_code");
  EXPECT_TRUE(ada.when(with_backup_code("paper-2")));
}

TEST(AccountMfa, ARequestForASecondProofIsGoodForOneLogin) {
  const auto answering = [](std::int64_t step) {
    LogIn command = with_step(step);
    command.challenge = "challenge-1";
    return command;
  };
  const auto events = Account(enabled()).when(answering(101));
  ASSERT_TRUE(events && events->size() == 2);
  const auto logged_in = std::get<LoggedIn>(events->back());
  EXPECT_EQ(logged_in.challenge, "challenge-1");
  const Account ada = enabled_and(logged_in);
  expect_refused(ada.when(answering(102)), Errc::unauthenticated, "challenge");
  EXPECT_TRUE(ada.when(with_step(102)));
  const auto snapshot = Json(ada.state).get<AccountState>();
  ASSERT_EQ(snapshot.used_challenges.size(), 1u);
  EXPECT_EQ(snapshot.used_challenges.front().id, "challenge-1");
}

TEST(AccountMfa, TheStateRemembersRequestsOnlyAsLongAsTheyAreGood) {
  Account ada(enabled());
  constexpr Micros kLifetime = to_micros(defaults::kMfaTokenLifetime);
  const auto log_in = [&](const char* challenge, Micros now) {
    AccountDecider::evolve(ada.state, LoggedIn{"token", now + kLifetime, "", challenge}, now);
  };
  log_in("a", 0);
  log_in("b", kLifetime - 1);
  EXPECT_EQ(ada.state.used_challenges.size(), 2u);
  log_in("", kLifetime);
  ASSERT_EQ(ada.state.used_challenges.size(), 1u);
  EXPECT_EQ(ada.state.used_challenges.front().id, "b");
}

TEST(AccountMfa, NewBackupCodesTakeThePlaceOfTheOldOnes) {
  const auto renewed = only<MfaBackupCodesRenewed>(Account(enabled()).when(RenewBackupCodes{{"paper-9"}}));
  const Account ada = enabled_and(renewed);
  expect_refused(ada.when(with_backup_code("paper-1")), Errc::unauthenticated, "mfa_code");
  EXPECT_TRUE(ada.when(with_backup_code("paper-9")));
  expect_refused(ada.when(with_step(100)), Errc::unauthenticated, "mfa_code");
  expect_refused(Account({kAda}).when(RenewBackupCodes{{"paper-9"}}), Errc::conflict);
  expect_refused(Account(enabled()).when(RenewBackupCodes{{""}}), Errc::invalid, "backup_code_hashes");
}

TEST(AccountMfa, AProofThatNobodyAskedForIsPassedOver) {
  only<LoggedIn>(Account({kAda}).when(with_step(5)));
  only<LoggedIn>(Account({kAda}).when(with_backup_code("paper-1")));
}

TEST(AccountMfa, ProofsBesidesALoginAreUsedUpAsWell) {
  const Account ada(enabled());
  EXPECT_EQ(only<MfaStepUsed>(ada.when(UseMfaStep{101})).step, 101);
  EXPECT_EQ(only<MfaBackupCodeUsed>(ada.when(UseBackupCode{"paper-2"})).backup_code_hash, "paper-2");
  expect_refused(ada.when(UseMfaStep{100}), Errc::unauthenticated, "mfa_code");
  expect_refused(ada.when(UseBackupCode{""}), Errc::unauthenticated, "mfa_code");
  expect_refused(Account({kAda, MfaEnrolmentBegan{"sealed"}}).when(UseMfaStep{1}), Errc::conflict);
  expect_refused(Account({kAda}).when(UseBackupCode{"paper-1"}), Errc::conflict);
}

TEST(AccountMfa, NoProofIsTakenWhileTheAccountIsLocked) {
  const Account locked = enabled_and(LogInFailed{2'000'000});
  expect_refused(locked.when(UseMfaStep{101}), Errc::too_fast, "locked");
  expect_refused(locked.when(UseBackupCode{"paper-1"}), Errc::too_fast, "locked");
  expect_refused(locked.when(with_step(101)), Errc::too_fast, "locked");
  EXPECT_TRUE(locked.when(UseMfaStep{101}, 2'000'000));
}

TEST(AccountMfa, DisabledAsksForNothingAndCanBeEnrolledAnew) {
  only<MfaDisabled>(Account(enabled()).when(DisableMfa{}));
  const Account ada = enabled_and(MfaDisabled{});
  only<LoggedIn>(ada.when(LogIn{"hash-1", "token"}));
  expect_refused(ada.when(DisableMfa{}), Errc::conflict);
  auto given = enabled();
  given.insert(given.end(), {MfaDisabled{}, MfaEnrolmentBegan{"other"}, MfaEnabled{{}}, MfaStepUsed{100}});
  expect_refused(Account(given).when(with_backup_code("paper-1")), Errc::unauthenticated, "mfa_code");
}

TEST(AccountMfa, DisablingEndsAnEnrolmentThatIsPending) {
  const Account ada({kAda, MfaEnrolmentBegan{"sealed"}});
  only<MfaDisabled>(ada.when(DisableMfa{}));
  expect_refused(Account({kAda, MfaEnrolmentBegan{"sealed"}, MfaDisabled{}}).when(ConfirmMfa{1, {}, "sealed"}),
                 Errc::conflict);
}

TEST(AccountMfa, AStateSurvivesItsSnapshot) {
  const auto again = Json(Account(enabled()).state).get<AccountState>();
  EXPECT_TRUE(again.mfa.enabled);
  EXPECT_EQ(again.mfa.last_step, 100);
  EXPECT_EQ(again.mfa.backup_code_hashes.size(), 2u);
}

}  // namespace
}  // namespace troupe::actors
