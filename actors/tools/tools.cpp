#include "actors/tools/tools.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "actors/foreign_words.hpp"
#include "actors/rules.hpp"
#include "actors/secrets.hpp"
#include "actors/tools/schema.hpp"
#include "events/codec.hpp"
#include "events/json_depth.hpp"
#include "events/tool.hpp"
#include "events/utf8.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

using events::ToolCallEnded;
using events::ToolCallStarted;
using storage::RecordPtr;

constexpr std::size_t kCallIdLength = 16;
/// Of arguments that are no JSON, in the log.
constexpr std::size_t kMaxLoggedGarbage = 1000;

/// Valid UTF-8 of a length that may be told and logged.
std::string told(std::string_view text) {
  std::string clean = as_utf8(std::string(text));
  if (clean.size() <= defaults::kMaxToolResultBytes) return clean;
  return std::string(first_bytes(clean, defaults::kMaxToolResultBytes)) + "\n[cut: the result has more]";
}

storage::Append append_of(const std::string& call, const Cause& cause, AccountId owner,
                          const std::vector<events::ToolCallEvent>& events) {
  auto append = append_to(std::string(events::kToolCalls) + "/" + call, cause);
  append.owner = owner;
  for (const auto& event : events) {
    append.events.push_back(events::encode(event));
    projections::project(event, {call, append.time}, append.rows);
  }
  return append;
}

Cause of_the_asker(AccountId asker) { return {"account/" + std::to_string(asker), {}, now_micros(), {}}; }

ToolCallEnded ended_by(const std::string& id, const std::string& tool, const Expected<ToolResult>& result) {
  ToolCallEnded ended{id, tool};
  if (result) {
    ended.result = told(result->text);
    if (result->failed) {
      ended.outcome = "failed";
      ended.reason = "the tool reports an error";
    }
    return ended;
  }
  const auto code = result.error().code;
  ended.outcome = code == Errc::timed_out ? "timed_out" : code == Errc::cancelled ? "cancelled" : "failed";
  ended.reason = std::string(name(code));
  ended.result = told(result.error().message);
  return ended;
}

ToolCallEnded refused(const std::string& id, const std::string& tool, const std::string& outcome,
                      const std::string& why) {
  return {id, tool, outcome, why, why};
}

/// Errors: too_large, invalid.
Expected<Json> parsed(const std::string& arguments) {
  if (arguments.size() > defaults::kMaxToolArgumentsBytes)
    return fail(Errc::too_large,
                "the arguments have more than " + std::to_string(defaults::kMaxToolArgumentsBytes) + " bytes");
  if (arguments.find_first_not_of(" \t\r\n") == arguments.npos) return Json::object();
  if (json_depth_exceeds(arguments, defaults::kMaxJsonDepth))
    return fail(Errc::invalid, "the arguments are nested too deep");
  Json value = Json::parse(arguments, nullptr, false);
  if (!value.is_object()) return fail(Errc::invalid, "the arguments must be a JSON object");
  return value;
}

bool is_good(const OfferedTool& tool) {
  return tool.run && !tool.name.empty() && is_utf8(tool.name) && tool.name.find('\0') == tool.name.npos &&
         tool.parameters.is_object() && json_text(tool.parameters).size() <= defaults::kMaxToolSchemaBytes;
}

/// As the log keeps it.
ToolCallEnded logged(const Tool& tool, ToolCallEnded ended) {
  if (tool.offered.confidential) ended.result.clear();
  return ended;
}

ToolOutcome outcome_of(ToolCallEnded ended) {
  return {std::move(ended.id), std::move(ended.outcome), std::move(ended.result), ended.took};
}

}  // namespace

Tools::Tools(storage::Store& store, Elsewhere elsewhere)
    : store_(store), log_(store), elsewhere_(std::move(elsewhere)) {}

void Tools::offer(const std::string& source, std::vector<OfferedTool> tools) {
  std::set<std::string> names;
  const auto is_bad = [&](const OfferedTool& tool) { return !is_good(tool) || !names.insert(tool.name).second; };
  if (const auto left_out = std::erase_if(tools, is_bad); left_out > 0)
    spdlog::warn("{}: {} tools have no good name or schema and are left out", source, left_out);
  if (tools.size() > defaults::kMaxToolsPerSource) {
    spdlog::warn("{}: of {} tools, only {} are taken", source, tools.size(), defaults::kMaxToolsPerSource);
    tools.resize(defaults::kMaxToolsPerSource);
  }
  for (auto& tool : tools) {
    if (!is_utf8(tool.description)) tool.description.clear();
    tool.description = first_bytes(tool.description, defaults::kMaxToolDescriptionBytes);
  }
  const std::lock_guard lock(mutex_);
  offers_[source] = std::move(tools);
  settle_names();
}

