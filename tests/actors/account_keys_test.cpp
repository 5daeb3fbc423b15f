#include "actors/account.hpp"
#include "tests/actors/given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Account = testing::Given<AccountDecider>;

const AccountRegistered kAda{1, "ada", "ada@example.org", "Ada", "hash-1", "user"};

CreateApiKey key(std::string name = "script", std::vector<std::string> permissions = {"read"}, Micros expires_at = 0) {
  return {"keykeykeykey", std::move(name), std::move(permissions), "digest", "wxyz", expires_at};
}

ApiKeyCreated created(const std::string& id) { return {id, "script", {"read"}, "digest of " + id, "wxyz", 0}; }

TEST(AccountKeys, AreCreatedWithTheirPermissionsInOrder) {
  const auto events = Account({kAda}).when(key("script", {"write", "read", "write"}, 2'000'000), 1'999'999);
  const auto made = only<ApiKeyCreated>(events);
  EXPECT_EQ(made.permissions, (std::vector<std::string>{"read", "write"}));
  EXPECT_EQ(made.expires_at, 2'000'000);
  EXPECT_EQ(made.hint, "wxyz");
}

TEST(AccountKeys, NameTheFieldThatIsWrong) {
  const Account ada({kAda});
  expect_refused(ada.when(key("")), Errc::invalid, "name");
  expect_refused(ada.when(key(std::string(defaults::kMaxApiKeyNameLength + 1, 'x'))), Errc::invalid, "name");
  EXPECT_TRUE(ada.when(key(std::string(defaults::kMaxApiKeyNameLength, 'x'))));
  expect_refused(ada.when(key("script", {})), Errc::invalid, "permissions");
  expect_refused(ada.when(key("script", {"read", "admin"})), Errc::invalid, "permissions");
  for (const Micros past : {Micros{-1}, Micros{999'999}, Micros{1'000'000}})
    expect_refused(ada.when(key("script", {"read"}, past), 1'000'000), Errc::invalid, "expires_at");
}

TEST(AccountKeys, AreLimited) {
  std::vector<AccountEvent> given = {kAda};
  for (std::size_t i = 0; i < defaults::kMaxApiKeysPerAccount; ++i) given.emplace_back(created(std::to_string(i)));
  expect_refused(Account(given).when(key()), Errc::conflict);
  given.emplace_back(ApiKeyRevoked{"3", "digest of 3"});
  EXPECT_TRUE(Account(given).when(key()));
}

TEST(AccountKeys, AnIdIsUsedOnce) {
  expect_refused(Account({kAda, created("keykeykeykey")}).when(key()), Errc::conflict, "id");
}

TEST(AccountKeys, AreRevokedOnce) {
  const auto events = Account({kAda, created("a"), created("b")}).when(RevokeApiKey{"b"});
  EXPECT_EQ(only<ApiKeyRevoked>(events).key_hash, "digest of b");
  expect_refused(Account({kAda, created("b"), ApiKeyRevoked{"b", ""}}).when(RevokeApiKey{"b"}), Errc::not_found);
}

TEST(AccountKeys, AllGoWithTheAccount) {
  const auto events = Account({kAda, created("a"), created("b")}).when(DeleteAccount{"hash-1"});
  ASSERT_TRUE(events && events->size() == 3);
  EXPECT_EQ(std::get<ApiKeyRevoked>(events->front()).id, "a");
  EXPECT_TRUE(std::holds_alternative<AccountDeleted>(events->back()));
}

TEST(AccountKeys, GoAlsoWithAnAccountThatAnAdministratorErases) {
  const auto events = Account({kAda, created("a")}).when(EraseAccount{});
  ASSERT_TRUE(events && events->size() == 2);
  EXPECT_EQ(std::get<ApiKeyRevoked>(events->front()).id, "a");
  EXPECT_TRUE(std::holds_alternative<AccountDeleted>(events->back()));
  expect_refused(Account({kAda, AccountDeleted{}}).when(EraseAccount{}), Errc::not_found);
}

TEST(AccountKeys, AStateSurvivesItsSnapshot) {
  const auto again = Json(Account({kAda, created("a")}).state).get<AccountState>();
  ASSERT_EQ(again.api_keys.size(), 1u);
  EXPECT_EQ(again.api_keys.front().key_hash, "digest of a");
}

}  // namespace
}  // namespace troupe::actors
