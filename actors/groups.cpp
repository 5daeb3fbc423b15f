#include "actors/groups.hpp"

#include <algorithm>

#include "actors/group_overlay.hpp"
#include "actors/llm/provider.hpp"
#include "events/codec.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/session_keys.hpp"

namespace troupe::actors {
namespace {

using events::GroupSettings;
using storage::RecordPtr;

/// Without those that are taken for each other.
constexpr std::string_view kCodeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Codes that other groups have at the moment may be drawn, if hardly.
constexpr int kMaxDraws = 5;

/// Of the tools that read and write what bots remember (actors/memory/memory_tools.hpp).
constexpr const char* kMemoryCategory = "memory";

bool holds(const events::Record& record, std::string_view type) {
  return std::any_of(record.events.begin(), record.events.end(), [&](const auto& e) { return e.type == type; });
}

std::shared_ptr<const llm::Provider> provider_of(AccountId group, const events::GroupChannel& channel,
                                                 const Secrets& secrets) {
  auto provider = std::make_shared<llm::Provider>();
  provider->name = "group/" + std::to_string(group);
  provider->format = llm::format_named(channel.format).value_or(llm::Format::openai);
  provider->base_url = channel.base_url;
  provider->model = channel.model;
  provider->models = channel.models;
  provider->reach = Reach::public_only;
  for (const auto& sealed : channel.sealed_keys)
    if (auto key = secrets.unseal(sealed)) provider->keys.push_back(std::move(*key));
  return provider;
}

void put_prompt(llm::ChatRequest& request, const std::string& prompt) {
  if (prompt.empty()) return;
  if (request.messages.empty() || request.messages.front().role != "system")
    request.messages.insert(request.messages.begin(), {"system", prompt, {}, {}});
  else
    request.messages.front().content = prompt;
}

}  // namespace

Groups::Groups(storage::Store& store, const Secrets& secrets, AskGroup ask_group)
    : store_(store), secrets_(secrets), ask_group_(std::move(ask_group)), queries_(store) {}

void Groups::ask(AccountId group, GroupDecider::Command command, Cause cause, RecordAnswer answer) {
  ask_group_(group, std::move(command), std::move(cause),
             [this, group, answer = std::move(answer)](Expected<RecordPtr> result) {
               const bool is_change = result && (holds(**result, events::GroupSettingsChanged::type) ||
                                                 holds(**result, events::GroupSettingsReset::type));
               if (is_change) forget(group);
               answer(std::move(result));
             });
}

void Groups::forget(AccountId group) {
  const std::lock_guard lock(mutex_);
  ++changes_;
  settings_.erase(group);
}

std::shared_ptr<const GroupSettings> Groups::settings(AccountId group) const {
  std::uint64_t since = 0;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = settings_.find(group); at != settings_.end()) return at->second;
    since = changes_;
  }
  std::shared_ptr<const GroupSettings> found;
  if (auto row = queries_.group(group)) found = std::make_shared<const GroupSettings>(std::move(row->settings));
  const std::lock_guard lock(mutex_);
  if (changes_ != since) return found;  // it may be older than what was changed meanwhile
  if (settings_.size() >= defaults::kMaxRememberedGroups) settings_.clear();
  settings_.emplace(group, found);
  return found;
}

std::optional<events::BotSettings> Groups::settings_for(const events::BotSettings& house, AccountId group,
                                                        std::string_view group_id) const {
  const auto own = settings(group);
  return own ? std::optional(actors::settings_for(house, *own, group_id)) : std::nullopt;
}

events::ToolRules Groups::tools_for(const events::ToolRules& house, AccountId group) const {
  const auto own = settings(group);
  if (!own) return house;
  auto tools = actors::tools_for(house, own->tools);
  if (!own->memory.value_or(true)) tools.disabled_categories.emplace_back(kMemoryCategory);
  return tools;
}

void Groups::take_own_provider(AccountId group, llm::ChatRequest& request) const {
  const auto own = group == 0 ? nullptr : settings(group);
  if (own && own->channel) request.own_provider = provider_of(group, *own->channel, secrets_);
}

void Groups::tailor(AccountId group, llm::ChatRequest& request) const {
  const auto own = settings(group);
  if (!own) return;
  // The prompt there is the house's, which is not for a server of the group's.
  if (own->channel) std::erase_if(request.messages, [](const auto& message) { return message.role == "system"; });
  const auto personality =
      own->personality.empty() ? std::nullopt : projections::PersonalityQueries(store_).entry(own->personality);
  if (personality) {
    const auto& entry = personality->entry;
    put_prompt(request, entry.prompt);
    request.provider = entry.provider;
    request.model = entry.model;
    request.temperature = entry.temperature;
    request.max_tokens = entry.max_tokens;
  }
  put_prompt(request, own->prompt);
  if (own->channel) {
    request.own_provider = provider_of(group, *own->channel, secrets_);
    request.provider = request.model = {};
  }
  if (!own->model.empty()) request.model = own->model;
}

