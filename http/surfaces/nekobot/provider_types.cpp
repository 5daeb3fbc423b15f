#include "http/surfaces/nekobot/provider_types.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr ProviderType kTypes[] = {
    {"openai", "openai", "https://api.openai.com/v1", "gpt-4o-mini"},
    {"openai_compatible", "openai", "https://api.openai.com/v1", "gpt-4o-mini", false},
    {"gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta", "gemini-2.0-flash"},
    {"claude", "anthropic", "https://api.anthropic.com/v1", "claude-3-5-sonnet-20241022"},
    {"deepseek", "openai", "https://api.deepseek.com/v1", "deepseek-chat"},
    {"dashscope", "openai", "https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen-max"},
    {"moonshot", "openai", "https://api.moonshot.cn/v1", "moonshot-v1-8k"},
    {"glm", "openai", "https://open.bigmodel.cn/api/paas/v4", "glm-4-flash"},
    {"zhipu", "openai", "https://open.bigmodel.cn/api/paas/v4", "glm-4"},
    {"ollama", "openai", "http://localhost:11434/v1", "llama2", false},
    {"lm_studio", "openai", "http://localhost:1234/v1", "", false},
};

/// `/v1` of `https://api.openai.com/v1`; empty where there is none, or nothing but a slash.
std::string_view path_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == url.npos ? 0 : scheme + 3);
  return slash == url.npos || slash + 1 == url.size() ? std::string_view{} : url.substr(slash);
}

}  // namespace

std::span<const ProviderType> provider_types() { return kTypes; }

const ProviderType* provider_type_named(std::string_view name) {
  for (const auto& type : kTypes)
    if (type.name == name) return &type;
  return nullptr;
}

std::string_view type_of(const events::Provider& provider) {
  if (provider_type_named(provider.type)) return provider.type;
  if (provider.format == "anthropic") return "claude";
  return provider.format == "gemini" ? "gemini" : "openai_compatible";
}

std::string base_url_of(const ProviderType& type, std::string_view given) {
  if (given.empty()) return std::string(type.base_url);
  if (!path_of(given).empty()) return std::string(given);
  const bool slash = given.ends_with('/');
  return std::string(given.substr(0, given.size() - (slash ? 1 : 0))) + std::string(path_of(type.base_url));
}

}  // namespace troupe::http::nekobot
