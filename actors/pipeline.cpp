#include "actors/pipeline.hpp"

#include <algorithm>

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using events::BotSettings;

bool holds(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// ASCII letters in lower case: a word list is about words, not about their spelling.
std::string lower(std::string_view text) {
  std::string folded(text);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

bool contains_one_of(std::string_view text, const std::vector<std::string>& words) {
  const std::string folded = lower(text);
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return !word.empty() && folded.find(lower(word)) != folded.npos; });
}

/// Commands of panels are known with it, whatever the prefixes: `#群管理面板`.
constexpr char kMark = '#';

/// The text behind the longest of the prefixes that it begins with.
std::optional<std::string_view> behind_prefix(std::string_view text, const std::vector<std::string>& prefixes) {
  std::size_t longest = 0;
  for (const auto& prefix : prefixes)
    if (text.starts_with(prefix)) longest = std::max(longest, prefix.size());
  if (longest == 0) return std::nullopt;
  return without_space(text.substr(longest));
}

const char* refused_by_lists(const events::ListRules& lists, const HeardMessage& message) {
  if (holds(lists.blocked_users, message.user)) return "the user is blocked";
  if (message.in_group && holds(lists.blocked_groups, message.group)) return "the group is blocked";
  if (!lists.allow_only) return nullptr;
  const bool allowed =
      holds(lists.allowed_users, message.user) || (message.in_group && holds(lists.allowed_groups, message.group));
  return allowed ? nullptr : "neither the user nor the group is allowed";
}

/// What wakes the model, and what it is told; nothing when it sleeps on.
std::optional<Verdict> woken(const events::WakeRules& wake, const HeardMessage& message, double dice) {
  const std::string_view text = without_space(message.text);
  const auto tell = [](const char* why, std::string_view told) { return Verdict{Step::model, why, std::string(told)}; };
  const auto behind = behind_prefix(text, wake.prefixes);
  if (!message.in_group) {
    if (wake.in_private == "always") return tell("private", behind.value_or(text));
    if (wake.in_private == "prefix" && behind) return tell("prefix", *behind);
    return std::nullopt;
  }
  if (!wake.in_groups) return std::nullopt;
  if (wake.prefix && behind) return tell("prefix", *behind);
  if (wake.at && message.to_the_bot) return tell("at", text);
  if (wake.keyword && contains_one_of(text, wake.keywords)) return tell("keyword", text);
  if (wake.random && dice < wake.random_rate) return tell("random", text);
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Step step) {
  switch (step) {
    case Step::lists: return "lists";
    case Step::safety: return "safety";
    case Step::rate: return "rate";
    case Step::wake: return "wake";
    case Step::conversation: return "conversation";
    case Step::usage: return "usage";
    case Step::command: return "command";
    case Step::model: return "model";
  }
  return "";
}

std::optional<SpokenCommand> command_in(const BotSettings& settings, std::string_view text) {
  const auto whole = without_space(text);
  auto spoken = behind_prefix(whole, {settings.command_prefix, settings.panel_prefix});
  if (!spoken && whole.starts_with(kMark)) spoken = whole;
  if (!spoken || spoken->empty()) return std::nullopt;
  const auto end = spoken->find_first_of(" \t\r\n");
  if (end == spoken->npos) return SpokenCommand{std::string(*spoken), {}};
  return SpokenCommand{std::string(spoken->substr(0, end)), std::string(without_space(spoken->substr(end)))};
}

bool too_fast(const events::RateRules& rate, std::span<const Micros> recent, Micros now) {
  if (!rate.enabled) return false;
  const Micros since = now - rate.window_seconds * 1'000'000;
  const auto in_window = std::count_if(recent.begin(), recent.end(), [&](Micros time) { return time > since; });
  return in_window >= rate.max_messages;
}

std::string reason_of(const events::RateRules& rate) {
  return "more than " + std::to_string(rate.max_messages) + " messages in " + std::to_string(rate.window_seconds) +
         " seconds";
}

std::string conversation_name(const HeardMessage& message) {
  return message.in_group ? "group_" + message.group : "private_" + message.user;
}

Verdict judge(const BotSettings& settings, const HeardMessage& message, bool is_command, double dice) {
  if (const char* why = refused_by_lists(settings.lists, message)) return {Step::lists, why, {}};
  if (settings.safety.enabled && contains_one_of(message.text, settings.safety.words))
    return {Step::safety, "the message holds a word that is not allowed", {}};
  auto verdict =
      is_command ? std::optional<Verdict>({Step::command, "command", {}}) : woken(settings.wake, message, dice);
  if (!verdict) return {Step::wake, "nothing in it wakes the bot", {}};
  const auto& conversations = settings.conversations;
  if (conversations.only_listed && !holds(conversations.listed, conversation_name(message)))
    return {Step::conversation, "the conversation is not enabled", {}};
  if (verdict->step == Step::model && verdict->text.empty()) return {Step::wake, "there is nothing to answer", {}};
  return std::move(*verdict);
}

bool is_administrator(const BotSettings& settings, std::string_view platform, std::string_view platform_type,
                      std::string_view user) {
  const auto named = [&](std::string_view where) {
    return !where.empty() && holds(settings.admins, std::string(where) + ":" + std::string(user));
  };
  return named(platform) || (platform_type != "webhook" && named(platform_type));
}

std::string decorated(const BotSettings& settings, std::string_view reply) {
  if (!settings.decoration.enabled) return std::string(reply);
  return settings.decoration.prefix + std::string(reply) + settings.decoration.suffix;
}

}  // namespace troupe::actors
