#include "actors/llm/failure.hpp"

#include <gtest/gtest.h>

#include "events/defaults.hpp"

namespace troupe::actors::llm {
namespace {

using namespace std::chrono_literals;

const Provider kProvider{"best", "http://host", {"sk-secret", "sk-other"}, "m"};
constexpr std::int64_t kNow = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT

Failure refusal(int status, const std::string& body = "", const std::string& retry_after = "") {
  return refused(kProvider, status, body, retry_after, kNow);
}

TEST(Failure, SaysByTheStatusWhetherToTryAgain) {
  for (const int status : {408, 409, 425, 429, 500, 502, 503, 529})
    EXPECT_EQ(refusal(status).again, Again::later) << status;
  for (const int status : {401, 402, 403}) EXPECT_EQ(refusal(status).again, Again::other_key) << status;
  EXPECT_EQ(refusal(404).again, Again::other_provider);
  for (const int status : {302, 400, 405, 413, 422}) EXPECT_EQ(refusal(status).again, Again::never) << status;
}

TEST(Failure, TellsTheAskerTheProvidersNameForItAndOperatorsItsWords) {
  const auto failure = refusal(429, R"({"error":{"message":"You owe us 3 $","type":"x","code":"insufficient_quota"}})");
  EXPECT_EQ(failure.error.code, Errc::upstream_failed);
  EXPECT_EQ(failure.error.message, "best answered with status 429 (insufficient_quota)");
  EXPECT_EQ(failure.words, "You owe us 3 $");
  EXPECT_EQ(refusal(500, "<html>secrets of the proxy</html>").words, "");
  EXPECT_EQ(refusal(500, R"([{"error":{"status":"INTERNAL","message":"oops"}}])").error.message,
            "best answered with status 500 (INTERNAL)");
  EXPECT_EQ(refusal(500, R"({"error":"plain"})").words, "plain");
}

TEST(Failure, HasNoKeyOfTheProviderInIt) {
  const auto failure = refusal(401, R"({"error":{"message":"not sk-secret, nor\n'sk-other'","code":"sk-secret"}})");
  EXPECT_EQ(failure.words, "not ***, nor '***'");
  EXPECT_EQ(failure.error.message, "best answered with status 401 (***)");
  const auto error = unreadable(kProvider, {Errc::upstream_failed, "sk-secret", "sk-other"});
  EXPECT_EQ(error.words, "***");
  EXPECT_EQ(error.error.message, "best reported an error (***)");
}

TEST(Failure, CutsTheWordsAtWholeCharactersButNotWithinAKey) {
  const std::string long_words(defaults::kMaxModelErrorLength - 2, 'x');
  EXPECT_EQ(for_operators(long_words + "sk-secret", kProvider), long_words + "**…");
  std::string umlauts;
  for (std::size_t i = 0; i <= defaults::kMaxModelErrorLength; ++i) umlauts += "ä";
  EXPECT_EQ(for_operators(umlauts, kProvider).size(), 2 * defaults::kMaxModelErrorLength + std::string("…").size());
}

TEST(Failure, ReadsRetryAfterAsSecondsOrADate) {
  EXPECT_EQ(refusal(429, "", "7").retry_after, 7s);
  EXPECT_EQ(refusal(429, "", "Tue, 14 Nov 2023 22:13:30 GMT").retry_after, 10s);
  EXPECT_EQ(refusal(429, "", "Tue, 14 Nov 2023 22:13:00 GMT").retry_after, 0s);
  EXPECT_EQ(refusal(429, "", "-5").retry_after, 0s);
  EXPECT_GT(refusal(429, "", "9223372036854775807").retry_after, defaults::kLongestModelRetryDelay);
  EXPECT_EQ(refusal(429, "", "soon").retry_after, std::nullopt);
  EXPECT_EQ(refusal(429).retry_after, std::nullopt);
}

TEST(Failure, TriesNothingAgainThatCannotBeRead) {
  EXPECT_EQ(unreadable(kProvider, {Errc::corrupt, "not a JSON object"}).again, Again::never);
  EXPECT_EQ(unreadable(kProvider, {Errc::too_large, "much"}).again, Again::never);
  EXPECT_EQ(unreadable(kProvider, {Errc::upstream_failed, "busy", "overloaded"}).again, Again::later);
  EXPECT_EQ(unreadable(kProvider, {Errc::corrupt, "x"}).error.code, Errc::upstream_failed);
}

}  // namespace
}  // namespace troupe::actors::llm
