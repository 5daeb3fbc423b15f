#include "http/security/open_endpoints.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

Request request_from(std::string address, std::vector<std::pair<std::string_view, std::string_view>> headers) {
  Request request;
  request.remote_address = std::move(address);
  request.headers = std::move(headers);
  return request;
}

TEST(OpenEndpoints, AreOpenToThisMachine) {
  EXPECT_TRUE(comes_from_this_machine(request_from("127.0.0.1", {{"Host", "127.0.0.1:6285"}})));
  EXPECT_TRUE(comes_from_this_machine(request_from("127.0.0.1", {{"Host", "localhost:6285"}})));
  EXPECT_TRUE(comes_from_this_machine(request_from("::1", {{"Host", "[::1]:6285"}})));
  EXPECT_TRUE(comes_from_this_machine(request_from("::ffff:127.0.0.1", {{"Host", "LocalHost"}})));
}

TEST(OpenEndpoints, AreClosedToOtherMachines) {
  for (const char* address : {"192.168.1.7", "8.8.8.8", "fe80::1", "1127.0.0.1", "127.example.org", ""})
    EXPECT_FALSE(comes_from_this_machine(request_from(address, {{"Host", "127.0.0.1:6285"}}))) << address;
}

TEST(OpenEndpoints, AreClosedToWhoComesThroughAProxy) {
  for (const char* header : {"X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Real-IP", "Via"})
    EXPECT_FALSE(
        comes_from_this_machine(request_from("127.0.0.1", {{"Host", "127.0.0.1:6285"}, {header, "127.0.0.1"}})))
        << header;
}

TEST(OpenEndpoints, AreClosedToHttp10WhichProxiesSpeakThatAddNoHeader) {
  Request request = request_from("127.0.0.1", {{"Host", "127.0.0.1:6285"}});
  request.http_1_0 = true;
  EXPECT_FALSE(comes_from_this_machine(request));
}

TEST(OpenEndpoints, AreClosedToPagesOfOtherSites) {
  for (const char* origin : {"https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1",
                             "http://127.0.0.1:6285.evil.example", "file://127.0.0.1:6285", ""})
    EXPECT_FALSE(comes_from_this_machine(request_from("127.0.0.1", {{"Host", "127.0.0.1:6285"}, {"Origin", origin}})))
        << origin;
  EXPECT_FALSE(comes_from_this_machine(
      request_from("127.0.0.1", {{"Host", "127.0.0.1:6285"}, {"Sec-Fetch-Site", "cross-site"}})));
  EXPECT_TRUE(comes_from_this_machine(
      request_from("127.0.0.1", {{"Host", "127.0.0.1:6285"}, {"Origin", "http://127.0.0.1:6285"}})));
}

TEST(OpenEndpoints, AreClosedToANameThatWasMadeToLeadHere) {
  for (const char* host : {"evil.example:6285", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]:6285", ""})
    EXPECT_FALSE(comes_from_this_machine(request_from("127.0.0.1", {{"Host", host}}))) << host;
  EXPECT_FALSE(comes_from_this_machine(request_from("127.0.0.1", {})));
  const std::string_view host = "evil.example:6285";
  EXPECT_FALSE(
      comes_from_this_machine(request_from("127.0.0.1", {{"Host", host}, {"Origin", "http://evil.example:6285"}})));
}

TEST(OpenEndpoints, ObeyTheSetting) {
  const auto near = request_from("127.0.0.1", {{"Host", "127.0.0.1"}});
  const auto far = request_from("8.8.8.8", {{"Host", "bots.example"}});
  EXPECT_TRUE(is_open_to(OpenEndpoints::local, near));
  EXPECT_FALSE(is_open_to(OpenEndpoints::local, far));
  EXPECT_TRUE(is_open_to(OpenEndpoints::always, far));
  EXPECT_FALSE(is_open_to(OpenEndpoints::never, near));
}

}  // namespace
}  // namespace troupe::http
