// The actor of one enabled plugin: it owns the plugin's Lua state and what it keeps, and runs one call after the other.
#pragma once

#include <spdlog/spdlog.h>

#include <atomic>
#include <caf/all.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <variant>

#include "actors/ask.hpp"
#include "actors/handover.hpp"
#include "actors/plugins/config_schema.hpp"
#include "actors/plugins/script.hpp"
#include "events/plugin.hpp"
#include "projections/contact_queries.hpp"
#include "projections/plugin_queries.hpp"
#include "projections/projection.hpp"
#include "storage/store.hpp"

namespace troupe::actors::plugins {

/// Runs the package anew; what was running before is ended first.
struct StartScript {
  Package package;
  Json config = Json::object();  ///< as it was set
};
struct StopScript {};  ///< ends the actor as well
struct HearMessage {
  std::shared_ptr<const Json> message;
};
struct RunCommand {
  std::string name;
  Json call;
};
struct RunTool {
  std::string name;
  Json arguments;
};
struct RunTimers {};  ///< those that are due
struct ForgetContact {
  events::AccountId contact = 0;
};
struct NoteStored {  ///< from the journal's answer
  std::uint64_t number = 0;
  Expected<void> result;
};

/// What a call came to: the fields that it is about.
struct PluginOutcome {
  ScriptReply reply;
  Json result;
  bool listens = false;
  std::vector<ScriptCommand> commands;
  std::vector<ScriptTool> tools;
};

struct PluginAsk {
  std::variant<StartScript, StopScript, HearMessage, RunCommand, RunTool, RunTimers, ForgetContact, NoteStored> what;
  std::function<void(Expected<PluginOutcome>)> answer;  ///< called once, on any thread, also when the actor has ended

  PluginAsk(decltype(what) what_in, std::function<void(Expected<PluginOutcome>)> answer_in)
      : what(std::move(what_in)), answer(std::move(answer_in)) {}
  PluginAsk(const PluginAsk&) = delete;
  ~PluginAsk() {
    if (answer) answer(fail(Errc::cancelled, "the plugin was stopped"));
  }
};
using PluginAskPtr = std::shared_ptr<PluginAsk>;

/// What is known of a running plugin. Thread-safe.
struct PluginStanding {
  std::atomic<std::size_t> waiting{0};  ///< calls
  std::atomic<std::uint64_t> messages{0}, handled{0}, commands{0}, tools{0}, failures{0}, missed{0};
  std::atomic<std::uint64_t> busy_us{0};
  std::atomic<std::size_t> memory_bytes{0};
  std::atomic<Micros> next_timer{0};        ///< 0: it has none
  std::atomic<bool> timers_are_due{false};  ///< it has been asked to run them

  void note(std::string error) {
    const std::lock_guard lock(mutex);
    last_error = std::move(error);
  }
  std::string error() const {
    const std::lock_guard lock(mutex);
    return last_error;
  }

 private:
  mutable std::mutex mutex;
  std::string last_error;
};

class PluginActor : public caf::event_based_actor {
 public:
  struct Links {
    storage::Store& store;
    std::function<void(ScriptTarget, std::string)> send;
    /// The plugin has gone too far and runs no more.
    std::function<void(const std::string& reason)> failed;
  };

  PluginActor(caf::actor_config& config, std::string id, std::string name, std::shared_ptr<PluginStanding> standing,
              Links links)
      : caf::event_based_actor(config),
        id_(std::move(id)),
        name_(std::move(name)),
        standing_(std::move(standing)),
        links_(std::move(links)) {
    tsan::hand_over(this);
  }
  ~PluginActor() override { tsan::take_over(this); }

  caf::behavior make_behavior() override {
    return {[this](const PluginAskPtr& ask) {
      const tsan::Turn turn(this);
      tsan::take_over(ask.get());
      receive(*ask);
      --standing_->waiting;
    }};
  }

  const char* name() const override { return "plugin"; }

 private:
  using Result = Expected<PluginOutcome>;

  void receive(PluginAsk& ask) {
    if (const auto* stored = std::get_if<NoteStored>(&ask.what)) return note(*stored);
    auto answer = std::exchange(ask.answer, nullptr);
    const auto began = std::chrono::steady_clock::now();
    Result result = std::visit([this](const auto& what) { return on(what); }, ask.what);
    const auto took = std::chrono::steady_clock::now() - began;
    standing_->busy_us +=
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    standing_->memory_bytes = script_ ? script_->memory_used() : 0;
    standing_->next_timer = script_ ? script_->next_timer().value_or(0) : 0;
    store_changes([result = std::move(result), answer = std::move(answer)](const Expected<void>& stored) {
      if (answer) answer(stored ? result : Result(tl::unexpected(stored.error())));
    });
    ending_ = ending_ || std::holds_alternative<StopScript>(ask.what);
    if (ending_ && unstored_.empty()) quit();
  }

