// What a tool is, and what a call of it knows and brings.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "events/session.hpp"
#include "events/settings.hpp"

namespace troupe::actors {

using events::AccountId;
using events::SessionId;

/// For whom a tool is called, and where.
struct ToolContext {
  AccountId asker = 0;              ///< an account or a contact; its key seals what is logged
  bool by_admin = false;            ///< an administrator, of the house or of its bots
  AccountId group = 0;              ///< the contact of the group where it was asked for; 0: none
  SessionId session = 0;            ///< of the question that led to it; 0: none did
  std::int64_t number = 0;          ///< of that question
  std::string through;              ///< model, panel, mcp or plugin
  bool for_group_provider = false;  ///< the result goes to a provider of the group's own, out of the house
};

struct ToolResult {
  std::string text;     ///< for a model or a person to read
  bool failed = false;  ///< the tool did what it could, and this says why it was not enough
};

/// Called once, on any thread. Errors: invalid (an argument), upstream_failed, timed_out, overloaded, cancelled and others.
using ToolAnswer = std::function<void(Expected<ToolResult>)>;
/// Nobody waits for the answer any more; it may still come. Empty: there is no way to stop it.
using StopTool = std::function<void()>;

/// A tool as its source offers it.
struct OfferedTool {
  std::string name;
  std::string description;
  std::string category;
  Json parameters = {{"type", "object"}};  ///< JSON Schema of the arguments, which are an object
  bool dangerous = false;                  ///< it changes something, or speaks in the bot's name
  bool admin_only = false;
  bool confidential = false;  ///< the log keeps neither arguments nor results of its calls
  std::chrono::milliseconds timeout = defaults::kToolTimeout;
  /// Only with arguments that fit `parameters`; on the tools' thread, which others wait for: what takes long runs
  /// elsewhere.
  std::function<StopTool(const Json& arguments, const ToolContext& context, ToolAnswer answer)> run;
};

/// A tool as it is called.
struct Tool {
  std::string name;    ///< unique; `[a-zA-Z0-9_-]`, at most kMaxToolNameLength
  std::string source;  ///< builtin, memory, plugin:<name>, mcp:<name> or custom
  OfferedTool offered;
};

// Switches. Pure.

bool is_dangerous(const Tool& tool, const events::ToolRules& rules);
bool is_admin_only(const Tool& tool, const events::ToolRules& rules);
bool is_enabled(const Tool& tool, const events::ToolRules& rules);
/// Why the tool must not be called; nothing when it may be.
std::optional<std::string> refusal(const Tool& tool, const events::ToolRules& rules, bool by_admin);

/// With `_` for every character that names of tools do not have; at least one, at most kMaxToolNameLength.
std::string tool_name(std::string_view text);

/// What the tools of `sources` are called, in the same order. A name that several have stays with the house's own tool, and
/// the others are called `<source>__<name>`, where a source `mcp:files` is `files`. What is too long, or still taken, ends
/// in a digest. The house's own come first.
struct NamedSource {
  std::string source;
  std::vector<std::string> names;  ///< as they are offered
};
std::vector<std::vector<std::string>> settled_names(const std::vector<NamedSource>& sources);

inline constexpr std::string_view kBuiltIn = "builtin";

}  // namespace troupe::actors
