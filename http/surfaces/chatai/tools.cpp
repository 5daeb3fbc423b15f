#include "http/surfaces/chatai/tools.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "actors/tools/schema.hpp"
#include "http/surfaces/chatai/period.hpp"
#include "projections/contact_queries.hpp"

namespace troupe::http::chatai {
namespace {

using actors::ToolOutcome;
using events::ToolRules;

constexpr std::string_view kSources[] = {"builtin", "custom", "mcp", "plugin"};

Error no_such_tool() { return coded(Errc::not_found, "TOOL_NOT_FOUND", "Tool not found"); }

bool has(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

void set_member(std::vector<std::string>& list, const std::string& name, bool is_there) {
  std::erase(list, name);
  if (is_there) list.push_back(name);
}

/// From the path, or from the first of the body's fields that there is.
std::string name_in(const CallPtr& call, std::string_view parameter, std::initializer_list<const char*> fields) {
  std::string name = call->path_parameter(parameter);
  for (const char* field : fields)
    if (name.empty()) name = call->body_text(field);
  return name;
}

}  // namespace

// What there is

OrderedJson Tools::views(const CallPtr& call) const {
  const auto category = call->query_text("category"), source = call->query_text("source");
  const auto now = rules();
  OrderedJson list = OrderedJson::array();
  for (const auto& tool : all())
    if ((!category || *category == tool->offered.category) && (!source || *source == kind_of_source(tool->source)))
      list.push_back(tool_view(*tool, now));
  return list;
}

OrderedJson Tools::category_list() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& tool : all()) ++counts[tool->offered.category];
  const auto off = rules().disabled_categories;
  OrderedJson list = OrderedJson::array();
  for (const auto& [name, count] : counts)
    list.push_back({{"key", name}, {"name", name}, {"toolCount", count}, {"enabled", !has(off, name)}});
  return list;
}

void Tools::list(const CallPtr& call) {
  auto tools = views(call);
  const auto count = tools.size();
  OrderedJson categories = OrderedJson::object();
  for (auto& category : category_list()) categories[category["key"].get<std::string>()] = category;
  succeed(call, {{"tools", std::move(tools)}, {"count", count}, {"categories", std::move(categories)}});
}

void Tools::list_alone(const CallPtr& call) { succeed(call, views(call)); }

void Tools::list_builtin(const CallPtr& call) {
  const auto now = rules();
  OrderedJson list = OrderedJson::array();
  for (const auto& tool : all())
    if (kind_of_source(tool->source) == actors::kBuiltIn) list.push_back(tool_view(*tool, now));
  succeed(call, std::move(list));
}

void Tools::list_by_source(const CallPtr& call) {
  OrderedJson by_source = OrderedJson::object();
  for (const auto source : kSources) by_source[std::string(source)] = OrderedJson::array();
  for (auto& tool : views(call)) by_source[tool["source"].get<std::string>()].push_back(tool);
  succeed(call, std::move(by_source));
}

Tools::ToolPtr Tools::tool_or_refused(const CallPtr& call, const std::string& name) const {
  auto tool = context_.services.system.tools().find(name);
  if (!tool) call->refuse(no_such_tool());
  return tool;
}

void Tools::show(const CallPtr& call) {
  if (const auto tool = tool_or_refused(call, call->path_parameter("tool"))) succeed(call, tool_view(*tool, rules()));
}

void Tools::categories(const CallPtr& call) { succeed(call, category_list()); }

// Calls

actors::ToolContext Tools::context_of(const CallPtr& call) const {
  actors::ToolContext context;
  context.asker = call->caller.account;
  context.by_admin = call->caller.is_admin();
  context.through = "panel";
  return context;
}

void Tools::run(const CallPtr& call, std::function<void(const AskedCall&, const ToolOutcome&, bool)> then) {
  const auto asked = asked_call(call->body, call->path_parameter("tool"));
  if (!asked) return call->refuse(asked.error());
  const auto tool = tool_or_refused(call, asked->tool);
  if (!tool) return;
  const bool fits = actors::check_arguments(tool->offered.parameters, asked->arguments).has_value();
  context_.services.system.tools().call(
      asked->tool, json_text(asked->arguments), context_of(call),
      context_.services.then_with<ToolOutcome>(call, [asked = *asked, fits, then = std::move(then)](
                                                         const ToolOutcome& outcome) { then(asked, outcome, fits); }));
}

void Tools::call(const CallPtr& call) {
  run(call, [call](const AskedCall& asked, const ToolOutcome& outcome, bool arguments_fit) {
    if (const auto error = error_of(outcome, arguments_fit)) return call->refuse(*error);
    succeed(call, {{"toolName", asked.tool},
                   {"arguments", OrderedJson(asked.arguments)},
                   {"result", outcome.text},
                   {"duration", outcome.took / 1000},
                   {"success", true},
                   {"id", outcome.id}});
  });
}

