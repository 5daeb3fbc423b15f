#include <gtest/gtest.h>

#include "http/websocket.hpp"

namespace troupe::http {
namespace {

using namespace std::string_literals;

TEST(WebSocketFrame, IsTheExampleOfTheRfc) { EXPECT_EQ(*make_text_frame("Hello"), "\x81\x05Hello"); }

TEST(WebSocketFrame, WritesTheLengthInThreeForms) {
  EXPECT_EQ(make_binary_frame(std::string(125, 'x'))->substr(0, 3), "\x82\x7Dx"s);
  EXPECT_EQ(make_binary_frame(std::string(126, 'x'))->substr(0, 5), "\x82\x7E\x00\x7Ex"s);
  EXPECT_EQ(make_binary_frame(std::string(65535, 'x'))->substr(0, 5), "\x82\x7E\xFF\xFFx"s);
  const auto large = make_binary_frame(std::string(65536, 'x'));
  EXPECT_EQ(large->substr(0, 11), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00x"s);
  EXPECT_EQ(large->size(), 65536U + 10);
}

}  // namespace
}  // namespace troupe::http
