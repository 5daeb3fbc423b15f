// Tools and their calls as this dialect shows them, and how it is asked for a call. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/tools/tools.hpp"
#include "http/route.hpp"
#include "projections/tool_queries.hpp"

namespace troupe::http::chatai {

/// Where a tool comes from, without the name of who offers it: builtin, custom, mcp or plugin.
std::string kind_of_source(std::string_view source);

OrderedJson tool_view(const actors::Tool& tool, const events::ToolRules& rules);
OrderedJson call_view(const projections::ToolCallRow& row);
OrderedJson figures_view(const projections::ToolFigures& figures);

/// What is to be called.
struct AskedCall {
  std::string tool;
  Json arguments = Json::object();
};
/// By `name` or `toolName`, unless the path has named it, and `args` or `arguments`. Errors: invalid (no name; INVALID_ARGS:
/// the arguments are no object).
Expected<AskedCall> asked_call(const Json& body, std::string named_by_path = {});

/// Why a call that ended has no result, in this dialect's codes; nothing where it has one.
std::optional<Error> error_of(const actors::ToolOutcome& outcome, bool arguments_fit);
/// The result as the Model Context Protocol has it, whatever came of the call.
OrderedJson result_view(const actors::ToolOutcome& outcome);

/// How well a tool fits a text: a word of it, or the beginning of one, counts three in the tool's name and one in its
/// description; 0: not at all. Where a language has no spaces, two characters in a row are a word.
std::size_t fit(const actors::OfferedTool& tool, std::string_view name, std::string_view text);

}  // namespace troupe::http::chatai
