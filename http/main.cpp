// The command line.
#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <map>

#include "actors/platforms/platform_type.hpp"
#include "http/serve.hpp"
#include "http/startup.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/exports.hpp"
#include "storage/backup.hpp"

namespace {

using namespace troupe;

int report(const Expected<void>& result) {
  if (result) return 0;
  std::cerr << "troupe: " << result.error().message << '\n';
  return 1;
}

Expected<std::unique_ptr<storage::Store>> open_existing(const std::filesystem::path& data) {
  if (!std::filesystem::is_directory(data)) return fail(Errc::not_found, "there is no data folder " + data.string());
  return storage::Store::open({data});
}

/// Opens a data folder that no server holds, for one change.
Expected<void> with_store(
    const std::filesystem::path& data,
    const std::function<Expected<void>(actors::System&, const storage::Store&, const actors::Secrets&)>& change,
    std::vector<std::string> mcp_commands = {}) {
  auto store = open_existing(data);
  if (!store) return tl::unexpected(store.error());
  if (auto ok = http::update_projections(**store); !ok) return ok;
  actors::SystemOptions options;
  options.mail.outbox = data / "outbox";
  options.mcp_commands = std::move(mcp_commands);
  actors::System system(**store, (*store)->secrets(), options);
  return change(system, **store, (*store)->secrets());
}

Expected<void> with_system(const std::filesystem::path& data,
                           const std::function<Expected<void>(actors::System&, const projections::Queries&)>& change) {
  return with_store(data, [&](actors::System& system, const storage::Store& store, const actors::Secrets&) {
    return change(system, projections::Queries(store));
  });
}

Expected<events::AccountId> find_account(const projections::Queries& queries, const std::string& name) {
  const auto account = queries.account_named(name);
  if (!account) return fail(Errc::not_found, "there is no account '" + name + "'");
  return *account;
}

/// The settings file. CLI11 by itself passes over keys that it does not know and lets a file beat the
/// environment.
class SettingsFile : public CLI::ConfigTOML {
 public:
  /// `serve` must outlive this.
  explicit SettingsFile(const CLI::App& serve) : serve_(serve) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::vector<CLI::ConfigItem> settings;
    for (auto& item : CLI::ConfigTOML::from_config(in)) {
      if (item.name == "++" || item.name == "--") continue;  // CLI11's marks for where a section begins and ends
      const bool in_section = item.parents == std::vector<std::string>{"serve"};
      const auto* option = in_section ? serve_.get_option_no_throw("--" + item.name) : nullptr;
      if (!option || !option->get_configurable())
        throw CLI::ConfigError("the settings file has '" + item.fullname() + "', which is no setting under [serve]");
      const char* variable = std::getenv(option->get_envname().c_str());
      if (!variable || !*variable) settings.push_back(std::move(item));
    }
    return settings;
  }

 private:
  const CLI::App& serve_;
};

/// A check that says what is wrong, in words of ours.
template <class F>
CLI::Validator must(F problem_of) {
  return CLI::Validator(problem_of, "");
}

std::string problem_of_seconds(const std::string& text) {
  const double longest = std::chrono::duration<double>(defaults::kLongestSetting).count();
  double seconds = 0;
  const bool number = CLI::detail::lexical_cast(text, seconds);
  return number && seconds >= 0.001 && seconds <= longest
             ? std::string()
             : "'" + text + "' is not a number of seconds from 0.001 to " + std::to_string(static_cast<long>(longest));
}

std::string problem_of_count(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == text.npos;
  return digits && text.find_first_not_of('0') != text.npos ? std::string()
                                                            : "'" + text + "' is not a whole number above 0";
}

std::string problem_of_program(const std::string& text) {
  return text.starts_with('/') ? std::string() : "'" + text + "' is not the whole path of a program";
}

std::string problem_of_listener(const std::string& text) {
  const auto listener = http::parse_listener(text);
  return listener ? std::string() : listener.error().message;
}

