#include "actors/group.hpp"

#include <algorithm>

#include "actors/base_url.hpp"
#include "actors/llm/provider.hpp"
#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<GroupEvent>>;

Expected<void> check_names(std::string_view field, const std::vector<std::string>& names) {
  return check_list(field, names, defaults::kMaxSettingsListEntries, defaults::kMaxCatalogueNameLength);
}

Expected<void> check_text(const char* field, const std::string& text, std::size_t most) {
  if (is_utf8(text) && length_in_characters(text) <= most) return {};
  return fail(Errc::invalid, std::string(field) + " must be text of at most " + std::to_string(most) + " characters",
              field);
}

Expected<void> check_channel(const GroupChannel& channel) {
  if (!llm::format_named(channel.format))
    return fail(Errc::invalid, "channel.format must be openai or anthropic or gemini", "channel.format");
  if (auto ok = check_base_url(channel.base_url); !ok) return ok;
  if (is_near(channel.base_url))
    return fail(Errc::invalid, "base_url must not be of this machine or a private network", "base_url");
  if (auto ok = check_optional_line("channel.model", channel.model, defaults::kMaxModelNameLength); !ok) return ok;
  if (auto ok =
          check_list("channel.models", channel.models, defaults::kMaxModelsPerProvider, defaults::kMaxModelNameLength);
      !ok)
    return ok;
  if (channel.sealed_keys.size() > defaults::kMaxKeysPerProvider ||
      channel.sealed_keys.size() != channel.key_hints.size())
    return fail(Errc::invalid, "keys must be at most " + std::to_string(defaults::kMaxKeysPerProvider), "keys");
  return {};
}

