#include "http/surfaces/nekobot/commands.hpp"

#include <algorithm>
#include <set>

namespace troupe::http::nekobot {
namespace {

/// What belongs to no plugin is the house's own.
constexpr std::string_view kHouse = "builtin";

std::string plugin_of(const std::string& plugin) { return plugin.empty() ? std::string(kHouse) : plugin; }

OrderedJson view(const actors::BotCommand& command, bool has_conflict) {
  const auto plugin = plugin_of(command.plugin);
  return {{"handler_full_name", plugin + "." + command.name},
          {"handler_name", command.name},
          {"plugin", plugin},
          {"plugin_display_name", plugin},
          {"module_path", command.plugin.empty() ? std::string() : command.plugin + "/main.lua"},
          {"description", command.description},
          {"type", "command"},
          {"original_command", command.name},
          {"effective_command", command.name},
          {"aliases", command.aliases},
          {"permission", command.for_admins ? "admin" : "everyone"},
          {"enabled", true},
          {"is_group", false},
          {"reserved", command.plugin.empty()},
          {"sub_commands", OrderedJson::array()},
          {"has_conflict", has_conflict}};
}

}  // namespace

void Commands::list(const CallPtr& call) {
  const auto conflicts = context_.services.system.commands().conflicts();
  std::set<std::string> shared;
  for (const auto& conflict : conflicts) shared.insert(conflict.name);
  std::vector<OrderedJson> items;
  for (const auto& command : context_.services.system.commands().all()) {
    const bool has_conflict =
        shared.contains(command->name) || std::any_of(command->aliases.begin(), command->aliases.end(),
                                                      [&](const auto& alias) { return shared.contains(alias); });
    items.push_back(view(*command, has_conflict));
  }
  const OrderedJson summary = {{"total", items.size()}, {"disabled", 0}, {"conflicts", conflicts.size()}};
  succeed_with_page(call, std::move(items), [&](std::vector<OrderedJson> page) {
    return OrderedJson{{"items", std::move(page)}, {"summary", summary}};
  });
}

void Commands::conflicts(const CallPtr& call) {
  std::vector<OrderedJson> items;
  for (const auto& conflict : context_.services.system.commands().conflicts()) {
    OrderedJson handlers = OrderedJson::array();
    for (const auto& plugin : conflict.plugins)
      handlers.push_back(Fields{{"handler_full_name", plugin_of(plugin) + "." + conflict.name},
                                {"handler_name", conflict.name},
                                {"plugin", plugin_of(plugin)},
                                {"current_name", conflict.name}});
    const auto count = handlers.size();
    items.push_back(
        Fields{{"conflict_key", conflict.name}, {"handler_count", count}, {"handlers", std::move(handlers)}});
  }
  succeed_with_page(call, std::move(items), [](std::vector<OrderedJson> page) { return OrderedJson(std::move(page)); });
}

}  // namespace troupe::http::nekobot
