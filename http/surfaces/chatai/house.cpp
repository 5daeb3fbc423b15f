#include "http/surfaces/chatai/house.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

#include "http/metrics.hpp"
#include "http/surfaces/chatai/period.hpp"
#include "projections/session_keys.hpp"

namespace troupe::http::chatai {
namespace {

using projections::UsageFigures;
using projections::UsageOf;

double tenths(double value) { return std::round(value * 10) / 10; }

OrderedJson view(const UsageFigures& figures) {
  const auto answered = figures.calls - figures.failures;
  return {{"calls", figures.calls},
          {"success", answered},
          {"failed", figures.failures},
          {"inputTokens", figures.prompt_tokens},
          {"outputTokens", figures.completion_tokens},
          {"tokens", figures.tokens()},
          {"avgDuration", answered == 0 ? 0 : figures.took_us / answered / 1000}};
}

std::string system_name(bool machine) {
  utsname names{};
  uname(&names);
  return machine ? names.machine : names.sysname;
}

}  // namespace

void House::status(const CallPtr& call) {
  const auto use = machine_.use();
  const auto uptime = Machine::uptime();
  std::size_t enabled = 0;
  const auto platforms = projections::PlatformQueries(context_.services.store).all();
  for (const auto& row : platforms) enabled += row.entry.enabled ? 1 : 0;
  succeed(call, {{"status", context_.services.store.healthy() ? "running" : "error"},
                 {"version", TROUPE_VERSION},
                 {"uptime", uptime.count()},
                 {"startTime", milliseconds(call->now) - uptime.count() * 1000},
                 {"memory", {{"percentage", tenths(use.memory_percent)}}},
                 {"cpu", {{"percentage", tenths(use.cpu_percent)}}},
                 {"disk", {{"percentage", tenths(use.disk_percent)}}},
                 {"bot", {{"platforms", platforms.size()}, {"enabled", enabled}}},
                 {"timestamp", milliseconds(call->now)}});
}

void House::info(const CallPtr& call) {
  OrderedJson adapters = OrderedJson::array();
  for (const auto& row : projections::PlatformQueries(context_.services.store).all())
    adapters.push_back({{"name", row.entry.name}, {"type", row.entry.type}, {"enabled", row.entry.enabled}});
  const auto total = usage_.total(0, projections::day_of(call->now));
  succeed(call, {{"version", TROUPE_VERSION},
                 {"platform", system_name(false)},
                 {"arch", system_name(true)},
                 {"systemInfo",
                  {{"platform", system_name(false)},
                   {"arch", system_name(true)},
                   {"cpuCount", std::thread::hardware_concurrency()}}},
                 {"adapters", adapters},
                 {"mcpServers", projections::McpServerQueries(context_.services.store).count()},
                 {"stats",
                  {{"apiCalls", total.calls},
                   {"channels", context_.providers.count()},
                   {"presets", context_.personalities.count()}}}});
}

void House::health(const CallPtr& call) {
  const bool healthy = context_.services.store.healthy();
  const auto providers = context_.services.system.models().providers();
  const auto metrics = context_.services.system.metrics();
  succeed(call, {{"healthy", healthy},
                 {"status", healthy ? "healthy" : "unhealthy"},
                 {"checks",
                  {{"database", {{"status", healthy ? "ok" : "error"}}},
                   {"channels", {{"status", providers.empty() ? "none" : "ok"}, {"available", providers.size()}}},
                   {"models", {{"status", "ok"}, {"underWay", metrics.questions_under_way}}}}},
                 {"timestamp", milliseconds(call->now)},
                 {"uptime", Machine::uptime().count()}});
}

void House::monitor(const CallPtr& call) {
  const auto use = machine_.use();
  const auto today = projections::day_of(call->now);
  const auto metrics = context_.services.system.metrics();
  succeed(call, {{"memory", {{"systemUsedPercent", tenths(use.memory_percent)}}},
                 {"api",
                  {{"medianLatency", tenths(context_.services.metrics.recent_median_seconds() * 1000)},
                   {"questionsUnderWay", metrics.questions_under_way},
                   {"completionsUnderWay", metrics.completions_under_way},
                   {"today", view(usage_.total(today, today))}}},
                 {"system",
                  {{"uptime", Machine::uptime().count()},
                   {"cpuPercent", tenths(use.cpu_percent)},
                   {"diskPercent", tenths(use.disk_percent)},
                   {"cpuCount", std::thread::hardware_concurrency()}}},
                 {"timestamp", milliseconds(call->now)}});
}

void House::version(const CallPtr& call) { succeed(call, {{"version", TROUPE_VERSION}, {"name", "troupe"}}); }

void House::stats(const CallPtr& call) {
  const auto days = days_of(call);
  if (!days) return call->refuse(days.error());
  std::map<std::string, OrderedJson> by_date;
  const auto day_of_date = [&](const std::string& number) -> OrderedJson& {
    const auto date = date_of(std::stoll(number));
    auto& day = by_date[date];
    if (day.is_null()) {
      day = {{"date", date}, {"messages", 0}, {"responses", 0}, {"toolCalls", 0}};
      day.update(view(UsageFigures{}));
    }
    return day;
  };
  for (const auto& figures : usage_.by_day(days->first, days->last)) {
    auto& day = day_of_date(figures.name);
    day["messages"] = figures.calls;
    day["responses"] = figures.calls - figures.failures;
    day.update(view(figures));
  }
  std::int64_t tool_calls = 0;
  for (const auto& figures : context_.services.system.tools().log().by_day(days->first, days->last)) {
    day_of_date(figures.tool)["toolCalls"] = figures.calls;
    tool_calls += figures.calls;
  }
  OrderedJson daily = OrderedJson::array();
  for (auto& [date, day] : by_date) daily.push_back(std::move(day));
  const auto total = usage_.total(days->first, days->last);
  OrderedJson summary = {{"totalMessages", total.calls},
                         {"aiResponses", total.calls - total.failures},
                         {"toolCalls", tool_calls},
                         {"tokensUsed", total.tokens()},
                         {"activeUsers", usage_.by_name(UsageOf::user, days->first, days->last).size()},
                         {"activeGroups", usage_.by_name(UsageOf::talk, days->first, days->last).size()}};
  summary.update(view(total));
  succeed(call, {{"summary", std::move(summary)}, {"daily", std::move(daily)}});
}

void House::answer_by_name(const CallPtr& call, UsageOf kind, const char* list, const char* name) {
  const auto days = days_of(call);
  if (!days) return call->refuse(days.error());
  OrderedJson ranking = OrderedJson::array();
  for (const auto& figures : usage_.by_name(kind, days->first, days->last)) {
    if (ranking.size() == static_cast<std::size_t>(call->query_integer("limit"))) break;
    OrderedJson one = {{name, figures.name}};
    if (kind == UsageOf::user) one["username"] = name_of_user(figures.name);
    one.update(view(figures));
    ranking.push_back(std::move(one));
  }
  succeed(call, {{list, std::move(ranking)}});
}

std::string House::name_of_user(const std::string& number) const {
  const auto id = static_cast<events::AccountId>(std::stoll(number));
  if (const auto account = context_.queries.account(id)) return account->username;
  const auto contact = contacts_.contact(id);
  return contact ? contact->name : "";
}

void House::models(const CallPtr& call) { answer_by_name(call, UsageOf::model, "models", "model"); }
void House::channels(const CallPtr& call) { answer_by_name(call, UsageOf::provider, "channels", "channel"); }
void House::users(const CallPtr& call) { answer_by_name(call, UsageOf::user, "users", "userId"); }

/// Of the talks, those in groups.
void House::groups(const CallPtr& call) {
  const auto days = days_of(call);
  if (!days) return call->refuse(days.error());
  OrderedJson ranking = OrderedJson::array();
  for (const auto& figures : usage_.by_name(UsageOf::talk, days->first, days->last)) {
    const auto talk = context_.sessions.session(std::stoll(figures.name));
    const auto group = talk ? contacts_.contact(talk->owner) : std::nullopt;
    if (!group || !group->is_group) continue;
    if (ranking.size() == static_cast<std::size_t>(call->query_integer("limit"))) break;
    OrderedJson one = {{"groupId", group->foreign_id}, {"name", group->name}};
    one.update(view(figures));
    ranking.push_back(std::move(one));
  }
  succeed(call, {{"groups", std::move(ranking)}});
}

}  // namespace troupe::http::chatai
