#include <gtest/gtest.h>

#include "http/surfaces/chatai/errors.hpp"

namespace troupe::http::chatai {
namespace {

TEST(ChatAiErrors, HaveTheDialectsOwnCodeWhereThereIsOne) {
  EXPECT_EQ(code_of(coded(Errc::not_found, "PRESET_NOT_FOUND", "Preset not found")), "PRESET_NOT_FOUND");
  EXPECT_EQ(code_of({Errc::not_found, "Not found"}), "NOT_FOUND");
  EXPECT_EQ(code_of({Errc::invalid, "name is required", "name"}), "INVALID_PARAMS");
  EXPECT_EQ(code_of({Errc::unauthenticated, "Unauthorized"}), "UNAUTHORIZED");
  EXPECT_EQ(code_of({Errc::unauthenticated, "Token expired", "expired"}), "TOKEN_EXPIRED");
  EXPECT_EQ(code_of({Errc::unauthenticated, "Invalid token", "invalid"}), "INVALID_TOKEN");
  EXPECT_EQ(code_of({Errc::too_fast, "Rate limit exceeded"}), "RATE_LIMITED");
}

TEST(ChatAiErrors, AreInChineseForWhoPrefersIt) {
  for (const char* header : {"zh", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0.5, zh-TW", "ZH-hans"})
    EXPECT_TRUE(prefers_chinese(header)) << header;
  for (const char* header : {"", "en", "en-US,zh;q=0.9", "zha", "zh;q=0", "*", ";;q=,,"})
    EXPECT_FALSE(prefers_chinese(header)) << header;
}

TEST(ChatAiErrors, WithoutATranslationSayWhatKindTheyAreOf) {
  EXPECT_EQ(in_chinese({Errc::not_found, ""}, "Preset not found"), "预设不存在");
  EXPECT_EQ(in_chinese({Errc::invalid, ""}, "name must be short"), "请求参数错误：name must be short");
}

}  // namespace
}  // namespace troupe::http::chatai
