#include "http/surfaces/chatai/group_admin.hpp"

#include "actors/base_url.hpp"
#include "http/group_codes.hpp"

namespace troupe::http::chatai {
namespace {

/// Tells these tokens from those of accounts, which open other things.
constexpr std::string_view kTokenPrefix = "grp_";
constexpr std::int64_t kLifetimeSeconds = std::chrono::seconds(defaults::kGroupLoginLifetime).count();

}  // namespace

GroupAdmin::GroupAdmin(Context& context, GroupConfig& config) : context_(context), config_(config) {
  offer_group_codes(context.services.system, context.services.store);
}

bool GroupAdmin::is_token(std::string_view token) { return token.starts_with(kTokenPrefix); }

Expected<Caller> GroupAdmin::authenticate(std::string_view token) const {
  Caller caller;
  caller.login_hash = actors::token_digest(token);
  const auto login = context_.services.system.groups().queries().login(caller.login_hash);
  const bool is_good = login && login->expires_at > now_micros() && context_.contacts.queries().exists(login->group);
  if (!is_good) return fail(Errc::unauthenticated, "The login is not good any more; log in again");
  caller.group = login->group;
  caller.group_user = login->user;
  caller.login_expires_at = login->expires_at;
  return caller;
}

void GroupAdmin::log_in(const CallPtr& call) {
  const std::string code = call->body_text("code");
  if (code.empty()) return call->refuse({Errc::invalid, "code is required", "code"});
  const std::string token = std::string(kTokenPrefix) + actors::random_token();
  context_.services.system.groups().log_in(
      code, actors::token_digest(token), call->cause(),
      context_.services.then_with<events::AccountId>(call, [this, call, token](events::AccountId group) {
        const auto login = context_.services.system.groups().queries().login(actors::token_digest(token));
        succeed(call,
                {{"token", token},
                 {"groupId", context_.contacts.written(group)},
                 {"groupName", config_.name_of(group)},
                 {"userId", login ? context_.contacts.written(login->user) : ""},
                 {"expiresIn", kLifetimeSeconds}},
                {}, {{"Cache-Control", "no-store"}});
      }));
}

void GroupAdmin::log_out(const CallPtr& call) {
  config_.ask(call, call->caller.group, actors::LogOutOfGroup{call->caller.login_hash}, [call] {
    succeed(call, nullptr, {{"message", "Logged out"}});
  });
}

void GroupAdmin::verify(const CallPtr& call) {
  succeed(call, {{"valid", true},
                 {"groupId", context_.contacts.written(call->caller.group)},
                 {"groupName", config_.name_of(call->caller.group)},
                 {"userId", context_.contacts.written(call->caller.group_user)},
                 {"expiresAt", milliseconds(call->caller.login_expires_at)}});
}

void GroupAdmin::show(const CallPtr& call) {
  auto view = config_.view(call->caller.group);
  view["presets"] = config_.presets();
  view["channels"] = config_.channels();
  succeed(call, std::move(view));
}

void GroupAdmin::change(const CallPtr& call) {
  const auto group = call->caller.group;
  config_.change(
      call, group, group_patch(call->body, config_.settings(group), context_.services.secrets), [this, call, group] {
        succeed(call, config_.view(group), {{"message", worded(call, "Configuration updated", "配置已更新")}});
      });
}

OrderedJson GroupAdmin::list_view(events::AccountId group, bool whitelist) const {
  const auto lists = config_.settings(group).lists;
  const auto& users = whitelist ? lists.whitelist : lists.blacklist;
  return {{"listMode", lists.mode}, {whitelist ? "whitelist" : "blacklist", users}, {"total", users.size()}};
}

void GroupAdmin::show_list(const CallPtr& call, bool whitelist) {
  succeed(call, list_view(call->caller.group, whitelist));
}

void GroupAdmin::set_list(const CallPtr& call, bool whitelist) {
  const char* name = whitelist ? "whitelist" : "blacklist";
  Json body = call->body;
  body.erase("total");
  for (const auto& [field, value] : body.items())
    if (field != name && field != "listMode")
      return call->refuse({Errc::invalid, field + " is not supported here", field});
  const auto group = call->caller.group;
  config_.change(call, group, group_patch(body, {}, context_.services.secrets),
                 [this, call, group, whitelist] { succeed(call, list_view(group, whitelist)); });
}

void GroupAdmin::list_user(const CallPtr& call, bool whitelist, bool listed) {
  const auto& given = call->body["userId"];
  std::string user = given.is_number_integer() ? given.dump() : call->body_text("userId");
  const auto group = call->caller.group;
  config_.ask(call, group, actors::ListGroupUser{group, whitelist, std::move(user), listed},
              [this, call, group, whitelist] { succeed(call, list_view(group, whitelist)); });
}

void GroupAdmin::show_limits(const CallPtr& call) {
  succeed(call, limits_view(config_.settings(call->caller.group).limits));
}

void GroupAdmin::set_limits(const CallPtr& call) {
  config_.change(call, call->caller.group, limits_patch(call->body), [this, call] { show_limits(call); });
}

void GroupAdmin::show_use(const CallPtr& call) { succeed(call, config_.use_view(call->caller.group, call->now)); }

void GroupAdmin::reset_use(const CallPtr& call) {
  context_.services.system.groups().forgive_use(call->caller.group, false, call->cause(),
                                                context_.services.then(call, [this, call](const storage::Record&) {
                                                  succeed(call, config_.use_view(call->caller.group, call->now),
                                                          {{"message", worded(call, "Usage reset", "使用统计已重置")}});
                                                }));
}

void GroupAdmin::show_channel(const CallPtr& call) {
  succeed(call, group_channel_view(config_.settings(call->caller.group).channel));
}

void GroupAdmin::set_channel(const CallPtr& call) {
  const auto group = call->caller.group;
  config_.change(call, group, group_channel_patch(call->body, config_.settings(group), context_.services.secrets),
                 [this, call] { show_channel(call); });
}

void GroupAdmin::remove_channel(const CallPtr& call) {
  config_.change(call, call->caller.group, Json{{"channel", nullptr}}, [this, call] { show_channel(call); });
}

/// Of the group's channel, or of one that the body describes; never near, wherever channels of the house may be.
void GroupAdmin::fetch_models(const CallPtr& call) {
  const auto settings = config_.settings(call->caller.group);
  auto patch = group_channel_patch(call->body, settings, context_.services.secrets);
  if (!patch) return call->refuse(patch.error());
  events::GroupSettings described;
  Json channel = settings.channel ? Json(*settings.channel) : Json(events::GroupChannel{});
  if (const auto given = patch->find("channel"); given != patch->end() && given->is_object()) channel.update(*given);
  try {
    described.channel = channel.get<events::GroupChannel>();
  } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
    return call->refuse({Errc::invalid, "a field has the wrong type"});
  }
  if (const auto ok = actors::check(described); !ok) {
    const auto field = group_field(ok.error().field);
    return call->refuse({ok.error().code, field + ok.error().message.substr(ok.error().field.size()), field});
  }
  actors::llm::Provider provider;
  provider.name = "group";
  provider.format = actors::llm::format_named(described.channel->format).value_or(actors::llm::Format::openai);
  provider.base_url = described.channel->base_url;
  provider.reach = actors::Reach::public_only;
  for (const auto& sealed : described.channel->sealed_keys)
    if (auto key = context_.services.secrets.unseal(sealed)) provider.keys.push_back(std::move(*key));
  context_.model_lists.fetch(std::move(provider), context_.services.then_with<std::vector<std::string>>(
                                                      call,
                                                      [call](const std::vector<std::string>& models) {
                                                        succeed(call, {{"models", models}});
                                                      },
                                                      [call](const Error& error) {
                                                        call->refuse({error.code, error.message, "CONNECTION_FAILED"});
                                                      }));
}

void GroupAdmin::show_presets(const CallPtr& call) { succeed(call, config_.presets()); }
void GroupAdmin::show_channels(const CallPtr& call) { succeed(call, config_.channels()); }

}  // namespace troupe::http::chatai
