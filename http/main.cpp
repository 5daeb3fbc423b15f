#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "http/command_line/command_line.hpp"

namespace {

using namespace troupe;

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
  using namespace troupe::command_line;
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
  add_rebuild(app, data, code);
  CLI11_PARSE(app, argc, argv);
  return code;
}
