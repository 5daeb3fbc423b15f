#include "http/message.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

struct RecordedSink : Reply::Sink {
  explicit RecordedSink(std::vector<int>& statuses) : statuses(statuses) {}
  void send(Response response) override { statuses.push_back(response.status); }
  std::vector<int>& statuses;
};

Reply recorded(std::vector<int>& statuses) { return Reply(std::make_unique<RecordedSink>(statuses)); }

TEST(Message, FindsAHeaderWithoutCaseAndTheFirstOfTwo) {
  Request request;
  request.headers = {{"X-Bot-Token", "a"}, {"x-bot-token", "b"}};
  EXPECT_EQ(request.header("x-BOT-token"), "a");
  EXPECT_EQ(request.header("x-bot"), std::nullopt);
}

TEST(ServerSentEvent, HasAFieldForEachLineOfItsData) {
  EXPECT_EQ(server_sent_event("{}"), "data: {}\n\n");
  EXPECT_EQ(server_sent_event("a\nb\r\nc\rd", "note"), "event: note\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(server_sent_event(""), "data: \n\n");
}

TEST(Message, ComparesOnlyAsciiLettersWithoutCase) {
  EXPECT_TRUE(equals_ignoring_case("Keep-Alive", "keep-alive"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

TEST(Message, DecodesPercentEscapes) {
  EXPECT_EQ(percent_decode("a%20b%C3%A9+"), "a b\xC3\xA9+");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode(""), "");
}

TEST(Message, RefusesBrokenEscapesAndNul) {
  for (const auto* broken : {"%", "%4", "%zz", "%4g", "a%0", "%00"})
    EXPECT_EQ(percent_decode(broken), std::nullopt) << broken;
}

TEST(Message, FindsTheFirstValueOfAQueryParameter) {
  EXPECT_EQ(query_parameter("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(query_parameter("x%5By%5D=hello+you", "x[y]"), "hello you");
  EXPECT_EQ(query_parameter("flag&b=", "flag"), "");
  EXPECT_EQ(query_parameter("flag&b=", "b"), "");
  EXPECT_EQ(query_parameter("a=b=c", "a"), "b=c");
  EXPECT_EQ(query_parameter("ab=1", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("a=%zz", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("", "a"), std::nullopt);
}

TEST(Message, FindsACookie) {
  Request request;
  request.headers = {{"cookie", "session=abc=; other = x ;last=1"}};
  EXPECT_EQ(cookie(request, "session"), "abc=");
  EXPECT_EQ(cookie(request, "other"), "x");
  EXPECT_EQ(cookie(request, "last"), "1");
  EXPECT_EQ(cookie(request, "Session"), std::nullopt);
  EXPECT_EQ(cookie(Request{}, "session"), std::nullopt);
}

TEST(Reply, AnswersOnlyOnce) {
  std::vector<int> statuses;
  auto reply = recorded(statuses);
  EXPECT_FALSE(reply.gone());
  reply({.status = 201});
  reply({.status = 202});
  EXPECT_TRUE(reply.gone());
  EXPECT_EQ(statuses, (std::vector{201}));
}

TEST(Reply, Answers500WhenItIsDroppedOrReplacedUnused) {
  std::vector<int> statuses;
  { auto dropped = recorded(statuses); }
  EXPECT_EQ(statuses, (std::vector{500}));
  auto replaced = recorded(statuses);
  replaced = recorded(statuses);
  EXPECT_EQ(statuses, (std::vector{500, 500}));
  replaced({});
  EXPECT_EQ(statuses, (std::vector{500, 500, 200}));
}

TEST(Message, NamesStatuses) {
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(799), "Unknown");
}

}  // namespace
}  // namespace troupe::http
