#include "http/surfaces/chatai/tool_views.hpp"

#include <algorithm>
#include <set>

#include "events/utf8.hpp"
#include "http/surfaces/chatai/errors.hpp"
#include "projections/search_index.hpp"

namespace troupe::http::chatai {
namespace {

/// The rest of what a tool said stands in the log.
constexpr std::size_t kMaxErrorBytes = 250;
/// A single letter begins too many words.
constexpr std::size_t kShortestWord = 2;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_part_of_word(char c) {
  return !is_ascii(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
std::size_t next_character(std::string_view text, std::size_t at) {
  do ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  return at;
}

/// Words of ASCII letters and digits, and every two other characters in a row.
std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_part_of_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    if (is_ascii(text[at])) {
      while (end < text.size() && is_ascii(text[end]) && is_part_of_word(text[end])) ++end;
      words.emplace(text.substr(at, end - at));
      at = end;
      continue;
    }
    const auto second = next_character(text, at);
    if (second < text.size() && !is_ascii(text[second]))
      words.emplace(text.substr(at, next_character(text, second) - at));
    at = second;
  }
  return words;
}

bool one_begins_with(const std::set<std::string>& words, const std::string& beginning) {
  const auto at = words.lower_bound(beginning);
  return at != words.end() && at->starts_with(beginning);
}

}  // namespace

std::string kind_of_source(std::string_view source) {
  const auto kind = source.substr(0, source.find(':'));
  return kind == "memory" ? std::string(actors::kBuiltIn) : std::string(kind);
}

OrderedJson tool_view(const actors::Tool& tool, const events::ToolRules& rules) {
  const auto& offered = tool.offered;
  const auto kind = kind_of_source(tool.source);
  return {{"name", tool.name},
          {"description", offered.description},
          {"category", offered.category},
          {"enabled", actors::is_enabled(tool, rules)},
          {"source", kind},
          {"serverName", kind == "mcp" ? tool.source.substr(tool.source.find(':') + 1) : tool.source},
          {"isBuiltin", kind == actors::kBuiltIn},
          {"isCustom", kind == "custom"},
          {"dangerous", actors::is_dangerous(tool, rules)},
          {"adminOnly", actors::is_admin_only(tool, rules)},
          {"parameters", offered.parameters},
          {"inputSchema", offered.parameters}};
}

OrderedJson call_view(const projections::ToolCallRow& row) {
  OrderedJson arguments = OrderedJson::parse(row.arguments, nullptr, false);
  if (arguments.is_discarded()) arguments = row.arguments.empty() ? OrderedJson(nullptr) : OrderedJson(row.arguments);
  const bool is_open = row.ended_at == 0;
  return {{"id", row.id},
          {"tool", row.tool},
          {"toolName", row.tool},
          {"source", row.source},
          {"args", arguments},
          {"request", arguments},
          {"result", is_open ? OrderedJson(nullptr) : OrderedJson(row.result)},
          {"response", is_open ? OrderedJson(nullptr) : OrderedJson(row.result)},
          {"success", is_open ? OrderedJson(nullptr) : OrderedJson(row.outcome == "succeeded")},
          {"outcome", is_open ? "running" : row.outcome},
          {"error", row.reason.empty() ? OrderedJson(nullptr) : OrderedJson(row.reason)},
          {"duration", row.took / 1000},
          {"timestamp", row.started_at / 1000},
          {"through", row.through}};
}

OrderedJson figures_view(const projections::ToolFigures& figures) {
  const auto good = figures.calls - figures.failures;
  return {{"calls", figures.calls},
          {"success", good},
          {"failed", figures.failures},
          {"successRate", figures.calls == 0 ? 0.0 : static_cast<double>(good) / static_cast<double>(figures.calls)},
          {"avgDuration", figures.calls == 0 ? 0 : figures.took_us / figures.calls / 1000}};
}

Expected<AskedCall> asked_call(const Json& body, std::string named_by_path) {
  AskedCall asked{std::move(named_by_path)};
  if (!body.is_object()) return fail(Errc::invalid, "a call must be an object", "calls");
  for (const char* field : {"name", "toolName"})
    if (const auto name = body.find(field); asked.tool.empty() && name != body.end() && name->is_string())
      asked.tool = trimmed(name->get_ref<const std::string&>());
  if (asked.tool.empty()) return fail(Errc::invalid, "name is required", "name");
  for (const char* field : {"args", "arguments"}) {
    const auto given = body.find(field);
    if (given == body.end() || given->is_null()) continue;
    if (!given->is_object())
      return tl::unexpected(coded(Errc::invalid, "INVALID_ARGS", std::string(field) + " must be an object"));
    asked.arguments = *given;
    break;
  }
  return asked;
}

std::optional<Error> error_of(const actors::ToolOutcome& outcome, bool arguments_fit) {
  if (outcome.succeeded()) return std::nullopt;
  std::string why(first_bytes(outcome.text, kMaxErrorBytes));
  if (why.empty()) why = "the tool failed";
  if (outcome.outcome == "refused") return coded(Errc::forbidden, "TOOL_DISABLED", std::move(why));
  if (!arguments_fit) return coded(Errc::invalid, "INVALID_ARGS", std::move(why));
  return coded(outcome.outcome == "timed_out" ? Errc::timed_out : Errc::upstream_failed, "EXECUTION_ERROR",
               std::move(why));
}

OrderedJson result_view(const actors::ToolOutcome& outcome) {
  return {{"content", OrderedJson::array({{{"type", "text"}, {"text", outcome.text}}})},
          {"isError", !outcome.succeeded()}};
}

std::size_t fit(const actors::OfferedTool& tool, std::string_view name, std::string_view text) {
  const auto in_name = words_of(projections::folded(name)),
             in_description = words_of(projections::folded(tool.description));
  std::size_t score = 0;
  for (const auto& word : words_of(projections::folded(text))) {
    if (word.size() < kShortestWord) continue;
    if (one_begins_with(in_name, word)) score += 3;
    if (one_begins_with(in_description, word)) score += 1;
  }
  return score;
}

}  // namespace troupe::http::chatai
