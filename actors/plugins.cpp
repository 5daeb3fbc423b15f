#include "actors/plugins.hpp"

#include <algorithm>
#include <future>
#include <set>

#include "actors/plugins/config_schema.hpp"
#include "actors/plugins/package.hpp"
#include "actors/plugins/plugin_actor.hpp"
#include "actors/rules.hpp"
#include "actors/worker.hpp"
#include "events/plugin.hpp"
#include "events/utf8.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/plugin_queries.hpp"
#include "projections/projection.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::plugins::PluginAskPtr)

namespace troupe::actors {
namespace {

using events::Plugin;
using plugins::Package;
using plugins::PluginActor;
using plugins::PluginAsk;
using plugins::PluginOutcome;
using plugins::PluginStanding;
using storage::RecordPtr;
using Row = projections::PluginRow;

/// Asks and waits. Only on the keeper's thread, or before there is anybody else.
template <class T>
Expected<T> wait_for(const std::function<void(std::function<void(Expected<T>)>)>& ask) {
  auto promise = std::make_shared<std::promise<Expected<T>>>();
  auto future = promise->get_future();
  ask([promise](Expected<T> result) { promise->set_value(std::move(result)); });
  return future.get();
}

Json as_json(const Speaker& speaker) {
  return {{"platform", speaker.platform},     {"platform_type", speaker.platform_type},
          {"in_group", speaker.in_group},     {"user", speaker.user},
          {"user_name", speaker.user_name},   {"group", speaker.group},
          {"group_name", speaker.group_name}, {"is_group_admin", speaker.is_group_admin}};
}

Json as_json(const Incoming& message) {
  Json fields = as_json(message.speaker);
  fields["id"] = message.message_id;
  fields["text"] = message.text;
  fields["to_the_bot"] = message.to_the_bot;
  return fields;
}

std::vector<std::string> names_of(const std::vector<plugins::ScriptCommand>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return names;
}

/// An enabled plugin.
struct Running {
  std::string id, name;
  std::string package;  ///< the digest that it was started from
  Json config;          ///< that it was started with
  caf::actor actor;
  std::shared_ptr<PluginStanding> standing = std::make_shared<PluginStanding>();
  bool listens = false;
  std::vector<std::string> commands;
  std::vector<plugins::ScriptTool> tools;

  /// Errors: overloaded (kMaxPluginQueue wait).
  void ask(decltype(PluginAsk::what) what, std::function<void(Expected<PluginOutcome>)> answer) {
    if (++standing->waiting > defaults::kMaxPluginQueue) {
      --standing->waiting;
      return answer(fail(Errc::overloaded, "too much waits for the plugin " + name));
    }
    insist(std::move(what), std::move(answer));
  }
  /// The same, past the limit: for who starts and stops it.
  void demand(decltype(PluginAsk::what) what, std::function<void(Expected<PluginOutcome>)> answer) {
    ++standing->waiting;
    insist(std::move(what), std::move(answer));
  }

 private:
  void insist(decltype(PluginAsk::what) what, std::function<void(Expected<PluginOutcome>)> answer) {
    auto boxed = std::make_shared<PluginAsk>(std::move(what), std::move(answer));
    tsan::hand_over(boxed.get());
    caf::anon_send(actor, std::move(boxed));
  }
};
using RunningPtr = std::shared_ptr<Running>;

}  // namespace

struct Plugins::Impl {
  House house;
  projections::PluginQueries entries;
  Worker keeper;  ///< all that changes something runs here, one after the other
  std::atomic<bool> ending{false};
  std::function<void()> tools_changed;

  mutable std::mutex mutex;  ///< for what follows; what it points to does not change
  std::shared_ptr<const std::vector<RunningPtr>> running = std::make_shared<std::vector<RunningPtr>>();

  explicit Impl(House house_in)
      : house(std::move(house_in)), entries(house.store), keeper(house.system, defaults::kMaxQueuedPluginChanges) {}

  std::shared_ptr<const std::vector<RunningPtr>> now_running() const {
    const std::lock_guard lock(mutex);
    return running;
  }

  RunningPtr running_as(const std::string& id) const {
    const auto all = now_running();
    const auto at = std::find_if(all->begin(), all->end(), [&](const RunningPtr& r) { return r->id == id; });
    return at == all->end() ? nullptr : *at;
  }