void add_durations(CLI::App& serve, http::ServeOptions& options) {
  const auto seconds = [&](const char* flag, std::chrono::milliseconds& value, const char* help, const char* variable) {
    serve
        .add_option_function<double>(
            flag, [&value](const double& s) { value = std::chrono::milliseconds(static_cast<long>(s * 1000)); }, help)
        ->check(must(problem_of_seconds))
        ->envname(variable)
        ->default_str(CLI::detail::to_string(static_cast<double>(value.count()) / 1000));
  };
  seconds("--command-lease", options.system.command_lease, "Seconds until a polled command is offered again",
          "TROUPE_COMMAND_LEASE");
  seconds("--heartbeat-window", options.system.heartbeat_window, "Seconds of silence after which a bot is offline",
          "TROUPE_HEARTBEAT_WINDOW");
  seconds("--passivate-after", options.system.passivate_after, "Seconds after which an idle entity sleeps",
          "TROUPE_PASSIVATE_AFTER");
  seconds("--mail-timeout", options.system.mail.timeout, "Seconds that handing over a mail may take",
          "TROUPE_MAIL_TIMEOUT");
  seconds("--mail-retry", options.system.mail.retry_delay, "Seconds until a mail is tried again", "TROUPE_MAIL_RETRY");
  auto& models = options.system.models;
  seconds("--model-timeout", models.request_timeout, "Seconds that a model may take for an answer, with all retries",
          "TROUPE_MODEL_TIMEOUT");
  seconds("--model-silence", models.silence_timeout, "Seconds that a model may send nothing", "TROUPE_MODEL_SILENCE");
  seconds("--model-retry", models.retry_delay, "Seconds until a provider that failed is tried again; doubles each time",
          "TROUPE_MODEL_RETRY");
  seconds("--platform-retry", options.system.platform_retry,
          "Seconds until a platform that failed is connected again; doubles each time", "TROUPE_PLATFORM_RETRY");
  seconds("--clamd-retry", options.system.files.scanner.retry_delay,
          "Seconds until a virus scanner that failed is asked again", "TROUPE_CLAMD_RETRY");
  seconds("--chat-token-lifetime", options.chat.token_lifetime, "Seconds that a chat_v1 access token is good",
          "TROUPE_CHAT_TOKEN_LIFETIME");
  seconds("--grace", options.grace, "Seconds that requests in flight may take to finish at the end", "TROUPE_GRACE");
}

