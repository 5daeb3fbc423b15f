#include "http/surfaces/chatai/presets.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "http/multipart.hpp"
#include "http/surfaces/chatai/yaml.hpp"

namespace troupe::http::chatai {
namespace {

using events::Personality;
using projections::PersonalityRow;

constexpr const char* kInvalidPreset = "INVALID_PRESET";

Error no_such_preset() { return coded(Errc::not_found, "PRESET_NOT_FOUND", "Preset not found"); }

/// Names of ours that stand for a personality's fields as they are.
constexpr std::pair<std::string_view, const char*> kPlain[] = {
    {"name", "name"},        {"description", "description"}, {"systemPrompt", "prompt"}, {"model", "model"},
    {"channel", "provider"}, {"temperature", "temperature"}, {"maxTokens", "max_tokens"}};
/// What an answer shows, and what means nothing here: not an error in a record that comes back.
constexpr std::string_view kIgnored[] = {"id",        "type",        "isDefault", "createdAt",
                                         "updatedAt", "modelParams", "overwrite", "newId"};

template <class T>
OrderedJson or_null(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

bool says_nothing(const Json& value) {
  return value.is_null() || ((value.is_object() || value.is_array() || value.is_string()) && value.empty());
}

OrderedJson view(const PersonalityRow& row, const std::string& default_id) {
  const auto& entry = row.entry;
  return {{"id", row.id},
          {"name", entry.name},
          {"description", entry.description},
          {"type", "user"},
          {"isDefault", row.id == default_id},
          {"systemPrompt", entry.prompt},
          {"model", entry.model},
          {"channel", entry.provider},
          {"temperature", or_null(entry.temperature)},
          {"maxTokens", or_null(entry.max_tokens)},
          {"modelParams", {{"temperature", or_null(entry.temperature)}, {"max_tokens", or_null(entry.max_tokens)}}},
          {"tools", OrderedJson::array()},
          {"createdAt", milliseconds(row.created_at)},
          {"updatedAt", milliseconds(std::max(row.created_at, row.updated_at))}};
}

/// The fields of a personality that a preset has. Errors: invalid (a field that no preset of this house has).
Expected<Json> fields_of(const Json& preset) {
  Json fields = Json::object();
  if (const auto parameters = preset.find("modelParams"); parameters != preset.end() && parameters->is_object()) {
    for (const auto& [name, value] : parameters->items()) {
      if (name == "temperature" || name == "max_tokens")
        fields[name] = value;
      else if (!says_nothing(value))
        return fail(Errc::invalid, "modelParams." + name + " is not supported by the presets of this server",
                    "modelParams." + name);
    }
  }
  for (const auto& [name, value] : preset.items()) {
    const auto plain = std::find_if(std::begin(kPlain), std::end(kPlain),
                                    [&name = name](const auto& one) { return one.first == name; });
    if (plain != std::end(kPlain)) {
      const bool may_be_null = name == "temperature" || name == "maxTokens";
      if (value.is_null() && !may_be_null) continue;
      fields[plain->second] = value.is_string() ? Json(trimmed(value.get_ref<const std::string&>())) : value;
      continue;
    }
    const bool ignored = std::find(std::begin(kIgnored), std::end(kIgnored), name) != std::end(kIgnored);
    if (!ignored && !says_nothing(value))
      return fail(Errc::invalid, name + " is not supported by the presets of this server", name);
  }
  return fields;
}

/// A preset as a browser's form sends it: `file`, and whether it may `overwrite` another.
class PresetForm final : private MultipartParser::Listener {
 public:
  std::string file;
  bool overwrite = false;

  /// Errors: invalid (no form, or one without a file).
  Expected<void> take(std::string_view boundary, std::string_view body) {
    MultipartParser parser(boundary, *this);
    if (auto ok = parser.feed(body); !ok) return ok;
    if (auto ok = parser.finish(); !ok) return ok;
    overwrite = overwrite_ == "true" || overwrite_ == "1";
    return has_file_ ? Expected<void>{} : fail(Errc::invalid, "file is required", "file");
  }

 private:
  Expected<void> part_began(PartHead head) override {
    part_ = head.name == "file" ? &file : head.name == "overwrite" ? &overwrite_ : nullptr;
    if (!part_) return fail(Errc::invalid, head.name + " is not supported in an import of a preset", head.name);
    if (part_ == &file && std::exchange(has_file_, true)) return fail(Errc::invalid, "One file at a time", "file");
    return {};
  }
  Expected<void> part_data(std::string_view bytes) override {
    *part_ += bytes;
    return {};
  }
  Expected<void> part_ended() override { return {}; }

  std::string* part_ = nullptr;
  std::string overwrite_;
  bool has_file_ = false;
};

/// Nothing where the body is no form. Errors: invalid.
Expected<std::optional<PresetForm>> form_in(const Request& request) {
  constexpr std::string_view kForm = "multipart/form-data";
  const auto type = request.header("Content-Type").value_or("");
  if (!equals_ignoring_case(trimmed(type.substr(0, type.find(';'))), kForm)) return std::nullopt;
  const auto boundary = boundary_of(type);
  if (!boundary) return tl::unexpected(boundary.error());
  std::optional<PresetForm> form(std::in_place);
  if (auto ok = form->take(*boundary, request.body); !ok) return tl::unexpected(ok.error());
  return form;
}

}  // namespace

std::optional<PersonalityRow> Presets::find(const std::string& id_or_name) const {
  auto row = context_.personalities.entry(id_or_name);
  return row ? row : context_.personalities.named(id_or_name);
}

std::optional<PersonalityRow> Presets::the_default() const {
  return projections::default_personality(context_.services.store);
}

OrderedJson Presets::briefs() const {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : context_.personalities.all())
    list.push_back({{"id", row.id}, {"name", row.entry.name}, {"description", row.entry.description}});
  return list;
}

std::optional<PersonalityRow> Presets::preset_or_refused(const CallPtr& call) const {
  auto row = find(call->path_parameter("preset_id"));
  if (!row) call->refuse(no_such_preset());
  return row;
}

void Presets::list(const CallPtr& call) {
  const auto type = call->query_text("type").value_or("all");
  const auto search = call->query_text("search").value_or("");
  const auto rows = context_.personalities.all();
  const auto default_id = projections::default_of(rows);
  OrderedJson list = OrderedJson::array();
  for (const auto& row : rows) {
    const bool found =
        row.entry.name.find(search) != std::string::npos || row.entry.description.find(search) != std::string::npos;
    if (type != "system" && found) list.push_back(view(row, default_id));
  }
  const auto total = list.size();
  succeed(call, {{"presets", std::move(list)}, {"total", total}, {"defaultId", default_id}});
}

void Presets::answer_preset(const CallPtr& call, const std::string& id, Fields more) const {
  const auto row = context_.personalities.entry(id);
  if (!row) return call->refuse(no_such_preset());
  succeed(call, view(*row, projections::default_of(context_.personalities.all())), std::move(more));
}

void Presets::show(const CallPtr& call) {
  if (const auto row = preset_or_refused(call)) answer_preset(call, row->id);
}

void Presets::prompt(const CallPtr& call) {
  if (const auto row = preset_or_refused(call)) succeed(call, {{"prompt", row->entry.prompt}});
}

void Presets::add(const CallPtr& call, const Json& fields, std::function<void(const std::string& id)> then) {
  Personality personality;
  try {
    personality = fields.get<Personality>();
  } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
    return call->refuse(coded(Errc::invalid, kInvalidPreset, "a field has the wrong type"));
  }
  context_.services.system.catalogue().add(
      std::move(personality), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [then = std::move(then)](const storage::RecordPtr& record) { then(std::string(record->id())); },
          [call](const Error& error) {
            const bool taken = error.code == Errc::conflict && error.field == "name";
            call->refuse(taken ? coded(Errc::conflict, "PRESET_EXISTS", error.message) : error);
          }));
}

