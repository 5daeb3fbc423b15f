#include "actors/tools/tool.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "actors/secrets.hpp"

namespace troupe::actors {
namespace {

bool has(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Room for `__`, a part of the name, and what tells it from others.
constexpr std::size_t kLongestPrefix = 24;
constexpr std::size_t kDigestLength = 6;

std::string qualified(const std::string& source, const std::string& name) {
  const auto colon = source.find(':');
  const std::string owner = colon == source.npos ? source : source.substr(colon + 1);
  return tool_name(owner).substr(0, kLongestPrefix) + "__" + tool_name(name);
}

/// The same for the same tool every time, whatever else there is.
std::string told_apart(std::string name, const std::string& source, const std::string& offered) {
  const std::string digest = tool_name(text_digest(source + '\n' + offered)).substr(0, kDigestLength);
  return name.substr(0, defaults::kMaxToolNameLength - 1 - kDigestLength) + "_" + digest;
}

}  // namespace

bool is_dangerous(const Tool& tool, const events::ToolRules& rules) {
  return tool.offered.dangerous || has(rules.dangerous, tool.name) || has(rules.dangerous, tool.offered.name);
}

bool is_admin_only(const Tool& tool, const events::ToolRules& rules) {
  return tool.offered.admin_only || has(rules.admin_only, tool.name) || has(rules.admin_only, tool.offered.name);
}

bool is_enabled(const Tool& tool, const events::ToolRules& rules) {
  const bool may = rules.only.empty() || has(rules.only, tool.name) || has(rules.only, tool.offered.name);
  return rules.enabled && may && !has(rules.disabled, tool.name) && !has(rules.disabled, tool.offered.name) &&
         !has(rules.disabled_categories, tool.offered.category);
}

std::optional<std::string> refusal(const Tool& tool, const events::ToolRules& rules, bool by_admin) {
  if (!is_enabled(tool, rules)) return "the tool is switched off";
  if (is_dangerous(tool, rules) && !rules.allow_dangerous) return "the tool is dangerous, and those are not allowed";
  if (is_admin_only(tool, rules) && !by_admin) return "the tool is for administrators";
  return std::nullopt;
}

std::string tool_name(std::string_view text) {
  std::string name(text.substr(0, defaults::kMaxToolNameLength));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_name_character(c); }, '_');
  return name.empty() ? "_" : name;
}

std::vector<std::vector<std::string>> settled_names(const std::vector<NamedSource>& sources) {
  std::map<std::string, int> wanted;
  for (const auto& [source, names] : sources)
    for (const auto& name : names) ++wanted[tool_name(name)];
  std::vector<std::vector<std::string>> settled;
  std::set<std::string> given;
  for (const auto& [source, names] : sources) {
    auto& list = settled.emplace_back();
    for (const auto& offered : names) {
      std::string name = tool_name(offered);
      if (source != kBuiltIn && wanted[name] > 1) name = qualified(source, offered);
      const bool is_cut = std::max(name.size(), offered.size()) > defaults::kMaxToolNameLength;
      if (is_cut || given.contains(name)) name = told_apart(std::move(name), source, offered);
      given.insert(name);
      list.push_back(std::move(name));
    }
  }
  return settled;
}

}  // namespace troupe::actors