  // Starting and stopping

  Result on(const StartScript& start) {
    end_script();
    failures_in_a_row_ = 0;
    if (!data_) {
      auto kept = read_data();
      if (!kept) return tl::unexpected(kept.error());
      data_ = std::make_unique<PluginData>(std::move(*kept));
    }
    ScriptLinks links{[name = name_](std::string_view level, std::string_view text) {
                        const auto at = level == "debug"   ? spdlog::level::debug
                                        : level == "warn"  ? spdlog::level::warn
                                        : level == "error" ? spdlog::level::err
                                                           : spdlog::level::info;
                        spdlog::log(at, "plugin {}: {}", name, text);
                      },
                      links_.send,
                      [contacts = projections::ContactQueries(links_.store)](const ScriptTarget& who) {
                        return contacts.find(who.platform, who.in_group, who.to);
                      }};
    auto script = Script::load(start.package, with_defaults(start.package.schema, start.config), *data_, links);
    if (!script) return refuse(script.error());
    script_ = std::move(*script);
    for (const char* hook : {"on_load", "on_enable"})
      if (auto ran = script_->run_hook(hook); !ran) {
        script_ = nullptr;
        return refuse(ran.error());
      }
    script_->close_registration();
    standing_->note({});
    PluginOutcome outcome;
    outcome.listens = script_->listens();
    outcome.commands = script_->commands();
    outcome.tools = script_->tools();
    return outcome;
  }

  Result on(const StopScript&) {
    end_script();
    return PluginOutcome{};
  }

  void end_script() {
    if (!script_) return;
    for (const char* hook : {"on_disable", "on_unload"})
      if (auto ran = script_->run_hook(hook); !ran) {
        refuse(ran.error());
        if (ran.error().code != Errc::upstream_failed) break;  // the state is of no use any more
      }
    script_ = nullptr;
  }

  // Calls

  Result on(const HearMessage& hear) {
    return call([&]() -> Result {
      ++standing_->messages;
      auto reply = script_->on_message(*hear.message);
      if (!reply) return tl::unexpected(reply.error());
      if (reply->handled) ++standing_->handled;
      PluginOutcome outcome;
      outcome.reply = std::move(*reply);
      return outcome;
    });
  }

  Result on(const RunCommand& run) {
    return call([&]() -> Result {
      ++standing_->commands;
      auto text = script_->run_command(run.name, run.call);
      if (!text) return tl::unexpected(text.error());
      PluginOutcome outcome;
      outcome.reply = {true, std::move(*text)};
      return outcome;
    });
  }

  Result on(const RunTool& run) {
    return call([&]() -> Result {
      ++standing_->tools;
      auto result = script_->run_tool(run.name, run.arguments);
      if (!result) return tl::unexpected(result.error());
      PluginOutcome outcome;
      outcome.result = std::move(*result);
      return outcome;
    });
  }

  Result on(const RunTimers&) {
    const Micros now = now_micros();
    // One that is due again by now waits for the next turn: messages come in between.
    for (std::size_t i = 0; script_ && i < defaults::kMaxPluginTimers; ++i) {
      const auto next = script_->next_timer();
      if (!next || *next > now) break;
      const auto ran = call([&]() -> Result {
        if (auto done = script_->run_timer(now); !done) return tl::unexpected(done.error());
        return PluginOutcome{};
      });
      if (!ran && !script_) return ran;
    }
    return PluginOutcome{};
  }

  Result on(const ForgetContact& forget) {
    if (data_) data_->forget(forget.contact);
    return PluginOutcome{};
  }

  Result on(const NoteStored&) { return PluginOutcome{}; }

  Result call(const std::function<Result()>& run) {
    if (!script_) return fail(Errc::conflict, "the plugin " + name_ + " is stopped");
    auto result = run();
    if (result || result.error().code == Errc::not_found) {
      failures_in_a_row_ = 0;
      return result;
    }
    ++standing_->failures;
    const Error error = result.error();
    const bool past_limit = error.code != Errc::upstream_failed;
    if (past_limit || ++failures_in_a_row_ >= defaults::kMaxPluginFailures) {
      if (past_limit)
        script_ = nullptr;
      else
        end_script();
      links_.failed(error.message);
    }
    return refuse(error);
  }

  Result refuse(const Error& error) {
    standing_->note(error.message);
    spdlog::warn("plugin {}: {}", name_, error.message);
    return tl::unexpected(error);
  }

  // What it keeps