void add_settings(CLI::App& serve, http::ServeOptions& options) {
  const auto setting = [&](const char* flag, auto& value, const char* help, const char* variable) {
    return serve.add_option(flag, value, help)->envname(variable)->capture_default_str();
  };
  const auto list = [&](const char* flag, auto& value, const char* help, const char* variable) {
    return serve.add_option(flag, value, help)->envname(variable)->delimiter(' ');
  };
  setting("--data", options.data, "Data folder; made when missing", "TROUPE_DATA");
  list("--listen", options.listen,
       "HOST:PORT=SURFACE[,SURFACE...]; again, or after a space, for more (each surface on 127.0.0.1 and its own port)",
       "TROUPE_LISTEN")
      ->check(must(problem_of_listener));
  setting("--metrics", options.metrics_listen, "HOST:PORT of the Prometheus listener; empty for none",
          "TROUPE_METRICS");
  auto* certificate =
      setting("--tls-certificate", options.tls_certificate, "PEM file, the whole chain", "TROUPE_TLS_CERTIFICATE")
          ->check(CLI::ExistingFile);
  auto* key = setting("--tls-key", options.tls_key, "PEM file", "TROUPE_TLS_KEY")->check(CLI::ExistingFile);
  certificate->needs(key);
  key->needs(certificate);
  setting("--admin-password-file", options.admin_password_file,
          "The first administrator's password is this file's first line; or TROUPE_ADMIN_PASSWORD itself",
          "TROUPE_ADMIN_PASSWORD_FILE");
  list("--allow-origin", options.allowed_origins,
       "Origin that browsers may call from; again, or after a space, for more; none: all", "TROUPE_ALLOW_ORIGIN");
  setting("--clamd", options.system.files.scanner.address,
          "Virus scanner (clamd, with AlertExceedsMax and a StreamMaxLength of 100M, as more is refused) for uploads: "
          "/path/to/socket or HOST:PORT; none: not scanned",
          "TROUPE_CLAMD");
  setting("--smtp", options.system.mail.smtp_url, "smtp://HOST:PORT or smtps://HOST:PORT; none: <data>/outbox/",
          "TROUPE_SMTP");
  setting("--smtp-user", options.system.mail.smtp_user, "Mail server login", "TROUPE_SMTP_USER");
  serve
      .add_option("--smtp-password", options.system.mail.smtp_password,
                  "Mail server password (better by the environment: a command line is seen by everyone)")
      ->envname("TROUPE_SMTP_PASSWORD");
  setting("--mail-from", options.system.mail.from, "Sender of mails", "TROUPE_MAIL_FROM");
  setting("--reset-link", options.system.mail.reset_link, "Link in reset mails; {token} stands for the token",
          "TROUPE_RESET_LINK");
  setting("--max-backups", options.system.max_backups, "Backups kept; one more, and the oldest goes",
          "TROUPE_MAX_BACKUPS")
      ->check(must(problem_of_count));
  setting("--docs", options.docs_folder, "Folder with the assets of the pages at /docs and /redoc", "TROUPE_DOCS");
  setting("--max-body-bytes", options.limits.max_body_bytes, "Largest request body", "TROUPE_MAX_BODY_BYTES")
      ->check(must(problem_of_count));
  setting("--max-chat-sessions", options.chat.max_sessions_per_account, "Chat sessions of one account",
          "TROUPE_MAX_CHAT_SESSIONS")
      ->check(must(problem_of_count));
  setting("--panel-url", options.chatai.panel_url, "What login links begin with: where the chatai API is reached",
          "TROUPE_PANEL_URL");
  setting("--providers", options.providers_file, "JSON file with providers of language models", "TROUPE_PROVIDERS");
  serve
      .add_option_function<bool>(
          "--allow-local-providers", [&options](const bool& allowed) { options.allow_local_providers = allowed; },
          "Whether administrators may set up providers on this machine or in private networks (true where all "
          "listeners are "
          "on loopback)")
      ->envname("TROUPE_ALLOW_LOCAL_PROVIDERS");
  static const std::map<std::string, http::OpenEndpoints> open_to = {{"local", http::OpenEndpoints::local},
                                                                     {"always", http::OpenEndpoints::always},
                                                                     {"never", http::OpenEndpoints::never}};
  serve
      .add_option_function<std::string>(
          "--open-endpoints", [&options](const std::string& word) { options.open_endpoints = open_to.at(word); },
          "Who needs no token for the endpoints that NekoBot's API has without one, which upload plugins and spend "
          "tokens: `local` (programs on this machine; no proxies and no other sites' pages), `always` (everyone) or "
          "`never`")
      ->check(CLI::IsMember({"local", "always", "never"}))
      ->default_str("local")
      ->envname("TROUPE_OPEN_ENDPOINTS");
  list(
      "--mcp-command", options.system.mcp_commands,
      "Program that an MCP server may be, with its whole path; again, or after a space, for more; none: no such server",
      "TROUPE_MCP_COMMAND")
      ->check(must(problem_of_program));
  setting("--maintenance", options.maintenance, "Answer 503 with this sentence to everything; empty: serve",
          "TROUPE_MAINTENANCE");
  setting("--max-connections", options.limits.max_connections, "Open connections", "TROUPE_MAX_CONNECTIONS")
      ->check(must(problem_of_count));
}