void Presets::change_to(const CallPtr& call, const std::string& id, Json fields, std::function<void()> then) {
  context_.services.system.catalogue().ask<Personality>(
      id, actors::ChangeEntry{std::move(fields)}, call->cause(),
      context_.services.then(call, [then = std::move(then)](const storage::Record&) { then(); }));
}

void Presets::create(const CallPtr& call) {
  auto fields = fields_of(call->body);
  if (!fields) return call->refuse(fields.error());
  if (!fields->contains("name")) (*fields)["name"] = call->body_text("id");
  if (call->body_flag("isDefault")) (*fields)["default_since"] = call->now;
  add(call, *fields, [this, call](const std::string& id) { answer_preset(call, id, {{"message", "Preset created"}}); });
}

void Presets::change(const CallPtr& call) {
  const auto row = preset_or_refused(call);
  if (!row) return;
  auto fields = fields_of(call->body);
  if (!fields) return call->refuse(fields.error());
  change_to(call, row->id, std::move(*fields), [this, call, id = row->id] { answer_preset(call, id); });
}

void Presets::remove(const CallPtr& call) {
  const auto row = preset_or_refused(call);
  if (!row) return;
  if (row->id == projections::default_of(context_.personalities.all()))
    return call->refuse(coded(Errc::forbidden, "SYSTEM_PRESET", "The default preset cannot be deleted"));
  context_.services.system.catalogue().ask<Personality>(row->id, actors::RemoveEntry{}, call->cause(),
                                                        context_.services.then(call, [call](const storage::Record&) {
                                                          succeed(call, nullptr, {{"message", "Preset deleted"}});
                                                        }));
}

