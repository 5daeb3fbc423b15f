#include <gtest/gtest.h>

#include "http/surfaces/nekobot/wording.hpp"

namespace troupe::http::nekobot {
namespace {

Request in_language(std::string_view language) {
  Request request;
  if (!language.empty()) request.headers = {{"Accept-Language", language}};
  return request;
}

TEST(NekoWording, IsChineseWhereThatIsPreferred) {
  for (const char* language : {"zh", "zh-CN", "zh-TW,zh;q=0.9,en;q=0.8", "en;q=0.5, zh;q=0.9", "ZH-cn;q=1"})
    EXPECT_TRUE(prefers_chinese(in_language(language))) << language;
  for (const char* language : {"", "en", "en-US,en;q=0.9,zh;q=0.8", "*", "zh;q=0", "zha", ",,,", ";q=1", "fr"})
    EXPECT_FALSE(prefers_chinese(in_language(language))) << language;
}

TEST(NekoWording, FillsInAName) {
  constexpr Sentence sentence{"Plugin {} enabled", "插件 {} 已启用"};
  EXPECT_EQ(words(in_language("en"), sentence, "dice"), "Plugin dice enabled");
  EXPECT_EQ(words(in_language("zh"), sentence, "dice"), "插件 dice 已启用");
}

TEST(NekoWording, TranslatesRefusalsThatItKnows) {
  const auto chinese = in_language("zh-CN");
  EXPECT_EQ(words(chinese, {Errc::invalid, "name is required", "name"}, "name is required"), "缺少必填字段: name");
  EXPECT_EQ(words(chinese, {Errc::unauthenticated, ""}, "Authentication required"), "未提供认证令牌");
  EXPECT_EQ(words(chinese, {Errc::invalid, ""}, "said nowhere else"), "said nowhere else");
  EXPECT_EQ(words(in_language("en"), {Errc::not_found, ""}, "Not found"), "Not found");
}

}  // namespace
}  // namespace troupe::http::nekobot
