#include "actors/builtin_commands.hpp"

#include <set>

#include "actors/pipeline.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {
namespace {

/// What a reply is at most told of commands: a plugin may bring any number.
constexpr std::size_t kMaxListedCommands = 100;

std::string line_of(const BotCommand& command, const std::string& prefix) {
  std::string line = prefix + command.name;
  for (const auto& alias : command.aliases) line += ", " + prefix + alias;
  return line + (command.description.empty() ? "" : " - " + command.description) + "\n";
}

/// Those that the caller may use, or one of them. A name that another has first is not listed: it does not reach it.
std::string help(const Commands& commands, const std::string& prefix, const CommandCall& call) {
  if (!call.arguments.empty()) {
    const auto command = commands.find(call.arguments);
    if (!command) return "There is no command " + call.arguments;
    return line_of(*command, prefix);
  }
  std::string text;
  std::set<std::string> names;
  for (const auto& command : commands.all()) {
    if (command->for_admins && !call.by_admin) continue;
    if (!names.insert(command->name).second) continue;
    if (names.size() > kMaxListedCommands) return text + "…";
    text += line_of(*command, prefix);
  }
  return text;
}

/// Ids as the settings' lists and administrators want them.
std::string ids(const Speaker& speaker) {
  std::string text = "platform: " + speaker.platform + " (" + speaker.platform_type + ")\nuser: " + speaker.user;
  if (speaker.in_group) text += "\ngroup: " + speaker.group;
  text += "\nconversation: " + conversation_name({speaker.in_group, speaker.user, speaker.group});
  return text + "\nid: " + (speaker.in_group ? speaker.group : "private") + "_" + speaker.user;
}

}  // namespace

void offer_builtin_commands(Commands& commands, const storage::Store& store, std::vector<BotCommand> more) {
  const auto say = [](auto words) {
    return [words](const CommandCall& call, const CommandAnswer& answer) { answer(words(call)); };
  };
  std::vector<BotCommand> own = {{.name = "help",
                                  .description = "what the bot can do; help NAME: one command",
                                  .run = say([&commands, &store](const CommandCall& call) {
                                    return help(commands, projections::bot_settings(store).command_prefix, call);
                                  })},
                                 {.name = "ping",
                                  .description = "whether the bot is there",
                                  .run = say([](const CommandCall&) { return std::string("Pong!"); })},
                                 {.name = "sid",
                                  .description = "the ids of you, this group and this platform",
                                  .run = say([](const CommandCall& call) { return ids(call.speaker); })}};
  std::move(more.begin(), more.end(), std::back_inserter(own));
  commands.offer("", std::move(own));
}

}  // namespace troupe::actors
