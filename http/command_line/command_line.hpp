// The command line, a file for each group of commands. Not a library: what main is made of.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/system.hpp"
#include "http/serve.hpp"
#include "projections/queries.hpp"
#include "storage/store.hpp"

namespace troupe::command_line {

// Groups of commands. Each puts the process's exit code into `code` when it has run; `data`, `options` and `code` outlive
// the app.

void add_serve(CLI::App& app, http::ServeOptions& options, int& code);
void add_user(CLI::App& app, std::filesystem::path& data, int& code);
void add_login_link(CLI::App& app, std::filesystem::path& data, int& code);
void add_provider(CLI::App& app, std::filesystem::path& data, int& code);
void add_personality(CLI::App& app, std::filesystem::path& data, int& code);
void add_platform(CLI::App& app, std::filesystem::path& data, int& code);
void add_mcp(CLI::App& app, std::filesystem::path& data, int& code);
void add_export(CLI::App& app, std::filesystem::path& data, int& code);
void add_backup(CLI::App& app, std::filesystem::path& data, int& code);
void add_rebuild(CLI::App& app, std::filesystem::path& data, int& code);

// What they share

/// A command of a group, or of the app itself, with the option `--data`.
CLI::App* command_in(CLI::App& group, const char* name, const char* help, std::filesystem::path& data);

/// Tells what went wrong on standard error. Answers the exit code.
int report(const Expected<void>& result);

/// Errors: not_found (no such folder), those of Store::open.
Expected<std::unique_ptr<storage::Store>> open_existing(const std::filesystem::path& data);

/// Opens a data folder that no server holds, for one change.
Expected<void> with_store(
    const std::filesystem::path& data,
    const std::function<Expected<void>(actors::System&, const storage::Store&, const actors::Secrets&)>& change,
    std::vector<std::string> mcp_commands = {});
Expected<void> with_system(const std::filesystem::path& data,
                           const std::function<Expected<void>(actors::System&, const projections::Queries&)>& change);

}  // namespace troupe::command_line