void add_serve(CLI::App& app, http::ServeOptions& options, int& code) {
  auto* serve = app.add_subcommand("serve", "Run the server until SIGTERM");
  app.set_config("--config", "", "A TOML file with settings of `serve` under [serve]");
  app.config_formatter(std::make_shared<SettingsFile>(*serve));
  serve->fallthrough();  // so that --config may stand behind `serve`
  serve->footer(
      "  --config FILE               A TOML file with any of these under [serve], each by its long name\n\n"
      "A flag beats the environment, and the environment beats the file.");
  add_settings(*serve, options);
  add_durations(*serve, options);
  serve->add_flag("--demo", options.demo,
                  "Listen on loopback only, with the example accounts admin/admin123 and "
                  "nekobot/nekobot");
  serve
      ->add_flag_function(
          "--no-rate-limit", [&options](std::int64_t given) { options.limit_rates = given <= 0; },
          "Take sign-ins as fast as they come")
      ->envname("TROUPE_NO_RATE_LIMIT");
  serve->add_flag("--log-requests", options.log_requests, "A line for every request, not only for failed ones")
      ->envname("TROUPE_LOG_REQUESTS");
  serve->callback([&] { code = http::serve(options); });
}

void add_user_key(CLI::App& user, std::filesystem::path& data, int& code) {
  static std::string username, name = "command line";
  static std::vector<std::string> permissions = {"read", "write"};
  auto* key = user.add_subcommand("key", "Make an API key of an account, and print it: it is shown this once");
  key->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
  key->add_option("username", username, "Username or e-mail")->required();
  key->add_option("--name", name, "What its owner knows it by")->capture_default_str();
  key->add_option("--permissions", permissions, "read, write or both")
      ->delimiter(',')
      ->check(CLI::IsMember({"read", "write"}))
      ->capture_default_str();
  key->callback([&] {
    code = report(with_system(data, [&](auto& system, const auto& queries) -> Expected<void> {
      const auto id = find_account(queries, username);
      if (!id) return tl::unexpected(id.error());
      const auto made = http::add_api_key(system, *id, name, permissions);
      if (!made) return tl::unexpected(made.error());
      std::cout << *made << '\n';
      return {};
    }));
  });
}

void add_user(CLI::App& app, std::filesystem::path& data, int& code) {
  auto* user = app.add_subcommand("user", "Accounts of a data folder that no server is using");
  user->require_subcommand(1);
  add_user_key(*user, data, code);
  static http::NewAccount account;
  const auto long_enough = must([](const std::string& password) {
    return password.size() < defaults::kMinPasswordLength ? std::string("must have at least 8 characters")
                                                          : std::string();
  });
  account.role = "user";
  const auto common = [&](CLI::App* command) {
    command->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
    return command;
  };
  auto* add = common(user->add_subcommand("add", "Add an account"));
  add->add_option("username", account.username)->required();
  add->add_option("email", account.email)->required();
  add->add_option("--password", account.password, "At least 8 characters")
      ->check(long_enough)
      ->envname("TROUPE_PASSWORD")
      ->required();
  add->add_option("--role", account.role)->check(CLI::IsMember({"user", "moderator", "admin"}));
  add->callback([&] {
    code = report(with_system(data, [&](auto& system, const auto&) { return http::add_account(system, account); }));
  });

  auto* list = common(user->add_subcommand("list", "List the accounts"));
  list->callback([&] {
    code = report(with_system(data, [&](auto&, const projections::Queries& queries) -> Expected<void> {
      constexpr std::size_t kPage = 1000;
      for (events::AccountId after = 0;;) {
        const auto page = queries.accounts(after, kPage);
        for (const auto& row : page)
          std::cout << row.id << '\t' << row.username << '\t' << row.email << '\t' << row.role << '\n';
        if (page.size() < kPage) return {};
        after = page.back().id;
      }
    }));
  });

  auto* promote = common(user->add_subcommand("promote", "Change an account's role"));
  promote->add_option("username", account.username, "Username or e-mail")->required();
  promote->add_option("--role", account.role)
      ->check(CLI::IsMember({"user", "moderator", "admin"}))
      ->default_str("admin");
  promote->callback([&, promote] {
    if (promote->count("--role") == 0) account.role = "admin";
    code = report(with_system(data, [&](auto& system, const auto& queries) -> Expected<void> {
      const auto id = find_account(queries, account.username);
      if (!id) return tl::unexpected(id.error());
      return http::set_role(system, *id, account.role);
    }));
  });

  auto* erase = common(user->add_subcommand(
      "erase", "Delete an account, and make all that is personal of it unreadable for ever; there is no way back"));
  erase->add_option("username", account.username, "Username or e-mail")->required();
  erase->callback([&] {
    code = report(with_system(data, [&](auto& system, const auto& queries) -> Expected<void> {
      const auto id = find_account(queries, account.username);
      if (!id) return tl::unexpected(id.error());
      return http::erase_account(system, *id);
    }));
  });

  auto* reset = common(user->add_subcommand("reset-password", "Set an account's password; ends its logins"));
  reset->add_option("username", account.username, "Username or e-mail")->required();
  reset->add_option("--password", account.password, "At least 8 characters")
      ->check(long_enough)
      ->envname("TROUPE_PASSWORD")
      ->required();
  reset->callback([&] {
    code = report(with_system(data, [&](auto& system, const auto& queries) -> Expected<void> {
      const auto id = find_account(queries, account.username);
      if (!id) return tl::unexpected(id.error());
      return http::set_password(system, *id, account.password);
    }));
  });
}

