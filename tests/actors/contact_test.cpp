#include "actors/contact.hpp"

#include "given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Given = testing::Given<ContactDecider>;

ContactMet somebody() { return {40, "plat", false, "7", "Ann"}; }

TEST(Contact, IsMetOnce) {
  EXPECT_EQ(only<ContactMet>(Given().when(MeetContact{40, "plat", false, "7", "Ann"})).name, "Ann");
  expect_refused(Given({somebody()}).when(MeetContact{40, "plat", false, "7", "Ann"}), Errc::conflict, "id");
}

TEST(Contact, HasAnIdOfItsPlatform) {
  expect_refused(Given().when(MeetContact{40, "plat", false, "", "Ann"}), Errc::invalid, "foreign_id");
  expect_refused(Given().when(MeetContact{40, "plat", false, std::string(129, '7'), "Ann"}), Errc::invalid,
                 "foreign_id");
}

TEST(Contact, KeepsAsMuchOfAForeignNameAsFits) {
  EXPECT_EQ(only<ContactMet>(Given().when(MeetContact{40, "plat", false, "7", std::string(500, 'x')})).name.size(),
            defaults::kMaxUsernameLength);
  EXPECT_EQ(only<ContactMet>(Given().when(MeetContact{40, "plat", false, "7", "a\nb"})).name, "a b");
}

TEST(Contact, IsRenamedWhenThePlatformSaysSo) {
  EXPECT_EQ(only<ContactRenamed>(Given({somebody()}).when(RenameContact{"Anna"})).name, "Anna");
  EXPECT_TRUE(Given({somebody()}).when(RenameContact{"Ann"})->empty());
}

TEST(Contact, GivesItsPlaceFreeWhenItIsForgotten) {
  const Given met({somebody()});
  EXPECT_EQ(only<ContactForgotten>(met.when(ForgetContact{})).platform, "plat");
  const auto claims = ContactDecider::claims(met.state, ContactForgotten{40, "plat"});
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].name, contact_claim("plat", false, "7"));
  expect_refused(Given({somebody(), ContactForgotten{40, "plat"}}).when(RenameContact{"x"}), Errc::not_found);
}

}  // namespace
}  // namespace troupe::actors
