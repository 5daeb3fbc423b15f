// Tools: what models, and administrators by hand, may call; their switches, the log of their calls, and figures of it.
#pragma once

#include <deque>

#include "http/surfaces/chatai/live.hpp"
#include "http/surfaces/chatai/tool_views.hpp"

namespace troupe::http::chatai {

class Tools {
 public:
  Tools(Context& context, Live& live) : context_(context), live_(live) {}

  void list(const CallPtr& call);
  void list_alone(const CallPtr& call);
  void list_builtin(const CallPtr& call);
  void list_by_source(const CallPtr& call);
  void show(const CallPtr& call);
  void categories(const CallPtr& call);

  // A call that fails is refused by `call`; the two others answer what came of it.
  void call(const CallPtr& call);
  void test(const CallPtr& call);
  void execute(const CallPtr& call);
  void execute_batch(const CallPtr& call);

  // Switches
  void toggle(const CallPtr& call);
  void toggle_category(const CallPtr& call);
  void enable_all(const CallPtr& call);
  void disable_all(const CallPtr& call);
  void builtin_config(const CallPtr& call);
  void change_builtin_config(const CallPtr& call);
  void dangerous(const CallPtr& call);
  void change_dangerous(const CallPtr& call);
  void reload(const CallPtr& call);

  // The log. What reads it runs on any thread.
  void logs(const CallPtr& call);
  void errors(const CallPtr& call);
  void log_record(const CallPtr& call);
  void clear_logs(const CallPtr& call);
  void stats(const CallPtr& call);
  void figures(const CallPtr& call);

  // For the parts that show tools beside other things
  events::ToolRules rules() const { return projections::bot_settings(context_.services.store).tools; }
  std::vector<std::shared_ptr<const actors::Tool>> all() const { return context_.services.system.tools().all(); }
  OrderedJson category_list() const;
  OrderedJson counts() const;

 private:
  using ToolPtr = std::shared_ptr<const actors::Tool>;
  using Edit = std::function<void(events::ToolRules&)>;
  using Changed = std::function<void(const events::ToolRules&)>;
  struct Change {
    CallPtr call;
    Edit edit;
    Changed then;
  };
  struct Batch;

  /// Those that the query's `category` and `source` leave.
  OrderedJson views(const CallPtr& call) const;
  ToolPtr tool_or_refused(const CallPtr& call, const std::string& name) const;
  /// Calls the tool that the path or the body names; `then` has what came of it, and whether the arguments were good.
  void run(const CallPtr& call,
           std::function<void(const AskedCall&, const actors::ToolOutcome&, bool arguments_fit)> then);
  actors::ToolContext context_of(const CallPtr& call) const;
  void answer_logs(const CallPtr& call, std::optional<bool> succeeded) const;
  OrderedJson log_view(const projections::ToolCallRow& row) const;

  /// One change at a time, each of the switches as the one before has left them.
  void change_rules(const CallPtr& call, Edit edit, Changed then);
  void next_change();

  Context& context_;
  Live& live_;
  std::deque<Change> changes_;
};

}  // namespace troupe::http::chatai
