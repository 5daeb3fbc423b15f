// Telegram's updates and what is sent there.
#include "actors/platforms/telegram.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::platforms::telegram {
namespace {

const Bot kBot{"99", "TroupeBot"};

Json group_message(const std::string& text) {
  return {{"message_id", 5},
          {"from", {{"id", 7}, {"is_bot", false}, {"first_name", "Ada"}, {"last_name", "Lovelace"}}},
          {"chat", {{"id", -100}, {"type", "supergroup"}, {"title", "Engines"}}},
          {"text", text}};
}

std::optional<Incoming> heard(const Json& message) {
  const Json answer{{"ok", true}, {"result", {{{"update_id", 1}, {"message", message}}}}};
  const auto updates = updates_in(answer.dump(), kBot);
  if (!updates) return std::nullopt;
  return updates->at(0).message;
}

TEST(Telegram, ReadsWhoSpeaksWhere) {
  const auto message = heard(group_message("hello"));
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->speaker.in_group);
  EXPECT_EQ(message->speaker.group, "-100");
  EXPECT_EQ(message->speaker.group_name, "Engines");
  EXPECT_EQ(message->speaker.user, "7");
  EXPECT_EQ(message->speaker.user_name, "Ada Lovelace");
  EXPECT_EQ(message->message_id, "5");
  EXPECT_FALSE(message->to_the_bot);
}

TEST(Telegram, KnowsWhenItIsAddressed) {
  const auto front = heard(group_message("@troupebot, what is due?"));
  EXPECT_TRUE(front->to_the_bot);
  EXPECT_EQ(front->text, "what is due?");
  const auto command = heard(group_message("/ping@TroupeBot now"));
  EXPECT_TRUE(command->to_the_bot);
  EXPECT_EQ(command->text, "/ping now");
  const auto within = heard(group_message("ask @TroupeBot about it"));
  EXPECT_TRUE(within->to_the_bot);
  EXPECT_EQ(within->text, "ask @TroupeBot about it");
  EXPECT_FALSE(heard(group_message("@TroupeBots are another"))->to_the_bot);
  EXPECT_FALSE(heard(group_message("/ping@OtherBot"))->to_the_bot);
  EXPECT_EQ(heard(group_message("@TroupeBot"))->text, "@TroupeBot");
}

TEST(Telegram, KnowsAnAnswerToTheBotAndAMentionByItsId) {
  auto reply = group_message("yes");
  reply["reply_to_message"] = {{"from", {{"id", 99}}}};
  EXPECT_TRUE(heard(reply)->to_the_bot);
  auto mention = group_message("you there");
  mention["entities"] = {{{"type", "text_mention"}, {"user", {{"id", 99}}}}};
  EXPECT_TRUE(heard(mention)->to_the_bot);
}

TEST(Telegram, ReadsCaptionsAndTellsWhatElseThereIs) {
  auto photo = group_message("");
  photo["caption"] = "look";
  photo["photo"] = Json::array();
  EXPECT_EQ(heard(photo)->text, "look [图片]");
  auto sticker = group_message("");
  sticker["sticker"] = Json::object();
  EXPECT_EQ(heard(sticker)->text, "[表情]");
}

TEST(Telegram, HearsNeitherBotsNorChannelsNorEvents) {
  auto bot = group_message("hi");
  bot["from"]["is_bot"] = true;
  EXPECT_FALSE(heard(bot));
  auto channel = group_message("hi");
  channel["chat"]["type"] = "channel";
  EXPECT_FALSE(heard(channel));
  EXPECT_FALSE(heard(group_message("")));
  EXPECT_FALSE(heard(Json::object()));
}

TEST(Telegram, RefusesAnswersThatAreNone) {
  for (const char* text : {"", "[]", R"({"ok":false})", R"({"ok":true})", R"({"ok":true,"result":[{}]})"})
    EXPECT_EQ(updates_in(text, kBot).error().code, Errc::corrupt) << text;
  EXPECT_FALSE(bot_in(R"({"ok":true,"result":{}})"));
  EXPECT_EQ(bot_in(R"({"ok":true,"result":{"id":99,"username":"TroupeBot"}})")->username, "TroupeBot");
}

TEST(Telegram, QuotesInGroupsAndOnlyWithTheFirstPiece) {
  const Outgoing outgoing{"p", true, "-100", "text", "5"};
  const auto first = Json::parse(message_request(outgoing, "piece", true));
  EXPECT_EQ(first["reply_parameters"]["message_id"], 5);
  EXPECT_EQ(first["chat_id"], "-100");
  EXPECT_FALSE(Json::parse(message_request(outgoing, "piece", false)).contains("reply_parameters"));
  EXPECT_FALSE(Json::parse(message_request({"p", false, "7", "text", "5"}, "text", true)).contains("reply_parameters"));
}

TEST(Telegram, WaitsAsLongAsItIsAsked) {
  HttpAnswer answer;
  answer.head.status = 429;
  answer.body = R"({"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}})";
  EXPECT_EQ(outcome_of(answer).kind, SendOutcome::Kind::again);
  EXPECT_EQ(outcome_of(answer).rest, std::chrono::seconds(7));
  answer.head.status = 403;
  EXPECT_EQ(outcome_of(answer).kind, SendOutcome::Kind::refused);
  answer.head.status = 200;
  answer.body = R"({"ok":true,"result":{"message_id":12}})";
  EXPECT_EQ(outcome_of(answer).id, "12");
}

TEST(Telegram, KnowsARefusedTokenByTelegramsOwnWords) {
  HttpAnswer answer;
  answer.head.status = 404;
  answer.body = "<html>no such page</html>";
  EXPECT_FALSE(complaint_in(answer).is_about_the_token) << "a proxy said so";
  answer.body = R"({"ok":false,"error_code":404,"description":"Not Found"})";
  EXPECT_TRUE(complaint_in(answer).is_about_the_token);
  EXPECT_EQ(complaint_in(answer).why, "Telegram answered with status 404: Not Found");
}

TEST(Telegram, LetsNoTokenChangeThePath) {
  EXPECT_EQ(method_url("http://h/", "1:a-B_", "getMe"), "http://h/bot1:a-B_/getMe");
  EXPECT_EQ(method_url("http://h", "../x?", "getMe"), "http://h/bot%2E%2E%2Fx%3F/getMe");
}

}  // namespace
}  // namespace troupe::actors::platforms::telegram
