// The rows of logins, API keys, multi-factor authentication, locks and profiles, on a real store: as they come of the
// commands, and the same again from a replay of the log.
#include <gtest/gtest.h>
#include <sodium.h>

#include <future>
#include <sstream>

#include "actors/system.hpp"
#include "projections/exports.hpp"
#include "projections/rebuild.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using testing::wait;

using projections::AccountRow;
using projections::Queries;
using Result = Expected<storage::RecordPtr>;

class AccessRows : public ::testing::Test {
 protected:
  AccessRows() {
    open_store(false);
    secrets_ = *Secrets::open(folder_.path());
    system_ = std::make_unique<System>(*store_, secrets_, SystemOptions{});
    for (const char* name : {"ada", "bob"}) {
      const std::string email = std::string(name) + "@example.org";
      EXPECT_TRUE(wait([&](auto answer) {
        system_->register_account({0, name, email, "", "hash", "user"}, cause(), answer);
      }));
    }
  }
  ~AccessRows() override {
    system_.reset();
    store_.reset();
  }

  void open_store(bool rebuild_rows) {
    store_.reset();
    store_ = std::move(*storage::Store::open({folder_.path()}));
    EXPECT_TRUE(projections::rebuild(*store_, rebuild_rows, {}));
  }

  static Cause cause() { return {"test", "request", now_micros(), std::nullopt}; }

  Result ask(AccountDecider::Command command, AccountId account = 1) {
    return wait([&](auto answer) { system_->ask_account(account, command, cause(), answer); });
  }
  Result create_key(const std::string& id, AccountId account = 1, Micros expires_at = 0) {
    return ask(CreateApiKey{id, "script " + id, {"read"}, "digest of " + id, "wxyz", expires_at}, account);
  }
  void delete_account(AccountId account) {
    ASSERT_TRUE(wait([&](auto answer) { system_->delete_account(account, {"hash"}, cause(), answer); }));
  }
  Queries queries() const { return Queries(*store_); }

  storage::test::TempFolder folder_;
  Secrets secrets_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
};

TEST_F(AccessRows, ARefreshMovesTheEndOfTheLogin) {
  ASSERT_TRUE(ask(LogIn{"hash", "login", "refresh-1", 60'000'000}));
  const auto before = queries().login("login");
  const auto record = ask(RefreshLogin{"login", "refresh-1", "refresh-2"});
  ASSERT_TRUE(record);
  const auto refreshed = outcome_of_refresh(**record);
  ASSERT_TRUE(refreshed);
  const auto after = queries().login("login");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->account, 1);
  EXPECT_EQ(after->expires_at, refreshed->expires_at);
  EXPECT_GT(after->expires_at, before->expires_at);
}

TEST_F(AccessRows, AReusedRefreshTokenLeavesNoLogin) {
  ASSERT_TRUE(ask(LogIn{"hash", "login", "refresh-1"}));
  ASSERT_TRUE(ask(RefreshLogin{"login", "refresh-1", "refresh-2"}));
  const auto record = ask(RefreshLogin{"login", "refresh-1", "refresh-3"});
  ASSERT_TRUE(record);
  EXPECT_FALSE(outcome_of_refresh(**record));
  EXPECT_FALSE(queries().login("login"));
}

TEST_F(AccessRows, LoggingOutEverywhereLeavesOthersAlone) {
  ASSERT_TRUE(ask(LogIn{"hash", "one"}));
  ASSERT_TRUE(ask(LogIn{"hash", "two"}));
  ASSERT_TRUE(ask(LogIn{"hash", "bobs"}, 2));
  ASSERT_TRUE(ask(LogOutEverywhere{}));
  EXPECT_FALSE(queries().login("one"));
  EXPECT_FALSE(queries().login("two"));
  EXPECT_TRUE(queries().login("bobs"));
}

TEST_F(AccessRows, KeysAreListedOfTheirAccountAndFoundByTheirDigest) {
  ASSERT_TRUE(create_key("bbbbbbbbbbbb", 1, now_micros() + 60'000'000));
  ASSERT_TRUE(create_key("aaaaaaaaaaaa"));
  ASSERT_TRUE(create_key("cccccccccccc", 2));
  const auto keys = queries().api_keys(1);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].name, "script aaaaaaaaaaaa");
  EXPECT_EQ(keys[0].hint, "wxyz");
  EXPECT_GT(keys[0].created_at, 0);
  const auto found = queries().api_key_with_hash("digest of bbbbbbbbbbbb");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->account, 1);
  EXPECT_EQ(found->id, "bbbbbbbbbbbb");
  EXPECT_EQ(found->permissions, std::vector<std::string>{"read"});
  EXPECT_EQ(found->expires_at, keys[1].expires_at);
  EXPECT_FALSE(queries().api_key_with_hash("digest of another"));
}

