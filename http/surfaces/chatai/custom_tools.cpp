#include "http/surfaces/chatai/custom_tools.hpp"

#include <algorithm>
#include <map>

#include "events/json_depth.hpp"
#include "http/multipart.hpp"

namespace troupe::http::chatai {
namespace {

using projections::CustomToolRow;

constexpr const char* kFile = "file";

/// What this dialect's fields are called in an entry; several may say the same.
constexpr std::pair<std::string_view, const char*> kFields[] = {{"name", "name"},
                                                                {"description", "description"},
                                                                {"parameters", "parameters"},
                                                                {"inputSchema", "parameters"},
                                                                {"code", "code"},
                                                                {"handler", "code"},
                                                                {"source", "code"},
                                                                {"dangerous", "dangerous"},
                                                                {"enabled", "enabled"}};

Error exists_already() { return coded(Errc::conflict, "TOOL_EXISTS", "Tool already exists"); }

OrderedJson view(const CustomToolRow& row) {
  const auto& tool = row.entry;
  return {{"id", row.id},
          {"name", tool.name},
          {"description", tool.description},
          {"category", "custom"},
          {"source", "custom"},
          {"parameters", tool.parameters},
          {"inputSchema", tool.parameters},
          {"language", "lua"},
          {"code", tool.code},
          {"dangerous", tool.dangerous},
          {"enabled", tool.enabled},
          {"createdAt", milliseconds(row.created_at)},
          {"updatedAt", milliseconds(std::max(row.created_at, row.updated_at))}};
}

Expected<Json> parsed(std::string_view text, const char* field) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return fail(Errc::invalid, "JSON is nested too deep", field);
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_object()) return fail(Errc::invalid, std::string(field) + " must be a JSON object", field);
  return value;
}

/// A body in memory, which is at most kMaxCustomToolUploadBytes.
class ToolBody final : public BodySink, private MultipartParser::Listener {
 public:
  using Wording = std::function<Response(const Error&)>;
  /// `boundary`: of a form; nothing: it is JSON.
  ToolBody(std::optional<std::string> boundary, Wording wording) : wording_(std::move(wording)) {
    if (boundary) form_.emplace(*boundary, static_cast<MultipartParser::Listener&>(*this));
  }

  void write(std::string piece, std::function<void(std::optional<Response>)> taken) override {
    if (!form_) {
      json_ += piece;
      return taken(std::nullopt);
    }
    const auto fed = form_->feed(piece);
    taken(fed ? std::nullopt : std::optional(wording_(fed.error())));
  }

  /// After the last piece. Errors: invalid.
  Expected<Json> finish() {
    if (!form_) return parsed(json_, "body");
    if (auto ok = form_->finish(); !ok) return tl::unexpected(ok.error());
    Json body = Json::object();
    if (is_json_file_) {
      auto fields = parsed(parts_[kFile], kFile);
      if (!fields) return fields;
      body = std::move(*fields);
    } else if (parts_.contains(kFile)) {
      body["code"] = parts_[kFile];
      body["name"] = file_stem_;
    }
    for (const auto& [name, text] : parts_) {
      if (name == kFile) continue;
      const bool is_flag = name == "dangerous" || name == "enabled";
      if (is_flag && text != "true" && text != "false")
        return fail(Errc::invalid, name + " must be true or false", name);
      if (name == "parameters" || name == "inputSchema") {
        auto schema = parsed(text, name == "parameters" ? "parameters" : "inputSchema");
        if (!schema) return schema;
        body[name] = std::move(*schema);
      } else {
        body[name] = is_flag ? Json(text == "true") : Json(text);
      }
    }
    return body;
  }

 private:
  Expected<void> part_began(PartHead head) override {
    part_ = head.name;
    if (parts_.contains(part_)) return fail(Errc::invalid, part_ + " is there twice", part_);
    parts_[part_];
    if (part_ != kFile) return {};
    const std::string file = head.filename.value_or("");
    is_json_file_ = file.ends_with(".json");
    if (!is_json_file_ && !file.ends_with(".lua"))
      return fail(Errc::invalid, "file must be name.lua or name.json", kFile);
    // A path in it is no name, and refused as such.
    file_stem_ = file.substr(0, file.rfind('.'));
    return {};
  }
  Expected<void> part_data(std::string_view bytes) override {
    parts_[part_] += bytes;
    return {};
  }
  Expected<void> part_ended() override { return {}; }