void add_login_link(CLI::App& app, std::filesystem::path& data, int& code) {
  static std::string username, panel_url = http::ChatAiOptions().panel_url;
  static bool permanent = false;
  auto* link = app.add_subcommand(
      "login-link", "Make a link that logs in by itself, and print it; in a data folder that no server is using");
  link->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
  link->add_option("--user", username, "Username or e-mail; none: the first administrator");
  link->add_flag("--permanent", permanent,
                 "Good until it is revoked, in place of the one before; others are good once");
  link->add_option("--panel-url", panel_url, "What the link begins with")
      ->envname("TROUPE_PANEL_URL")
      ->capture_default_str();
  link->callback([&] {
    code = report(with_system(data, [&](auto& system, const auto& queries) -> Expected<void> {
      const auto id = username.empty() ? queries.first_administrator() : queries.account_named(username);
      if (!id)
        return fail(Errc::not_found,
                    username.empty() ? "there is no active administrator" : "there is no account '" + username + "'");
      const auto token = http::make_login_link(system, *id, permanent);
      if (!token) return tl::unexpected(token.error());
      std::cout << http::login_link_url(panel_url, *token) << '\n';
      return {};
    }));
  });
}

/// `NAME=VALUE`; without `=` there is no value.
std::map<std::string, std::string> pairs_of(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> pairs;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    pairs[text.substr(0, equals)] = equals == text.npos ? "" : text.substr(equals + 1);
  }
  return pairs;
}

void add_provider(CLI::App& app, std::filesystem::path& data, int& code) {
  static events::Provider provider;
  static std::vector<std::string> keys;
  auto* group =
      app.add_subcommand("provider", "Providers of language models, in a data folder that no server is using");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) {
    auto* added = group->add_subcommand(name, help);
    added->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
    return added;
  };
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
  const auto command = [&](const char* name, const char* help) {
    auto* added = group->add_subcommand(name, help);
    added->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
    return added;
  };
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

void add_platform(CLI::App& app, std::filesystem::path& data, int& code) {
  static events::Platform platform;
  static std::vector<std::string> settings;
  static bool is_disabled = false;
  auto* group = app.add_subcommand("platform", "Chat platforms, in a data folder that no server is using");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help) {
    auto* added = group->add_subcommand(name, help);
    added->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
    return added;
  };
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
  const auto command = [&](const char* name, const char* help) {
    auto* added = group->add_subcommand(name, help);
    added->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
    return added;
  };
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

