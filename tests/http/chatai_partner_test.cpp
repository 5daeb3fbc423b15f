#include <gtest/gtest.h>

#include "http/surfaces/chatai/chat.hpp"

namespace troupe::http::chatai {
namespace {

TEST(ChatAiPartner, ComesBackFromItsText) {
  for (const auto& [user, group, text] : {std::tuple{"123", "", "user:123"},
                                          {"", "456", "group:456"},
                                          {"123", "456", "group:456:user:123"},
                                          {"", "", "user:"}}) {
    EXPECT_EQ(text_of({user, group}), text);
    const auto partner = partner_in(text);
    ASSERT_TRUE(partner) << text;
    EXPECT_EQ(partner->user, user);
    EXPECT_EQ(partner->group, group);
  }
}

TEST(ChatAiPartner, IsNobodyInATextOfAnotherKind) {
  for (const char* text : {"", "Hello", "conv_7", "group:456:7"}) EXPECT_FALSE(partner_in(text)) << text;
}

}  // namespace
}  // namespace troupe::http::chatai
