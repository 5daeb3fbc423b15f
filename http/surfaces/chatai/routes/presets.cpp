// Routes of the tag presets.
#include "http/surfaces/chatai/presets.hpp"

#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define PRESET                                                                                                   \
  R"({"id":"AbCdEfGhIjKl","name":"helper","description":"Helps","type":"user","isDefault":true,"systemPrompt":)" \
  R"("You help.","model":"","channel":"","temperature":0.7,"maxTokens":500,"modelParams":{"temperature":0.7,)"   \
  R"("max_tokens":500},"tools":[],"createdAt":1769860800000,"updatedAt":1769860800000})"

std::vector<Field> preset_fields() {
  return {text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
          text("description", {}, defaults::kMaxDescriptionLength),
          text("systemPrompt", {}, defaults::kMaxQuestionLength),
          text("model", "None: the channel's own", defaults::kMaxModelNameLength),
          text("channel", "The name of the one that answers; none: any", defaults::kMaxCatalogueNameLength),
          number("temperature", 0, 2),
          integer("maxTokens", 1, 1'000'000),
          object("modelParams", "`temperature` and `max_tokens`, the other form of the two above")};
}

}  // namespace

void preset_routes(RouteTable& table, Presets& presets) {
  using P = Presets;
  table.tag("ChatAI: presets");
  table.get("/api/presets", A::login, to(presets, &P::list), "Presets, oldest first")
      .query({text_parameter("type", "system, user or all; all presets are the users' own"),
              text_parameter("search", "In names and descriptions")})
      .answers(OK(R"({"presets":[)" PRESET R"(],"total":1,"defaultId":"AbCdEfGhIjKl"})"));
  table.get("/api/preset/list", A::login, to(presets, &P::list), "Presets, oldest first (older path)")
      .answers(OK(R"({"presets":[)" PRESET "]}"));
  table.post("/api/presets/import", A::admin, to(presets, &P::import_one), "Add a preset by a file")
      .query({text_parameter("overwrite", "true: change the one of that name")})
      .answers(OK(PRESET))
      .status(201)
      .note(
          "The body is YAML or JSON: the preset itself, or in a field `content`; or a form (multipart/form-data) with "
          "a `file` and `overwrite`.");
  for (const std::string base : {"/api/presets", "/api/preset"}) {
    table.post(base, A::admin, to(presets, &P::create), "Add a preset")
        .takes(requiring({"systemPrompt"}, preset_fields()))
        .answers(OK(PRESET))
        .status(201)
        .creates()
        .note("It gets an id of its own; `id` in the body is its name where there is no `name`.");
    const std::string one = base + "/{preset_id}";
    table.get(one, A::login, to(presets, &P::show), "One preset, by its id or name").answers(OK(PRESET));
    table.put(one, A::admin, to(presets, &P::change), "Change a preset").takes(preset_fields()).answers(OK(PRESET));
    table.del(one, A::admin, to(presets, &P::remove), "Delete a preset")
        .answers(DONE("Preset deleted"))
        .note("Not the default one: SYSTEM_PRESET.");
    table.get(one + "/prompt", A::login, to(presets, &P::prompt), "A preset's system prompt")
        .answers(OK(R"({"prompt":"You help."})"));
    table
        .post(one + (base == "/api/preset" ? "/default" : "/set-default"), A::admin, to(presets, &P::set_default),
              "Make a preset the default one")
        .answers(OK(PRESET));
  }
  table.post("/api/presets/{preset_id}/copy", A::admin, to(presets, &P::copy), "Copy a preset")
      .takes({text("newName", "Default: its name and `(copy)`", defaults::kMaxCatalogueNameLength), text("newId")})
      .answers(OK(PRESET))
      .status(201);
  table.get("/api/presets/{preset_id}/export", A::login, to(presets, &P::export_one), "A preset as a file")
      .downloads("text/yaml");
}

}  // namespace troupe::http::chatai
