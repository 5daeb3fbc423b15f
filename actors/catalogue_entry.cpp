#include "actors/catalogue_entry.hpp"

#include <algorithm>

#include "actors/base_url.hpp"
#include "actors/llm/provider.hpp"
#include "actors/platforms/platform_type.hpp"
#include "actors/rules.hpp"
#include "actors/tools/custom_tools.hpp"
#include "events/utf8.hpp"

namespace troupe::actors {
namespace {

/// Shorter keys would be half told by their last four characters.
constexpr std::size_t kShortestHintedKey = 16;
constexpr std::size_t kHintLength = 4;

Expected<void> check_name(std::string_view name) {
  if (auto ok = check_line("name", name, defaults::kMaxCatalogueNameLength); !ok) return ok;
  if (name.find('/') != name.npos) return fail(Errc::invalid, "name must not hold a '/'", "name");
  return {};
}

Expected<void> check_model_name(std::string_view name) {
  if (auto ok = check_name(name); !ok) return ok;
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
  if (auto ok = check_model_name(provider.name); !ok) return ok;
  if (!llm::format_named(provider.format))
    return fail(Errc::invalid, "format must be openai or anthropic or gemini", "format");
  if (!llm::key_order_named(provider.strategy))
    return fail(Errc::invalid, "strategy must be failover or round-robin or random or least-used or weighted",
                "strategy");
  if (auto ok = check_range("weight", static_cast<double>(provider.weight), 1, defaults::kMaxProviderWeight); !ok)
    return ok;
  for (const auto& [field, quota] : {std::pair{"quota.daily", provider.quota.daily},
                                     {"quota.hourly", provider.quota.hourly},
                                     {"quota.perMinute", provider.quota.per_minute}})
    if (auto ok = check_range(field, static_cast<double>(quota), 0, defaults::kMaxProviderQuota); !ok) return ok;
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
  if (auto ok = check_model_name(personality.name); !ok) return ok;
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

Expected<void> check(const events::Platform& platform) {
  if (auto ok = check_name(platform.name); !ok) return ok;
  const auto* type = platforms::platform_type(platform.type);
  if (!type) return platforms::unknown_type();
  if (!platform.config.is_object()) return fail(Errc::invalid, "config must be an object", "config");
  if (platform.config.dump().size() > defaults::kMaxEntryConfigBytes)
    return fail(Errc::invalid, "config must have at most 64 KiB", "config");
  return platforms::check_config(*type, platform.config, platform.sealed_secrets);
}

Expected<void> check(const events::Plugin& plugin) {
  if (auto ok = check_name(plugin.name); !ok) return ok;
  if (auto ok = check_optional_line("version", plugin.version, defaults::kMaxCatalogueNameLength); !ok) return ok;
  if (auto ok = check_optional_line("author", plugin.author, defaults::kMaxDescriptionLength); !ok) return ok;
  if (auto ok = check_optional_line("description", plugin.description, defaults::kMaxDescriptionLength); !ok) return ok;
  if (!plugin.config.is_object()) return fail(Errc::invalid, "config must be an object", "config");
  if (plugin.config.dump().size() > defaults::kMaxEntryConfigBytes)
    return fail(Errc::invalid, "config must have at most 64 KiB", "config");
  return {};
}

Expected<void> check(const events::McpServer& server) {
  if (auto ok = check_name(server.name); !ok) return ok;
  const bool stdio = server.transport == "stdio";
  if (!stdio && server.transport != "http" && server.transport != "sse")
    return fail(Errc::invalid, "transport must be stdio, http or sse", "transport");
  if (stdio)
    if (auto ok = check_line("command", server.command, defaults::kMaxCommandLineLength); !ok) return ok;
  if (server.args.size() > defaults::kMaxCommandArguments)
    return fail(Errc::invalid, "args must be at most " + std::to_string(defaults::kMaxCommandArguments), "args");
  for (const auto& argument : server.args)
    if (auto ok = check_optional_line("args", argument, defaults::kMaxCommandLineLength); !ok) return ok;
  if (!stdio)
    if (auto ok = check_base_url(server.url); !ok) return fail(ok.error().code, ok.error().message, "url");
  if (server.timeout_ms < 1 || server.timeout_ms > 600'000) return out_of_range("timeout_ms", "1 to 600000");
  return {};
}

Expected<void> check(const events::CustomTool& tool) {
  if (tool.name.empty() || tool.name.size() > defaults::kMaxToolNameLength || tool.name != tool_name(tool.name))
    return fail(Errc::invalid,
                "name must be 1 to " + std::to_string(defaults::kMaxToolNameLength) + " letters, digits, _ and -",
                "name");
  if (!is_utf8(tool.description) || tool.description.size() > defaults::kMaxToolDescriptionBytes)
    return fail(
        Errc::invalid,
        "description must be UTF-8 and at most " + std::to_string(defaults::kMaxToolDescriptionBytes) + " bytes",
        "description");
  if (!tool.parameters.is_object() || tool.parameters.value("type", Json("object")) != "object")
    return fail(Errc::invalid, "parameters must be a JSON Schema of an object", "parameters");
  if (json_text(tool.parameters).size() > defaults::kMaxToolSchemaBytes)
    return fail(Errc::invalid,
                "parameters must have at most " + std::to_string(defaults::kMaxToolSchemaBytes) + " bytes",
                "parameters");
  return check_code(tool);
}

Expected<void> check(const events::BotSettings& s) {
  const std::pair<const char*, const std::string&> lines[] = {{"command_prefix", s.command_prefix},
                                                              {"panel_prefix", s.panel_prefix}};
  for (const auto& [field, text] : lines)
    if (auto ok = check_line(field, text, defaults::kMaxPrefixLength); !ok) return ok;
  const std::pair<const char*, const std::vector<std::string>&> lists[] = {
      {"admins", s.admins},
      {"lists.allowed_users", s.lists.allowed_users},
      {"lists.allowed_groups", s.lists.allowed_groups},
      {"lists.blocked_users", s.lists.blocked_users},
      {"lists.blocked_groups", s.lists.blocked_groups},
      {"wake.prefixes", s.wake.prefixes},
      {"wake.keywords", s.wake.keywords},
      {"conversations.listed", s.conversations.listed},
      {"safety.words", s.safety.words},
      {"tools.dangerous", s.tools.dangerous},
      {"tools.admin_only", s.tools.admin_only},
      {"tools.disabled", s.tools.disabled},
      {"tools.disabled_categories", s.tools.disabled_categories},
      {"tools.only", s.tools.only},
      {"panel.notify_of", s.panel.notify_of}};
  for (const auto& [field, list] : lists)
    if (auto ok = check_list(field, list, defaults::kMaxSettingsListEntries, defaults::kMaxCatalogueNameLength); !ok)
      return ok;
  const std::tuple<const char*, double, double, double> ranges[] = {
      {"rate.max_messages", s.rate.max_messages, 1, defaults::kMaxMessagesOfRateRule},
      {"rate.window_seconds", s.rate.window_seconds, 1, 86'400},
      {"wake.random_rate", s.wake.random_rate, 0, 1},
      {"conversations.max_messages", s.conversations.max_messages, 1, defaults::kMaxContextMessages},
      {"tools.max_rounds", s.tools.max_rounds, 1, 32},
      {"memory.max_memories", s.memory.max_memories, 1, defaults::kMaxFactsOfSubject}};
  for (const auto& [field, value, least, most] : ranges)
    if (auto ok = check_range(field, value, least, most); !ok) return ok;
  if (s.wake.in_private != "always" && s.wake.in_private != "prefix" && s.wake.in_private != "off")
    return fail(Errc::invalid, "wake.in_private must be always, prefix or off", "wake.in_private");
  for (const auto& [field, text] :
       {std::pair{"decoration.prefix", &s.decoration.prefix}, std::pair{"decoration.suffix", &s.decoration.suffix}})
    if (!is_utf8(*text) || length_in_characters(*text) > defaults::kMaxDescriptionLength)
      return fail(Errc::invalid,
                  std::string(field) + " must be text of at most " + std::to_string(defaults::kMaxDescriptionLength) +
                      " characters",
                  field);
  if (auto ok = check_line("panel.theme", s.panel.theme, defaults::kMaxPrefixLength); !ok) return ok;
  return check_line("panel.language", s.panel.language, defaults::kMaxPrefixLength);
}

Json* field_within(Json& settings, std::string_view dotted_name) {
  Json* field = &settings;
  for (;;) {
    const auto dot = dotted_name.find('.');
    const auto found = field->find(std::string(dotted_name.substr(0, dot)));
    if (found == field->end()) return nullptr;
    field = &*found;
    if (dot == dotted_name.npos) return field;
    dotted_name.remove_prefix(dot + 1);
  }
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