  /// In the place of the one with the same id, or behind all others; null: no more.
  void put(const std::string& id, const RunningPtr& plugin) {
    {
      const std::lock_guard lock(mutex);
      auto next = std::make_shared<std::vector<RunningPtr>>(*running);
      const auto at = std::find_if(next->begin(), next->end(), [&](const RunningPtr& r) { return r->id == id; });
      if (at == next->end() && plugin)
        next->push_back(plugin);
      else if (at != next->end() && plugin)
        *at = plugin;
      else if (at != next->end())
        next->erase(at);
      running = std::move(next);
    }
    if (tools_changed) tools_changed();
  }

  // On the keeper's thread

  void change(Answer answer, std::function<Expected<PluginRecord>()> work) {
    if (ending) return answer(fail(Errc::shutting_down, "the server is ending"));
    const bool taken = keeper.post([this, answer, work = std::move(work)] {
      if (ending) return answer(fail(Errc::shutting_down, "the server is ending"));
      answer(work());
    });
    if (!taken) answer(fail(Errc::overloaded, "too many changes of plugins wait"));
  }

  /// The work on a plugin that is there.
  void change_named(const std::string& name, Answer answer, std::function<Expected<PluginRecord>(const Row&)> work) {
    change(std::move(answer), [this, name, work = std::move(work)]() -> Expected<PluginRecord> {
      const auto row = entries.named(name);
      if (!row) return fail(Errc::not_found, "there is no plugin " + name, "name");
      return work(*row);
    });
  }

  Expected<void> change_entry(const std::string& id, const Cause& cause, Json fields) {
    Cause mine = cause;
    mine.now = now_micros();
    mine.idempotency.reset();  // one request may change an entry more than once
    const auto changed = wait_for<RecordPtr>([&](RecordAnswer answer) {
      house.catalogue.ask<Plugin>(id, ChangeEntry{std::move(fields)}, mine, std::move(answer));
    });
    if (!changed) return tl::unexpected(changed.error());
    return {};
  }

  Expected<Package> package_of(const Row& row) const {
    const auto stored = projections::package(house.store, row.entry.package);
    if (!stored) return fail(Errc::corrupt, "the package of the plugin " + row.entry.name + " is not there");
    return plugins::package_of(stored->name, stored->files);
  }

  /// Its actor, not started.
  RunningPtr spawn(const Row& row) {
    auto plugin = std::make_shared<Running>();
    plugin->id = row.id;
    plugin->name = row.entry.name;
    PluginActor::Links links{
        house.store,
        [this, name = row.entry.name](plugins::ScriptTarget target, std::string text) {
          house.announce({target.platform, target.in_group, target.to, std::move(text), name},
                         [name, platform = target.platform](const Expected<void>& said) {
                           if (!said)
                             spdlog::warn("plugin {}: a text is not sent to the platform {}: {}", name, platform,
                                          said.error().message);
                         });
        },
        [this, id = row.id, standing = std::weak_ptr(plugin->standing)](const std::string& reason) {
          if (const auto failing = standing.lock()) retire_later(id, failing, reason);
        }};
    plugin->actor = house.system.spawn<PluginActor>(row.id, row.entry.name, plugin->standing, std::move(links));
    return plugin;
  }

  void retire_later(const std::string& id, const std::shared_ptr<PluginStanding>& standing, const std::string& reason) {
    const bool taken = keeper.post([this, id, standing, reason] {
      const auto failed = running_as(id);
      if (ending || !failed || failed->standing != standing) return;
      retire(failed);
      note_failure(id, failed->name, reason);
    });
    if (!taken) spdlog::error("a plugin that failed is disabled at the next change: {}", reason);
  }

  void note_failure(const std::string& id, const std::string& name, const std::string& reason) {
    spdlog::error("the plugin {} is disabled: {}", name, reason);
    const std::string short_reason(first_bytes(reason, defaults::kMaxDescriptionLength));
    if (auto noted = change_entry(id, by_the_house(), {{"enabled", false}, {"last_error", short_reason}}); !noted)
      spdlog::error("that the plugin {} is disabled could not be stored: {}", name, noted.error().message);
  }

  /// Takes it out of service and ends its actor.
  void retire(const RunningPtr& plugin) {
    house.commands.withdraw(plugin->name);
    put(plugin->id, nullptr);
    wait_for<PluginOutcome>([&](auto answer) { plugin->demand(plugins::StopScript{}, std::move(answer)); });
  }

