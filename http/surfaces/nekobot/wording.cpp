#include "http/surfaces/nekobot/wording.hpp"

#include <charconv>

#include "http/route.hpp"

namespace troupe::http::nekobot {
namespace {

/// Refusals that come from below, as they are worded there.
constexpr Sentence kRefusals[] = {
    {"Not found", "API路径不存在"},
    {"Authentication required", "未提供认证令牌"},
    {"Malformed JSON", "请求数据格式错误"},
    {"Invalid token", "无效的认证令牌"},
    {"Token has expired", "无效的认证令牌"},
    {"Invalid username or password", "用户名或密码错误"},
    {"Incorrect password", "旧密码错误"},
    {"Too many failed logins; try again later", "登录失败次数过多，账户已被锁定"},
    {"Only an administrator may do this", "需要管理员权限"},
    {"There is no such provider", "服务提供商不存在"},
    {"There is no such personality", "人设不存在"},
    {"There is no such platform", "没有找到可删除的平台"},
    {"There is no such mcp_server", "MCP不存在"},
    {"order must be asc or desc", "排序方向必须是asc或desc"},
    {"config must be an object", "配置数据格式错误"},
    {"settings must be an object", "设置数据格式错误"},
};

constexpr std::string_view kIsRequired = " is required";

/// Of `zh-CN;q=0.9`; 1 where it is not said.
double quality_of(std::string_view range) {
  const auto at = range.find(";q=");
  if (at == range.npos) return 1;
  double quality = 0;
  const auto text = trimmed(range.substr(at + 3));
  std::from_chars(text.data(), text.data() + text.size(), quality);
  return quality;
}

}  // namespace

bool prefers_chinese(const Request& request) {
  const auto header = request.header("Accept-Language");
  double best = 0;
  bool chinese = false;
  for (std::string_view rest = header.value_or(""); !rest.empty();) {
    const auto range = trimmed(rest.substr(0, rest.find(',')));
    rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
    const double quality = quality_of(range);
    if (quality <= best) continue;
    best = quality;
    const auto language = range.substr(0, range.find_first_of("-;"));
    chinese = equals_ignoring_case(trimmed(language), "zh");
  }
  return chinese;
}

std::string words(const Request& request, const Sentence& sentence, std::string_view name) {
  std::string text(prefers_chinese(request) ? sentence.chinese : sentence.english);
  if (const auto at = text.find("{}"); at != text.npos) text.replace(at, 2, name);
  return text;
}

std::string words(const Request& request, const Error& error, const std::string& english) {
  if (!prefers_chinese(request)) return english;
  if (error.code == Errc::invalid && english.ends_with(kIsRequired)) return "缺少必填字段: " + error.field;
  for (const auto& known : kRefusals)
    if (known.english == english) return std::string(known.chinese);
  return english;
}

}  // namespace troupe::http::nekobot
