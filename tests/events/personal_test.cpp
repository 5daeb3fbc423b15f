// The split of an event into what is personal and what is not.
#include <gtest/gtest.h>

#include "events/account.hpp"
#include "events/feed.hpp"

namespace troupe::events {
namespace {

TEST(PersonalFields, StandApartFromTheOthers) {
  const auto stored = encode(AccountRegistered{7, "ada", "ada@example.org", "", "hash", "admin"});
  EXPECT_EQ(from_cbor(stored.payload).value_or(nullptr), (Json{{"id", 7}, {"role", "admin"}, {"fullname", ""}}));
  EXPECT_EQ(from_cbor(stored.personal).value_or(nullptr),
            (Json{{"username", "ada"}, {"email", "ada@example.org"}, {"password_hash", "hash"}}));
}

TEST(PersonalFields, ComeBackWithTheEvent) {
  const auto again = decode_as<AccountRegistered>(encode(AccountRegistered{7, "ada", "a@b", "Ada", "hash", "admin"}));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->username, "ada");
  EXPECT_EQ(again->role, "admin");
}

TEST(PersonalFields, HaveTheirDefaultsOnceTheyAreGone) {
  auto stored = encode(MessageReported{"hello", "7", "Bob", "t1", "USER", {{"a", 1}}});
  stored.personal.clear();
  const auto again = decode_as<MessageReported>(stored);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->message, "");
  EXPECT_EQ(again->author_name, std::nullopt);
  EXPECT_EQ(again->metadata, Json::object());
}

TEST(PersonalFields, OfAnEventThatHasNoneAreNotThere) {
  EXPECT_EQ(encode(RoleChanged{"admin"}).personal, "");
  EXPECT_EQ(encode(ProfileUpdated{}).personal, "") << "what holds nothing is not worth a seal";
}

TEST(PersonalFields, ThatDoNotDecodeAreDamage) {
  auto stored = encode(LogReported{"info", "hello"});
  stored.personal = "no CBOR";
  EXPECT_EQ(decode_as<LogReported>(stored).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace troupe::events