GroupUse& Groups::use_of(AccountId group, std::int64_t day) {
  auto at = days_.find(group);
  if (at != days_.end() && at->second.day == day) return at->second.use;
  if (days_.size() >= defaults::kMaxRememberedGroups)
    std::erase_if(days_, [&](const auto& known) { return known.second.day != day; });
  if (days_.size() >= defaults::kMaxRememberedGroups) days_.clear();
  return (days_[group] = Day{day, GroupUse(queries_.counts(group, day))}).use;
}

std::function<void(const Expected<RecordPtr>&)> Groups::hold_to_limits(Hear& hear, Micros now) {
  if (hear.group == 0 || hear.verdict.step != Step::model) return {};
  const auto own = settings(hear.group);
  if (!own || (own->limits.daily_group == 0 && own->limits.daily_user == 0)) {
    const std::lock_guard lock(mutex_);
    days_.erase(hear.group);  // what is not counted here would be missing when there is a limit again
    return {};
  }
  const auto day = projections::day_of(now);
  std::optional<UsedUp> used_up;
  {
    const std::lock_guard lock(mutex_);
    used_up = use_of(hear.group, day).take(own->limits, hear.author);
  }
  const auto unless = [this, group = hear.group, day](std::string_view type, auto otherwise) {
    return [this, group, day, type, otherwise](const Expected<RecordPtr>& result) {
      if (result && holds(**result, type)) return;
      const std::lock_guard lock(mutex_);
      if (const auto at = days_.find(group); at != days_.end() && at->second.day == day) otherwise(at->second.use);
    };
  };
  if (!used_up)
    return unless(events::QuestionAsked::type, [user = hear.author](GroupUse& use) { use.give_back(user); });
  hear.verdict = {Step::usage, used_up->reason, {}};
  hear.question.reset();
  hear.prefix_bytes = 0;
  hear.limited = used_up->limited;
  if (!used_up->tell || own->limits.message.empty()) return {};
  if (auto sealed = secrets_.seal_for(hear.author, own->limits.message)) hear.sealed_notice = std::move(*sealed);
  return unless(events::MessageStopped::type, [limited = hear.limited](GroupUse& use) { use.untell(limited); });
}

/// One at a time: two would each forgive the same questions.
void Groups::forgive_use(AccountId group, bool by_house, Cause cause, RecordAnswer answer) {
  const auto day = projections::day_of(cause.now);
  std::optional<events::GroupUsageReset> found;
  {
    const std::lock_guard lock(mutex_);
    if (being_forgiven_.insert(group).second) found = use_of(group, day).all();
  }
  if (!found) return answer(fail(Errc::overloaded, "the use of this group is being reset; try again"));
  const auto all = std::move(*found);
  ask(group, ForgiveGroupUse{group, day, all.count, all.users, by_house}, std::move(cause),
      [this, group, day, all, answer = std::move(answer)](Expected<RecordPtr> result) {
        {
          const std::lock_guard lock(mutex_);
          being_forgiven_.erase(group);
          if (const auto at = days_.find(group); result && at != days_.end() && at->second.day == day)
            at->second.use.forgive(all);
        }
        answer(std::move(result));
      });
}

std::string Groups::digest_of(std::string_view code) const {
  return secrets_.keyed_digest("group code/" + std::string(code));
}

void Groups::issue_code(AccountId group, AccountId user, Cause cause,
                        std::function<void(Expected<std::string>)> answer) {
  try_code(group, user, std::move(cause), std::move(answer), 0);
}

void Groups::try_code(AccountId group, AccountId user, Cause cause, std::function<void(Expected<std::string>)> answer,
                      int attempts) {
  const std::string code = random_text(kCodeAlphabet, defaults::kGroupCodeLength);
  ask(group, IssueGroupCode{digest_of(code), user}, cause,
      [this, group, user, cause, answer = std::move(answer), attempts, code](const Expected<RecordPtr>& result) {
        if (result) return answer(code);
        const bool is_drawn = result.error().code == Errc::conflict && attempts + 1 < kMaxDraws;
        is_drawn ? try_code(group, user, cause, answer, attempts + 1) : answer(tl::unexpected(result.error()));
      });
}

void Groups::log_in(std::string_view written, const std::string& token_hash, Cause cause,
                    std::function<void(Expected<AccountId>)> answer) {
  std::string code;
  for (const char c : written.substr(0, 4 * defaults::kGroupCodeLength))
    if (c != ' ' && c != '-') code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto hash = digest_of(code);
  const auto group = queries_.group_with_code(hash);
  if (!group) return answer(fail(Errc::unauthenticated, "The code is wrong, used or ran out", "code"));
  ask(*group, LogInToGroup{hash, token_hash}, std::move(cause),
      [group = *group, answer = std::move(answer)](const Expected<RecordPtr>& result) {
        result ? answer(group) : answer(tl::unexpected(result.error()));
      });
}

}  // namespace troupe::actors
