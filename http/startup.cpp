#include "http/startup.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>

#include "http/login_links.hpp"
#include "http/route.hpp"
#include "http/security/api_key.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/rebuild.hpp"
#include "projections/session_queries.hpp"

namespace troupe::http {
namespace {

void draw_progress(storage::Position done, storage::Position total) {
  constexpr int kWidth = 40;
  static int last = -1;
  const int filled = total == 0 ? kWidth : static_cast<int>(done * kWidth / total);
  if (filled == last && done != total) return;
  last = filled;
  std::fprintf(stderr, "%sreplaying the log [%.*s%.*s] %llu of %llu events%s", isatty(2) ? "\r" : "", filled,
               "########################################", kWidth - filled, "                                        ",
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(total),
               isatty(2) && done != total ? "" : "\n");
}

/// Runs something that answers later, and waits.
Expected<storage::RecordPtr> wait_for(const std::function<void(actors::RecordAnswer)>& start) {
  std::promise<Expected<storage::RecordPtr>> promise;
  auto future = promise.get_future();
  start([&promise](Expected<storage::RecordPtr> result) { promise.set_value(std::move(result)); });
  return future.get();
}

actors::Cause by_the_command_line() { return actors::by_the_house("command-line"); }

Expected<void> done(const Expected<storage::RecordPtr>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

Expected<std::string> admin_password(const std::filesystem::path& data, const std::string& password_file) {
  if (!password_file.empty()) {
    std::ifstream in(password_file);
    std::string password;
    const bool read = static_cast<bool>(std::getline(in, password));
    password = trimmed(password);  // as every login does
    if (!read || password.size() < defaults::kMinPasswordLength)
      return fail(Errc::invalid, password_file + " must hold a password of at least 8 characters in its first line");
    return password;
  }
  if (const char* given = std::getenv("TROUPE_ADMIN_PASSWORD")) {
    const auto password = trimmed(given);
    if (password.size() < defaults::kMinPasswordLength)
      return fail(Errc::invalid, "TROUPE_ADMIN_PASSWORD must have at least 8 characters");
    return std::string(password);
  }
  const std::string password = actors::random_token().substr(0, 24);
  const auto file = data / "initial-admin-password";
  std::ofstream out(file);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (!(out << password << '\n' << std::flush)) return fail(Errc::storage_failed, "cannot write " + file.string());
  std::printf("first start: the administrator is `admin` with password %s (kept in %s)\n", password.c_str(),
              file.c_str());
  std::fflush(stdout);
  return password;
}

constexpr const char* kDemoMark = "demo";

}  // namespace

bool has_well_known_passwords(const std::filesystem::path& data) { return std::filesystem::exists(data / kDemoMark); }

Expected<void> update_projections(storage::Store& store, bool force) {
  const bool worth_telling = store.last_position() > 0;
  return projections::rebuild(store, force, [&](storage::Position at, storage::Position total) {
    if (worth_telling) draw_progress(at, total);
  });
}

Expected<void> add_account(actors::System& system, const NewAccount& account) {
  const auto hash = actors::hash_password(trimmed(account.password));
  if (!hash) return tl::unexpected(hash.error());
  actors::RegisterAccount command{0, account.username, account.email, "", *hash, account.role};
  return done(wait_for([&](actors::RecordAnswer answer) {
    system.register_account(std::move(command), by_the_command_line(), std::move(answer));
  }));
}

Expected<void> set_password(actors::System& system, events::AccountId account, const std::string& password) {
  const auto hash = actors::hash_password(trimmed(password));
  if (!hash) return tl::unexpected(hash.error());
  return done(wait_for([&](actors::RecordAnswer answer) {
    system.ask_account(account, actors::SetPassword{*hash}, by_the_command_line(), std::move(answer));
  }));
}

Expected<void> set_role(actors::System& system, events::AccountId account, const std::string& role) {
  return done(wait_for([&](actors::RecordAnswer answer) {
    system.ask_account(account, actors::ChangeRole{role}, by_the_command_line(), std::move(answer));
  }));
}

Expected<void> erase_account(actors::System& system, events::AccountId account) {
  return done(wait_for(
      [&](actors::RecordAnswer answer) { system.erase_account(account, by_the_command_line(), std::move(answer)); }));
}

namespace {

template <class Entry>
Expected<void> add_entry(actors::System& system, const Entry& entry) {
  return done(wait_for(
      [&](actors::RecordAnswer answer) { system.catalogue().add(entry, by_the_command_line(), std::move(answer)); }));
}

template <class Entry>
Expected<void> remove_entry(actors::System& system, const storage::Store& store, const std::string& name) {
  const auto row = projections::EntryQueries<Entry>(store).named(name);
  if (!row) return fail(Errc::not_found, "there is no " + std::string(Entry::category) + " '" + name + "'");
  return done(wait_for([&](actors::RecordAnswer answer) {
    system.catalogue().ask<Entry>(row->id, actors::RemoveEntry{}, by_the_command_line(), std::move(answer));
  }));
}

}  // namespace

Expected<void> add_provider(actors::System& system, const events::Provider& provider) {
  return add_entry(system, provider);
}
Expected<void> add_personality(actors::System& system, const events::Personality& personality) {
  return add_entry(system, personality);
}
Expected<void> add_platform(actors::System& system, const events::Platform& platform) {
  return add_entry(system, platform);
}
Expected<void> remove_provider(actors::System& system, const storage::Store& store, const std::string& name) {
  return remove_entry<events::Provider>(system, store, name);
}
Expected<void> remove_personality(actors::System& system, const storage::Store& store, const std::string& name) {
  return remove_entry<events::Personality>(system, store, name);
}
Expected<void> remove_platform(actors::System& system, const storage::Store& store, const std::string& name) {
  return remove_entry<events::Platform>(system, store, name);
}

Expected<void> add_mcp_server(actors::System& system, const events::McpServer& server) {
  return done(wait_for([&](actors::RecordAnswer answer) {
    system.catalogue().add(server, by_the_command_line(), std::move(answer));
  }));
}

Expected<void> remove_mcp_server(actors::System& system, const storage::Store& store, const std::string& name) {
  const auto row = projections::McpServerQueries(store).named(name);
  if (!row) return fail(Errc::not_found, "there is no MCP server '" + name + "'");
  return done(wait_for([&](actors::RecordAnswer answer) {
    system.catalogue().ask<events::McpServer>(row->id, actors::RemoveEntry{}, by_the_command_line(),
                                              std::move(answer));
  }));
}

Expected<std::string> add_api_key(actors::System& system, events::AccountId account, const std::string& name,
                                  const std::vector<std::string>& permissions) {
  const NewApiKey key = make_api_key();
  auto made = done(wait_for([&](actors::RecordAnswer answer) {
    system.ask_account(account, actors::CreateApiKey{key.id, name, permissions, key.hash, key.hint, 0},
                       by_the_command_line(), std::move(answer));
  }));
  if (!made) return tl::unexpected(made.error());
  return key.text;
}

Expected<std::string> make_login_link(actors::System& system, events::AccountId account, bool permanent) {
  std::promise<Expected<std::string>> promise;
  auto future = promise.get_future();
  issue_login_link(system, account, permanent, by_the_command_line(),
                   [&promise](Expected<std::string> token) { promise.set_value(std::move(token)); });
  return future.get();
}

Expected<void> first_accounts(actors::System& system, const storage::Store& store, const std::filesystem::path& data,
                              bool demo, const std::string& password_file) {
  if (projections::Queries(store).last_account_id() != 0) return {};
  if (demo) {
    if (!(std::ofstream(data / kDemoMark) << "the accounts here have well-known passwords\n" << std::flush))
      return fail(Errc::storage_failed, "cannot write " + (data / kDemoMark).string());
    for (const auto& account : {NewAccount{"admin", "admin@example.org", "admin123", "admin"},
                                NewAccount{"nekobot", "nekobot@example.org", "nekobot", "admin"}})
      if (auto ok = add_account(system, account); !ok) return ok;
    std::printf("demo: log in as admin/admin123 or nekobot/nekobot\n");
    return {};
  }
  const auto password = admin_password(data, password_file);
  if (!password) return tl::unexpected(password.error());
  return add_account(system, {"admin", "admin@localhost.localdomain", *password, "admin"});
}

Expected<void> first_channel(actors::System& system, const storage::Store& store) {
  if (projections::SessionQueries(store).last_session_id() != 0) return {};
  for (const auto& account : projections::Queries(store).accounts(0, defaults::kMaxListLimit)) {
    if (account.role != "admin") continue;
    actors::CreateSession general;
    general.kind = events::kChannelSession;
    general.owner = account.id;
    general.name = "general";
    return done(wait_for([&](actors::RecordAnswer answer) {
      system.conversations().create(std::move(general), {}, actors::by_the_house(), std::move(answer));
    }));
  }
  return {};
}

}  // namespace troupe::http