  Expected<std::map<PluginKey, Json>> read_data() {
    std::map<PluginKey, Json> kept;
    for (const auto& [digest, sealed] : projections::plugin_data(links_.store, id_)) {
      const auto contact = contact_of(sealed);
      const auto text = unsealed(sealed);
      if (!text && contact != 0) {  // it is forgotten
        unreadable_.push_back(digest);
        continue;
      }
      if (!text) return tl::unexpected(text.error());
      const Json pair = Json::parse(*text, nullptr, false);
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string())
        return fail(Errc::corrupt, "what the plugin " + name_ + " keeps does not decode");
      kept.emplace(PluginKey{contact, pair[0].get<std::string>()}, pair[1]);
    }
    return kept;
  }

  // What is kept of a contact is sealed under its key and begins with its number and a colon, which base64 has not.

  static events::AccountId contact_of(const std::string& sealed) {
    return sealed.find(':') == sealed.npos ? 0 : std::atoll(sealed.c_str());
  }
  Expected<std::string> unsealed(const std::string& sealed) const {
    const auto& secrets = links_.store.secrets();
    const auto contact = contact_of(sealed);
    return contact == 0 ? secrets.unseal(sealed) : secrets.unseal_for(contact, sealed.substr(sealed.find(':') + 1));
  }
  Expected<std::string> sealed(const PluginKey& key, const Json& value) const {
    const auto& secrets = links_.store.secrets();
    const std::string pair = json_text(Json{key.name, value});
    if (key.contact == 0) return secrets.seal(pair);
    auto text = secrets.seal_for(key.contact, pair);
    if (text) text->insert(0, std::to_string(key.contact) + ":");
    return text;
  }
  std::string digest_of(const PluginKey& key) const {
    const std::string of = key.contact == 0 ? std::string() : std::to_string(key.contact) + "\n";
    return links_.store.secrets().keyed_digest((of.empty() ? "plugin_data/" : "plugin_data_of/") + of + key.name);
  }

  /// `then` comes when all that was set so far is durable, and in the order of the calls, so that one message does not
  /// overtake another here. What the journal did not take is tried again with the next change.
  void store_changes(std::function<void(Expected<void>)> then) {
    const auto changes = data_ ? data_->take_changes() : std::map<PluginKey, Json>();
    if (changes.empty() && unreadable_.empty() && unstored_.empty()) return then({});
    const Cause cause{"plugin/" + id_, {}, now_micros(), {}};
    storage::Append append = append_to(std::string(events::kPluginData) + "/" + id_, cause);
    Unstored unstored;
    unstored.then = std::move(then);
    events::PluginDataChanged changed;
    changed.erased = std::exchange(unreadable_, {});
    for (const auto& [key, value] : changes) {
      unstored.keys.push_back(key);
      auto text = value.is_null() ? Expected<std::string>() : sealed(key, value);
      if (value.is_null() || !text)  // or the contact was forgotten meanwhile
        changed.erased.push_back(digest_of(key));
      else
        changed.sealed.emplace(digest_of(key), std::move(*text));
    }
    if (!changed.erased.empty() || !changed.sealed.empty()) {  // else it is a barrier
      append.events.push_back(events::encode(changed));
      projections::project(events::PluginDataEvent(std::move(changed)), {id_, cause.now}, append.rows);
    }
    const std::uint64_t number = ++last_append_;
    unstored_.emplace(number, std::move(unstored));
    // The journal's thread only passes the answer on. It must not be the last that holds an actor, of this plugin or of
    // one that `then` leads to: CAF would leave its logger there, and wait for it when the house ends.
    links_.store.append(std::move(append), [self = caf::actor(this), standing = standing_,
                                            number](const Expected<storage::RecordPtr>& result) mutable {
      ++standing->waiting;
      Expected<void> stored;
      if (!result) stored = tl::unexpected(result.error());
      auto answer = std::make_shared<PluginAsk>(NoteStored{number, std::move(stored)}, nullptr);
      tsan::hand_over(answer.get());
      caf::anon_send(self, std::move(answer));
      self = nullptr;
    });
  }

  void note(const NoteStored& stored) {
    const auto at = unstored_.find(stored.number);
    const Unstored unstored = std::move(at->second);
    unstored_.erase(at);
    if (!stored.result && data_) data_->store_again(unstored.keys);
    unstored.then(stored.result);
    if (ending_ && unstored_.empty()) quit();
  }

  /// Changes that the journal has not answered for yet, and what comes then.
  struct Unstored {
    std::vector<PluginKey> keys;
    std::function<void(Expected<void>)> then;
  };

  const std::string id_, name_;
  const std::shared_ptr<PluginStanding> standing_;
  const Links links_;
  std::unique_ptr<PluginData> data_;
  std::unique_ptr<Script> script_;
  std::vector<std::string> unreadable_;  ///< digests of what was kept of contacts that are forgotten
  std::size_t failures_in_a_row_ = 0;
  std::map<std::uint64_t, Unstored> unstored_;  ///< by the number of the append
  std::uint64_t last_append_ = 0;
  bool ending_ = false;
};

}  // namespace troupe::actors::plugins