TEST_F(AccessRows, ARevokedKeyIsNeitherListedNorFound) {
  ASSERT_TRUE(create_key("aaaaaaaaaaaa"));
  ASSERT_TRUE(ask(RevokeApiKey{"aaaaaaaaaaaa"}));
  EXPECT_TRUE(queries().api_keys(1).empty());
  EXPECT_FALSE(queries().api_key_with_hash("digest of aaaaaaaaaaaa"));
}

TEST_F(AccessRows, KeysOfAnInactiveAccountRest) {
  ASSERT_TRUE(create_key("aaaaaaaaaaaa"));
  ASSERT_TRUE(ask(LogIn{"hash", "login"}));
  ASSERT_TRUE(ask(ChangeActive{false}));
  EXPECT_FALSE(queries().account(1)->active);
  EXPECT_FALSE(queries().login("login"));
  EXPECT_FALSE(queries().api_key_with_hash("digest of aaaaaaaaaaaa"));
  ASSERT_TRUE(ask(ChangeActive{true}));
  EXPECT_TRUE(queries().api_key_with_hash("digest of aaaaaaaaaaaa"));
}

TEST_F(AccessRows, MfaIsPendingThenEnabledThenGone) {
  EXPECT_FALSE(queries().mfa(1).pending);
  ASSERT_TRUE(ask(BeginMfaEnrolment{"sealed"}));
  EXPECT_TRUE(queries().mfa(1).pending);
  EXPECT_FALSE(queries().mfa(1).enabled);
  EXPECT_EQ(queries().mfa(1).sealed_secret, "sealed");
  ASSERT_TRUE(ask(ConfirmMfa{5, {"paper"}, "sealed"}));
  EXPECT_FALSE(queries().mfa(1).pending);
  EXPECT_TRUE(queries().mfa(1).enabled);
  EXPECT_EQ(queries().mfa(1).sealed_secret, "sealed");
  EXPECT_FALSE(queries().mfa(2).enabled);
  ASSERT_TRUE(ask(DisableMfa{}));
  EXPECT_FALSE(queries().mfa(1).enabled);
  EXPECT_EQ(queries().mfa(1).sealed_secret, "");
}

TEST_F(AccessRows, BackupCodesAreCounted) {
  ASSERT_TRUE(ask(BeginMfaEnrolment{"sealed"}));
  ASSERT_TRUE(ask(ConfirmMfa{5, {"paper-1", "paper-2"}, "sealed"}));
  EXPECT_EQ(queries().mfa(1).backup_codes, 2);
  ASSERT_TRUE(ask(UseBackupCode{"paper-1"}));
  EXPECT_EQ(queries().mfa(1).backup_codes, 1);
  ASSERT_TRUE(ask(RenewBackupCodes{{"a", "b", "c"}}));
  EXPECT_EQ(queries().mfa(1).backup_codes, 3);
}

TEST_F(AccessRows, AdministratorsAreCountedWhileTheyAreActive) {
  EXPECT_FALSE(queries().has_other_active_administrator(1));
  ASSERT_TRUE(ask(ChangeRole{"admin"}, 1));
  EXPECT_FALSE(queries().has_other_active_administrator(1));
  EXPECT_TRUE(queries().has_other_active_administrator(2));
  ASSERT_TRUE(ask(ChangeRole{"admin"}, 2));
  EXPECT_TRUE(queries().has_other_active_administrator(1));
  ASSERT_TRUE(ask(ChangeActive{false}, 2));
  EXPECT_FALSE(queries().has_other_active_administrator(1));
  for (const AccountDecider::Command& command :
       {AccountDecider::Command(ChangeRole{"user"}), AccountDecider::Command(ChangeActive{false}),
        AccountDecider::Command(DeleteAccount{"hash"})}) {
    const auto refused = ask(command, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "administrators");
  }
  ASSERT_TRUE(ask(ChangeActive{true}, 2));
  ASSERT_TRUE(ask(ChangeRole{"user"}, 1));
  EXPECT_TRUE(queries().has_other_active_administrator(1));
  EXPECT_FALSE(queries().has_other_active_administrator(2));
}

