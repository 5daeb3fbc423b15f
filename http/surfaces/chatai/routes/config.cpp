// Routes of the tag configuration: the settings as a tree.
#include "http/surfaces/chatai/config.hpp"

#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define SETTINGS                                                                                               \
  R"({"basic":{"commandPrefix":"#ai","pluginPrefix":"/","debug":false},"trigger":{"private":{"enabled":true,)" \
  R"("mode":"always"},"group":{"enabled":true,"at":true,"prefix":true,"keyword":false,"random":false,)"        \
  R"("randomRate":0.05},"prefixes":["#chat"],"keywords":[]},"context":{"maxMessages":20}})"

}  // namespace

void config_routes(RouteTable& table, Config& config) {
  using P = Config;
  const std::vector<Field> part = {anything("path", "With `value`: a dotted path"), anything("value")};
  constexpr const char* kNote =
      "The body is a part of the tree: objects are merged, all else is replaced, and a dotted name is a path; or it is "
      "`{\"path\",\"value\"}`. A name that is no setting is refused, and then nothing changes. A white list that is "
      "not empty allows nobody else, unless `trigger.whitelistOnly` says otherwise.";
  table.tag("ChatAI: configuration");
  table.get("/api/config", A::admin, to(config, &P::show), "All settings").answers(OK(SETTINGS));
  for (const bool by_post : {false, true})
    (by_post ? table.post("/api/config", A::admin, to(config, &P::change), "Change settings")
             : table.put("/api/config", A::admin, to(config, &P::change), "Change settings"))
        .takes(part)
        .answers(OK(R"({"success":true,"updated":["debug","trigger.group.at"]})"))
        .note(kNote);
  table.get("/api/config/export", A::admin, to(config, &P::export_all), "The settings as a file")
      .query({text_parameter("format", "yaml or json; default: yaml")})
      .downloads("text/yaml");
  table.post("/api/config/import", A::admin, to(config, &P::import_all), "Change settings by a file")
      .answers(OK(R"({"imported":true,"changes":2,"updated":["debug","trigger.group.at"]})"))
      .note("The body is YAML or JSON: the tree itself, or in a field `content` (YAML) or `config`.");
  table.post("/api/config/validate", A::admin, to(config, &P::validate), "What would be wrong with settings")
      .answers(OK(R"({"valid":true})"))
      .note("The body as of an import. What is wrong is told in `errors`, each with `path` and `message`; then 400.")
      .only_reads();
  table.post("/api/config/reload", A::admin, to(config, &P::reload), "Nothing to do: what is stored is what counts")
      .answers(DONE("Configuration reloaded"));
  table.get("/api/config/{section}", A::admin, to(config, &P::show_section), "One section of the settings")
      .answers(OK(R"({"enabled":true})"))
      .note("`channels` and `presets` as well, which are changed elsewhere.");
  table.put("/api/config/{section}", A::admin, to(config, &P::change_section), "Change one section of the settings")
      .takes(part)
      .answers(OK(R"({"success":true,"updated":["memory.enabled"]})"))
      .note(kNote);
}

}  // namespace troupe::http::chatai
