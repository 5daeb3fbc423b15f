#include <iostream>
#include <map>

#include "http/command_line/command_line.hpp"
#include "http/startup.hpp"
#include "projections/exports.hpp"

namespace troupe::command_line {

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
      command_in(app, "export", "Write what a data folder holds to standard output, also beside a server", data);
  exporting->add_option("what", kind, "logs, messages, commands or events")
      ->required()
      ->check(CLI::IsMember({"logs", "messages", "commands", "events"}));
  exporting->add_option("--bot", what.bot, "Only what is this bot's");
  exporting->add_option("--format", format)->check(CLI::IsMember({"json", "ndjson", "csv"}))->capture_default_str();
  exporting->callback([&] {
    what.kind = kinds.at(kind);
    what.format = formats.at(format);
    const auto store = storage::Store::open({.folder = data, .read_only = true});
    code = report(store ? projections::write_export(**store, what, std::cout) : tl::unexpected(store.error()));
  });
}

void add_rebuild(CLI::App& app, std::filesystem::path& data, int& code) {
  command_in(app, "rebuild", "Replay the log into all projections", data)->callback([&] {
    auto store = open_existing(data);
    code = report(store ? http::update_projections(**store, true) : tl::unexpected(store.error()));
  });
}

}  // namespace troupe::command_line
