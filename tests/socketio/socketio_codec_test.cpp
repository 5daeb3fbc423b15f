#include "http/socketio/socketio_codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace troupe::socketio {
namespace {

using namespace std::string_literals;

std::string text_of(const Frames& frames) { return std::string(frames.at(0).payload()); }

Json bytes(std::string_view text) { return Json::binary({text.begin(), text.end()}); }

TEST(SocketCodec, ReadsEveryPartOfAPacket) {
  const auto packet = decode_packet(R"(52-/admin,456["name",{"z":1,"a":2}])");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, PacketType::binary_event);
  EXPECT_EQ(packet->attachments, 2U);
  EXPECT_EQ(packet->nsp, "/admin");
  EXPECT_EQ(packet->id, 456U);
  EXPECT_EQ(packet->data.dump(), R"(["name",{"z":1,"a":2}])");
}

TEST(SocketCodec, ReadsANamespaceThatEndsThePacket) {
  EXPECT_EQ(decode_packet("0/custom")->nsp, "/custom");
  EXPECT_EQ(decode_packet("1/custom")->nsp, "/custom");
  EXPECT_EQ(decode_packet("0/custom,")->nsp, "/custom");
  EXPECT_EQ(decode_packet("0/random?x=1")->nsp, "/random?x=1") << "a query is part of the name";
  EXPECT_EQ(decode_packet(R"(2/,13["echo",2])")->id, 13U) << "the main namespace may be named";
}

TEST(SocketCodec, AcceptsWhatTheReferenceAccepts) {
  for (const auto* text :
       {"0", R"(0{"token":"123"})", "1", R"(2["a"])", "2[1,2]", "3[]", "37[]", "30012[1]", R"(2["error"])",
        R"(50-["a"])", R"(510-["a"])", R"(4{"message":"x"})", R"(4"x")", R"(2["_placeholder",{"_placeholder":true}])"})
    EXPECT_TRUE(decode_packet(text)) << text;
}

TEST(SocketCodec, RefusesWhatBreaksTheProtocol) {
  for (const auto* text : {"",
                           "abc",
                           "7",
                           "2",
                           "2{}",
                           "2[]",
                           R"(2abc["x"])",
                           "2[[]]",
                           "2[null]",
                           R"(2["connect"])",
                           R"(2["disconnect",1])",
                           R"(2["disconnecting"])",
                           R"(2["newListener"])",
                           R"(2["removeListener"])",
                           R"(2["connect_error"])",
                           "0[]",
                           "0null",
                           "0\"x\"",
                           "1{}",
                           "1[]",
                           "3{}",
                           "3",
                           "4",
                           "4[]",
                           R"(5["a"])",
                           R"(5-["a"])",
                           R"(5x-["a"])",
                           R"(5-1-["a"])",
                           R"(51["a"])",
                           R"(511-["a"])",
                           R"(599999999999999999999-["a"])",
                           R"(2-1["a"])",
                           R"(2["a")",
                           R"(2["a"]x)",
                           "2[\"\xff\"]",
                           R"(299999999999999999999["a"])"})
    EXPECT_FALSE(decode_packet(text)) << text;
}