TEST_F(AccessRows, TwoAdministratorsWhoTakeEachOtherAwayAtOnceLeaveOne) {
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(ask(ChangeRole{"admin"}, 1));
    ASSERT_TRUE(ask(ChangeRole{"admin"}, 2));
    std::vector<std::promise<Result>> answers(2);
    for (AccountId id = 1; id <= 2; ++id)
      system_->ask_account(id, ChangeRole{"user"}, cause(),
                           [&answer = answers[static_cast<std::size_t>(id - 1)]](Result result) {
                             answer.set_value(std::move(result));
                           });
    const bool first = answers[0].get_future().get().has_value(), second = answers[1].get_future().get().has_value();
    EXPECT_TRUE(first != second) << "round " << round;
    EXPECT_TRUE(queries().has_other_active_administrator(first ? 1 : 2));
  }
}

TEST_F(AccessRows, AccountsComeInPages) {
  const auto names = [&](std::string_view text, std::size_t skip, std::size_t limit) {
    std::string names;
    const auto page = queries().account_page(text, skip, limit);
    for (const auto& account : page.accounts) names += account.username + " ";
    return names + "of " + std::to_string(page.total);
  };
  EXPECT_EQ(names("", 0, 10), "ada bob of 2");
  EXPECT_EQ(names("", 1, 1), "bob of 2");
  EXPECT_EQ(names("", 2, 10), "of 2");
  EXPECT_EQ(names("EXAMPLE", 0, 1), "ada of 2");
  EXPECT_EQ(names("bob", 0, 10), "bob of 1");
  EXPECT_EQ(names("nobody", 0, 10), "of 0");
  ASSERT_TRUE(ask(UpdateProfile{.fullname = "Countess Lovelace"}));
  EXPECT_EQ(names("lovelace", 0, 10), "ada of 1");
}