bool is_one_of(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

tl::unexpected<Error> held_by_the_house(const std::string& field) {
  return fail(Errc::forbidden, field + " is held by the administrators of the bots", field);
}

Expected<void> check_bounds(const GroupSettings& s) {
  const auto& bounds = s.bounds;
  if (s.enabled && !bounds.enabled) return held_by_the_house("enabled");
  for (const auto& [field, own, bound] : {std::tuple{"limits.daily_group", s.limits.daily_group, bounds.daily_group},
                                          {"limits.daily_user", s.limits.daily_user, bounds.daily_user}})
    if (bound != 0 && (own == 0 || own > bound)) return held_by_the_house(field);
  for (const auto& [field, own, bound] :
       {std::tuple{"lists.blacklist", &s.lists.blacklist, &bounds.blocked_users},
        {"tools.blocked", &s.tools.blocked, &bounds.blocked_tools},
        {"tools.blocked_categories", &s.tools.blocked_categories, &bounds.blocked_categories}})
    for (const auto& name : *bound)
      if (!is_one_of(*own, name)) return held_by_the_house(field);
  if (s.lists.mode == "none" && !bounds.blocked_users.empty()) return held_by_the_house("lists.mode");
  return {};
}

/// What the house names in a patch is from then on what it holds the group to.
void hold_to(GroupSettings& s, const Json& patch) {
  const auto is_named = [&](const char* pointer) { return patch.contains(Json::json_pointer(pointer)); };
  auto& bounds = s.bounds;
  if (is_named("/enabled")) bounds.enabled = s.enabled;
  if (is_named("/limits/daily_group")) bounds.daily_group = s.limits.daily_group;
  if (is_named("/limits/daily_user")) bounds.daily_user = s.limits.daily_user;
  if (is_named("/lists/blacklist") || is_named("/lists/mode"))
    bounds.blocked_users = s.lists.mode == "none" ? std::vector<std::string>() : s.lists.blacklist;
  if (is_named("/tools/blocked")) bounds.blocked_tools = s.tools.blocked;
  if (is_named("/tools/blocked_categories")) bounds.blocked_categories = s.tools.blocked_categories;
}

/// The event that makes the settings so, unless they are.
Decision change_to(const GroupState& state, AccountId group, GroupSettings settings, bool by_house) {
  if (Json(settings) == Json(state.settings)) return std::vector<GroupEvent>{};
  if (auto ok = by_house ? Expected<void>{} : check_bounds(settings); !ok) return tl::unexpected(ok.error());
  if (auto ok = check(settings); !ok) return tl::unexpected(ok.error());
  return {{GroupSettingsChanged{group, std::move(settings)}}};
}

/// Who did not give the keys must not have them sent to a place of their own.
void keep_keys_in_place(const GroupSettings& before, GroupSettings& now) {
  if (!before.channel || !now.channel || before.channel->base_url == now.channel->base_url) return;
  auto& keys = now.channel->sealed_keys;
  auto& hints = now.channel->key_hints;
  for (std::size_t i = std::min(keys.size(), hints.size()); i-- > 0;) {
    if (!is_one_of(before.channel->sealed_keys, keys[i])) continue;
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(i));
    hints.erase(hints.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Decision on(const GroupState& state, const ChangeGroup& c, Micros) {
  Json fields = state.settings;
  fields.merge_patch(c.patch);
  GroupSettings settings;
  try {
    settings = fields.get<GroupSettings>();
  } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
    return fail(Errc::invalid, "a field has the wrong type");
  }
  keep_keys_in_place(state.settings, settings);
  settings.bounds = state.settings.bounds;
  if (c.by_house) hold_to(settings, c.patch);
  return change_to(state, c.group, std::move(settings), c.by_house);
}

Decision on(const GroupState& state, const ListGroupUser& c, Micros) {
  if (auto ok = check_line("userId", c.user, defaults::kMaxForeignIdLength); !ok) return tl::unexpected(ok.error());
  GroupSettings settings = state.settings;
  auto& lists = settings.lists;
  auto& list = c.whitelist ? lists.whitelist : lists.blacklist;
  const bool is_there = std::find(list.begin(), list.end(), c.user) != list.end();
  if (c.listed && !is_there) list.push_back(c.user);
  if (!c.listed) std::erase(list, c.user);
  if (c.enforce && lists.mode == "none") lists.mode = c.whitelist ? "whitelist" : "blacklist";
  if (auto& blocked = settings.bounds.blocked_users; c.by_house && !c.whitelist) {
    std::erase(blocked, c.user);
    if (c.listed) blocked.push_back(c.user);
  }
  return change_to(state, c.group, std::move(settings), c.by_house);
}

Decision on(const GroupState& state, const ResetGroup& c, Micros) {
  std::vector<GroupEvent> events;
  if (Json(state.settings) != Json(GroupSettings{})) events.emplace_back(GroupSettingsReset{c.group});
  GroupCodesEnded codes;
  for (const auto& code : state.codes) codes.code_hashes.push_back(code.code_hash);
  if (!codes.code_hashes.empty()) events.emplace_back(std::move(codes));
  GroupLoginsEnded logins;
  for (const auto& login : state.logins) logins.token_hashes.push_back(login.token_hash);
  if (!logins.token_hashes.empty()) events.emplace_back(std::move(logins));
  return events;
}

/// Those that ran out, and so many of the oldest that there is room for one more.
template <class Granted>
std::vector<std::string> ended_by_another(const std::vector<Granted>& granted, std::string Granted::*hash,
                                          std::size_t most, Micros now) {
  std::vector<std::string> ended;
  std::size_t left = granted.size();
  for (const auto& one : granted) {
    if (one.expires_at > now && left < most) continue;
    ended.push_back(one.*hash);
    --left;
  }
  return ended;
}

Decision on(const GroupState& state, const IssueGroupCode& c, Micros now) {
  std::vector<GroupEvent> events;
  if (auto ended = ended_by_another(state.codes, &GroupCode::code_hash, defaults::kMaxGroupCodes, now); !ended.empty())
    events.emplace_back(GroupCodesEnded{std::move(ended)});
  events.emplace_back(GroupCodeIssued{c.code_hash, c.user, now + to_micros(defaults::kGroupCodeLifetime)});
  return events;
}

Decision on(const GroupState& state, const LogInToGroup& c, Micros now) {
  const auto code = std::find_if(state.codes.begin(), state.codes.end(),
                                 [&](const GroupCode& one) { return one.code_hash == c.code_hash; });
  if (code == state.codes.end() || code->expires_at <= now)
    return fail(Errc::unauthenticated, "The code is wrong, used or ran out", "code");
  std::vector<GroupEvent> events{GroupCodesEnded{{code->code_hash}}};
  if (auto ended = ended_by_another(state.logins, &GroupLogin::token_hash, defaults::kMaxGroupLogins, now);
      !ended.empty())
    events.emplace_back(GroupLoginsEnded{std::move(ended)});
  events.emplace_back(GroupAdminLoggedIn{c.token_hash, code->user, now + to_micros(defaults::kGroupLoginLifetime)});
  return events;
}

Decision on(const GroupState& state, const LogOutOfGroup& c, Micros) {
  const bool is_there = std::any_of(state.logins.begin(), state.logins.end(),
                                    [&](const GroupLogin& login) { return login.token_hash == c.token_hash; });
  if (!is_there) return std::vector<GroupEvent>{};
  return {{GroupLoginsEnded{{c.token_hash}}}};
}

Decision on(const GroupState& state, const ForgiveGroupUse& c, Micros) {
  const auto& bounds = state.settings.bounds;
  if (!c.by_house && (bounds.daily_group != 0 || bounds.daily_user != 0))
    return fail(Errc::forbidden, "The limits are held by the administrators of the bots, who alone reset the use");
  if (c.count == 0 && c.users.empty()) return std::vector<GroupEvent>{};
  return {{GroupUsageReset{c.group, c.day, c.count, c.users}}};
}

}  // namespace

Expected<void> check(const GroupSettings& s) {
  if (auto ok = check_optional_line("name", s.name, defaults::kMaxCatalogueNameLength); !ok) return ok;
  if (auto ok = check_optional_line("personality", s.personality, defaults::kMaxCatalogueNameLength); !ok) return ok;
  if (auto ok = check_optional_line("model", s.model, defaults::kMaxModelNameLength); !ok) return ok;
  if (auto ok = check_text("prompt", s.prompt, defaults::kMaxQuestionLength); !ok) return ok;
  if (auto ok = check_text("limits.message", s.limits.message, defaults::kMaxDescriptionLength); !ok) return ok;
  if (s.lists.mode != "none" && s.lists.mode != "blacklist" && s.lists.mode != "whitelist")
    return fail(Errc::invalid, "lists.mode must be none, blacklist or whitelist", "lists.mode");
  static const std::vector<std::string> kNone;
  for (const auto& [field, list] : {std::pair{"lists.blacklist", &s.lists.blacklist},
                                    {"lists.whitelist", &s.lists.whitelist},
                                    {"wake.keywords", s.wake.keywords ? &*s.wake.keywords : &kNone},
                                    {"tools.allowed", &s.tools.allowed},
                                    {"tools.blocked", &s.tools.blocked},
                                    {"tools.blocked_categories", &s.tools.blocked_categories}})
    if (auto ok = check_names(field, *list); !ok) return ok;
  if (s.wake.prefixes)
    if (auto ok = check_list("wake.prefixes", *s.wake.prefixes, defaults::kMaxSettingsListEntries,
                             defaults::kMaxPrefixLength);
        !ok)
      return ok;
  const RateRules rate = s.rate.value_or(RateRules{});
  for (const auto& [field, value, least, most] :
       {std::tuple{"wake.random_rate", s.wake.random_rate.value_or(0), 0.0, 1.0},
        {"limits.daily_group", static_cast<double>(s.limits.daily_group), 0.0, double{defaults::kMaxDailyLimit}},
        {"limits.daily_user", static_cast<double>(s.limits.daily_user), 0.0, double{defaults::kMaxDailyLimit}},
        {"rate.max_messages", static_cast<double>(rate.max_messages), 1.0, double{defaults::kMaxMessagesOfRateRule}},
        {"rate.window_seconds", static_cast<double>(rate.window_seconds), 1.0, 86'400.0}})
    if (auto ok = check_range(field, value, least, most); !ok) return ok;
  if (auto ok = s.channel ? check_channel(*s.channel) : Expected<void>{}; !ok) return ok;
  if (json_text(Json(s)).size() > kMaxGroupSettingsBytes)
    return fail(Errc::invalid,
                "All that is set of a group must be at most " + std::to_string(kMaxGroupSettingsBytes) + " bytes");
  return {};
}

Decision GroupDecider::decide(const State& state, const Command& command, Micros now) {
  return std::visit([&](const auto& c) { return on(state, c, now); }, command);
}

void GroupDecider::evolve(State& state, const Event& event, Micros) {
  std::visit(Overloaded{
                 [&](const GroupSettingsChanged& e) {
                   state.group = e.group;
                   state.settings = e.settings;
                 },
                 [&](const GroupSettingsReset&) { state.settings = {}; },
                 [&](const GroupCodeIssued& e) {
                   state.codes.push_back({e.code_hash, e.user, e.expires_at});
                 },
                 [&](const GroupCodesEnded& e) {
                   std::erase_if(state.codes,
                                 [&](const GroupCode& code) { return is_one_of(e.code_hashes, code.code_hash); });
                 },
                 [&](const GroupAdminLoggedIn& e) {
                   state.logins.push_back({e.token_hash, e.expires_at});
                 },
                 [&](const GroupLoginsEnded& e) {
                   std::erase_if(state.logins,
                                 [&](const GroupLogin& login) { return is_one_of(e.token_hashes, login.token_hash); });
                 },
                 [](const GroupUsageReset&) {},
             },
             event);
}

std::vector<Claim> GroupDecider::claims(const State&, const Event& event) {
  std::vector<Claim> claims;
  if (const auto* issued = std::get_if<GroupCodeIssued>(&event))
    claims.push_back(take(group_code_claim(issued->code_hash)));
  if (const auto* ended = std::get_if<GroupCodesEnded>(&event))
    for (const auto& hash : ended->code_hashes) claims.push_back(release(group_code_claim(hash)));
  return claims;
}

}  // namespace troupe::actors
