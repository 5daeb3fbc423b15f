// What a server does between opening its data and listening, and what the command line does instead of listening.
#pragma once

#include <filesystem>
#include <string>

#include "actors/system.hpp"
#include "storage/store.hpp"

namespace troupe::http {

/// Brings the projection rows to this program's versions, with a progress bar on standard error when a replay is
/// needed. `force` replays all of them.
Expected<void> update_projections(storage::Store& store, bool force = false);

struct NewAccount {
  std::string username, email, password, role;
};

/// Hashes the password and registers the account; waits for it.
Expected<void> add_account(actors::System& system, const NewAccount& account);

/// Sets a password and ends every login of the account; waits for it.
Expected<void> set_password(actors::System& system, events::AccountId account, const std::string& password);

Expected<void> set_role(actors::System& system, events::AccountId account, const std::string& role);

/// Deletes an account with all that is personal of it; waits for it.
Expected<void> erase_account(actors::System& system, events::AccountId account);
/// Adds to the catalogue, or takes out of it by name; waits for it.
Expected<void> add_provider(actors::System& system, const events::Provider& provider);
Expected<void> add_personality(actors::System& system, const events::Personality& personality);
Expected<void> add_mcp_server(actors::System& system, const events::McpServer& server);
Expected<void> add_platform(actors::System& system, const events::Platform& platform);
Expected<void> remove_mcp_server(actors::System& system, const storage::Store& store, const std::string& name);
Expected<void> remove_provider(actors::System& system, const storage::Store& store, const std::string& name);
Expected<void> remove_personality(actors::System& system, const storage::Store& store, const std::string& name);
Expected<void> remove_platform(actors::System& system, const storage::Store& store, const std::string& name);

/// Makes an API key of the account and answers it: nobody can tell it later.
Expected<std::string> add_api_key(actors::System& system, events::AccountId account, const std::string& name,
                                  const std::vector<std::string>& permissions);

/// Makes a login link of the account and answers its token; waits for it.
Expected<std::string> make_login_link(actors::System& system, events::AccountId account, bool permanent);

/// True when the folder was made by `--demo`: then it is to be served on loopback only. The mark is a file, so that an
/// operator who has changed the passwords can take it away.
bool has_well_known_passwords(const std::filesystem::path& data);

/// With no account in the log: the demo's accounts, or an administrator with a password from `password_file`, from the
/// environment variable TROUPE_ADMIN_PASSWORD, or a random one that is printed once and kept in
/// `<data>/initial-admin-password` (mode 0600).
Expected<void> first_accounts(actors::System& system, const storage::Store& store, const std::filesystem::path& data,
                              bool demo, const std::string& password_file);

/// In a house that never had a session: the public channel `general`, which the first administrator owns.
Expected<void> first_channel(actors::System& system, const storage::Store& store);

}  // namespace troupe::http