void Tools::test(const CallPtr& call) {
  run(call, [call](const AskedCall& asked, const ToolOutcome& outcome, bool) {
    succeed(call, {{"toolName", asked.tool},
                   {"arguments", OrderedJson(asked.arguments)},
                   {"result", result_view(outcome)},
                   {"duration", outcome.took / 1000},
                   {"success", outcome.succeeded()},
                   {"id", outcome.id}});
  });
}

void Tools::execute(const CallPtr& call) {
  run(call, [call](const AskedCall& asked, const ToolOutcome& outcome, bool) {
    OrderedJson result = result_view(outcome);
    result["toolName"] = asked.tool;
    result["duration"] = outcome.took / 1000;
    result["id"] = outcome.id;
    succeed(call, std::move(result));
  });
}

/// Calls side by side, answered together in the order in which they were asked.
struct Tools::Batch {
  CallPtr call;
  std::size_t open = 0;
  OrderedJson results = OrderedJson::array();
};

void Tools::execute_batch(const CallPtr& call) {
  const auto calls = call->body.find("calls");
  if (calls == call->body.end() || !calls->is_array() || calls->empty() || calls->size() > defaults::kMaxBatchedCalls)
    return call->refuse(
        {Errc::invalid, "calls must be 1 to " + std::to_string(defaults::kMaxBatchedCalls) + " calls", "calls"});
  std::vector<AskedCall> asked;
  for (const Json& one : *calls) {
    auto next = asked_call(one);
    if (!next) return call->refuse(next.error());
    asked.push_back(std::move(*next));
  }
  const auto batch = std::make_shared<Batch>();
  batch->call = call;
  batch->open = asked.size();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    batch->results.push_back({{"toolName", asked[i].tool}, {"success", false}});
    const auto done = [this, batch, i](OrderedJson result) {
      batch->results[i].update(result);
      if (--batch->open > 0) return;
      const auto count = batch->results.size();
      live_.tell({{"type", "batch-executed"}, {"count", count}});
      succeed(batch->call, {{"results", std::move(batch->results)}, {"count", count}});
    };
    context_.services.system.tools().call(asked[i].tool, json_text(asked[i].arguments), context_of(call),
                                          context_.services.then_with<ToolOutcome>(
                                              call,
                                              [done](const ToolOutcome& outcome) {
                                                done({{"success", outcome.succeeded()},
                                                      {"result", result_view(outcome)},
                                                      {"isError", !outcome.succeeded()},
                                                      {"duration", outcome.took / 1000},
                                                      {"id", outcome.id}});
                                              },
                                              [done](const Error& error) {
                                                done({{"isError", true}, {"error", error.message}});
                                              }));
  }
}

// Switches

void Tools::change_rules(const CallPtr& call, Edit edit, Changed then) {
  changes_.push_back({call, std::move(edit), std::move(then)});
  if (changes_.size() == 1) next_change();
}

void Tools::next_change() {
  const Json before = rules();
  auto changed = rules();
  changes_.front().edit(changed);
  // Not the whole of them: others may change other fields meanwhile.
  const Json after = changed;
  Json fields = Json::object();
  for (const auto& [name, value] : after.items())
    if (value != before[name]) fields["tools." + name] = value;
  context_.services.system.catalogue().ask<events::BotSettings>(
      std::string(events::BotSettings::only_id), actors::ChangeEntry{std::move(fields)}, changes_.front().call->cause(),
      [this, changed](const Expected<storage::RecordPtr>& result) {
        context_.services.loop.post([this, changed, result] {
          const Change change = std::move(changes_.front());
          changes_.pop_front();
          change.call->guarded([&] { result ? change.then(changed) : change.call->refuse(result.error()); });
          if (!changes_.empty()) next_change();
        });
      });
}

void Tools::toggle(const CallPtr& call) {
  const auto tool = tool_or_refused(call, name_in(call, "tool", {"toolName", "name", "tool"}));
  if (!tool) return;
  const bool enabled = call->body_flag("enabled");
  change_rules(
      call, [name = tool->name, enabled](ToolRules& rules) { set_member(rules.disabled, name, !enabled); },
      [call, name = tool->name, enabled](const ToolRules&) {
        succeed(call, {{"success", true}, {"name", name}, {"tool", name}, {"enabled", enabled}});
      });
}

void Tools::toggle_category(const CallPtr& call) {
  const auto category = name_in(call, "category", {"category", "key"});
  const auto known = category_list();
  if (std::none_of(known.begin(), known.end(), [&](const auto& one) { return one["key"] == category; }))
    return call->refuse({Errc::not_found, "There is no such category"});
  const bool enabled = call->body_flag("enabled");
  change_rules(
      call, [category, enabled](ToolRules& rules) { set_member(rules.disabled_categories, category, !enabled); },
      [call, category, enabled](const ToolRules&) {
        succeed(call, {{"success", true}, {"category", category}, {"enabled", enabled}});
      });
}

