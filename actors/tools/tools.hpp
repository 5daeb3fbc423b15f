// Tools: what models, people and programs may have the house do. One registry over all who offer some, and one way to call
// them: by the switches of the bots' settings, with checked arguments, within limits, and in the log.
//
// A call is durable before the tool runs, and so is its end before it is answered. What a crash leaves open has failed as
// `interrupted`: a tool may do something in the world, so it is not called again. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ask.hpp"
#include "actors/tools/tool.hpp"
#include "projections/tool_queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// What became of a call.
struct ToolOutcome {
  std::string id;                     ///< of the call in the log
  std::string outcome = "succeeded";  ///< as of ToolCallEnded
  std::string text;                   ///< the result, or why there is none
  Micros took = 0;

  bool succeeded() const { return outcome == "succeeded"; }
};

class Tools {
 public:
  using CallId = std::string;

  /// `elsewhere` is where tools run and answers are handed on.
  Tools(storage::Store& store, Elsewhere elsewhere);

  /// Which rules of a group's own lie over the bots' settings. Before the first call.
  using RulesOfGroup = std::function<events::ToolRules(const events::ToolRules& house, AccountId group)>;
  void heed(RulesOfGroup rules_of_group) { rules_of_group_ = std::move(rules_of_group); }

  // What there is

  /// What `source` has from now on, in place of what it had before. Tools with bad names or schemas, and those past
  /// kMaxToolsPerSource, are left out and logged.
  void offer(const std::string& source, std::vector<OfferedTool> tools);
  void withdraw(const std::string& source);

  /// The house's own first, then by source.
  std::vector<std::shared_ptr<const Tool>> all() const;
  std::shared_ptr<const Tool> find(std::string_view name) const;
  /// Those that may be called now: what a model is told of, at most kMaxTools.
  std::vector<std::shared_ptr<const Tool>> allowed(bool by_admin, AccountId group = 0) const;

  // Calls

  /// Arguments as JSON text, as a model writes them; empty is `{}`. The outcome comes once, when it is durable, on the tools'
  /// thread. Errors: overloaded (kMaxToolCalls are under way), invalid (`asker`: there must be one), shutting_down, the
  /// journal's: then nothing was called. What is refused or fails is an outcome. Answers the call's id, for `cancel`.
  CallId call(const std::string& name, const std::string& arguments, ToolContext context,
              std::function<void(Expected<ToolOutcome>)> answer);
  /// The call ends as cancelled. Nothing when it has ended.
  void cancel(const CallId& id);

  /// Ends what the last run left open. Once, before the first call.
  void settle_interrupted();
  /// Ends calls that took too long; every second or so.
  void tick();
  /// No call begins any more; those under way have no outcome, and are settled at the next start.
  void stop() { ending_ = true; }

  std::size_t under_way() const;
  /// Calls that have ended since the server began, by outcome.
  std::map<std::string, std::uint64_t> ended() const;
  const projections::ToolQueries& log() const { return log_; }

 private:
  struct Call {
    std::shared_ptr<const Tool> tool;
    ToolContext context;
    Json arguments;
    std::function<void(Expected<ToolOutcome>)> answer;
    std::chrono::steady_clock::time_point started, until;
    StopTool stop;
    bool is_running = false;
  };

  events::ToolRules rules_in(AccountId group) const;
  void settle_names();
  void run(const CallId& id);
  void end(const CallId& id, events::ToolCallEnded ended);
  void append_end(Call call, events::ToolCallEnded ended);
  void count(const std::string& outcome);
  void hand_on(std::function<void()> work);

  storage::Store& store_;
  projections::ToolQueries log_;
  Elsewhere elsewhere_;
  RulesOfGroup rules_of_group_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<OfferedTool>, std::less<>> offers_;
  std::vector<std::shared_ptr<const Tool>> tools_;
  std::map<CallId, Call> calls_;
  std::vector<std::pair<Call, events::ToolCallEnded>> unlogged_;  ///< ends that the journal had no room for
  std::map<std::string, std::uint64_t> ended_;
  std::atomic<bool> ending_{false};
};

}  // namespace troupe::actors
