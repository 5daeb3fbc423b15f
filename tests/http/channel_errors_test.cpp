// What the deciders of all dialects say of sessions, in the words of the PlexiChat API.
#include <gtest/gtest.h>

#include "http/surfaces/plexichat/channels.hpp"

namespace troupe::http::plexichat {
namespace {

TEST(ChannelErrors, CallASessionAChannelByItsFieldWhateverTheSentence) {
  const Error told = about_channels({Errc::not_found, "any words", actors::kSessionId});
  EXPECT_EQ(told.code, Errc::not_found);
  EXPECT_EQ(told.message, "No such channel");
  EXPECT_EQ(told.field, "channel_id");
  EXPECT_EQ(about_channels({Errc::conflict, "taken", "channel"}).field, "name");
}

TEST(ChannelErrors, LeaveAllOthersAlone) {
  EXPECT_EQ(about_channels({Errc::not_found, "No such session"}).message, "No such session");
  EXPECT_EQ(about_channels({Errc::conflict, "full", ""}).message, "full");
  EXPECT_EQ(about_channels({Errc::invalid, "bad", actors::kSessionId}).field, actors::kSessionId);
}

}  // namespace
}  // namespace troupe::http::plexichat
