#include <iostream>

#include "http/command_line/command_line.hpp"
#include "http/startup.hpp"

namespace troupe::command_line {
namespace {

Expected<events::AccountId> find_account(const projections::Queries& queries, const std::string& name) {
  const auto account = queries.account_named(name);
  if (!account) return fail(Errc::not_found, "there is no account '" + name + "'");
  return *account;
}

void add_user_key(CLI::App& user, std::filesystem::path& data, int& code) {
  static std::string username, name = "command line";
  static std::vector<std::string> permissions = {"read", "write"};
  auto* key = command_in(user, "key", "Make an API key of an account, and print it: it is shown this once", data);
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

}  // namespace

void add_user(CLI::App& app, std::filesystem::path& data, int& code) {
  auto* user = app.add_subcommand("user", "Accounts of a data folder that no server is using");
  user->require_subcommand(1);
  add_user_key(*user, data, code);
  static http::NewAccount account;
  const CLI::Validator long_enough(
      [](const std::string& password) {
        return password.size() < defaults::kMinPasswordLength ? std::string("must have at least 8 characters")
                                                              : std::string();
      },
      "");
  account.role = "user";
  const auto command = [&](const char* name, const char* help) { return command_in(*user, name, help, data); };
  auto* add = command("add", "Add an account");
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

  auto* list = command("list", "List the accounts");
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

  auto* promote = command("promote", "Change an account's role");
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

  auto* erase = command(
      "erase", "Delete an account, and make all that is personal of it unreadable for ever; there is no way back");
  erase->add_option("username", account.username, "Username or e-mail")->required();
  erase->callback([&] {
    code = report(with_system(data, [&](auto& system, const auto& queries) -> Expected<void> {
      const auto id = find_account(queries, account.username);
      if (!id) return tl::unexpected(id.error());
      return http::erase_account(system, *id);
    }));
  });

  auto* reset = command("reset-password", "Set an account's password; ends its logins");
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
  auto* link =
      command_in(app, "login-link",
                 "Make a link that logs in by itself, and print it; in a data folder that no server is using", data);
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

}  // namespace troupe::command_line