void Tools::enable_all(const CallPtr& call) {
  const auto now = rules();
  const auto tools = all();
  const auto count =
      std::count_if(tools.begin(), tools.end(), [&](const auto& tool) { return !is_enabled(*tool, now); });
  change_rules(
      call,
      [](ToolRules& rules) {
        rules.enabled = true;
        rules.disabled.clear();
        rules.disabled_categories.clear();
      },
      [call, count](const ToolRules&) {
        succeed(call, {{"success", true}, {"enabledCount", count}});
      });
}

void Tools::disable_all(const CallPtr& call) {
  const auto now = rules();
  const auto tools = all();
  const auto count =
      std::count_if(tools.begin(), tools.end(), [&](const auto& tool) { return is_enabled(*tool, now); });
  change_rules(
      call,
      [tools](ToolRules& rules) {
        for (const auto& tool : tools) set_member(rules.disabled, tool->name, true);
      },
      [call, count](const ToolRules&) {
        succeed(call, {{"success", true}, {"disabledCount", count}});
      });
}

void Tools::builtin_config(const CallPtr& call) {
  const auto now = rules();
  OrderedJson enabled = OrderedJson::array();
  for (const auto& category : category_list())
    if (category["enabled"].get<bool>()) enabled.push_back(category["key"]);
  succeed(call, {{"enabled", now.enabled},
                 {"enabledCategories", std::move(enabled)},
                 {"disabledCategories", now.disabled_categories},
                 {"disabledTools", now.disabled},
                 {"dangerousTools", now.dangerous},
                 {"allowDangerous", now.allow_dangerous}});
}

void Tools::change_builtin_config(const CallPtr& call) {
  const auto& body = call->body;
  const auto categories = call->body_texts("enabledCategories"), tools = call->body_texts("disabledTools");
  if (!categories) return call->refuse(categories.error());
  if (!tools) return call->refuse(tools.error());
  std::set<std::string> known;
  for (const auto& category : category_list()) known.insert(category["key"].get<std::string>());
  for (const auto& category : *categories)
    if (!known.contains(category))
      return call->refuse({Errc::invalid, "enabledCategories names a category that there is not", "enabledCategories"});
  change_rules(
      call,
      [known, categories = *categories, tools = *tools, by_category = body.contains("enabledCategories"),
       by_tool = body.contains("disabledTools"),
       enabled =
           body.contains("enabled") ? std::optional(call->body_flag("enabled")) : std::nullopt](ToolRules& rules) {
        if (enabled) rules.enabled = *enabled;
        if (by_tool) rules.disabled = tools;
        if (!by_category) return;
        for (const auto& category : known) set_member(rules.disabled_categories, category, !has(categories, category));
      },
      [this, call](const ToolRules&) { builtin_config(call); });
}

void Tools::dangerous(const CallPtr& call) {
  const auto now = rules();
  OrderedJson names = OrderedJson::array();
  for (const auto& tool : all())
    if (is_dangerous(*tool, now)) names.push_back(tool->name);
  succeed(call, {{"allowDangerous", now.allow_dangerous},
                 {"dangerousTools", now.dangerous},
                 {"adminOnlyTools", now.admin_only},
                 {"dangerousNow", std::move(names)}});
}

void Tools::change_dangerous(const CallPtr& call) {
  const auto dangerous_ones = call->body_texts("dangerousTools"), admin_only = call->body_texts("adminOnlyTools");
  if (!dangerous_ones) return call->refuse(dangerous_ones.error());
  if (!admin_only) return call->refuse(admin_only.error());
  change_rules(
      call,
      [call, dangerous_ones = *dangerous_ones, admin_only = *admin_only](ToolRules& rules) {
        rules.allow_dangerous = call->body_flag("allowDangerous", rules.allow_dangerous);
        if (call->body.contains("dangerousTools")) rules.dangerous = dangerous_ones;
        if (call->body.contains("adminOnlyTools")) rules.admin_only = admin_only;
      },
      [this, call](const ToolRules&) { dangerous(call); });
}

/// What is offered is always what there is: this counts it, and tells who listens.
void Tools::reload(const CallPtr& call) {
  OrderedJson counted = OrderedJson::object();
  for (const auto source : kSources) counted[std::string(source)] = 0;
  for (const auto& tool : all()) {
    auto& count = counted[kind_of_source(tool->source)];
    count = count.get<int>() + 1;
  }
  OrderedJson told = {{"type", "tools-reloaded"}};
  told.update(counted);
  live_.tell(std::move(told));
  succeed(call, std::move(counted));
}

// The log

