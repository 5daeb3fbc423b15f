// Discord's gateway, frame by frame, and what is sent by REST.
#include "actors/platforms/discord.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::platforms::discord {
namespace {

constexpr const char* kHello = R"({"op":10,"d":{"heartbeat_interval":40000}})";
constexpr const char* kReady =
    R"({"op":0,"s":1,"t":"READY","d":{"session_id":"abc","resume_gateway_url":"wss://resume.example","user":{"id":"99"}}})";

class DiscordGateway : public ::testing::Test {
 protected:
  Gateway::Steps take(const std::string& frame) {
    const auto steps = gateway_.take(frame, 0.5);
    if (!steps) ADD_FAILURE() << steps.error().message;
    return steps.value_or(Gateway::Steps{});
  }
  static Json sent(const Gateway::Steps& steps) {
    for (const auto& step : steps)
      if (const auto* send = std::get_if<Gateway::Send>(&step)) return Json::parse(send->frame);
    return nullptr;
  }
  template <class Step>
  static const Step* step(const Gateway::Steps& steps) {
    for (const auto& one : steps)
      if (const auto* found = std::get_if<Step>(&one)) return found;
    return nullptr;
  }
  void get_ready() {
    take(kHello);
    take(kReady);
  }

  Gateway gateway_{{"wss://gateway.example", "token", "chess"}};
};

TEST_F(DiscordGateway, IdentifiesItselfAndBeats) {
  EXPECT_EQ(gateway_.url(), "wss://gateway.example/?v=10&encoding=json");
  const auto steps = take(kHello);
  const auto* beats = step<Gateway::BeginToBeat>(steps);
  ASSERT_TRUE(beats);
  EXPECT_EQ(beats->every, std::chrono::seconds(40));
  EXPECT_EQ(beats->first, std::chrono::seconds(20));
  const auto identify = sent(steps);
  EXPECT_EQ(identify["op"], 2);
  EXPECT_EQ(identify["d"]["token"], "token");
  EXPECT_EQ(identify["d"]["intents"], (1 << 9) + (1 << 12) + (1 << 15));
  EXPECT_EQ(identify["d"]["presence"]["activities"][0]["name"], "chess");
  EXPECT_TRUE(step<Gateway::Ready>(take(kReady)));
}

TEST_F(DiscordGateway, BeatsWithTheLastSequence) {
  take(kHello);
  EXPECT_EQ(sent(gateway_.beat()), Json::parse(R"({"op":1,"d":null})"));
  take(R"({"op":11})");
  take(kReady);
  EXPECT_EQ(sent(gateway_.beat()), Json::parse(R"({"op":1,"d":1})"));
  EXPECT_EQ(sent(take(R"({"op":1})")), Json::parse(R"({"op":1,"d":1})"));
}

TEST_F(DiscordGateway, GivesUpAConnectionThatDoesNotAnswerABeat) {
  get_ready();
  EXPECT_TRUE(step<Gateway::Send>(gateway_.beat()));
  EXPECT_TRUE(step<Gateway::Reconnect>(gateway_.beat()));
}

TEST_F(DiscordGateway, ResumesWhereItWas) {
  get_ready();
  EXPECT_FALSE(gateway_.closed(1006));
  EXPECT_EQ(gateway_.url(), "wss://resume.example/?v=10&encoding=json");
  const auto resume = sent(take(kHello));
  EXPECT_EQ(resume, Json::parse(R"({"op":6,"d":{"token":"token","session_id":"abc","seq":1}})"));
  EXPECT_TRUE(step<Gateway::Ready>(take(R"({"op":0,"s":2,"t":"RESUMED","d":{}})")));
}

TEST_F(DiscordGateway, BeginsAnewWhenItsSessionIsNotGood) {
  get_ready();
  const auto steps = take(R"({"op":9,"d":false})");
  ASSERT_TRUE(step<Gateway::Reconnect>(steps));
  EXPECT_EQ(step<Gateway::Reconnect>(steps)->wait, std::chrono::seconds(3));
  EXPECT_EQ(gateway_.url(), "wss://gateway.example/?v=10&encoding=json");
  EXPECT_EQ(sent(take(kHello))["op"], 2);
}

TEST_F(DiscordGateway, KeepsASessionThatMayBeResumed) {
  get_ready();
  take(R"({"op":9,"d":true})");
  EXPECT_EQ(sent(take(kHello))["op"], 6);
  EXPECT_TRUE(step<Gateway::Reconnect>(take(R"({"op":7,"d":null})")));
  EXPECT_FALSE(gateway_.closed(4009));
  EXPECT_EQ(sent(take(kHello))["op"], 2);
}

TEST_F(DiscordGateway, SaysWhyATokenIsNoGood) {
  EXPECT_EQ(gateway_.closed(4004), "the token is refused");
  EXPECT_TRUE(gateway_.closed(4014));
  EXPECT_FALSE(gateway_.closed(4000));
}

TEST_F(DiscordGateway, HearsMessages) {
  get_ready();
  Json message = Json::parse(R"({"id":"55","channel_id":"42","guild_id":"1","content":"<@99> /ping",
    "author":{"id":"7","username":"ada","global_name":"Ada"},"member":{"nick":"Countess"},"mentions":[{"id":"99"}],
    "attachments":[]})");
  const auto heard = [&] {
    const auto steps = take(Json{{"op", 0}, {"s", 2}, {"t", "MESSAGE_CREATE"}, {"d", message}}.dump());
    const auto* found = step<Gateway::Hear>(steps);
    return found ? std::optional(*found) : std::nullopt;
  };
  auto hear = heard();
  ASSERT_TRUE(hear);
  EXPECT_EQ(hear->channel, "42");
  EXPECT_EQ(hear->message.text, "/ping");
  EXPECT_TRUE(hear->message.to_the_bot && hear->message.speaker.in_group);
  EXPECT_EQ(hear->message.speaker.group, "42");
  EXPECT_EQ(hear->message.speaker.user_name, "Countess");
  message["content"] = "";
  message["attachments"] = {{{"content_type", "image/png"}}};
  message.erase("guild_id");
  hear = heard();
  EXPECT_EQ(hear->message.text, "[图片]");
  EXPECT_FALSE(hear->message.speaker.in_group);
  message["channel_id"] = "../../users";
  EXPECT_FALSE(heard());
  message["channel_id"] = "42";
  message["author"]["bot"] = true;
  EXPECT_FALSE(heard());
}

