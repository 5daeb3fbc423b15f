#include "http/command_line/command_line.hpp"

#include <iostream>

#include "http/startup.hpp"

namespace troupe::command_line {

CLI::App* command_in(CLI::App& group, const char* name, const char* help, std::filesystem::path& data) {
  auto* command = group.add_subcommand(name, help);
  command->add_option("--data", data, "Data folder")->envname("TROUPE_DATA")->capture_default_str();
  return command;
}

int report(const Expected<void>& result) {
  if (result) return 0;
  std::cerr << "troupe: " << result.error().message << '\n';
  return 1;
}

Expected<std::unique_ptr<storage::Store>> open_existing(const std::filesystem::path& data) {
  if (!std::filesystem::is_directory(data)) return fail(Errc::not_found, "there is no data folder " + data.string());
  return storage::Store::open({data});
}

Expected<void> with_store(
    const std::filesystem::path& data,
    const std::function<Expected<void>(actors::System&, const storage::Store&, const actors::Secrets&)>& change,
    std::vector<std::string> mcp_commands) {
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

}  // namespace troupe::command_line
