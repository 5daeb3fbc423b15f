#include <cstdlib>
#include <iostream>
#include <map>

#include "actors/platforms/platform_type.hpp"
#include "http/command_line/command_line.hpp"
#include "http/startup.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::command_line {
namespace {

/// `NAME=VALUE`; without `=` there is no value.
std::map<std::string, std::string> pairs_of(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> pairs;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    pairs[text.substr(0, equals)] = equals == text.npos ? "" : text.substr(equals + 1);
  }
  return pairs;
}

/// `NAME=VALUE`, as the command line has settings, in one object. A value `env:VARIABLE` is what the environment says.
Expected<Json> settings_of(const std::vector<std::string>& pairs) {
  Json settings = Json::object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0) return fail(Errc::invalid, "'" + pair + "' is not NAME=VALUE");
    std::string value = pair.substr(equals + 1);
    if (value.starts_with("env:")) {
      const char* given = std::getenv(value.c_str() + 4);
      if (!given) return fail(Errc::invalid, "the environment has no " + value.substr(4));
      value = given;
    }
    settings[pair.substr(0, equals)] = std::move(value);
  }
  return settings;
}

Expected<void> add_platform_of(actors::System& system, const actors::Secrets& secrets, events::Platform& platform,
                               const std::vector<std::string>& settings) {
  const auto* type = actors::platforms::platform_type(platform.type);
  if (!type) return actors::platforms::unknown_type();
  const auto flat = settings_of(settings);
  if (!flat) return tl::unexpected(flat.error());
  auto split = actors::platforms::split_config(*type, *flat, secrets);
  if (!split) return tl::unexpected(split.error());
  platform.config = std::move(split->config);
  platform.sealed_secrets = std::move(split->sealed_secrets);
  return http::add_platform(system, platform);
}

}  // namespace

void add_provider(CLI::App& app, std::filesystem::path& data, int& code) {
  static events::Provider provider;
  static std::vector<std::string> keys;
  auto* group =
      app.add_subcommand("provider", "Providers of language models, in a data folder that no server is using");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) { return command_in(*group, name, help, data); };
  auto* add = command("add", "Add a provider");
  add->add_option("name", provider.name)->required();
  add->add_option("base_url", provider.base_url, "http or https: what stands before `/chat/completions`")->required();
  add->add_option("--format", provider.format, "openai, anthropic or gemini")->capture_default_str();
  add->add_option("--key", keys, "Better by the environment: a command line is seen by everyone; several: by commas")
      ->delimiter(',')
      ->envname("TROUPE_PROVIDER_KEY");
  add->add_option("--model", provider.model, "Where a request names none");
  add->add_option("--models", provider.models, "What it may be asked for besides; none: anything")->delimiter(',');
  add->add_option("--embedding-model", provider.embedding_model, "None: it makes no embeddings");
  add->add_option("--priority", provider.priority, "The lowest is asked first")->capture_default_str();
  add->callback([&] {
    code = report(with_store(data, [&](auto& system, const auto&, const auto& secrets) -> Expected<void> {
      if (auto ok = actors::set_keys(provider, keys, secrets); !ok) return ok;
      return http::add_provider(system, provider);
    }));
  });
  command("list", "List the providers")->callback([&] {
    code = report(with_store(data, [&](auto&, const auto& store, const auto&) -> Expected<void> {
      for (const auto& row : projections::ProviderQueries(store).all())
        std::cout << row.entry.name << '\t' << row.entry.format << '\t' << row.entry.base_url << '\t' << row.entry.model
                  << '\t' << row.entry.key_hints.size() << " keys\t" << (row.entry.enabled ? "enabled" : "disabled")
                  << '\n';
      return {};
    }));
  });
  auto* remove = command("remove", "Remove a provider");
  remove->add_option("name", provider.name)->required();
  remove->callback([&] {
    code = report(with_store(data, [&](auto& system, const auto& store, const auto&) {
      return http::remove_provider(system, store, provider.name);
    }));
  });
}

void add_personality(CLI::App& app, std::filesystem::path& data, int& code) {
  static events::Personality personality;
  static bool is_default = false;
  auto* group = app.add_subcommand("personality", "Personalities, in a data folder that no server is using");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) { return command_in(*group, name, help, data); };
  auto* add = command("add", "Add a personality");
  add->add_option("name", personality.name)->required();
  add->add_option("prompt", personality.prompt, "The system prompt")->required();
  add->add_option("--description", personality.description);
  add->add_option("--provider", personality.provider, "The one that answers; none: any");
  add->add_option("--model", personality.model, "None: the provider's own");
  add->add_option("--temperature", personality.temperature, "From 0 to 2");
  add->add_option("--max-tokens", personality.max_tokens, "Of an answer");
  add->add_flag("--default", is_default, "Answers where none is named");
  add->callback([&] {
    if (is_default) personality.default_since = now_micros();
    code = report(with_store(
        data, [&](auto& system, const auto&, const auto&) { return http::add_personality(system, personality); }));
  });
  command("list", "List the personalities")->callback([&] {
    code = report(with_store(data, [&](auto&, const auto& store, const auto&) -> Expected<void> {
      const auto rows = projections::PersonalityQueries(store).all();
      const auto default_id = projections::default_of(rows);
      for (const auto& row : rows)
        std::cout << row.entry.name << '\t' << row.entry.provider << '\t' << row.entry.model << '\t'
                  << (row.id == default_id ? "default" : "") << '\n';
      return {};
    }));
  });
  auto* remove = command("remove", "Remove a personality");
  remove->add_option("name", personality.name)->required();
  remove->callback([&] {
    code = report(with_store(data, [&](auto& system, const auto& store, const auto&) {
      return http::remove_personality(system, store, personality.name);
    }));
  });
}

