#include "http/surfaces/chatai/group_config.hpp"

#include <algorithm>

#include "projections/session_keys.hpp"

namespace troupe::http::chatai {
namespace {

using events::AccountId;

/// Those with the most first.
std::vector<std::pair<AccountId, std::int64_t>> most_first(const std::map<AccountId, std::int64_t>& counts) {
  std::vector<std::pair<AccountId, std::int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() > defaults::kMaxTopUsers) sorted.resize(defaults::kMaxTopUsers);
  return sorted;
}

}  // namespace

GroupConfig::GroupConfig(Context& context) : context_(context), queries_(context.services.store) {}

events::GroupSettings GroupConfig::settings(AccountId group) const {
  const auto set = context_.services.system.groups().settings(group);
  return set ? *set : events::GroupSettings{};
}

std::string GroupConfig::name_of(AccountId group) const {
  auto name = settings(group).name;
  return name.empty() ? context_.contacts.name_of(group) : name;
}

OrderedJson GroupConfig::view(AccountId group) const {
  OrderedJson view = {
      {"groupId", context_.contacts.written(group)}, {"groupName", name_of(group)}, {"hasCustomConfig", is_set(group)}};
  view.update(group_view(settings(group)));
  return view;
}

Error GroupConfig::in_our_words(const Error& error) const {
  Error ours = error;
  const std::string field = group_field(error.field);
  if (!error.field.empty() && ours.message.starts_with(error.field))
    ours.message = field + ours.message.substr(error.field.size());
  ours.field = field;
  if (error.code == Errc::not_found) return coded(Errc::not_found, "GROUP_NOT_FOUND", "Group not found");
  return ours;
}

Expected<Json> GroupConfig::with_preset_found(Json patch) const {
  const auto given = patch.find("personality");
  if (given == patch.end() || *given == "") return patch;
  const auto& name = given->get_ref<const std::string&>();
  auto row = context_.personalities.entry(name);
  if (!row) row = context_.personalities.named(name);
  if (!row) return tl::unexpected(coded(Errc::not_found, "PRESET_NOT_FOUND", "Preset not found"));
  *given = row->id;
  return patch;
}

void GroupConfig::change(const actors::Cause& cause, AccountId group, Expected<Json> patch,
                         std::function<void(Expected<void>)> done) const {
  if (patch) patch = with_preset_found(std::move(*patch));
  if (!patch) return done(tl::unexpected(patch.error()));
  context_.services.system.groups().ask(group, actors::ChangeGroup{group, std::move(*patch), true}, cause,
                                        [this, done = std::move(done)](const Expected<storage::RecordPtr>& result) {
                                          result ? done({}) : done(tl::unexpected(in_our_words(result.error())));
                                        });
}

void GroupConfig::change(const CallPtr& call, AccountId group, Expected<Json> patch, std::function<void()> then) const {
  if (patch) patch = with_preset_found(std::move(*patch));
  if (!patch) return call->refuse(patch.error());
  ask(call, group, actors::ChangeGroup{group, std::move(*patch), call->caller.group == 0}, std::move(then));
}

void GroupConfig::ask(const CallPtr& call, AccountId group, actors::GroupDecider::Command command,
                      std::function<void()> then) const {
  context_.services.system.groups().ask(group, std::move(command), call->cause(),
                                        context_.services.then_with<storage::RecordPtr>(
                                            call, [then = std::move(then)](const storage::RecordPtr&) { then(); },
                                            [this, call](const Error& error) { call->refuse(in_our_words(error)); }));
}

OrderedJson GroupConfig::use_view(AccountId group, Micros now) const {
  const auto counts = queries_.counts(group, projections::day_of(now));
  const auto limits = settings(group).limits;
  std::map<AccountId, std::int64_t> by_user;
  for (const auto& [user, count] : counts.users)
    if (count.counts() > 0) by_user[user] = count.counts();
  OrderedJson top = OrderedJson::array();
  for (const auto& [user, count] : most_first(by_user))
    top.push_back(
        {{"userId", context_.contacts.written(user)}, {"nickname", context_.contacts.name_of(user)}, {"count", count}});
  const auto used = counts.all.counts();
  const auto left = limits.daily_group == 0 ? -1 : std::max<std::int64_t>(limits.daily_group - used, 0);
  return {{"groupId", context_.contacts.written(group)},
          {"date", iso8601(now).substr(0, 10)},
          {"groupCount", used},
          {"dailyGroupLimit", limits.daily_group},
          {"dailyUserLimit", limits.daily_user},
          {"groupRemaining", left},
          {"topUsers", std::move(top)},
          {"totalUsers", by_user.size()}};
}

OrderedJson GroupConfig::figures_view(AccountId group, std::int64_t first, std::int64_t last) const {
  std::int64_t messages = 0, answers = 0, tool_calls = 0;
  std::map<AccountId, std::int64_t> by_user;
  OrderedJson daily = OrderedJson::array();
  for (std::int64_t day = first; day <= last; ++day) {
    const auto counts = queries_.counts(group, day);
    messages += counts.messages;
    answers += counts.answers;
    tool_calls += counts.tool_calls;
    for (const auto& [user, count] : counts.users) by_user[user] += count.asked;
    daily.push_back({{"date", iso8601(day * projections::kDayMicros).substr(0, 10)},
                     {"messages", counts.messages},
                     {"responses", counts.answers},
                     {"toolCalls", counts.tool_calls}});
  }
  OrderedJson top = OrderedJson::array();
  for (const auto& [user, count] : most_first(by_user))
    top.push_back({{"userId", context_.contacts.written(user)},
                   {"nickname", context_.contacts.name_of(user)},
                   {"count", count},
                   {"messages", count}});
  return {{"groupId", context_.contacts.written(group)},
          {"totalMessages", messages},
          {"aiResponses", answers},
          {"toolCalls", tool_calls},
          {"activeUsers", by_user.size()},
          {"topUsers", std::move(top)},
          {"dailyStats", std::move(daily)}};
}

OrderedJson GroupConfig::presets() const {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : context_.personalities.all())
    list.push_back({{"id", row.id}, {"name", row.entry.name}, {"description", row.entry.description}});
  return list;
}

OrderedJson GroupConfig::channels() const {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : context_.providers.all())
    if (row.entry.enabled) list.push_back({{"name", row.entry.name}});
  return list;
}

}  // namespace troupe::http::chatai