  void take_into_service(const RunningPtr& plugin, const Row& row, const PluginOutcome& outcome) {
    auto started = std::make_shared<Running>(*plugin);
    started->package = row.entry.package;
    started->config = row.entry.config;
    started->listens = outcome.listens;
    started->commands = names_of(outcome.commands);
    started->tools = outcome.tools;
    std::vector<BotCommand> commands;
    for (const auto& command : outcome.commands)
      commands.push_back({command.name, started->name, command.description, command.aliases, command.for_admins,
                          [started, name = command.name](CommandCall call, CommandAnswer answer) {
                            Json fields = as_json(call.speaker);
                            fields["arguments"] = call.arguments;
                            fields["by_admin"] = call.by_admin;
                            started->ask(plugins::RunCommand{name, std::move(fields)},
                                         [answer = std::move(answer)](Expected<PluginOutcome> outcome) {
                                           if (!outcome) return answer(tl::unexpected(outcome.error()));
                                           answer(std::move(outcome->reply.text));
                                         });
                          }});
    put(started->id, started);
    house.commands.offer(started->name, std::move(commands));
  }

  /// Starts it, or runs it anew where it runs.
  Expected<PluginOutcome> start(const Row& row) {
    auto package = package_of(row);
    if (!package) return tl::unexpected(package.error());
    auto plugin = running_as(row.id);
    if (!plugin) plugin = spawn(row);
    auto outcome = wait_for<PluginOutcome>([&](auto answer) {
      plugin->demand(plugins::StartScript{std::move(*package), row.entry.config}, std::move(answer));
    });
    if (outcome)
      take_into_service(plugin, row, *outcome);
    else
      retire(plugin);
    return outcome;
  }

  /// Makes what runs what the entry says.
  Expected<void> reconcile(const std::string& id, bool anew = false) {
    const auto row = entries.entry(id);
    const auto plugin = running_as(id);
    if (!row || !row->entry.enabled) {
      if (plugin) retire(plugin);
      return {};
    }
    if (plugin && !anew && plugin->package == row->entry.package && plugin->config == row->entry.config) return {};
    auto outcome = start(*row);
    if (!outcome) {
      note_failure(id, row->entry.name, outcome.error().message);
      return fail(Errc::conflict, "the plugin " + row->entry.name + " does not start: " + outcome.error().message);
    }
    if (auto names = names_of(outcome->commands); names != row->entry.commands)
      return change_entry(id, by_the_house(), {{"commands", names}});
    return {};
  }

  Expected<PluginRecord> reconciled(const std::string& id, bool anew = false) {
    if (auto ok = reconcile(id, anew); !ok) return tl::unexpected(ok.error());
    return record_of(*entries.entry(id), true);
  }

  // Packages

  /// Runs its main.lua apart from everything, to see whether it can be, and which commands it has.
  static Expected<std::vector<std::string>> tried(const Package& package, const Json& config) {
    plugins::PluginData nothing;
    auto script = plugins::Script::load(package, plugins::with_defaults(package.schema, config), nothing, {});
    if (!script) return fail(Errc::invalid, script.error().message, "file");
    return names_of((*script)->commands());
  }

  Expected<void> append(const std::string& stream, const Cause& cause, const events::EncodedEvent& event,
                        projections::Rows rows) {
    Cause mine = cause;
    mine.idempotency.reset();
    storage::Append append = append_to(stream, mine);
    append.events.push_back(event);
    append.rows = std::move(rows);
    const auto stored = house.store.append_and_wait(std::move(append));
    if (!stored) return tl::unexpected(stored.error());
    return {};
  }

  template <class Variant, class Event>
  Expected<void> append_package(const std::string& digest, const Cause& cause, const Event& event) {
    projections::Rows rows;
    projections::project(Variant(event), {digest, cause.now}, rows);
    return append(std::string(events::kPackages) + "/" + digest, cause, events::encode(event), std::move(rows));
  }

  Expected<void> store_package(const std::string& digest, const Package& package, const Cause& cause) {
    if (projections::package(house.store, digest)) return {};
    return append_package<events::PackageEvent>(digest, cause,
                                                events::PackageStored{digest, package.name, package.files});
  }

