#include "http/surfaces/chatai/errors.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "http/route.hpp"
#include "http/security/jwt.hpp"

namespace troupe::http::chatai {
namespace {

const std::map<std::string_view, std::string_view>& translations() {
  static const std::map<std::string_view, std::string_view> kTexts = {
      {"Unauthorized", "未认证"},
      {"Invalid token", "Token 无效"},
      {"Token expired", "Token 已过期"},
      {"Token has expired", "Token 已过期"},
      {"Invalid or expired token", "Token 无效或已过期"},
      {"Invalid username or password", "用户名或密码错误"},
      {"Too many failed logins; try again later", "登录失败次数过多，请稍后再试"},
      {"Too many login attempts", "登录尝试过于频繁，请稍后再试"},
      {"Account is not active", "账号已停用"},
      {"This origin is not allowed", "不允许的来源"},
      {"Not authorized", "权限不足"},
      {"Not found", "资源不存在"},
      {"Method not allowed", "不支持的请求方法"},
      {"Malformed JSON", "JSON 格式错误"},
      {"Rate limit exceeded", "请求过于频繁，请稍后再试"},
      {"Internal server error", "服务器内部错误"},
      {"Section not found", "配置节不存在"},
      {"Channel not found", "渠道不存在"},
      {"Preset not found", "预设不存在"},
      {"The default preset cannot be deleted", "不能删除当前默认预设"},
      {"Conversation not found", "对话不存在"},
      {"Memory not found", "记忆不存在"},
      {"Invalid category", "无效的分类"},
      {"query is required", "缺少查询内容"},
      {"content is required", "缺少记忆内容"},
      {"Tool not found", "工具不存在"},
      {"Tool already exists", "工具已存在"},
      {"the tool is switched off", "工具已禁用"},
      {"the tool is dangerous, and those are not allowed", "危险工具未被允许"},
      {"Server not found", "服务器不存在"},
      {"Server is already connected", "服务器已连接"},
      {"No available channel", "没有可用的渠道"},
      {"message is required", "缺少消息内容"},
      {"token is required", "缺少 Token"},
      {"Too many attempts to log in; try again later", "登录尝试过于频繁，请稍后再试"},
      {"code is required", "请输入登录码"},
      {"The code is wrong, used or ran out", "登录码无效、已过期或已使用"},
      {"A group administrator must log in", "需要群管理员认证"},
      {"The login is not good any more; log in again", "会话无效或已过期，请重新登录"},
      {"Group not found", "群组不存在或无权限访问"},
      {"User not found", "用户不存在"},
      {"Confirm with confirm=true", "请使用 confirm=true 确认此操作"},
  };
  return kTexts;
}

std::string_view kind_in_chinese(Errc code) {
  switch (code) {
    case Errc::invalid: return "请求参数错误";
    case Errc::unauthenticated: return "未认证";
    case Errc::forbidden: return "权限不足";
    case Errc::not_found: return "资源不存在";
    case Errc::wrong_method: return "不支持的请求方法";
    case Errc::conflict:
    case Errc::duplicate: return "资源冲突";
    case Errc::too_large: return "内容过大";
    case Errc::too_fast: return "请求过于频繁";
    case Errc::overloaded: return "服务繁忙";
    case Errc::maintenance: return "系统维护中";
    case Errc::shutting_down: return "服务正在关闭";
    case Errc::timed_out: return "请求超时";
    case Errc::upstream_failed: return "上游服务错误";
    case Errc::cancelled: return "已取消";
    case Errc::storage_failed:
    case Errc::corrupt: return "服务器内部错误";
  }
  return "服务器内部错误";
}

}  // namespace

bool is_code(std::string_view field) {
  return !field.empty() &&
         std::all_of(field.begin(), field.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

std::string code_of(const Error& error) {
  if (is_code(error.field)) return error.field;
  switch (error.code) {
    case Errc::invalid: return "INVALID_PARAMS";
    case Errc::unauthenticated:
      if (error.field == kTokenExpired) return "TOKEN_EXPIRED";
      return error.field == kTokenInvalid ? "INVALID_TOKEN" : "UNAUTHORIZED";
    case Errc::forbidden: return "FORBIDDEN";
    case Errc::not_found: return "NOT_FOUND";
    case Errc::wrong_method: return "METHOD_NOT_ALLOWED";
    case Errc::conflict:
    case Errc::duplicate: return "CONFLICT";
    case Errc::too_large: return "TOO_LARGE";
    case Errc::too_fast: return "RATE_LIMITED";
    case Errc::overloaded:
    case Errc::maintenance:
    case Errc::shutting_down:
    case Errc::storage_failed: return "SERVICE_UNAVAILABLE";
    case Errc::timed_out: return "TIMEOUT";
    case Errc::upstream_failed:
    case Errc::cancelled: return "MODEL_ERROR";
    case Errc::corrupt: return "INTERNAL_ERROR";
  }
  return "INTERNAL_ERROR";
}

bool prefers_chinese(std::string_view header) {
  double best = 0;
  bool chinese = false;
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    const auto one = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    const auto language = trimmed(one.substr(0, one.find(';')));
    const auto q = one.find("q=");
    const double weight = q == one.npos ? 1 : std::strtod(std::string(one.substr(q + 2)).c_str(), nullptr);
    if (language.empty() || weight <= best) continue;
    best = weight;
    chinese = language.size() >= 2 && (language[0] | 0x20) == 'z' && (language[1] | 0x20) == 'h' &&
              (language.size() == 2 || language[2] == '-');
  }
  return chinese;
}

std::string in_chinese(const Error& error, const std::string& english) {
  const auto found = translations().find(english);
  if (found != translations().end()) return std::string(found->second);
  return std::string(kind_in_chinese(error.code)) + "：" + english;
}

}  // namespace troupe::http::chatai
