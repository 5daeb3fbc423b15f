#include "actors/commands.hpp"

#include <algorithm>

namespace troupe::actors {
namespace {

bool answers_to(const BotCommand& command, std::string_view name) {
  return command.name == name ||
         std::find(command.aliases.begin(), command.aliases.end(), name) != command.aliases.end();
}

}  // namespace

void Commands::offer(const std::string& plugin, std::vector<BotCommand> commands) {
  Offered offered;
  for (auto& command : commands) {
    command.plugin = plugin;
    offered.push_back(std::make_shared<const BotCommand>(std::move(command)));
  }
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(offers_.begin(), offers_.end(), [&](const Offer& o) { return o.plugin == plugin; });
  if (at != offers_.end())
    at->commands = std::move(offered);
  else if (plugin.empty())
    offers_.insert(offers_.begin(), {plugin, std::move(offered)});
  else
    offers_.push_back({plugin, std::move(offered)});
}

void Commands::withdraw(const std::string& plugin) {
  const std::lock_guard lock(mutex_);
  std::erase_if(offers_, [&](const Offer& offer) { return offer.plugin == plugin; });
}

std::shared_ptr<const BotCommand> Commands::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& offer : offers_)
    for (const auto& command : offer.commands)
      if (answers_to(*command, name)) return command;
  return nullptr;
}

std::vector<std::shared_ptr<const BotCommand>> Commands::all() const {
  const std::lock_guard lock(mutex_);
  Offered all;
  for (const auto& offer : offers_) all.insert(all.end(), offer.commands.begin(), offer.commands.end());
  return all;
}

std::vector<CommandConflict> Commands::conflicts() const {
  std::map<std::string, std::vector<std::string>> holders;
  for (const auto& command : all()) {
    holders[command->name].push_back(command->plugin);
    for (const auto& alias : command->aliases)
      if (alias != command->name) holders[alias].push_back(command->plugin);
  }
  std::vector<CommandConflict> found;
  for (auto& [name, plugins] : holders)
    if (plugins.size() > 1) found.push_back({name, std::move(plugins)});
  return found;
}

}  // namespace troupe::actors