  Expected<void> drop_package(const std::string& digest, const std::string& name, const Cause& cause) {
    return append_package<events::PackageEvent>(digest, cause, events::PackageDropped{name});
  }

  Expected<void> forget_data(const std::string& id, const Cause& cause) {
    events::PluginDataChanged changed;
    for (const auto& [digest, _] : projections::plugin_data(house.store, id)) changed.erased.push_back(digest);
    if (changed.erased.empty()) return {};
    projections::Rows rows;
    projections::project(events::PluginDataEvent(changed), {id, cause.now}, rows);
    return append(std::string(events::kPluginData) + "/" + id, cause, events::encode(changed), std::move(rows));
  }

  /// What a crash between two steps of an installation or a removal left.
  void drop_remains() {
    std::set<std::string> used;
    for (const auto& row : entries.all()) used.insert(row.entry.package);
    for (const auto& [digest, name] : projections::package_names(house.store))
      if (!used.contains(digest))
        if (auto dropped = drop_package(digest, name, by_the_house()); !dropped)
          spdlog::error("a package of nobody's stays: {}", dropped.error().message);
    for (const auto& id : projections::plugins_with_data(house.store))
      if (!entries.entry(id))
        if (auto forgotten = forget_data(id, by_the_house()); !forgotten)
          spdlog::error("what a removed plugin kept stays: {}", forgotten.error().message);
  }

  Expected<PluginRecord> install(const std::string& zip, bool replace, const Cause& cause) {
    const auto package = plugins::read_package(zip);
    if (!package) return tl::unexpected(package.error());
    const auto there = entries.named(package->name);
    if (there && !replace) return fail(Errc::conflict, "there is a plugin " + package->name + " already", "name");
    if (!there && entries.count() >= defaults::kMaxPlugins)
      return fail(Errc::conflict, "there are " + std::to_string(defaults::kMaxPlugins) + " plugins, which is the most",
                  "name");
    const Json config = there ? there->entry.config : Json::object();
    if (there)
      if (auto ok = plugins::check_config(package->schema, config); !ok)
        return fail(Errc::conflict, "what is set is nothing for the new package: " + ok.error().message, "config");
    const auto commands = tried(*package, config);
    if (!commands) return tl::unexpected(commands.error());
    const std::string digest = plugins::digest_of(*package);
    if (auto ok = store_package(digest, *package, cause); !ok) return tl::unexpected(ok.error());
    if (!there) return add(*package, digest, *commands, cause);
    if (auto ok = change_entry(there->id, cause,
                               {{"version", package->version},
                                {"description", package->description},
                                {"author", package->author},
                                {"package", digest},
                                {"commands", *commands}});
        !ok)
      return tl::unexpected(ok.error());
    if (there->entry.package != digest)
      if (auto ok = drop_package(there->entry.package, package->name, cause); !ok) return tl::unexpected(ok.error());
    return reconciled(there->id);
  }

  Expected<PluginRecord> add(const Package& package, const std::string& digest,
                             const std::vector<std::string>& commands, const Cause& cause) {
    Plugin entry;
    entry.name = package.name;
    entry.version = package.version;
    entry.description = package.description;
    entry.author = package.author;
    entry.package = digest;
    entry.commands = commands;
    const auto added = wait_for<RecordPtr>(
        [&](RecordAnswer answer) { house.catalogue.add<Plugin>(std::move(entry), cause, std::move(answer)); });
    if (!added) return tl::unexpected(added.error());
    return record_of(*entries.entry((*added)->id()), true);
  }

  Expected<PluginRecord> remove(const Row& row, const Cause& cause) {
    const auto record = record_of(row, true);
    const auto removed = wait_for<RecordPtr>(
        [&](RecordAnswer answer) { house.catalogue.ask<Plugin>(row.id, RemoveEntry{}, cause, std::move(answer)); });
    if (!removed) return tl::unexpected(removed.error());
    if (const auto plugin = running_as(row.id)) retire(plugin);
    if (auto ok = forget_data(row.id, cause); !ok) return tl::unexpected(ok.error());
    if (auto ok = drop_package(row.entry.package, row.entry.name, cause); !ok) return tl::unexpected(ok.error());
    return record;
  }

  // Reads

