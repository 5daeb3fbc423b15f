#include <gtest/gtest.h>

#include "events/codec.hpp"
#include "http/surfaces/chatai/contacts.hpp"
#include "projections/projection.hpp"
#include "tests/actors/open_store.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::http::chatai {
namespace {

using events::AccountId;

TEST(ChatAiContactIds, MayBeOfAPlatformByItsNameOrItsId) {
  const std::vector<PlatformName> platforms = {{"AbCdEfGhIjKl", "qq"}, {"MnOpQrStUvWx", "my: bot"}};
  EXPECT_EQ(readings_of("10001", platforms), (std::vector<ForeignId>{{"", "10001"}}));
  EXPECT_EQ(readings_of("qq:7", platforms), (std::vector<ForeignId>{{"", "qq:7"}, {"qq", "7"}, {"AbCdEfGhIjKl", "7"}}));
  EXPECT_EQ(readings_of("my: bot:7", platforms).back(), (ForeignId{"MnOpQrStUvWx", "7"}));
  EXPECT_EQ(readings_of("AbCdEfGhIjKl:a:b", platforms).back(), (ForeignId{"AbCdEfGhIjKl", "a:b"}));
}

TEST(ChatAiContactIds, MayBeTheHousesOwnNumbers) {
  EXPECT_EQ(number_in("7"), 7);
  EXPECT_EQ(number_in("account:7"), 7);
  EXPECT_TRUE(is_explicit_number("account:7"));
  EXPECT_FALSE(is_explicit_number("7"));
  for (const char* text : {"", "0", "-7", "7a", "account:", "account:x", "99999999999999999999"})
    EXPECT_FALSE(number_in(text)) << text;
}

class ChatAiContacts : public ::testing::Test {
 protected:
  void SetUp() override {
    store = actors::testing::open_store(folder.path());
    ASSERT_TRUE(store);
  }

  template <class Event>
  void append(std::string stream, const Event& event, AccountId owner, std::vector<storage::Claim> claims) {
    storage::Append append;
    append.stream = std::move(stream);
    append.time = 1;
    append.owner = owner;
    append.claims = std::move(claims);
    append.events.push_back(events::encode(event));
    const std::string id = append.stream.substr(append.stream.find('/') + 1);
    projections::project(event, {id, append.time}, append.rows);
    const auto done = actors::testing::wait([&](auto answer) { store->append(std::move(append), answer); });
    ASSERT_TRUE(done) << done.error().message;
  }

  void meet(AccountId id, const std::string& platform, bool is_group, const std::string& foreign_id) {
    ASSERT_TRUE(store->secrets().personal_keys().make(id));
    const auto claim = events::contact_claim(platform, is_group, foreign_id);
    append("contact/" + std::to_string(id),
           events::ContactEvent(events::ContactMet{id, platform, is_group, foreign_id, "somebody"}), id,
           {{storage::Claim::Kind::take, claim}});
  }

  void add_platform(const std::string& id, const std::string& name) {
    events::Platform platform;
    platform.name = name;
    append("platform/" + id, events::PlatformEvent(events::EntryAdded<events::Platform>{id, platform}), 0, {});
  }

  void register_account(AccountId id) {
    ASSERT_TRUE(store->secrets().personal_keys().make(id));
    events::AccountRegistered event;
    event.id = id;
    event.username = "ada";
    append("account/" + std::to_string(id), events::AccountEvent(event), id, {});
  }

  storage::test::TempFolder folder;
  std::unique_ptr<storage::Store> store;
};

void expect_refused(const Expected<AccountId>& found, Errc code, const std::string& field) {
  ASSERT_FALSE(found) << *found;
  EXPECT_EQ(found.error().code, code) << found.error().message;
  EXPECT_EQ(found.error().field, field) << found.error().message;
}

TEST_F(ChatAiContacts, AreFoundByTheIdThatTheirPlatformGave) {
  add_platform("AbCdEfGhIjKl", "qq");
  meet(40, "AbCdEfGhIjKl", false, "10001");
  meet(41, "AbCdEfGhIjKl", true, "10001");
  const Contacts contacts(*store);
  EXPECT_EQ(contacts.user("10001").value_or(0), 40);
  EXPECT_EQ(contacts.group("10001").value_or(0), 41);
  EXPECT_EQ(contacts.user("qq:10001").value_or(0), 40);
  EXPECT_EQ(contacts.user("AbCdEfGhIjKl:10001").value_or(0), 40);
  EXPECT_EQ(contacts.user("account:40").value_or(0), 40);
  EXPECT_EQ(contacts.written(40), "10001");
  EXPECT_EQ(contacts.written(41), "10001");
  expect_refused(contacts.user("10002"), Errc::not_found, "USER_NOT_FOUND");
  expect_refused(contacts.user("40"), Errc::not_found, "USER_NOT_FOUND");
  expect_refused(contacts.group("account:40"), Errc::not_found, "GROUP_NOT_FOUND");
  expect_refused(contacts.user("account:41"), Errc::not_found, "USER_NOT_FOUND");
  expect_refused(contacts.user(""), Errc::invalid, "userId");
  expect_refused(contacts.user(std::string(1000, '1')), Errc::invalid, "userId");
}

TEST_F(ChatAiContacts, OfSeveralPlatformsMustBeToldApart) {
  add_platform("AbCdEfGhIjKl", "qq");
  add_platform("MnOpQrStUvWx", "tg");
  meet(40, "AbCdEfGhIjKl", false, "7");
  meet(41, "MnOpQrStUvWx", false, "7");
  const Contacts contacts(*store);
  expect_refused(contacts.user("7"), Errc::conflict, "userId");
  EXPECT_NE(contacts.user("7").error().message.find("AbCdEfGhIjKl:7 or MnOpQrStUvWx:7"), std::string::npos);
  EXPECT_EQ(contacts.user("tg:7").value_or(0), 41);
  EXPECT_EQ(contacts.written(41), "MnOpQrStUvWx:7");
}

TEST_F(ChatAiContacts, HaveTheirPlatformsIdsBeforeTheHousesNumbers) {
  add_platform("AbCdEfGhIjKl", "qq");
  register_account(7);
  const Contacts contacts(*store);
  EXPECT_EQ(contacts.user("7").value_or(0), 7);
  EXPECT_EQ(contacts.written(7), "7");
  meet(40, "AbCdEfGhIjKl", false, "7");
  EXPECT_EQ(contacts.user("7").value_or(0), 40);
  EXPECT_EQ(contacts.user("account:7").value_or(0), 7);
  EXPECT_EQ(contacts.written(7), "account:7");
  expect_refused(contacts.group("7"), Errc::not_found, "GROUP_NOT_FOUND");
}

TEST_F(ChatAiContacts, OfAPlatformThatWasRemovedAreFoundUnderItsId) {
  meet(40, "AbCdEfGhIjKl", false, "10001");
  const Contacts contacts(*store);
  expect_refused(contacts.user("10001"), Errc::not_found, "USER_NOT_FOUND");
  EXPECT_EQ(contacts.user("AbCdEfGhIjKl:10001").value_or(0), 40);
  EXPECT_EQ(contacts.written(40), "AbCdEfGhIjKl:10001");
}

}  // namespace
}  // namespace troupe::http::chatai
