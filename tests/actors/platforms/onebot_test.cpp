// OneBot v11's JSON and CQ codes.
#include "actors/platforms/onebot.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::platforms::onebot {
namespace {

Json group_event(Json message) {
  return {{"time", 1767225600},
          {"self_id", 10001},
          {"post_type", "message"},
          {"message_type", "group"},
          {"sub_type", "normal"},
          {"message_id", -77},
          {"group_id", 42},
          {"user_id", 7},
          {"message", message},
          {"raw_message", "raw"},
          {"sender", {{"nickname", "Ada"}, {"card", "Countess"}, {"role", "admin"}}}};
}

Message message_of(const Json& event) {
  const auto frame = parse(event.dump());
  if (frame && std::holds_alternative<Message>(*frame)) return std::get<Message>(*frame);
  ADD_FAILURE() << (frame ? "another frame" : frame.error().message);
  return {};
}

TEST(OneBot, ReadsWhoSpeaksWhere) {
  const auto message = message_of(group_event("hello"));
  EXPECT_EQ(message.self_id, "10001");
  EXPECT_EQ(message.message_id, "-77");
  EXPECT_TRUE(message.speaker.in_group);
  EXPECT_EQ(message.speaker.group, "42");
  EXPECT_EQ(message.speaker.user, "7");
  EXPECT_EQ(message.speaker.user_name, "Countess");
  EXPECT_TRUE(message.speaker.is_group_admin);
  EXPECT_EQ(message.text, "hello");
  EXPECT_FALSE(message.names_the_bot);
}

TEST(OneBot, ReadsAPrivateMessage) {
  auto event = group_event("hello");
  event["message_type"] = "private";
  event.erase("group_id");
  const auto message = message_of(event);
  EXPECT_FALSE(message.speaker.in_group);
  EXPECT_FALSE(message.speaker.is_group_admin);
}

TEST(OneBot, TakesIdsThatAreTexts) {
  auto event = group_event("hello");
  event["user_id"] = "u-7";
  EXPECT_EQ(message_of(event).speaker.user, "u-7");
}

TEST(OneBot, RendersSegments) {
  const Json segments = Json::parse(R"([
    {"type":"text","data":{"text":"see "}}, {"type":"at","data":{"qq":"8"}}, {"type":"image","data":{"file":"a.png"}},
    {"type":"face","data":{"id":"1"}}, {"type":"record","data":{}}, {"type":"video","data":null},
    {"type":"reply","data":{"id":"9"}}, {"type":"json","data":{"data":"{}"}}])");
  EXPECT_EQ(message_of(group_event(segments)).text, "see [@8][图片][表情][语音][视频][回复: 9][json]");
}

TEST(OneBot, ReadsCqCodesAsSegments) {
  EXPECT_EQ(message_of(group_event("a&amp;b &#91;no code&#93;[CQ:image,file=x&#44;y.png,url=http://h/?a=1]&#44;")).text,
            "a&b [no code][图片],");
  EXPECT_EQ(message_of(group_event("[CQ:at,qq=all] [CQ:shake]")).text, "[@all] [shake]");
}

TEST(OneBot, TakesACodeWithoutAnEndForText) {
  EXPECT_EQ(message_of(group_event("a [CQ:at,qq=7")).text, "a [CQ:at,qq=7");
}

TEST(OneBot, KnowsWhenItIsAddressed) {
  const auto at = message_of(group_event("[CQ:reply,id=5][CQ:at,qq=10001] /ping"));
  EXPECT_TRUE(at.names_the_bot);
  EXPECT_EQ(at.answers, "5");
  EXPECT_EQ(at.text, "/ping");
  EXPECT_FALSE(message_of(group_event("[CQ:at,qq=10002] hi")).names_the_bot);
  const auto within = message_of(group_event("hey [CQ:at,qq=10001]!"));
  EXPECT_TRUE(within.names_the_bot);
  EXPECT_EQ(within.text, "hey [@10001]!");
}

TEST(OneBot, KeepsAnAddressThatIsAllThereIs) {
  EXPECT_EQ(message_of(group_event("[CQ:at,qq=10001] ")).text, "[@10001] ");
}

TEST(OneBot, ReadsHeartbeatsAndOtherEvents) {
  const auto beat = parse(R"({"post_type":"meta_event","meta_event_type":"heartbeat","self_id":1,"interval":5000})");
  EXPECT_EQ(std::get<Heartbeat>(*beat).interval, std::chrono::seconds(5));
  const auto notice = parse(R"({"post_type":"notice","notice_type":"group_increase","self_id":1})");
  EXPECT_EQ(std::get<Happening>(*notice).kind, "notice.group_increase");
  const auto connected =
      parse(R"({"post_type":"meta_event","meta_event_type":"lifecycle","sub_type":"connect","self_id":1})");
  EXPECT_EQ(std::get<Happening>(*connected).kind, "meta_event.lifecycle");
}

TEST(OneBot, ReadsResponses) {
  const auto good =
      std::get<Response>(*parse(R"({"status":"ok","retcode":0,"data":{"message_id":99},"message":"","echo":"e1"})"));
  EXPECT_TRUE(good.is_ok);
  EXPECT_EQ(good.message_id, "99");
  EXPECT_EQ(good.echo, "e1");
  const auto bad =
      std::get<Response>(*parse(R"({"status":"failed","retcode":100,"data":null,"wording":"muted","echo":"e2"})"));
  EXPECT_FALSE(bad.is_ok);
  EXPECT_EQ(bad.why, "the client refused it (retcode 100): muted");
}

TEST(OneBot, RefusesWhatIsNoFrame) {
  for (const char* text : {"", "[]", "{", R"({"hello":1})", R"({"post_type":"message"})",
                           R"({"post_type":"message","message_type":"group","self_id":1,"user_id":2,"message":"x"})"})
    EXPECT_EQ(parse(text).error().code, Errc::corrupt) << text;
  EXPECT_FALSE(parse(std::string(100'000, '[')));
}

TEST(OneBot, SendsSegmentsSoThatNothingIsTakenForACode) {
  const auto action = Json::parse(send_action({"p", true, "42", "[CQ:at,qq=all] &", "10001/-77"}, "-77", "e1"));
  EXPECT_EQ(action["action"], "send_group_msg");
  EXPECT_EQ(action["echo"], "e1");
  EXPECT_EQ(action["params"]["group_id"], 42);
  EXPECT_EQ(action["params"]["message"][0], Json::parse(R"({"type":"reply","data":{"id":"-77"}})"));
  EXPECT_EQ(action["params"]["message"][1]["data"]["text"], "[CQ:at,qq=all] &");
}

TEST(OneBot, QuotesNothingInPrivate) {
  const auto action = Json::parse(send_action({"p", false, "u-7", "hi", "10001/5"}, "5", "e"));
  EXPECT_EQ(action["action"], "send_private_msg");
  EXPECT_EQ(action["params"]["user_id"], "u-7");
  EXPECT_EQ(action["params"]["message"].size(), 1u);
}

TEST(OneBot, KeepsTheAccountInTheIdOfAMessage) {
  const auto id = parse_foreign_id(foreign_id("10001", "-77"));
  EXPECT_EQ(id.self_id, "10001");
  EXPECT_EQ(id.message_id, "-77");
  EXPECT_EQ(foreign_id("10001", ""), "");
  EXPECT_EQ(parse_foreign_id("77").self_id, "");
}

}  // namespace
}  // namespace troupe::actors::platforms::onebot
