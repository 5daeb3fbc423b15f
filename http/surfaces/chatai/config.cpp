#include "http/surfaces/chatai/config.hpp"

#include "events/json_depth.hpp"
#include "http/surfaces/chatai/yaml.hpp"

namespace troupe::http::chatai {
namespace {

constexpr const char* kInvalidConfig = "INVALID_CONFIG";
constexpr const char* kParseError = "PARSE_ERROR";

Error section_not_found() { return coded(Errc::not_found, "SECTION_NOT_FOUND", "Section not found"); }

/// The part of the tree that a body is: itself, or one value by its path.
Json part_of(const Json& body) {
  const auto path = body.find("path");
  if (path == body.end() || !path->is_string() || !body.contains("value")) return body;
  return {{path->get<std::string>(), body["value"]}};
}

}  // namespace

OrderedJson Config::tree() const {
  auto tree = view_of(settings());
  tree["channels"] = channels_.list();
  tree["presets"] = presets_.briefs();
  return tree;
}

void Config::show(const CallPtr& call) { succeed(call, tree()); }

void Config::show_section(const CallPtr& call) {
  const auto all = tree();
  const auto section = all.find(call->path_parameter("section"));
  if (section == all.end()) return call->refuse(section_not_found());
  succeed(call, *section);
}

void Config::apply(const CallPtr& call, const Json& tree,
                   std::function<void(const std::vector<std::string>& updated)> more) {
  auto change = change_of(settings(), tree);
  if (!change.problems.empty())
    return call->refuse(coded(Errc::invalid, kInvalidConfig, change.problems.front().message));
  context_.services.system.catalogue().ask<events::BotSettings>(
      std::string(events::BotSettings::only_id), actors::ChangeEntry{std::move(change.fields)}, call->cause(),
      context_.services.then(call, [updated = std::move(change.updated),
                                    more = std::move(more)](const storage::Record&) { more(updated); }));
}

void Config::answer_updated(const CallPtr& call, const std::vector<std::string>& updated) const {
  succeed(call, {{"success", true}, {"updated", updated}});
}

void Config::change(const CallPtr& call) {
  apply(call, part_of(call->body), [this, call](const auto& updated) { answer_updated(call, updated); });
}

void Config::change_section(const CallPtr& call) {
  const auto& section = call->path_parameter("section");
  if (!view_of(settings()).contains(section)) return call->refuse(section_not_found());
  apply(call, {{section, part_of(call->body)}}, [this, call](const auto& updated) { answer_updated(call, updated); });
}

void Config::export_all(const CallPtr& call) {
  const auto tree = view_of(settings());
  if (call->query_text("format").value_or("yaml") == "json") return call->answer(tree);
  call->answer_with({200,
                     to_yaml(tree),
                     "text/yaml; charset=utf-8",
                     {{"Content-Disposition", "attachment; filename=\"config.yaml\""}}});
}

Expected<Json> Config::imported(const CallPtr& call) {
  const std::string_view text = call->request.body;
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth))
    return tl::unexpected(coded(Errc::invalid, kParseError, "The import is nested too deep"));
  Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded()) {
    auto yaml = from_yaml(text);
    if (!yaml) return tl::unexpected(coded(yaml.error().code, kParseError, yaml.error().message));
    tree = std::move(*yaml);
  }
  if (tree.is_object() && tree.size() == 1) {
    if (const auto content = tree.find("content"); content != tree.end() && content->is_string()) {
      auto yaml = from_yaml(content->get_ref<const std::string&>());
      if (!yaml) return tl::unexpected(coded(yaml.error().code, kParseError, yaml.error().message));
      tree = std::move(*yaml);
    } else if (const auto config = tree.find("config"); config != tree.end()) {
      tree = Json(*config);
    }
  }
  if (tree.is_object()) return tree;
  return tl::unexpected(coded(Errc::invalid, kParseError, "The import must be a mapping of sections"));
}

void Config::import_all(const CallPtr& call) {
  const auto tree = imported(call);
  if (!tree) return call->refuse(tree.error());
  apply(call, *tree, [call](const auto& updated) {
    succeed(call, {{"imported", true}, {"changes", updated.size()}, {"updated", updated}});
  });
}

void Config::validate(const CallPtr& call) {
  const auto tree = imported(call);
  if (!tree) return call->refuse(tree.error());
  const auto change = change_of(settings(), *tree);
  if (change.problems.empty()) return succeed(call, {{"valid", true}});
  OrderedJson errors = OrderedJson::array();
  for (const auto& problem : change.problems) errors.push_back({{"path", problem.path}, {"message", problem.message}});
  call->answer({{"success", false}, {"error", "Invalid configuration"}, {"code", kInvalidConfig}, {"errors", errors}},
               {}, 400);
}

void Config::reload(const CallPtr& call) { succeed(call, nullptr, {{"message", "Configuration reloaded"}}); }

}  // namespace troupe::http::chatai
