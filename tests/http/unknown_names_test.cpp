// Names that nobody has are locked by the rule for accounts, and take so much memory.
#include "http/security/unknown_names.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

constexpr Micros kNow = 1'000'000'000'000;
constexpr Micros kWindow = to_micros(defaults::kFailedLogInWindow);
constexpr Micros kLock = to_micros(defaults::kLockOut);

TEST(UnknownNames, AreLockedWhereAnAccountIs) {
  UnknownNames names;
  actors::AccountState account;
  account.exists = true;
  for (Micros now : {0, 1, 2, 16, 17, 18, 19, 20, 25, 34, 36, 37, 60}) {
    now = kNow + now * 60'000'000;
    ASSERT_EQ(names.is_locked("nobody", now), now < account.locked_until) << now;
    names.count_failure("nobody", now);
    const auto events = actors::AccountDecider::decide(account, actors::RefuseLogIn{}, now);
    ASSERT_TRUE(events);
    for (const auto& event : *events) actors::AccountDecider::evolve(account, event, now);
    ASSERT_EQ(names.is_locked("nobody", now), now < account.locked_until) << now;
  }
  EXPECT_GT(account.locked_until, 0) << "or this compares nothing";
  EXPECT_FALSE(names.is_locked("another", kNow));
}

TEST(UnknownNames, ForgetThoseThatEndedAndThenAllToStayWithinTheirLimit) {
  UnknownNames names(3);
  for (std::size_t i = 0; i < defaults::kMaxFailedLogIns; ++i) names.count_failure("locked", kNow);
  names.count_failure("old", kNow - kWindow);
  names.count_failure("new", kNow);
  names.count_failure("one more", kNow);
  EXPECT_EQ(names.size(), 3u);
  EXPECT_TRUE(names.is_locked("locked", kNow)) << "only the old one was forgotten";
  names.count_failure("too many", kNow);
  EXPECT_EQ(names.size(), 1u);
  EXPECT_FALSE(names.is_locked("locked", kNow + kLock - 1));
}

}  // namespace
}  // namespace troupe::http