void Presets::copy(const CallPtr& call) {
  const auto row = preset_or_refused(call);
  if (!row) return;
  Personality copy = row->entry;
  copy.name = call->body_text("newName");
  if (copy.name.empty()) copy.name = row->entry.name + " (copy)";
  copy.default_since = 0;
  add(call, Json(copy), [this, call](const std::string& id) { answer_preset(call, id); });
}

void Presets::set_default(const CallPtr& call) {
  const auto row = preset_or_refused(call);
  if (!row) return;
  change_to(call, row->id, {{"default_since", call->now}}, [this, call, id = row->id] {
    answer_preset(call, id, {{"message", "Default preset set"}});
  });
}

void Presets::export_one(const CallPtr& call) {
  const auto row = preset_or_refused(call);
  if (!row) return;
  const auto& entry = row->entry;
  OrderedJson preset = {{"name", entry.name},
                        {"description", entry.description},
                        {"systemPrompt", entry.prompt},
                        {"model", entry.model},
                        {"channel", entry.provider}};
  if (entry.temperature) preset["temperature"] = *entry.temperature;
  if (entry.max_tokens) preset["maxTokens"] = *entry.max_tokens;
  call->answer_with({200,
                     to_yaml(preset),
                     "text/yaml; charset=utf-8",
                     {{"Content-Disposition", "attachment; filename=\"preset-" + row->id + ".yaml\""}}});
}

void Presets::import_one(const CallPtr& call) {
  const auto form = form_in(call->request);
  if (!form) return call->refuse(form.error());
  auto preset = from_yaml(*form ? (*form)->file : call->request.body);
  if (!preset) return call->refuse(coded(preset.error().code, "PARSE_ERROR", preset.error().message));
  bool overwrite = call->query_text("overwrite").value_or("") == "true" || (*form && (*form)->overwrite);
  if (preset->is_object() && preset->contains("content") && (*preset)["content"].is_string()) {
    overwrite = overwrite || preset->value("overwrite", Json(false)) == true;
    auto content = from_yaml((*preset)["content"].get_ref<const std::string&>());
    if (!content) return call->refuse(coded(content.error().code, "PARSE_ERROR", content.error().message));
    preset = std::move(content);
  }
  if (!preset->is_object())
    return call->refuse(coded(Errc::invalid, kInvalidPreset, "A preset is a mapping of fields"));
  auto fields = fields_of(*preset);
  if (!fields) return call->refuse(fields.error());
  const auto name = fields->value("name", Json(""));
  const auto known = name.is_string() ? context_.personalities.named(name.get_ref<const std::string&>()) : std::nullopt;
  if (known && overwrite)
    return change_to(call, known->id, std::move(*fields), [this, call, id = known->id] { answer_preset(call, id); });
  add(call, *fields, [this, call](const std::string& id) { answer_preset(call, id); });
}

}  // namespace troupe::http::chatai