void add_export(CLI::App& app, std::filesystem::path& data, int& code) {
  using projections::ExportFormat;
  using projections::ExportKind;
  static projections::Export what;
  static std::string kind, format = "json";
  static const std::map<std::string, ExportKind> kinds = {{"logs", ExportKind::logs},
                                                          {"messages", ExportKind::messages},
                                                          {"commands", ExportKind::commands},
                                                          {"events", ExportKind::events}};
  static const std::map<std::string, ExportFormat> formats = {
      {"json", ExportFormat::json}, {"ndjson", ExportFormat::ndjson}, {"csv", ExportFormat::csv}};
  auto* exporting =
      app.add_subcommand("export", "Write what a data folder holds to standard output, also beside a server");
  exporting->add_option("what", kind, "logs, messages, commands or events")
      ->required()
      ->check(CLI::IsMember({"logs", "messages", "commands", "events"}));
  exporting->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
  exporting->add_option("--bot", what.bot, "Only what is this bot's");
  exporting->add_option("--format", format)->check(CLI::IsMember({"json", "ndjson", "csv"}))->capture_default_str();
  exporting->callback([&] {
    what.kind = kinds.at(kind);
    what.format = formats.at(format);
    const auto store = storage::Store::open({.folder = data, .read_only = true});
    code = report(store ? projections::write_export(**store, what, std::cout) : tl::unexpected(store.error()));
  });
}

/// The first line of a file; nothing without a name.
Expected<std::optional<std::string>> first_line(const std::string& file) {
  if (file.empty()) return std::optional<std::string>();
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || line.empty()) return fail(Errc::invalid, file + " must hold one line of text");
  return std::optional(line);
}

/// Where the keys of backups come from.
struct BackupKeys {
  std::string passphrase_file, key_file;
  std::filesystem::path data;  ///< a folder whose `key` may be the one

  Expected<std::optional<std::string>> passphrase() const {
    if (auto line = first_line(passphrase_file); !line || *line) return line;
    const char* given = std::getenv("TROUPE_BACKUP_PASSPHRASE");
    return given && *given ? std::optional<std::string>(given) : std::nullopt;
  }
  /// The data key's text: the file's, else the environment's, else the data folder's.
  Expected<std::optional<std::string>> data_key() const {
    if (auto line = first_line(key_file); !line || *line) return line;
    if (const char* given = std::getenv("TROUPE_KEY")) return std::optional<std::string>(given);
    if (!data.empty() && std::filesystem::exists(data / "key")) return first_line(data / "key");
    return std::optional<std::string>();
  }
  /// What opens this backup, as far as it was given. Errors: invalid, those of reading its manifest.
  Expected<std::optional<storage::BackupKey>> to_open(const std::string& file) const {
    const auto shown = storage::read_backup_manifest(file);
    if (!shown) return tl::unexpected(shown.error());
    const auto kind = shown->manifest.encryption;
    if (kind == storage::Encryption::none) return std::optional<storage::BackupKey>();
    const auto text = kind == storage::Encryption::passphrase ? passphrase() : data_key();
    if (!text) return tl::unexpected(text.error());
    if (!*text) return std::optional<storage::BackupKey>();
    if (kind == storage::Encryption::passphrase) return std::optional(storage::BackupKey{kind, **text});
    const auto secrets = actors::Secrets::of_key(**text);
    if (!secrets) return tl::unexpected(secrets.error());
    return std::optional(storage::BackupKey{kind, secrets->backup_key()});
  }
};

