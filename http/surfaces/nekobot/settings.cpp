#include "http/surfaces/nekobot/settings.hpp"

#include "http/surfaces/nekobot/settings_view.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr Sentence kConfigChanged{"Configuration updated", "配置更新成功"};
constexpr Sentence kSettingsChanged{"Settings updated", "设置更新成功"};

}  // namespace

void Settings::show_config(const CallPtr& call) {
  succeed(call, config_view(projections::bot_settings(context_.services.store)));
}

void Settings::show_settings(const CallPtr& call) {
  const auto settings = projections::bot_settings(context_.services.store);
  OrderedJson data = {{"settings", panel_view(settings)}};
  // Members see what the panel looks like, and only administrators how the bots are set up.
  if (call->caller.is_admin()) data["config"] = config_view(settings);
  succeed(call, std::move(data));
}

void Settings::change_config(const CallPtr& call) {
  change(call, "config", config_changes, [this, call] {
    succeed(call, config_view(projections::bot_settings(context_.services.store)), kConfigChanged);
  });
}

void Settings::change_settings(const CallPtr& call) {
  change(call, "settings", panel_changes, [this, call] {
    succeed(call, {{"settings", panel_view(projections::bot_settings(context_.services.store))}}, kSettingsChanged);
  });
}

void Settings::change(const CallPtr& call, const char* wrapper, ChangesOf changes_of, std::function<void()> done) {
  const bool wrapped = call->body.contains(wrapper);
  if (wrapped && call->body.size() > 1)
    return call->refuse({Errc::invalid, std::string(wrapper) + " must be the only field, or none", wrapper});
  const Json& given = wrapped ? call->body[wrapper] : call->body;
  if (!given.is_object()) return call->refuse({Errc::invalid, std::string(wrapper) + " must be an object", wrapper});
  if (given.empty()) return call->refuse({Errc::invalid, std::string(wrapper) + " is required", wrapper});
  auto changes = changes_of(given);
  if (!changes) return call->refuse(changes.error());
  context_.services.system.catalogue().ask<events::BotSettings>(
      std::string(events::BotSettings::only_id), actors::ChangeEntry{std::move(*changes)}, call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [done = std::move(done)](const storage::RecordPtr&) { done(); },
          [call](const Error& error) { call->refuse(in_names_of_the_view(error)); }));
}

}  // namespace troupe::http::nekobot
