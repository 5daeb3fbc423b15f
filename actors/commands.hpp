// The commands that bots know: the house's own and those of plugins, under their names and other names. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"

namespace troupe::actors {

/// Who speaks on a platform. Ids are the platform's own.
struct Speaker {
  std::string platform;       ///< the id of its entry in the catalogue
  std::string platform_type;  ///< aiocqhttp, telegram, …
  bool in_group = false;
  std::string user, user_name;
  std::string group, group_name;  ///< of a group message
  bool is_group_admin = false;    ///< owner or administrator of that group, as the platform says
};

struct CommandCall {
  std::string arguments;
  Speaker speaker;
  bool by_admin = false;  ///< the speaker is one of the bots' administrators
};

/// Called once, on any thread: the text to say, empty for none.
using CommandAnswer = std::function<void(Expected<std::string>)>;

struct BotCommand {
  std::string name;
  std::string plugin;  ///< empty: the house itself
  std::string description;
  std::vector<std::string> aliases;
  bool for_admins = false;
  bool secret_reply = false;  ///< for the one who asked: no model is told of it, and it is taken back once it was sent
  std::function<void(CommandCall, CommandAnswer)> run;
};

/// Several commands under one name: whom the name reaches, and whom it does not.
struct CommandConflict {
  std::string name;
  std::vector<std::string> plugins;  ///< in the order in which they are asked; the first one answers
};

class Commands {
 public:
  /// What `plugin` has from now on, in place of what it had before. Those of the house come first, then those of plugins
  /// in the order in which they were enabled.
  void offer(const std::string& plugin, std::vector<BotCommand> commands);
  void withdraw(const std::string& plugin);

  /// By a name or another name; the first that has it.
  std::shared_ptr<const BotCommand> find(std::string_view name) const;
  std::vector<std::shared_ptr<const BotCommand>> all() const;
  std::vector<CommandConflict> conflicts() const;

 private:
  using Offered = std::vector<std::shared_ptr<const BotCommand>>;
  struct Offer {
    std::string plugin;
    Offered commands;
  };

  mutable std::mutex mutex_;
  std::vector<Offer> offers_;  ///< the house's first
};

}  // namespace troupe::actors