void add_platform(CLI::App& app, std::filesystem::path& data, int& code) {
  static events::Platform platform;
  static std::vector<std::string> settings;
  static bool is_disabled = false;
  auto* group = app.add_subcommand("platform", "Chat platforms, in a data folder that no server is using");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) { return command_in(*group, name, help, data); };
  auto* add = command("add", "Add a platform");
  add->add_option("name", platform.name)->required();
  add->add_option("type", platform.type, "aiocqhttp, telegram, discord or webhook")->required();
  add->add_option(
      "--set", settings,
      "NAME=VALUE; again for more. Secrets better as NAME=env:VARIABLE: a command line is seen by everyone");
  add->add_flag("--disabled", is_disabled, "Do not connect it yet");
  add->callback([&] {
    platform.enabled = !is_disabled;
    code = report(with_store(data, [&](auto& system, const auto& store, const auto& secrets) -> Expected<void> {
      if (auto ok = add_platform_of(system, secrets, platform, settings); !ok) return ok;
      std::cout << projections::PlatformQueries(store).named(platform.name)->id << '\n';
      return {};
    }));
  });
  command("list", "List the platforms")->callback([&] {
    code = report(with_store(data, [&](auto&, const auto& store, const auto&) -> Expected<void> {
      for (const auto& row : projections::PlatformQueries(store).all())
        std::cout << row.id << '\t' << row.entry.name << '\t' << row.entry.type << '\t'
                  << (row.entry.enabled ? "enabled" : "disabled") << '\n';
      return {};
    }));
  });
  auto* remove = command("remove", "Remove a platform");
  remove->add_option("name", platform.name)->required();
  remove->callback([&] {
    code = report(with_store(data, [&](auto& system, const auto& store, const auto&) {
      return http::remove_platform(system, store, platform.name);
    }));
  });
}

void add_mcp(CLI::App& app, std::filesystem::path& data, int& code) {
  static events::McpServer server;
  static std::vector<std::string> variables, headers;
  auto* group =
      app.add_subcommand("mcp", "Servers of the Model Context Protocol, in a data folder that no server is using");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) { return command_in(*group, name, help, data); };
  auto* add = command("add", "Add a server");
  add->add_option("name", server.name)->required();
  auto* program = add->add_option("--command", server.command, "The whole path of a program that --mcp-command allows");
  add->add_option("--arg", server.args, "Of the program; again for more")->allow_extra_args(false);
  add->add_option("--env", variables, "NAME=VALUE of the program; again for more")->allow_extra_args(false);
  auto* url = add->add_option("--url", server.url, "http or https, in place of a program")->excludes(program);
  add->add_option("--header", headers, "NAME=VALUE of every request; again for more")->allow_extra_args(false);
  add->add_flag_callback(
         "--sse", [] { server.transport = "sse"; }, "The older transport by HTTP")
      ->needs(url);
  add->add_option("--timeout-ms", server.timeout_ms, "Of one call")->capture_default_str();
  add->callback([&] {
    if (server.transport == "stdio" && !server.url.empty()) server.transport = "http";
    const auto change = [&](auto& system, const auto&, const auto& secrets) -> Expected<void> {
      auto sealed_env = actors::sealed_secrets("env", pairs_of(variables), secrets);
      if (!sealed_env) return tl::unexpected(sealed_env.error());
      auto sealed_headers = actors::sealed_secrets("headers", pairs_of(headers), secrets);
      if (!sealed_headers) return tl::unexpected(sealed_headers.error());
      server.sealed_env = std::move(*sealed_env);
      server.sealed_headers = std::move(*sealed_headers);
      return http::add_mcp_server(system, server);
    };
    // Whoever sets the server up may name any program here; whether it is run, the server's own settings say.
    code = report(with_store(data, change, {server.command}));
  });
  command("list", "List the servers")->callback([&] {
    code = report(with_store(data, [&](auto&, const auto& store, const auto&) -> Expected<void> {
      for (const auto& row : projections::McpServerQueries(store).all())
        std::cout << row.entry.name << '\t' << row.entry.transport << '\t'
                  << (row.entry.url.empty() ? row.entry.command : row.entry.url) << '\t'
                  << (row.entry.enabled ? "enabled" : "disabled") << '\n';
      return {};
    }));
  });
  auto* remove = command("remove", "Remove a server");
  remove->add_option("name", server.name)->required();
  remove->callback([&] {
    code = report(with_store(data, [&](auto& system, const auto& store, const auto&) {
      return http::remove_mcp_server(system, store, server.name);
    }));
  });
}

}  // namespace troupe::command_line
