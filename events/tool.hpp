// What can happen to a call of a tool. Stream `toolcall/<id>`, where an id is 16 random letters: a start and an end, which a
// call that was refused has in one record.
//
// What was asked and what came of it are personal: they are sealed under the asker's key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/session.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kToolCalls = "toolcall";

struct ToolCallStarted {
  static constexpr std::string_view type = "ToolCallStarted";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"arguments"};
  std::string id;
  std::string tool;         ///< as it was called
  std::string source;       ///< builtin, memory, plugin:<name>, mcp:<name>, custom; empty: there is no such tool
  AccountId asker = 0;      ///< an account or a contact
  AccountId group = 0;      ///< the contact of the group where it was asked for; 0: none
  SessionId session = 0;    ///< of the question that led to it; 0: none did
  std::int64_t number = 0;  ///< of that question
  std::string through;      ///< model, panel, mcp or plugin
  std::string arguments;    ///< JSON
};
TROUPE_EVENT(ToolCallStarted, id, tool, source, asker, group, session, number, through, arguments)

struct ToolCallEnded {
  static constexpr std::string_view type = "ToolCallEnded";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"result"};
  std::string id;
  std::string tool;
  /// succeeded; failed (the tool says so, or could not be reached); refused (a rule says so); timed_out; cancelled
  /// (nobody waits for it any more); interrupted (the server ended).
  std::string outcome = "succeeded";
  std::string reason;  ///< of another outcome, in the house's words: no text of people, no secret
  std::string result;  ///< what the asker was told
  Micros took = 0;
};
TROUPE_EVENT(ToolCallEnded, id, tool, outcome, reason, result, took)

using ToolCallEvent = std::variant<ToolCallStarted, ToolCallEnded>;

}  // namespace troupe::events
