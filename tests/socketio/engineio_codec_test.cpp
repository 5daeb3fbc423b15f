#include "http/socketio/engineio_codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace troupe::socketio {
namespace {

using namespace std::string_literals;

TEST(EngineCodec, ReadsATextPacket) {
  const auto packet = decode_engine_packet("4hello");
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, (EnginePacket{EngineType::message, false, "hello"}));
}

TEST(EngineCodec, RefusesEmptyAndUnknownPackets) {
  for (const auto* text : {"", "abc", "7", "/", "b"}) EXPECT_FALSE(decode_engine_packet(text)) << text;
}

TEST(EngineCodec, ReadsAPayloadOfTextAndBinary) {
  const auto packets = decode_engine_payload("4test1\036bAQIDBA==\0363");
  ASSERT_TRUE(packets);
  EXPECT_EQ(*packets, (std::vector<EnginePacket>{{EngineType::message, false, "test1"},
                                                 {EngineType::message, true, "\x01\x02\x03\x04"},
                                                 {EngineType::pong, false, ""}}));
}

TEST(EngineCodec, RefusesPayloadsWithABrokenPacket) {
  for (const auto* body : {"", "4a\036", "\0364a", "4a\036xyz", "bAQI", "b!!!!", "bAQIDBA==="})
    EXPECT_FALSE(decode_engine_payload(body)) << body;
}

TEST(EngineCodec, RefusesMorePacketsThanTheLimit) {
  EXPECT_TRUE(decode_engine_payload("4\0364\0364", 3));
  const auto refused = decode_engine_payload("4\0364\0364\0364", 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_large);
}

TEST(EngineCodec, WritesWhatItReads) {
  const std::deque<EngineFrame> packets = {text_packet("4hello"), binary_packet("\x01\x02\x03\x04"), text_packet("2")};
  EXPECT_EQ(encode_engine_payload(packets), "4hello\036bAQIDBA==\0362");
}

TEST(EngineCodec, FindsThePayloadInAFrameOfEveryLength) {
  for (const std::size_t size : {0, 125, 126, 65535, 65536}) {
    const std::string text(size, 'x');
    EXPECT_EQ(binary_packet(text).payload(), text);
  }
}

TEST(EngineCodec, KeepsBinaryWhole) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    const auto packets = decode_engine_payload(encode_engine_payload({binary_packet(bytes)}));
    ASSERT_TRUE(packets);
    EXPECT_EQ(packets->at(0).data, bytes);
  }
}

TEST(EngineCodec, SurvivesRandomPayloads) {
  std::mt19937 random(2);
  const std::string alphabet = "0123456b\036=A4 \xff\x00/+"s;
  for (int round = 0; round < 20000; ++round) {
    std::string body(random() % 40, '\0');
    for (auto& byte : body) byte = alphabet[random() % alphabet.size()];
    const auto packets = decode_engine_payload(body);
    EXPECT_LE(packets ? packets->size() : 0, body.size());
  }
}

}  // namespace
}  // namespace troupe::socketio