  PluginRecord record_of(const Row& row, bool with_schema) const {
    PluginRecord record;
    record.id = row.id;
    record.name = row.entry.name;
    record.version = row.entry.version;
    record.description = row.entry.description;
    record.author = row.entry.author;
    record.enabled = row.entry.enabled;
    record.official = row.entry.official;
    record.commands = row.entry.commands;
    record.last_error = row.entry.last_error;
    record.config = row.entry.config;
    record.created_at = row.created_at;
    record.updated_at = row.updated_at;
    if (with_schema)
      if (const auto package = package_of(row)) record.schema = package->schema;
    if (const auto plugin = running_as(row.id)) {
      const PluginStanding& standing = *plugin->standing;
      if (auto error = standing.error(); !error.empty()) record.last_error = std::move(error);
      record.messages = standing.messages;
      record.handled = standing.handled;
      record.commands_run = standing.commands;
      record.tools_run = standing.tools;
      record.failures = standing.failures;
      record.missed = standing.missed;
      record.busy_us = standing.busy_us;
      record.memory_bytes = standing.memory_bytes;
    }
    return record;
  }

  // Messages

  /// A message on its way through those that listen.
  struct Hearing {
    std::shared_ptr<const std::vector<RunningPtr>> plugins;
    std::shared_ptr<const Json> message;
    std::function<void(std::optional<Handled>)> then;
    std::size_t next = 0;
  };