void Tools::withdraw(const std::string& source) {
  const std::lock_guard lock(mutex_);
  if (offers_.erase(source) > 0) settle_names();
}

void Tools::settle_names() {
  std::vector<NamedSource> sources;
  const auto add = [&](const std::string& source, const std::vector<OfferedTool>& tools) {
    auto& named = sources.emplace_back(NamedSource{source, {}});
    for (const auto& tool : tools) named.names.push_back(tool.name);
  };
  if (const auto own = offers_.find(kBuiltIn); own != offers_.end()) add(own->first, own->second);
  for (const auto& [source, tools] : offers_)
    if (source != kBuiltIn) add(source, tools);
  const auto names = settled_names(sources);
  tools_.clear();
  for (std::size_t i = 0; i < sources.size(); ++i)
    for (std::size_t j = 0; j < names[i].size(); ++j)
      tools_.push_back(std::make_shared<Tool>(Tool{names[i][j], sources[i].source, offers_[sources[i].source][j]}));
}

std::vector<std::shared_ptr<const Tool>> Tools::all() const {
  const std::lock_guard lock(mutex_);
  return tools_;
}

std::shared_ptr<const Tool> Tools::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(tools_.begin(), tools_.end(), [&](const auto& tool) { return tool->name == name; });
  return at == tools_.end() ? nullptr : *at;
}

events::ToolRules Tools::rules_in(AccountId group) const {
  auto rules = projections::bot_settings(store_).tools;
  return group != 0 && rules_of_group_ ? rules_of_group_(rules, group) : rules;
}

std::vector<std::shared_ptr<const Tool>> Tools::allowed(bool by_admin, AccountId group) const {
  const auto rules = rules_in(group);
  auto tools = all();
  std::erase_if(tools, [&](const auto& tool) { return refusal(*tool, rules, by_admin).has_value(); });
  if (tools.size() > defaults::kMaxTools) tools.resize(defaults::kMaxTools);
  return tools;
}

Tools::CallId Tools::call(const std::string& name, const std::string& arguments, ToolContext context,
                          std::function<void(Expected<ToolOutcome>)> answer) {
  const CallId id = random_letters(kCallIdLength);
  const auto refuse_now = [&](Error error) {
    hand_on([answer, error = std::move(error)] { answer(tl::unexpected(error)); });
    return id;
  };
  if (ending_) return refuse_now({Errc::shutting_down, "the server is ending"});
  if (context.asker == 0) return refuse_now({Errc::invalid, "a call needs someone who asks for it", "asker"});
  const auto tool = find(name);
  auto input = parsed(arguments);
  const std::string called = tool_name(name);
  const ToolCallStarted started{id,
                                called,
                                tool ? tool->source : std::string(),
                                context.asker,
                                context.group,
                                context.session,
                                context.number,
                                context.through,
                                tool && tool->offered.confidential ? std::string()
                                : input                            ? json_text(*input)
                                        : std::string(first_bytes(told(arguments), kMaxLoggedGarbage))};
  std::optional<ToolCallEnded> refusal_of_it;
  if (!tool)
    refusal_of_it = refused(id, called, "refused", "there is no such tool");
  else if (const auto why = refusal(*tool, rules_in(context.group), context.by_admin))
    refusal_of_it = refused(id, called, "refused", *why);
  else if (!input)
    refusal_of_it = refused(id, called, "failed", input.error().message);
  else if (const auto ok = check_arguments(tool->offered.parameters, *input); !ok) {
    // The sentence may quote what is in the arguments' names, so that it is for the asker only.
    refusal_of_it = ToolCallEnded{id, called, "failed", "the arguments do not fit", told(ok.error().message)};
  }
  const AccountId asker = context.asker;
  if (refusal_of_it) {
    auto append =
        append_of(id, of_the_asker(asker), asker, {started, tool ? logged(*tool, *refusal_of_it) : *refusal_of_it});
    append.expected_version = 0;
    count(refusal_of_it->outcome);
    store_.append(std::move(append), [this, answer, ended = *refusal_of_it](Expected<RecordPtr> result) {
      hand_on([answer, ended, result = std::move(result)] {
        result ? answer(outcome_of(ended)) : answer(tl::unexpected(result.error()));
      });
    });
    return id;
  }
  {
    std::unique_lock lock(mutex_);
    if (calls_.size() + unlogged_.size() >= defaults::kMaxToolCalls) {
      lock.unlock();
      return refuse_now({Errc::overloaded, "too many tools are being called"});
    }
    const auto now = std::chrono::steady_clock::now();
    calls_.emplace(id, Call{tool, std::move(context), std::move(*input), answer, now, now + tool->offered.timeout, {}});
  }
  auto append = append_of(id, of_the_asker(asker), asker, {started});
  append.expected_version = 0;
  store_.append(std::move(append), [this, id, answer](const Expected<RecordPtr>& result) {
    if (result && elsewhere_([this, id] { run(id); })) return;
    if (result) return end(id, refused(id, {}, "failed", "too many tools wait"));
    {
      const std::lock_guard lock(mutex_);
      calls_.erase(id);
    }
    hand_on([answer, error = result.error()] { answer(tl::unexpected(error)); });
  });
  return id;
}

