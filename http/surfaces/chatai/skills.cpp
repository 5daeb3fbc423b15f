#include "http/surfaces/chatai/skills.hpp"

#include <algorithm>

namespace troupe::http::chatai {
namespace {

constexpr std::size_t kUsualRecommendations = 5;

}  // namespace

void Skills::status(const CallPtr& call) {
  succeed(call, {{"servers", servers_.views()},
                 {"stats", tools_.counts()},
                 {"categories", tools_.category_list()},
                 {"timestamp", milliseconds(call->now)}});
}

void Skills::list(const CallPtr& call) {
  const auto wants = [&](const char* parameter) { return call->query_text(parameter).value_or("true") != "false"; };
  const bool builtin = wants("includeBuiltin"), mcp = wants("includeMcp");
  const auto rules = tools_.rules();
  OrderedJson list = OrderedJson::array();
  for (const auto& tool : tools_.all()) {
    const auto kind = kind_of_source(tool->source);
    if ((kind == actors::kBuiltIn && !builtin) || (kind == "mcp" && !mcp)) continue;
    list.push_back(tool_view(*tool, rules));
  }
  const auto count = list.size();
  succeed(call, {{"count", count}, {"tools", std::move(list)}});
}

OrderedJson Skills::ranked(std::string_view text, const std::optional<std::string>& category,
                           const std::optional<std::string>& source, std::size_t limit) const {
  std::vector<std::pair<std::size_t, std::shared_ptr<const actors::Tool>>> found;
  for (const auto& tool : tools_.all()) {
    if (category && *category != tool->offered.category) continue;
    if (source && *source != kind_of_source(tool->source)) continue;
    const auto score = fit(tool->offered, tool->name, text);
    if (score > 0 || text.empty()) found.emplace_back(score, tool);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (found.size() > limit) found.resize(limit);
  const auto rules = tools_.rules();
  OrderedJson list = OrderedJson::array();
  for (const auto& [score, tool] : found) {
    OrderedJson view = tool_view(*tool, rules);
    view["score"] = score;
    list.push_back(std::move(view));
  }
  return list;
}

void Skills::search(const CallPtr& call) {
  auto tools = ranked(call->query_text("q").value_or(""), call->query_text("category"), call->query_text("source"),
                      static_cast<std::size_t>(call->query_integer("limit")));
  const auto count = tools.size();
  succeed(call, {{"tools", std::move(tools)}, {"count", count}});
}

void Skills::discover(const CallPtr& call) {
  const auto rules = tools_.rules();
  OrderedJson categories = tools_.category_list();
  for (auto& category : categories) category["tools"] = OrderedJson::array();
  for (const auto& tool : tools_.all()) {
    if (refusal(*tool, rules, call->caller.is_admin())) continue;
    const auto in = std::find_if(categories.begin(), categories.end(),
                                 [&](const auto& one) { return one["key"] == tool->offered.category; });
    if (in != categories.end())
      (*in)["tools"].push_back({{"name", tool->name}, {"description", tool->offered.description}});
  }
  succeed(call, {{"categories", std::move(categories)}, {"timestamp", milliseconds(call->now)}});
}

void Skills::recommend(const CallPtr& call) {
  const auto limit = static_cast<std::size_t>(call->body_integer("limit").value_or(kUsualRecommendations));
  auto tools = ranked(call->body_text("context"), std::nullopt, std::nullopt, limit);
  const auto count = tools.size();
  succeed(call, {{"recommendations", tools}, {"tools", std::move(tools)}, {"count", count}});
}

}  // namespace troupe::http::chatai