  static void hear_on(const std::shared_ptr<Hearing>& hearing) {
    while (hearing->next < hearing->plugins->size() && !(*hearing->plugins)[hearing->next]->listens) ++hearing->next;
    if (hearing->next == hearing->plugins->size()) return hearing->then(std::nullopt);
    const RunningPtr& plugin = (*hearing->plugins)[hearing->next++];
    plugin->ask(plugins::HearMessage{hearing->message}, [hearing, plugin](Expected<PluginOutcome> outcome) {
      if (!outcome && outcome.error().code == Errc::overloaded) ++plugin->standing->missed;
      if (outcome && outcome->reply.handled)
        return hearing->then(Handled{plugin->name, std::move(outcome->reply.text)});
      hear_on(hearing);
    });
  }
};

Plugins::Plugins(House house) : impl_(std::make_unique<Impl>(std::move(house))) {
  // Who changes an entry elsewhere is followed as well, a moment later.
  impl_->house.catalogue.follow<Plugin>([impl = impl_.get()](const std::string& id) {
    impl->keeper.post([impl, id] {
      if (!impl->ending) impl->reconcile(id);
    });
  });
}

Plugins::~Plugins() { stop(); }

void Plugins::start() {
  impl_->drop_remains();
  auto started = std::make_shared<std::promise<void>>();
  const bool taken = impl_->keeper.post([impl = impl_.get(), started] {
    for (const auto& row : impl->entries.all())
      if (row.entry.enabled) impl->reconcile(row.id);
    started->set_value();
  });
  if (taken) started->get_future().wait();
}

void Plugins::stop() {
  if (impl_->ending.exchange(true)) return;
  impl_->keeper.stop(Worker::Queued::finish);
  const auto running = impl_->now_running();
  for (const auto& plugin : *running) impl_->retire(plugin);
}

void Plugins::install(std::string zip, bool replace, Cause cause, Answer answer) {
  impl_->change(std::move(answer), [impl = impl_.get(), zip = std::move(zip), replace, cause = std::move(cause)] {
    return impl->install(zip, replace, cause);
  });
}

void Plugins::enable(std::string name, Cause cause, Answer answer) {
  impl_->change_named(name, std::move(answer), [impl = impl_.get(), cause](const Row& row) -> Expected<PluginRecord> {
    if (auto ok = impl->change_entry(row.id, cause, {{"enabled", true}, {"last_error", ""}}); !ok)
      return tl::unexpected(ok.error());
    return impl->reconciled(row.id);
  });
}

void Plugins::disable(std::string name, Cause cause, Answer answer) {
  impl_->change_named(name, std::move(answer), [impl = impl_.get(), cause](const Row& row) -> Expected<PluginRecord> {
    if (auto ok = impl->change_entry(row.id, cause, {{"enabled", false}}); !ok) return tl::unexpected(ok.error());
    return impl->reconciled(row.id);
  });
}

void Plugins::reload(std::string name, Cause, Answer answer) {
  impl_->change_named(name, std::move(answer), [impl = impl_.get()](const Row& row) -> Expected<PluginRecord> {
    if (row.entry.enabled) return impl->reconciled(row.id, true);
    const auto package = impl->package_of(row);
    if (!package) return tl::unexpected(package.error());
    if (const auto commands = Impl::tried(*package, row.entry.config); !commands)
      return fail(Errc::conflict, "the plugin " + row.entry.name + " does not start: " + commands.error().message);
    return impl->record_of(row, true);
  });
}

void Plugins::remove(std::string name, Cause cause, Answer answer) {
  impl_->change_named(name, std::move(answer),
                      [impl = impl_.get(), cause](const Row& row) { return impl->remove(row, cause); });
}

void Plugins::configure(std::string name, Json config, Cause cause, Answer answer) {
  impl_->change_named(
      name, std::move(answer),
      [impl = impl_.get(), config = std::move(config), cause](const Row& row) -> Expected<PluginRecord> {
        const auto package = impl->package_of(row);
        if (!package) return tl::unexpected(package.error());
        if (auto ok = plugins::check_config(package->schema, config); !ok) return tl::unexpected(ok.error());
        if (auto ok = impl->change_entry(row.id, cause, {{"config", config}}); !ok) return tl::unexpected(ok.error());
        return impl->reconciled(row.id);
      });
}

void Plugins::forget(events::AccountId contact) {
  const auto running = impl_->now_running();
  for (const auto& plugin : *running)
    plugin->demand(plugins::ForgetContact{contact}, [](const Expected<PluginOutcome>&) {});
}

void Plugins::tick(Micros now) {
  const auto running = impl_->now_running();
  for (const auto& plugin : *running) {
    const auto standing = plugin->standing;
    const Micros next = standing->next_timer;
    if (next == 0 || next > now || standing->timers_are_due.exchange(true)) continue;
    plugin->ask(plugins::RunTimers{}, [standing](const Expected<PluginOutcome>&) { standing->timers_are_due = false; });
  }
}

std::optional<PluginRecord> Plugins::find(const std::string& name) const {
  const auto row = impl_->entries.named(name);
  return row ? std::optional(impl_->record_of(*row, true)) : std::nullopt;
}

std::vector<PluginRecord> Plugins::all() const {
  std::vector<PluginRecord> records;
  for (const auto& row : impl_->entries.all()) records.push_back(impl_->record_of(row, false));
  return records;
}

void Plugins::hear(const Incoming& message, std::function<void(std::optional<Handled>)> then) {
  auto running = impl_->now_running();
  if (std::none_of(running->begin(), running->end(), [](const RunningPtr& plugin) { return plugin->listens; }))
    return then(std::nullopt);
  auto hearing = std::make_shared<Impl::Hearing>();
  hearing->plugins = std::move(running);
  hearing->message = std::make_shared<const Json>(as_json(message));
  hearing->then = std::move(then);
  Impl::hear_on(hearing);
}

std::vector<PluginTool> Plugins::tools() const {
  std::vector<PluginTool> tools;
  const auto running = impl_->now_running();
  for (const auto& plugin : *running)
    for (const auto& tool : plugin->tools)
      tools.push_back({plugin->name, tool.name, tool.description, tool.parameters});
  return tools;
}

void Plugins::run_tool(const std::string& plugin, const std::string& tool, Json arguments,
                       std::function<void(Expected<Json>)> answer) {
  // A list in it may be no longer than a table of the plugin's, or the plugin would be stopped for who called it.
  if (auto ok = check_json_size("arguments", arguments, defaults::kMaxPluginArgumentBytes); !ok)
    return answer(tl::unexpected(ok.error()));
  const auto running = impl_->now_running();
  const auto at = std::find_if(running->begin(), running->end(), [&](const auto& r) { return r->name == plugin; });
  if (at == running->end()) return answer(fail(Errc::not_found, "there is no enabled plugin " + plugin));
  (*at)->ask(plugins::RunTool{tool, std::move(arguments)},
             [answer = std::move(answer)](Expected<PluginOutcome> outcome) {
               if (!outcome) return answer(tl::unexpected(outcome.error()));
               answer(std::move(outcome->result));
             });
}

void Plugins::on_tools_changed(std::function<void()> changed) { impl_->tools_changed = std::move(changed); }

}  // namespace troupe::actors