void print_backup(const storage::FinishedBackup& backup) {
  const auto& m = backup.manifest;
  std::cout << m.id << '\t' << iso8601(m.created_at) << '\t' << backup.size << " bytes\t"
            << (m.database ? "events up to " + std::to_string(m.position) : "no database") << '\t'
            << (m.files ? "files" : "no files") << '\t' << storage::word(m.compression) << '\t'
            << storage::word(m.encryption) << '\n';
}

Expected<void> create_backup(const std::filesystem::path& data, actors::BackupRequest request) {
  auto made = with_system(data, [&](actors::System& system, const projections::Queries&) -> Expected<void> {
    std::promise<Expected<void>> promise;
    auto finished = promise.get_future();
    std::string id;
    system.backups().start(
        std::move(request), actors::by_the_house("command-line"),
        [&](const Expected<storage::RecordPtr>& started) {
          if (started) id = (*started)->id();
          if (!started) promise.set_value(tl::unexpected(started.error()));
        },
        [&](Expected<void> result) { promise.set_value(std::move(result)); });
    if (auto result = finished.get(); !result) return result;
    const auto file = system.backups().file(id);
    const auto shown = storage::read_backup_manifest(file);
    if (!shown) return tl::unexpected(shown.error());
    print_backup(*shown);
    std::cout << file.string() << '\n';
    return {};
  });
  if (!made && made.error().code == Errc::conflict && made.error().field.empty())
    made.error().message += ". A running server makes its own backups: POST /api/v1/admin/backup";
  return made;
}

Expected<void> list_backups(const std::filesystem::path& data) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(data / "backups", none))
    if (entry.path().extension() == ".troupe-backup") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto shown = storage::read_backup_manifest(file);
    if (!shown) return tl::unexpected(shown.error());
    print_backup(*shown);
  }
  return {};
}

Expected<void> verify_backup(const std::string& file, const BackupKeys& keys) {
  const auto key = keys.to_open(file);
  if (!key) return tl::unexpected(key.error());
  const auto proven = storage::verify_backup(file, *key);
  if (!proven) return tl::unexpected(proven.error());
  std::cout << file << " is whole: " << proven->file_count << " files, " << proven->file_bytes
            << " bytes, events up to " << proven->position << '\n';
  return {};
}

/// The data key is not in a backup. One that is given is proven to be the right one; from a file it is put in place.
Expected<void> restore_backup(const std::string& file, const BackupKeys& keys, const std::filesystem::path& folder) {
  const auto key = keys.to_open(file);
  if (!key) return tl::unexpected(key.error());
  const auto restored = storage::restore_backup(file, *key, folder);
  if (!restored) return tl::unexpected(restored.error());
  std::cout << "restored " << restored->file_count << " files, " << restored->file_bytes << " bytes, events up to "
            << restored->position << " into " << folder.string() << '\n';
  const auto data_key = keys.data_key();
  if (!data_key) return tl::unexpected(data_key.error());
  if (*data_key && !keys.key_file.empty())
    if (auto placed = actors::Secrets::place_key(folder, **data_key); !placed) return placed;
  if (!*data_key || !restored->database) {
    std::cout << (restored->database ? "the data key is not in a backup: put it back as " + (folder / "key").string() +
                                           " or into TROUPE_KEY before you start the server\n"
                                     : "there is no database in this backup: put `files` into a data folder\n");
    return {};
  }
  const auto secrets = actors::Secrets::open(folder);
  return secrets ? Expected<void>{} : tl::unexpected(secrets.error());
}

