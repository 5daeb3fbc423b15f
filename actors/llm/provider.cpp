#include "actors/llm/provider.hpp"

#include <cstdlib>

namespace troupe::actors::llm {
namespace {

constexpr const char* kOpenAiUrl = "https://api.openai.com/v1";
constexpr const char* kOpenAiModel = "gpt-4o-mini";
constexpr const char* kOpenAiEmbeddingModel = "text-embedding-3-small";

std::string setting(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

std::string or_else(std::string text, const char* otherwise) { return text.empty() ? otherwise : std::move(text); }

/// What stands between commas, without blanks around it and without empty ones.
std::vector<std::string> listed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto item = text.substr(at, comma - at);
    const auto first = item.find_first_not_of(kBlank);
    if (first != item.npos) items.emplace_back(item.substr(first, item.find_last_not_of(kBlank) - first + 1));
    at = comma + 1;
  }
  return items;
}

}  // namespace

std::string_view name(Format format) {
  switch (format) {
    case Format::openai: return "openai";
    case Format::anthropic: return "anthropic";
    case Format::gemini: return "gemini";
  }
  return "";
}

std::optional<KeyOrder> key_order_named(std::string_view name) {
  if (name == "failover") return KeyOrder::failover;
  if (name == "round-robin") return KeyOrder::round_robin;
  if (name == "random") return KeyOrder::random;
  if (name == "weighted") return KeyOrder::weighted;
  return name == "least-used" ? std::optional(KeyOrder::least_used) : std::nullopt;
}

std::optional<Format> format_named(std::string_view text) {
  for (const auto format : {Format::openai, Format::anthropic, Format::gemini})
    if (name(format) == text) return format;
  return std::nullopt;
}

std::vector<Provider> providers_from_environment() {
  const std::string url = setting("OPENAI_BASE_URL");
  Provider openai;
  openai.name = "openai";
  openai.keys = listed(setting("OPENAI_API_KEY"));
  if (openai.keys.empty() && url.empty()) return {};
  openai.base_url = or_else(url, kOpenAiUrl);
  openai.model = or_else(setting("OPENAI_MODEL"), kOpenAiModel);
  openai.embedding_model = or_else(setting("OPENAI_EMBEDDING_MODEL"), url.empty() ? kOpenAiEmbeddingModel : "");
  return {openai};
}

}  // namespace troupe::actors::llm