OrderedJson Tools::log_view(const projections::ToolCallRow& row) const {
  const projections::ContactQueries contacts(context_.services.store);
  OrderedJson view = call_view(row);
  const auto account = context_.queries.account(row.asker);
  const auto person = account ? std::nullopt : contacts.contact(row.asker);
  const auto group = row.group == 0 ? std::nullopt : contacts.contact(row.group);
  view["userId"] = std::to_string(row.asker);
  view["username"] = account ? account->username : person ? person->name : "";
  view["groupId"] = group ? OrderedJson(group->foreign_id) : OrderedJson(nullptr);
  return view;
}

void Tools::answer_logs(const CallPtr& call, std::optional<bool> succeeded) const {
  projections::ToolCallFilter filter;
  filter.succeeded = succeeded;
  filter.tool = call->query_text("tool").value_or(call->query_text("toolName").value_or(""));
  if (const auto user = call->query_text("userId")) {
    const auto number = whole_number(*user);
    if (!number || *number == 0) return call->refuse({Errc::invalid, "userId must be a number", "userId"});
    filter.asker = *number;
  }
  if (const auto group = call->query_text("groupId")) {
    const projections::ContactQueries contacts(context_.services.store);
    filter.groups.emplace();
    for (const auto& platform : projections::PlatformQueries(context_.services.store).all())
      if (const auto known = contacts.find(platform.id, true, *group)) filter.groups->push_back(*known);
  }
  const auto& log = context_.services.system.tools().log();
  OrderedJson list = OrderedJson::array();
  for (const auto& row : log.calls(filter, static_cast<std::size_t>(call->query_integer("offset")),
                                   static_cast<std::size_t>(call->query_integer("limit"))))
    list.push_back(log_view(row));
  succeed(call, {{"logs", std::move(list)}, {"total", log.count(filter)}});
}

void Tools::logs(const CallPtr& call) {
  const auto success = call->query_text("success");
  if (!success) return answer_logs(call, std::nullopt);
  if (*success != "true" && *success != "false")
    return call->refuse({Errc::invalid, "success must be true or false", "success"});
  answer_logs(call, *success == "true");
}

void Tools::errors(const CallPtr& call) { answer_logs(call, false); }

void Tools::log_record(const CallPtr& call) {
  const auto row = context_.services.system.tools().log().call(call->path_parameter("call"));
  if (!row) return call->refuse({Errc::not_found, "There is no such call"});
  succeed(call, log_view(*row));
}

void Tools::clear_logs(const CallPtr& call) {
  call->refuse(coded(Errc::conflict, "LOG_IS_PERMANENT",
                     "The tool log is a part of the event log, of which nothing is deleted; when a user is deleted, "
                     "what they asked and were told becomes unreadable for good"));
}

OrderedJson Tools::counts() const {
  const auto now = rules();
  std::size_t total = 0, enabled = 0;
  OrderedJson by_category = OrderedJson::object();
  for (const auto& tool : all()) {
    ++total;
    enabled += is_enabled(*tool, now) ? 1 : 0;
    auto& count = by_category[tool->offered.category];
    count = count.is_null() ? 1 : count.get<int>() + 1;
  }
  return {{"total", total},
          {"totalTools", total},
          {"enabled", enabled},
          {"enabledTools", enabled},
          {"disabled", total - enabled},
          {"categories", std::move(by_category)},
          {"mcpServers", projections::McpServerQueries(context_.services.store).count()}};
}

void Tools::stats(const CallPtr& call) { succeed(call, counts()); }

void Tools::figures(const CallPtr& call) {
  const auto days = days_of(call);
  if (!days) return call->refuse(days.error());
  const auto& log = context_.services.system.tools().log();
  auto by_tool = log.figures(days->first, days->last);
  std::stable_sort(by_tool.begin(), by_tool.end(), [](const auto& a, const auto& b) { return a.calls > b.calls; });
  projections::ToolFigures total;
  OrderedJson ranking = OrderedJson::array(), daily = OrderedJson::array();
  for (const auto& one : by_tool) {
    total.calls += one.calls;
    total.failures += one.failures;
    total.took_us += one.took_us;
    if (ranking.size() >= static_cast<std::size_t>(call->query_integer("limit"))) continue;
    OrderedJson view = {{"tool", one.tool}, {"toolName", one.tool}};
    view.update(figures_view(one));
    ranking.push_back(std::move(view));
  }
  for (const auto& one : log.by_day(days->first, days->last)) {
    OrderedJson view = {{"date", date_of(std::stoll(one.tool))}};
    view.update(figures_view(one));
    daily.push_back(std::move(view));
  }
  std::sort(daily.begin(), daily.end(), [](const auto& a, const auto& b) { return a["date"] < b["date"]; });
  succeed(call, {{"tools", std::move(ranking)}, {"summary", figures_view(total)}, {"daily", std::move(daily)}});
}

}  // namespace troupe::http::chatai