void add_backup(CLI::App& app, std::filesystem::path& data, int& code) {
  auto* backup = app.add_subcommand("backup", "Backups of a data folder: create, list, verify, restore");
  backup->require_subcommand(1);
  static BackupKeys keys;
  static actors::BackupRequest request;
  static std::string file;
  static bool in_clear = false, no_files = false;
  const auto in_folder = [&](CLI::App* command, const char* help) {
    command->add_option("--data", data, help)->envname("TROUPE_DATA")->capture_default_str();
    return command;
  };
  const auto with_passphrase = [](CLI::App* command, const char* help) {
    command->add_option("--passphrase-file", keys.passphrase_file, help)->check(CLI::ExistingFile);
    return command;
  };
  const auto with_keys = [&](CLI::App* command, const char* key_help) {
    command->add_option("file", file, "The backup")->required();
    command->add_option("--key-file", keys.key_file, key_help)->check(CLI::ExistingFile);
    return with_passphrase(command, "Its first line is the passphrase; or TROUPE_BACKUP_PASSPHRASE itself");
  };

  auto* create = with_passphrase(
      in_folder(backup->add_subcommand("create", "Back up a folder that no server is using"), "Data folder"),
      "Encrypt with this file's first line, or TROUPE_BACKUP_PASSPHRASE, instead of the data key");
  create->add_option("--compression", request.compression)
      ->check(CLI::IsMember({"none", "gzip", "zstd"}))
      ->capture_default_str();
  create->add_flag("--no-encryption", in_clear, "Leave it readable to everyone who has the file");
  create->add_flag("--no-files", no_files, "Leave uploaded files out");
  create->callback([&] {
    request.files = !no_files;
    if (in_clear) request.encryption = storage::Encryption::none;
    const auto passphrase = keys.passphrase();
    if (!passphrase) return void(code = report(tl::unexpected(passphrase.error())));
    if (*passphrase && !in_clear) {
      request.encryption = storage::Encryption::passphrase;
      request.passphrase = **passphrase;
    }
    code = report(create_backup(data, request));
  });

  in_folder(backup->add_subcommand("list", "List the backups in a data folder"), "Data folder")->callback([&] {
    code = report(list_backups(data));
  });

  auto* verify = with_keys(in_folder(backup->add_subcommand("verify", "Prove every byte of a backup"),
                                     "Data folder whose `key` may be the one"),
                           "The data key; or TROUPE_KEY itself, or the data folder's");
  verify->callback([&] {
    keys.data = data;
    code = report(verify_backup(file, keys));
  });

  auto* restore = with_keys(backup->add_subcommand("restore", "Bring a backup back into a new folder"),
                            "The data key, which is put into the folder; or TROUPE_KEY itself");
  restore->add_option("--data", data, "Folder to make: empty, or not there")->required();
  restore->callback([&] { code = report(restore_backup(file, keys, data)); });
}

/// The text of a log line as a JSON string, whatever is in it.
class JsonText : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const Json text = std::string(message.payload.begin(), message.payload.end());
    const std::string quoted = json_text(text);
    line.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonText>(); }
};

void log_as_json_lines() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonText>('*').set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})");
  spdlog::set_formatter(std::move(formatter));
}

}  // namespace

int main(int argc, char** argv) {
  umask(0077);  // the log, the key, mails and the first password are for this user alone
  const auto executable = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  log_as_json_lines();
  CLI::App app("Troupe: one event-sourced server for many bots");
  app.set_version_flag("--version", TROUPE_VERSION);
  app.require_subcommand(1);
  int code = 0;
  http::ServeOptions options;
  for (const auto& folder : {executable / "docs", executable / "../share/troupe/docs"})
    if (options.docs_folder.empty() && std::filesystem::exists(folder / "swagger-ui.css"))
      options.docs_folder = folder.lexically_normal();
  std::filesystem::path data = "./data";
  add_serve(app, options, code);
  add_user(app, data, code);
  add_login_link(app, data, code);
  add_provider(app, data, code);
  add_personality(app, data, code);
  add_platform(app, data, code);
  add_mcp(app, data, code);
  add_export(app, data, code);
  add_backup(app, data, code);
  auto* rebuild = app.add_subcommand("rebuild", "Replay the log into all projections");
  rebuild->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
  rebuild->callback([&] {
    auto store = open_existing(data);
    code = report(store ? http::update_projections(**store, true) : tl::unexpected(store.error()));
  });
  CLI11_PARSE(app, argc, argv);
  return code;
}
