#include "actors/catalogue.hpp"

#include <algorithm>

#include "actors/base_url.hpp"
#include "actors/llm/provider.hpp"
#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

/// Shorter keys would be half told by their last four characters.
constexpr std::size_t kShortestHintedKey = 16;
constexpr std::size_t kHintLength = 4;

Expected<void> check_name(std::string_view name) {
  if (auto ok = check_line("name", name, defaults::kMaxCatalogueNameLength); !ok) return ok;
  if (name.find('/') != name.npos) return fail(Errc::invalid, "name must not hold a '/'", "name");
  if (name == kReservedName) return fail(Errc::invalid, "name must not be echo: that is the stand-in's", "name");
  return {};
}

Expected<void> check_model(std::string_view field, std::string_view model) {
  return check_optional_line(field, model, defaults::kMaxModelNameLength);
}

tl::unexpected<Error> out_of_range(const char* field, const char* range) {
  return fail(Errc::invalid, std::string(field) + " must be from " + range, field);
}

}  // namespace

Expected<void> check(const events::Provider& provider) {
  if (auto ok = check_name(provider.name); !ok) return ok;
  if (!llm::format_named(provider.format))
    return fail(Errc::invalid, "format must be openai or anthropic or gemini", "format");
  if (auto ok = check_base_url(provider.base_url); !ok) return ok;
  if (auto ok = check_model("model", provider.model); !ok) return ok;
  if (auto ok = check_model("embedding_model", provider.embedding_model); !ok) return ok;
  if (provider.models.size() > defaults::kMaxModelsPerProvider)
    return fail(Errc::invalid, "models must have at most " + std::to_string(defaults::kMaxModelsPerProvider) + " names",
                "models");
  for (const auto& model : provider.models)
    if (auto ok = check_line("models", model, defaults::kMaxModelNameLength); !ok) return ok;
  if (provider.priority < 0 || provider.priority > defaults::kMaxProviderPriority)
    return out_of_range("priority", "0 to 1000000");
  if (provider.sealed_keys.size() > defaults::kMaxKeysPerProvider ||
      provider.sealed_keys.size() != provider.key_hints.size())
    return fail(Errc::invalid, "keys must be at most " + std::to_string(defaults::kMaxKeysPerProvider), "keys");
  return {};
}

Expected<void> check(const events::Personality& personality) {
  if (auto ok = check_name(personality.name); !ok) return ok;
  if (auto ok = check_optional_line("description", personality.description, defaults::kMaxDescriptionLength); !ok)
    return ok;
  if (personality.prompt.empty()) return fail(Errc::invalid, "prompt must not be empty", "prompt");
  if (!is_utf8(personality.prompt)) return fail(Errc::invalid, "prompt must be UTF-8 text", "prompt");
  if (length_in_characters(personality.prompt) > defaults::kMaxQuestionLength)
    return fail(Errc::invalid,
                "prompt must have at most " + std::to_string(defaults::kMaxQuestionLength) + " characters", "prompt");
  if (auto ok = check_optional_line("provider", personality.provider, defaults::kMaxCatalogueNameLength); !ok)
    return ok;
  if (auto ok = check_model("model", personality.model); !ok) return ok;
  if (personality.temperature && !(*personality.temperature >= 0 && *personality.temperature <= 2))
    return out_of_range("temperature", "0 to 2");
  if (personality.max_tokens && (*personality.max_tokens < 1 || *personality.max_tokens > 1'000'000))
    return out_of_range("max_tokens", "1 to 1000000");
  return {};
}

Expected<void> check_key(std::string_view key) {
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!key.empty() && key.size() <= defaults::kMaxProviderKeyLength && printable) return {};
  return fail(
      Errc::invalid,
      "keys must each have 1 to " + std::to_string(defaults::kMaxProviderKeyLength) + " visible ASCII characters",
      "keys");
}

Expected<void> set_keys(events::Provider& provider, const std::vector<std::string>& keys, const Secrets& secrets) {
  if (keys.size() > defaults::kMaxKeysPerProvider)
    return fail(Errc::invalid, "keys must be at most " + std::to_string(defaults::kMaxKeysPerProvider), "keys");
  provider.sealed_keys.clear();
  provider.key_hints.clear();
  for (const auto& key : keys) {
    if (auto ok = check_key(key); !ok) return ok;
    provider.sealed_keys.push_back(secrets.seal(key));
    provider.key_hints.push_back(key.size() < kShortestHintedKey ? "" : key.substr(key.size() - kHintLength));
  }
  return {};
}

}  // namespace troupe::actors
