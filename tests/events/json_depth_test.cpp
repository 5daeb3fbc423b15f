#include "events/json_depth.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe {
namespace {

TEST(JsonDepth, CountsNestedArraysAndObjects) {
  EXPECT_FALSE(json_depth_exceeds("1", 0));
  EXPECT_TRUE(json_depth_exceeds("[]", 0));
  EXPECT_FALSE(json_depth_exceeds(R"([{"a":[1]},[],[]])", 3));
  EXPECT_TRUE(json_depth_exceeds(R"([{"a":[1]},[],[]])", 2));
}

TEST(JsonDepth, IgnoresBracketsInStrings) {
  EXPECT_FALSE(json_depth_exceeds(R"(["[[[[\"[[{{\\"])", 1));
  EXPECT_TRUE(json_depth_exceeds(R"(["\\",[1]])", 1));
}

TEST(JsonDepth, AnswersForBrokenText) {
  EXPECT_FALSE(json_depth_exceeds("]]]][", 1));
  EXPECT_FALSE(json_depth_exceeds("\"\\", 1));
  EXPECT_TRUE(json_depth_exceeds(std::string(1'000'000, '['), 64));
}

}  // namespace
}  // namespace troupe