TEST_F(DiscordGateway, RefusesWhatIsNoFrame) {
  EXPECT_FALSE(gateway_.take("nonsense", 0));
  EXPECT_FALSE(gateway_.take("{}", 0));
  EXPECT_TRUE(take(R"({"op":10,"d":{"heartbeat_interval":-5}})").size() == 2)
      << "and beats no faster than once a second";
  EXPECT_TRUE(take(R"({"op":77})").empty());
}

TEST(DiscordMessages, CallNobodyButWhomTheyAnswer) {
  const auto body = Json::parse(message_request({"p", true, "42", "@everyone", "55"}, "@everyone", 0));
  EXPECT_EQ(body["allowed_mentions"], Json::parse(R"({"parse":[],"replied_user":true})"));
  EXPECT_EQ(body["message_reference"]["message_id"], "55");
  EXPECT_EQ(body["nonce"].get<std::string>().size(), 25u);
  const auto second = Json::parse(message_request({"p", true, "42", "@everyone", "55"}, "@everyone", 1));
  EXPECT_NE(body["nonce"], second["nonce"]);
  EXPECT_FALSE(second.contains("message_reference"));
}

TEST(DiscordPrivateChannels, AreForgottenAllWhenTheyAreTooMany) {
  PrivateChannels channels(2);
  channels.remember("ann", "1");
  channels.remember("bob", "2");
  channels.remember("bob", "3");
  EXPECT_EQ(channels.to("ann"), "1");
  EXPECT_EQ(channels.to("bob"), "3");
  channels.remember("cid", "4");
  EXPECT_EQ(channels.to("ann"), "");
  EXPECT_EQ(channels.to("cid"), "4");
}

TEST(DiscordMessages, KeepToTheLimits) {
  HttpAnswer answer;
  answer.head.status = 200;
  answer.head.headers = {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset-After", "1.5"}};
  answer.body = R"({"id":"77"})";
  EXPECT_EQ(outcome_of(answer).id, "77");
  EXPECT_EQ(outcome_of(answer).rest, std::chrono::milliseconds(1500));
  answer.head = {429, "", {}};
  answer.body = R"({"message":"You are being rate limited.","retry_after":2.5,"global":true})";
  EXPECT_EQ(outcome_of(answer).rest, std::chrono::milliseconds(2500));
  EXPECT_TRUE(outcome_of(answer).rests_everywhere);
}

}  // namespace
}  // namespace troupe::actors::platforms::discord