void Tools::run(const CallId& id) {
  if (ending_) return;
  std::shared_ptr<const Tool> tool;
  ToolContext context;
  Json arguments;
  {
    const std::lock_guard lock(mutex_);
    const auto at = calls_.find(id);
    if (at == calls_.end()) return;  // cancelled meanwhile
    Call& call = at->second;
    call.is_running = true;
    call.started = std::chrono::steady_clock::now();
    call.until = call.started + call.tool->offered.timeout;
    tool = call.tool;
    context = call.context;
    arguments = std::move(call.arguments);
  }
  StopTool stop;
  const auto answer = [this, id, name = tool->name](const Expected<ToolResult>& result) {
    end(id, ended_by(id, name, result));
  };
  try {
    stop = tool->offered.run(arguments, context, answer);
  } catch (const std::exception& e) {
    spdlog::error("the tool {} failed: {}", tool->name, e.what());
    return answer(fail(Errc::upstream_failed, "the tool failed"));
  }
  std::unique_lock lock(mutex_);
  if (const auto at = calls_.find(id); at != calls_.end()) {
    at->second.stop = std::move(stop);
  } else if (stop) {  // it has ended meanwhile; whoever ended it could not stop it
    lock.unlock();
    stop();
  }
}

/// The first one who says how a call ended is believed.
void Tools::end(const CallId& id, ToolCallEnded ended) {
  if (ending_) return;  // open: settled at the next start
  std::unique_lock lock(mutex_);
  auto node = calls_.extract(id);
  lock.unlock();
  if (node.empty()) return;
  Call& call = node.mapped();
  ended.tool = call.tool->name;
  ended.took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - call.started).count();
  count(ended.outcome);
  append_end(std::move(call), std::move(ended));
}

void Tools::append_end(Call call, ToolCallEnded ended) {
  const AccountId asker = call.context.asker;
  auto append = append_of(ended.id, by_the_house(), asker, {logged(*call.tool, ended)});
  store_.append(std::move(append), [this, call = std::move(call), ended](Expected<RecordPtr> result) mutable {
    if (!result && result.error().code == Errc::not_found && !ended.result.empty()) {
      // The asker is forgotten: what came of it is nobody's to read any more, but that it ended stays known.
      ended.result.clear();
      return append_end(std::move(call), std::move(ended));
    }
    if (!result && result.error().code == Errc::overloaded && !ending_) {
      const std::lock_guard lock(mutex_);
      unlogged_.emplace_back(std::move(call), std::move(ended));  // the next tick takes it up
      return;
    }
    hand_on([answer = std::move(call.answer), ended = std::move(ended), result = std::move(result)] {
      result ? answer(outcome_of(ended)) : answer(tl::unexpected(result.error()));
    });
  });
}

void Tools::cancel(const CallId& id) {
  StopTool stop;
  {
    const std::lock_guard lock(mutex_);
    const auto at = calls_.find(id);
    if (at == calls_.end()) return;
    stop = at->second.stop;
  }
  end(id, refused(id, {}, "cancelled", "nobody waited for it any more"));
  if (stop) stop();
}

void Tools::settle_interrupted() {
  for (const auto& id : log_.open_calls()) {
    const auto row = log_.call(id);
    if (!row) continue;
    ToolCallEnded ended{id, row->tool, "interrupted", "the server ended before the tool had answered"};
    store_.append(append_of(id, by_the_house(), row->asker, {ended}), [id](const Expected<RecordPtr>& result) {
      if (!result) spdlog::error("the end of the tool call {} is not stored: {}", id, result.error().message);
    });
  }
}

void Tools::tick() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::pair<CallId, StopTool>> late;
  decltype(unlogged_) unlogged;
  {
    const std::lock_guard lock(mutex_);
    unlogged.swap(unlogged_);
    for (const auto& [id, call] : calls_)
      if (call.is_running && now > call.until) late.emplace_back(id, call.stop);
  }
  for (auto& [call, ended] : unlogged) append_end(std::move(call), std::move(ended));
  for (const auto& [id, stop] : late) {
    end(id, refused(id, {}, "timed_out", "the tool did not answer in time"));
    if (stop) stop();
  }
}

std::size_t Tools::under_way() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

std::map<std::string, std::uint64_t> Tools::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void Tools::count(const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  ++ended_[outcome];
}

/// Somebody waits for it: when the worker is full, or gone, it is done here.
void Tools::hand_on(std::function<void()> work) {
  if (!elsewhere_(work)) work();
}

}  // namespace troupe::actors