TEST_F(AccessRows, TheLockOfAnAccountIsSeenBeforeAnyHash) {
  for (std::size_t i = 0; i + 1 < defaults::kMaxFailedLogIns; ++i) ASSERT_TRUE(ask(RefuseLogIn{}));
  EXPECT_EQ(queries().locked_until(1), 0);
  ASSERT_TRUE(ask(RefuseLogIn{}));
  EXPECT_GT(queries().locked_until(1), now_micros());
  EXPECT_EQ(queries().locked_until(2), 0);
  const auto refused = ask(LogIn{"hash", "login"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_fast);
}

TEST_F(AccessRows, AnEmailThatIsTakenCannotBeMovedTo) {
  const auto taken = ask(UpdateProfile{.fullname = "Ada", .email = "bob@example.org"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::conflict);
  EXPECT_EQ(taken.error().field, "email");
  EXPECT_EQ(queries().account(1)->fullname, "") << "all or nothing";
  ASSERT_TRUE(ask(UpdateProfile{.email = "ada@example.com"}));
  EXPECT_EQ(queries().account(1)->email, "ada@example.com");
  EXPECT_EQ(queries().account_named("ada@example.com"), 1);
  EXPECT_FALSE(queries().account_named("ada@example.org"));
  ASSERT_TRUE(ask(UpdateProfile{.email = "ada@example.org"}, 2)) << "it is free again";
}

TEST_F(AccessRows, ProfilesShowAvatarAndMergedPreferences) {
  ASSERT_TRUE(ask(UpdateProfile{.avatar_url = "/a.png", .preferences = Json{{"theme", "dark"}, {"language", "en"}}}));
  ASSERT_TRUE(ask(UpdateProfile{.preferences = Json{{"theme", nullptr}, {"sounds", true}}}));
  const auto row = queries().account(1);
  EXPECT_EQ(row->avatar_url, "/a.png");
  EXPECT_EQ(row->preferences, (Json{{"language", "en"}, {"sounds", true}}));
  EXPECT_TRUE(row->active);
  EXPECT_EQ(queries().account(2)->preferences, Json::object());
}

TEST_F(AccessRows, NothingOfADeletedAccountStays) {
  ASSERT_TRUE(create_key("aaaaaaaaaaaa"));
  ASSERT_TRUE(ask(BeginMfaEnrolment{"sealed"}));
  for (std::size_t i = 0; i < defaults::kMaxFailedLogIns; ++i) ASSERT_TRUE(ask(RefuseLogIn{}));
  delete_account(1);
  EXPECT_TRUE(queries().api_keys(1).empty());
  EXPECT_FALSE(queries().api_key_with_hash("digest of aaaaaaaaaaaa"));
  EXPECT_FALSE(queries().mfa(1).pending);
  EXPECT_EQ(queries().locked_until(1), 0);
}

/// All that can be read of access, as text.
Json all_of(const Queries& queries) {
  Json all = Json::array();
  for (AccountId id = 1; id <= 2; ++id) {
    const auto row = queries.account(id);
    const auto login = queries.login("login");
    all.push_back({{"row", row ? Json(*row) : Json()},
                   {"login", login ? login->expires_at : 0},
                   {"mfa", queries.mfa(id)},
                   {"keys", queries.api_keys(id)},
                   {"locked", queries.locked_until(id)},
                   {"other_admin", queries.has_other_active_administrator(id)},
                   {"found", queries.api_key_with_hash("digest of aaaaaaaaaaaa").has_value()}});
  }
  return all;
}

TEST_F(AccessRows, AReplayMakesTheSameRows) {
  ASSERT_TRUE(create_key("aaaaaaaaaaaa"));
  ASSERT_TRUE(create_key("bbbbbbbbbbbb"));
  ASSERT_TRUE(ask(RevokeApiKey{"bbbbbbbbbbbb"}));
  ASSERT_TRUE(ask(LogIn{"hash", "login", "refresh-1", 60'000'000}));
  ASSERT_TRUE(ask(RefreshLogin{"login", "refresh-1", "refresh-2"}));
  ASSERT_TRUE(ask(UpdateProfile{.email = "a@example.com", .preferences = Json{{"theme", "dark"}}}));
  ASSERT_TRUE(ask(BeginMfaEnrolment{"sealed"}));
  ASSERT_TRUE(ask(ConfirmMfa{5, {"paper", "paper-2"}, "sealed"}));
  ASSERT_TRUE(ask(UseBackupCode{"paper"}));
  ASSERT_TRUE(ask(ChangeRole{"admin"}));
  for (std::size_t i = 0; i < defaults::kMaxFailedLogIns; ++i) ASSERT_TRUE(ask(RefuseLogIn{}, 2));
  ASSERT_TRUE(ask(ChangeActive{false}, 2));
  const Json before = all_of(queries());
  system_.reset();
  open_store(true);
  EXPECT_EQ(all_of(queries()), before);
  EXPECT_TRUE(before[0]["found"].get<bool>());
}

TEST_F(AccessRows, AnExportOfTheLogHasNoSecrets) {
  ASSERT_TRUE(create_key("aaaaaaaaaaaa"));
  ASSERT_TRUE(ask(LogIn{"hash", "secret login", "secret refresh 1"}));
  ASSERT_TRUE(ask(RefreshLogin{"secret login", "secret refresh 1", "secret refresh 2"}));
  ASSERT_TRUE(ask(BeginMfaEnrolment{"secret seed"}));
  ASSERT_TRUE(ask(ConfirmMfa{5, {"secret paper"}, "secret seed"}));
  ASSERT_TRUE(ask(UseBackupCode{"secret paper"}));
  ASSERT_TRUE(ask(RevokeApiKey{"aaaaaaaaaaaa"}));
  std::ostringstream out;
  ASSERT_TRUE(projections::write_export(*store_, {projections::ExportKind::events}, out));
  EXPECT_NE(out.str().find("MfaBackupCodeUsed"), std::string::npos);
  for (const char* secret : {"secret", "digest of"}) EXPECT_EQ(out.str().find(secret), std::string::npos) << secret;
}

TEST_F(AccessRows, KeysDerivedForPurposesAreTheirOwn) {
  const std::string key = secrets_.derived_key("tokens");
  EXPECT_EQ(key.size(), 32u);
  EXPECT_EQ(key, Secrets::open(folder_.path())->derived_key("tokens")) << "the same at every start";
  EXPECT_NE(key, secrets_.derived_key("codes"));
  unsigned char digest[32];
  const std::string text = secrets_.keyed_digest("tokens");
  ASSERT_EQ(sodium_base642bin(digest, sizeof digest, text.data(), text.size(), nullptr, nullptr, nullptr,
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING),
            0);
  EXPECT_NE(key, std::string(digest, digest + sizeof digest)) << "digests are in the log";
  storage::test::TempFolder other;
  EXPECT_NE(key, Secrets::open(other.path())->derived_key("tokens"));
}

}  // namespace
}  // namespace troupe::actors