  const Wording wording_;
  std::optional<MultipartParser> form_;
  std::string json_, part_, file_stem_;
  std::map<std::string, std::string> parts_;
  bool is_json_file_ = false;
};

}  // namespace

Expected<Json> custom_tool_fields(const Json& body) {
  static const std::map<std::string_view, Json::value_t> kTypes = {{"parameters", Json::value_t::object},
                                                                   {"dangerous", Json::value_t::boolean},
                                                                   {"enabled", Json::value_t::boolean}};
  Json fields = Json::object();
  for (const auto& [name, value] : body.items()) {
    const auto known =
        std::find_if(std::begin(kFields), std::end(kFields), [&](const auto& one) { return one.first == name; });
    if (known == std::end(kFields)) return fail(Errc::invalid, "There is no field " + name, name);
    if (value.is_null()) continue;
    const auto type = kTypes.find(known->second);
    if (value.type() != (type == kTypes.end() ? Json::value_t::string : type->second))
      return fail(Errc::invalid, name + " has the wrong type", name);
    fields[known->second] = value;
  }
  return fields;
}

void CustomTools::list(const CallPtr& call) {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : entries_.all()) list.push_back(view(row));
  succeed(call, std::move(list));
}

std::optional<CustomToolRow> CustomTools::tool_or_refused(const CallPtr& call) const {
  auto row = entries_.named(call->path_parameter("tool"));
  if (!row) call->refuse(coded(Errc::not_found, "TOOL_NOT_FOUND", "Tool not found"));
  return row;
}

void CustomTools::show(const CallPtr& call) {
  if (const auto row = tool_or_refused(call)) succeed(call, view(*row));
}

void CustomTools::answer_tool(const CallPtr& call, const std::string& id) const {
  const auto row = entries_.entry(id);
  if (!row) return call->refuse(coded(Errc::not_found, "TOOL_NOT_FOUND", "Tool not found"));
  succeed(call, view(*row));
}

Expected<std::shared_ptr<BodySink>> CustomTools::sink(const Call& call) const {
  const auto type = call.request.header("Content-Type").value_or("");
  std::optional<std::string> boundary;
  if (type.starts_with("multipart/")) {
    auto found = boundary_of(type);
    if (!found) return tl::unexpected(found.error());
    boundary = std::move(*found);
  }
  return std::make_shared<ToolBody>(std::move(boundary), [surface = &surface_, id = call.request.id](
                                                             const Error& error) { return surface->error(error, id); });
}

void CustomTools::add(const CallPtr& call) {
  const auto body = std::dynamic_pointer_cast<ToolBody>(call->request.body_sink);
  if (!body) return call->refuse({Errc::invalid, "name is required", "name"});
  const auto given = body->finish();
  if (!given) return call->refuse(given.error());
  const auto fields = custom_tool_fields(*given);
  if (!fields) return call->refuse(fields.error());
  for (const char* field : {"name", "code"})
    if (!fields->contains(field)) return call->refuse({Errc::invalid, std::string(field) + " is required", field});
  auto tool = fields->get<events::CustomTool>();
  if (context_.services.system.tools().find(tool.name)) return call->refuse(exists_already());
  context_.services.system.catalogue().add(
      std::move(tool), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [this, call](const storage::RecordPtr& record) { answer_tool(call, std::string(record->id())); },
          [call](const Error& error) {
            call->refuse(error.code == Errc::conflict && error.field == "name" ? exists_already() : error);
          }));
}

void CustomTools::change(const CallPtr& call) {
  const auto row = tool_or_refused(call);
  if (!row) return;
  auto fields = custom_tool_fields(call->body);
  if (!fields) return call->refuse(fields.error());
  context_.services.system.catalogue().ask<events::CustomTool>(
      row->id, actors::ChangeEntry{std::move(*fields)}, call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [this, call, id = row->id](const storage::RecordPtr&) { answer_tool(call, id); },
          [call](const Error& error) {
            call->refuse(error.code == Errc::conflict && error.field == "name" ? exists_already() : error);
          }));
}

void CustomTools::remove(const CallPtr& call) {
  const auto row = tool_or_refused(call);
  if (!row) return;
  context_.services.system.catalogue().ask<events::CustomTool>(
      row->id, actors::RemoveEntry{}, call->cause(),
      context_.services.then(call, [call](const storage::Record&) { succeed(call, nullptr); }));
}

}  // namespace troupe::http::chatai
