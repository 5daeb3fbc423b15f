#include <cstdlib>
#include <map>

#include "http/command_line/command_line.hpp"

namespace troupe::command_line {
namespace {

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

}  // namespace

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

}  // namespace troupe::command_line
