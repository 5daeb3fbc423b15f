#include "http/router.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

Route route(std::string method, std::string pattern) {
  Route made;
  made.method = std::move(method);
  made.pattern = std::move(pattern);
  made.tag = "test";
  return made;
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    for (const auto& r : routes_) EXPECT_TRUE(router_.add(r));
  }
  const std::vector<Route> routes_ = {route("GET", "/api/users/search"), route("GET", "/api/users/{user_id}"),
                                      route("GET", "/api/bot/{bot_id}/logs"), route("POST", "/api/bot/{bot_id}/logs"),
                                      route("POST", "/api/bot/auth")};
  Router router_;
};

TEST_F(RouterTest, FindsTheRouteAndItsParameters) {
  const auto match = router_.find("POST", "/api/bot/AbCdEf/logs");
  ASSERT_EQ(match.route, &routes_[3]);
  ASSERT_EQ(match.parameters.size(), 1u);
  EXPECT_EQ(match.parameters[0].first, "bot_id");
  EXPECT_EQ(match.parameters[0].second, "AbCdEf");
}

TEST_F(RouterTest, ALiteralSegmentWinsOverAParameter) {
  EXPECT_EQ(router_.find("GET", "/api/users/search").route, &routes_[0]);
  EXPECT_EQ(router_.find("GET", "/api/users/7").route, &routes_[1]);
}

TEST_F(RouterTest, FallsBackToTheParameterWhenTheLiteralLeadsNowhere) {
  EXPECT_EQ(router_.find("POST", "/api/bot/auth/logs").route, &routes_[3]);
}

TEST_F(RouterTest, SaysWhichMethodsAPathHas) {
  const auto match = router_.find("DELETE", "/api/bot/AbCdEf/logs");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed, (std::vector<std::string>{"GET", "POST"}));
  EXPECT_TRUE(router_.find("GET", "/nowhere").allowed.empty());
}

TEST_F(RouterTest, HeadFindsGet) { EXPECT_EQ(router_.find("HEAD", "/api/users/7").route, &routes_[1]); }

TEST_F(RouterTest, DecodesParametersOnce) {
  const auto match = router_.find("GET", "/api/users/a%2Fb%2525");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.parameters[0].second, "a/b%25");
}

TEST_F(RouterTest, APathInAnyOtherFormMatchesNoRoute) {
  for (const char* path :
       {"", "/", "api/users/7", "/api//users/7", "/api/./users/7", "/api/users/..", "/api/users/%2e%2e",
        "/api/users/%00", "/api/users/%zz", "/api/users/7/", "/api/users/", "//api/users/7"})
    EXPECT_EQ(router_.find("GET", path).route, nullptr) << path;
}

TEST_F(RouterTest, ALongPathIsRefusedWithoutAWalk) {
  std::string path = "/api";
  for (int i = 0; i < 100000; ++i) path += "/x";
  EXPECT_EQ(router_.find("GET", path).route, nullptr);
}

TEST_F(RouterTest, NamesBothRoutesThatCollide) {
  const Route twin = route("GET", "/api/users/{id}");
  const auto added = router_.add(twin);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("/api/users/{user_id}"), std::string::npos);
  EXPECT_NE(added.error().message.find("/api/users/{id}"), std::string::npos);
}

}  // namespace
}  // namespace troupe::http