TEST(SocketCodec, RefusesNestingPastTheLimit) {
  const auto nested = [](std::size_t depth) {
    return R"(2["a",)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "]";
  };
  EXPECT_TRUE(decode_packet(nested(defaults::kMaxJsonDepth)));
  EXPECT_FALSE(decode_packet(nested(defaults::kMaxJsonDepth + 1)));
  EXPECT_FALSE(decode_packet(nested(400'000)));
}

TEST(SocketCodec, RefusesANamespacePastTheLimit) {
  const std::string longest = "/" + std::string(defaults::kMaxNamespaceBytes - 1, 'n');
  EXPECT_TRUE(decode_packet("0" + longest + ",{}"));
  EXPECT_FALSE(decode_packet("0" + longest + "n,{}"));
  EXPECT_FALSE(decode_packet("0" + longest + "n"));
}

TEST(SocketCodec, PutsAttachmentsInTheirPlaces) {
  auto packet = decode_packet(R"(52-["x",{"deep":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}])");
  ASSERT_TRUE(packet);
  ASSERT_TRUE(fill_placeholders(packet->data, {"first", "second"}));
  EXPECT_EQ(packet->data[1]["deep"][0], bytes("second"));
  EXPECT_EQ(packet->data[2], bytes("first"));
}

TEST(SocketCodec, RefusesPlaceholdersThatNameNoAttachment) {
  for (const auto* text :
       {R"([{"_placeholder":true,"num":1}])", R"([{"_placeholder":true,"num":-1}])",
        R"([{"_placeholder":true,"num":"0"}])", R"([{"_placeholder":true,"num":0.5}])", R"([{"_placeholder":true}])"}) {
    auto data = Json::parse(text);
    EXPECT_FALSE(fill_placeholders(data, {"a"})) << text;
  }
}

TEST(SocketCodec, RefusesToPlaceAnAttachmentTwice) {
  auto data = Json::parse(R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])");
  EXPECT_FALSE(fill_placeholders(data, {"a"}));
}

TEST(SocketCodec, WritesEvents) {
  EXPECT_EQ(text_of(encode_event("/", {}, "hi", {})), R"(42["hi"])");
  EXPECT_EQ(text_of(encode_event("/", 0, "q", {Argument(1)})), R"(420["q",1])");
  EXPECT_EQ(text_of(encode_event("/x", 12, "q\"", {Argument("é"), Argument(nullptr)})),
            "42/x,12[\"q\\\"\",\"é\",null]");
  EXPECT_EQ(text_of(encode_event("/", {}, "log", {RenderedJson{R"({"b":1,"a":2})"}, Argument(true)}, "77")),
            R"(42["log",{"b":1,"a":2},true,"77"])");
}

TEST(SocketCodec, WritesInvalidTextWithoutThrowing) {
  EXPECT_EQ(text_of(encode_event("/", {}, "\xff", {Argument("\xfe")})), "42[\"\xEF\xBF\xBD\",\"\xEF\xBF\xBD\"]");
}

TEST(SocketCodec, WritesByteStringsAsAttachments) {
  const Json nested = {{"list", {1, bytes("\x01\x02")}}, {"more", bytes("x")}};
  const auto frames = encode_event("/", {}, "bin", {Argument(bytes("0")), Argument(nested)});
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_EQ(text_of(frames), R"(453-["bin",{"_placeholder":true,"num":0},)"
                             R"({"list":[1,{"_placeholder":true,"num":1}],"more":{"_placeholder":true,"num":2}}])");
  EXPECT_TRUE(frames[2].binary);
  EXPECT_EQ(frames[2].payload(), "\x01\x02");
  EXPECT_EQ(text_of(encode_ack("/", 789, {Argument(bytes("0"))})), R"(461-789[{"_placeholder":true,"num":0}])");
}

TEST(SocketCodec, WritesAcksAndControlPackets) {
  EXPECT_EQ(text_of(encode_ack("/", 13, {})), "4313[]");
  EXPECT_EQ(text_of(encode_ack("/a", 13, {Argument(2)})), "43/a,13[2]");
  EXPECT_EQ(text_of(encode_control(PacketType::connect, "/a", {{"sid", "x"}})), R"(40/a,{"sid":"x"})");
  EXPECT_EQ(text_of(encode_control(PacketType::disconnect, "/")), "41");
  EXPECT_EQ(text_of(encode_control(PacketType::disconnect, "/a")), "41/a,");
}

TEST(SocketCodec, WritesWhatItReads) {
  for (const auto* text : {R"(42["a",1,"2",{"3":[true]}])", R"(42/ns,17["a",{"z":0,"b":null}])"}) {
    const auto packet = decode_packet(std::string_view(text).substr(1));
    ASSERT_TRUE(packet);
    std::vector<Argument> arguments(packet->data.begin() + 1, packet->data.end());
    EXPECT_EQ(text_of(encode_event(packet->nsp, packet->id, packet->data[0].get<std::string>(), arguments)), text);
  }
}

TEST(SocketCodec, SurvivesRandomPackets) {
  std::mt19937 random(3);
  const std::vector<std::string> pieces = {"0",         "1",     "2", "3", "4",  "5",    "6",
                                           "-",         "/",     ",", "[", "]",  "{",    "}",
                                           "\"",        "\"a\"", ":", "1", "\\", "\xff", "\"_placeholder\":true",
                                           "\"num\":0", "null"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (auto left = random() % 20; left > 0; --left) text += pieces[random() % pieces.size()];
    if (auto packet = decode_packet(text)) {
      EXPECT_LE(packet->attachments, defaults::kMaxAttachments);
      (void)fill_placeholders(packet->data, {"a", "b"});
    }
  }
}

}  // namespace
}  // namespace troupe::socketio
