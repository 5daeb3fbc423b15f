// The signatures and bodies of webhooks.
#include "actors/platforms/webhook.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::platforms::webhook {
namespace {

constexpr Micros kNow = Micros{1'767'225'600} * 1'000'000;
constexpr const char* kSecret = "a secret of some length";

Delivery delivery(std::string timestamp = "1767225600", std::string body = "{}") {
  return {timestamp, signature(kSecret, timestamp, body), body};
}

TEST(Webhook, SignsAsOthersDo) {
  // printf '%s' '1767225600.{"a":1}' | openssl dgst -sha256 -hmac key
  EXPECT_EQ(signature("key", "1767225600", R"({"a":1})"),
            "sha256=80f7b75f8618b9b24d72673996a625f1a43f7387a26b6739d667431724fe4d23");
}

TEST(Webhook, TakesAGoodSignature) { EXPECT_TRUE(verify(kSecret, delivery(), kNow)); }

TEST(Webhook, RefusesWhatWasSignedByAnotherOrChanged) {
  EXPECT_EQ(verify("another secret, as long", delivery(), kNow).error().code, Errc::unauthenticated);
  auto changed = delivery();
  changed.body = "{ }";
  EXPECT_FALSE(verify(kSecret, changed, kNow));
  auto later = delivery();
  later.timestamp = "1767225601";
  EXPECT_FALSE(verify(kSecret, later, kNow));
  EXPECT_FALSE(verify(kSecret, {"1767225600", "", "{}"}, kNow));
}

TEST(Webhook, RefusesATimeThatIsTooFarAway) {
  EXPECT_TRUE(verify(kSecret, delivery("1767225301"), kNow));
  EXPECT_FALSE(verify(kSecret, delivery("1767225299"), kNow));
  EXPECT_FALSE(verify(kSecret, delivery("1767225901"), kNow));
  for (const char* time : {"", "now", "1767225600.5", "-1", "99999999999999999999"})
    EXPECT_FALSE(verify(kSecret, delivery(time), kNow)) << time;
}

TEST(Webhook, ReadsAMessage) {
  const auto message = parse(R"({"message_id":"m1","user_id":"7","user_name":"Ada","group_id":"g","group_name":"G",
                                 "text":"hi","to_bot":true,"is_group_admin":true})");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->message_id, "m1");
  EXPECT_EQ(message->speaker.user_name, "Ada");
  EXPECT_TRUE(message->speaker.in_group && message->speaker.is_group_admin && message->to_the_bot);
  EXPECT_FALSE(parse(R"({"message_id":"m1","user_id":"7","text":"hi"})")->speaker.in_group);
}

TEST(Webhook, NamesTheFieldAtFault) {
  EXPECT_EQ(parse("[]").error().field, "body");
  EXPECT_EQ(parse(R"({"user_id":"7","text":"hi"})").error().field, "message_id");
  EXPECT_EQ(parse(R"({"message_id":"1","user_id":7,"text":"hi"})").error().field, "user_id");
  EXPECT_EQ(parse(R"({"message_id":"1","user_id":"7"})").error().field, "text");
  const auto long_id = Json{{"message_id", std::string(200, 'x')}, {"user_id", "7"}, {"text", "hi"}}.dump();
  EXPECT_EQ(parse(long_id).error().field, "message_id");
}

TEST(Webhook, SendsTheSameIdForTheSameAnswer) {
  const Outgoing outgoing{"p", true, "g", "hello", "m1", "1/2"};
  const auto body = Json::parse(body_of(outgoing));
  EXPECT_EQ(body["kind"], "group");
  EXPECT_EQ(body["to"], "g");
  EXPECT_EQ(body["reply_to"], "m1");
  EXPECT_EQ(body, Json::parse(body_of(outgoing)));
  EXPECT_NE(body["id"], Json::parse(body_of({"p", true, "g", "hello", "m1", "1/3"}))["id"]) << "it says so again";
}

TEST(Webhook, KnowsWhatTheReceiverCallsAnAnswer) {
  EXPECT_EQ(sent_id(R"({"message_id":"x9"})"), "x9");
  EXPECT_EQ(sent_id("thanks"), "");
}

}  // namespace
}  // namespace troupe::actors::platforms::webhook
