// Plugins: Lua packages that administrators install and switch on, each in an actor with a state of its own. They hear
// messages, have commands of bots and tools of models. Thread-safe. CAF stays behind this header.
//
// A plugin is an entry of the catalogue, its package is in the log, and so is what it keeps. One that goes over its
// limits, or fails too often in a row, is stopped and disabled, and its entry says why; the others do not notice.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/ask.hpp"
#include "actors/catalogue.hpp"
#include "actors/commands.hpp"
#include "actors/talks.hpp"
#include "storage/store.hpp"

namespace caf {
class actor_system;
}

namespace troupe::actors {

/// A plugin as a surface shows it. Counts are since it was last enabled, or the server was started.
struct PluginRecord {
  std::string id;
  std::string name, version, description, author;
  bool enabled = false;
  bool official = false;
  std::vector<std::string> commands;  ///< names; of a disabled one, as of when it was last loaded
  std::string last_error;             ///< of a call, or why it was disabled; empty: none
  Json config = Json::object();       ///< what was set
  Json schema = nullptr;              ///< of the package; null: it has none, or this record is one of `all`
  Micros created_at = 0, updated_at = 0;
  std::uint64_t messages = 0, handled = 0, commands_run = 0, tools_run = 0, failures = 0;
  std::uint64_t missed = 0;  ///< messages that went on without it, because too many waited for it
  std::uint64_t busy_us = 0;
  std::size_t memory_bytes = 0;
};

/// A function that a plugin offers to models.
struct PluginTool {
  std::string plugin;
  std::string name;
  std::string description;
  Json parameters = Json::object();  ///< a JSON Schema of its arguments
};

class Plugins {
 public:
  struct House {
    caf::actor_system& system;
    storage::Store& store;
    Catalogue& catalogue;
    Commands& commands;
    /// Says a text in a talk.
    std::function<void(Announcement, std::function<void(Expected<void>)>)> announce;
  };
  using Answer = std::function<void(Expected<PluginRecord>)>;

  explicit Plugins(House house);
  ~Plugins();

  /// Starts those that are enabled, and waits until each has started or failed. Once, before the first message.
  void start();

  /// Ends all of them, with on_disable and on_unload. What is asked from now on is refused.
  void stop();

  // What administrators do, one thing after the other; answered on a thread of its own when it is durable and done.
  // Errors of all: not_found (`name`), overloaded, shutting_down, the journal's.

  /// A new one is not enabled. With `replace`, one of that name is made of the new package and keeps its configuration and
  /// whether it is enabled. Errors: as of plugins::read_package; invalid (`file`: its main.lua fails), conflict (`name`: it
  /// is there already, or there are kMaxPlugins; `config`: what is set is nothing for the new package).
  void install(std::string zip, bool replace, Cause cause, Answer answer);

  /// One that is enabled already is left as it is. Errors: conflict (it does not start; the message says why).
  void enable(std::string name, Cause cause, Answer answer);
  void disable(std::string name, Cause cause, Answer answer);

  /// Runs it anew; messages wait meanwhile. A disabled one is only tried. Errors: conflict (it does not start, and is
  /// disabled).
  void reload(std::string name, Cause cause, Answer answer);

  /// With its package and what it keeps.
  void remove(std::string name, Cause cause, Answer answer);

  /// In place of what was set; an enabled one is run anew. Errors: invalid (`config.…`), conflict (as of reload).
  void configure(std::string name, Json config, Cause cause, Answer answer);

  /// Takes away what they keep of a contact that is forgotten.
  void forget(events::AccountId contact);

  /// Has those run their timers that have some due; every second or so.
  void tick(Micros now);

  // What is there

  std::optional<PluginRecord> find(const std::string& name) const;
  std::vector<PluginRecord> all() const;  ///< oldest first

  // What they are for

  /// Through the on_message of each, in the order in which they were enabled, until one has handled it.
  void hear(const Incoming& message, std::function<void(std::optional<Handled>)> then);

  /// Of the enabled ones.
  std::vector<PluginTool> tools() const;
  /// Errors: invalid (`arguments`: too large), not_found, overloaded, upstream_failed (its own error), timed_out,
  /// too_large (it is stopped then).
  void run_tool(const std::string& plugin, const std::string& tool, Json arguments,
                std::function<void(Expected<Json>)> answer);
  /// Called when `tools` has changed. Before `start`.
  void on_tools_changed(std::function<void()> changed);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors
