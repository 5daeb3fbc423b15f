#include "actors/system.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <deque>
#include <future>
#include <limits>
#include <thread>

#include "actors/at_end.hpp"
#include "actors/base_url.hpp"
#include "actors/builtin_commands.hpp"
#include "actors/contact.hpp"
#include "actors/entity.hpp"
#include "actors/heartbeats.hpp"
#include "actors/llm/configured_providers.hpp"
#include "actors/memory/extraction.hpp"
#include "actors/memory/memory_commands.hpp"
#include "actors/memory/memory_tools.hpp"
#include "actors/platforms/platform_type.hpp"
#include "actors/plugins/tools_of_plugins.hpp"
#include "actors/poller.hpp"
#include "actors/reset_mails.hpp"
#include "actors/tools/custom_tools.hpp"
#include "actors/tools/house_tools.hpp"
#include "actors/worker.hpp"
#include "projections/contact_queries.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::AccountDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::BotDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CommandDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::SessionDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::ContactDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::MemoryDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::FileDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::GroupDecider>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::BackupDecider>)

namespace troupe::actors {
namespace {

using storage::RecordPtr;

/// Registrations and creations that may meet a taken number or name before we give up.
constexpr int kMaxNamings = 5;
constexpr auto kTick = std::chrono::seconds(1);

struct Configuration : caf::actor_system_config {
  explicit Configuration(const SystemOptions& options) {
    set("scheduler.policy", caf::atom("sharing"));  // measured: a third of the latency of stealing, and idle when idle
    set("scheduler.max-threads", options.threads);
    set("scheduler.max-throughput", defaults::kMaxThroughputPerTurn);
  }
};

bool is_taken_id(const Expected<RecordPtr>& result) {
  return !result && result.error().code == Errc::conflict &&
         (result.error().field == "id" || result.error().field == "version");
}

}  // namespace

struct System::Impl {
  storage::Store& store;
  const Secrets& secrets;
  SystemOptions options;
  projections::Queries queries;
  Heartbeats heartbeats;
  WaitingPolls waiting_polls;
  std::atomic<AccountId> last_account;
  std::atomic<std::uint64_t> last_command;

  Configuration configuration;
  caf::actor_system caf_system;
  Directory<AccountDecider> accounts;
  Directory<BotDecider> bots;
  Directory<CommandDecider> commands;
  Directory<SessionDecider> sessions;
  Directory<ContactDecider> contacts;
  Directory<BackupDecider> backup_entities;
  Directory<FileDecider> file_entities;
  Directory<GroupDecider> group_entities;
  Directory<MemoryDecider> memory_entities;
  std::vector<AnyDirectory*> directories{&accounts,        &bots,          &commands,       &sessions,       &contacts,
                                         &backup_entities, &file_entities, &group_entities, &memory_entities};
  Worker passwords, reads, caretaker, mailer, questions, hearing, indexing, archivist, tool_work, custom_work;
  Worker remembering, recalling;
  Worker file_writes, file_reads;
  struct Inspections {
    explicit Inspections(caf::actor_system& system) : worker(system, defaults::kMaxQueuedInspections) {}
    Worker worker;
    std::atomic<std::size_t> under_way{0};
  };
  std::array<std::unique_ptr<Inspections>, defaults::kInspectionThreads> inspections;
  llm::Models models;
  llm::ConfiguredProviders configured_providers;
  Catalogue catalogue;
  Completions completions;
  Files files;
  Groups groups;
  Tools tools;
  Mcp mcp;
  Memories memories;
  Extraction extraction;
  CustomTools custom_tools;
  Conversations conversations;
  Commands bot_commands;
  Talks talks;
  Platforms platforms;
  Plugins plugins;
  plugins::ToolsOfPlugins tools_of_plugins{plugins, tools};
  Search search;
  ResetMails reset_mails;
  Backups backups;
  std::atomic<bool> mails_posted{false};
  std::atomic<bool> ending{false};
  std::atomic<bool> has_memory{false};
  std::atomic<bool> administrator_leaving{false};
  caf::actor ticker;
  Micros last_sweep = 0;

  Impl(storage::Store& store_in, const Secrets& secrets_in, SystemOptions options_in)
      : store(store_in),
        secrets(secrets_in),
        options(std::move(options_in)),
        queries(store),
        last_account(queries.last_account_id()),
        last_command(queries.last_command_number()),
        configuration(options),
        caf_system(configuration),
        accounts(caf_system, store),
        bots(caf_system, store),
        commands(caf_system, store),
        sessions(caf_system, store),
        contacts(caf_system, store),
        backup_entities(caf_system, store),
        file_entities(caf_system, store),
        group_entities(caf_system, store),
        memory_entities(caf_system, store),
        passwords(caf_system, defaults::kMaxQueuedPasswords),
        reads(caf_system, defaults::kMaxQueuedReads),
        caretaker(caf_system, defaults::kMaxQueuedDeletions),
        mailer(caf_system, 1),
        questions(caf_system, defaults::kMaxQueuedQuestions),
        hearing(caf_system, defaults::kMaxQueuedIncoming),
        indexing(caf_system, defaults::kMaxQueuedSearches),
        archivist(caf_system, defaults::kMaxQueuedBackupJobs),
        tool_work(caf_system, defaults::kMaxQueuedToolWork),
        custom_work(caf_system, defaults::kMaxQueuedCustomCalls),
        remembering(caf_system, defaults::kMaxQueuedMemories),
        recalling(caf_system, defaults::kMaxQueuedMemories),
        file_writes(caf_system, defaults::kMaxQueuedFilePieces),
        file_reads(caf_system, defaults::kMaxQueuedFilePieces),
        models(options.models),
        configured_providers(store, secrets, models, options.models.providers,
                             options.allow_local_providers ? Reach::everywhere : Reach::public_only),
        catalogue(caf_system, store, [this](std::function<void()> work) { return reads.post(std::move(work)); }),
        completions(store, models),
        files(store, secrets, options.files,
              [this](const FileId& id, FileDecider::Command command, Cause cause, RecordAnswer answer) {
                file_entities.ask(id, std::move(command), std::move(cause), std::move(answer));
              },
              {[this](std::function<void()> work) { return file_writes.post(std::move(work)); },
               [this](std::function<void()> work) { return file_reads.post(std::move(work)); },
               [this](std::function<void()> work) { return inspect_elsewhere(std::move(work)); }}),
        groups(store, secrets,
               [this](AccountId id, GroupDecider::Command command, Cause cause, RecordAnswer answer) {
                 group_entities.ask(std::to_string(id), std::move(command), std::move(cause), std::move(answer));
               }),
        tools(store, [this](std::function<void()> work) { return tool_work.post(std::move(work)); }),
        mcp(store, secrets, tools,
            {options.mcp_commands, options.allow_local_providers ? Reach::everywhere : Reach::public_only}),
        memories({store, secrets, models,
                  [this](AccountId subject, MemoryDecider::Command command, Cause cause, RecordAnswer answer) {
                    memory_entities.ask(std::to_string(subject), std::move(command), std::move(cause),
                                        std::move(answer));
                  },
                  [this] { return ++last_account; },
                  [this](std::function<void()> work) { return remembering.post(std::move(work)); },
                  [this](std::function<void()> work) { return recalling.post(std::move(work)); }}),
        extraction({store, secrets, completions, memories,
                    [this](std::function<void()> work) { return recalling.post(std::move(work)); },
                    [this](AccountId group, llm::ChatRequest& request) { groups.take_own_provider(group, request); }}),
        custom_tools(store, tools, [this](std::function<void()> work) { return custom_work.post(std::move(work)); }),
        conversations(
            store, secrets, files, models, tools,
            [this](SessionId id, SessionDecider::Command command, Cause cause, RecordAnswer answer) {
              sessions.ask(std::to_string(id), std::move(command), std::move(cause),
                           [this, answer = std::move(answer)](Expected<RecordPtr> result) {
                             if (result) follow_deletion_of_members(**result);
                             answer(std::move(result));
                           });
            },
            [this](std::function<void()> work) { return questions.post(std::move(work)); }),
        talks({store, secrets, conversations, bot_commands, groups,
               [this](MeetContact contact, Cause cause, RecordAnswer answer) {
                 meet_contact(std::move(contact), std::move(cause), std::move(answer), 0);
               },
               [this](std::function<void()> work) { return hearing.post(std::move(work)); }}),
        platforms({store, secrets, talks, options.allow_local_providers ? Reach::everywhere : Reach::public_only,
                   options.platform_retry}),
        plugins({caf_system, store, catalogue, bot_commands,
                 [this](Announcement text, std::function<void(Expected<void>)> said) {
                   talks.announce(std::move(text), std::move(said));
                 }}),
        search(store, secrets, files, models,
               [this](std::function<void()> work) { return indexing.post(std::move(work)); }),
        reset_mails(store, secrets, options.mail,
                    [this](AccountId id, AccountDecider::Command command) {
                      return wait_for([&](RecordAnswer answer) {
                        accounts.ask(std::to_string(id), std::move(command), by_the_house(), std::move(answer));
                      });
                    }),
        backups(
            store, secrets, options.max_backups,
            [this](const std::string& id, BackupDecider::Command command, Cause cause, RecordAnswer answer) {
              backup_entities.ask(id, std::move(command), std::move(cause), std::move(answer));
            },
            [this](std::function<void()> work) { return archivist.post(std::move(work)); }) {
    wire_catalogue();
    offer_builtin_commands(bot_commands, store, memory_commands(memories, store));
    conversations.recall_by([this](Recall recall, std::function<void(std::string)> then) {
      has_memory ? memories.recall(std::move(recall), std::move(then)) : then({});
    });
    use_memory();
    catalogue.follow<events::BotSettings>([this](const std::string&) {
      use_memory();
      extraction.refresh();
    });
    talks.send_by([this](Outgoing answer, SendAnswer sent) { platforms.send(std::move(answer), std::move(sent)); });
    tools.offer(std::string(kBuiltIn), house_tools(store, secrets, [this](Outgoing message, SendAnswer answer) {
                  talks.say(std::move(message), std::move(answer));
                }));
    tools.heed([this](const events::ToolRules& house, AccountId group) { return groups.tools_for(house, group); });
    conversations.tailor_by([this](AccountId group, llm::ChatRequest& request) { groups.tailor(group, request); });
    custom_tools.refresh();
    tools.settle_interrupted();
    for (auto& thread : inspections) thread = std::make_unique<Inspections>(caf_system);
    backups.settle_interrupted();
    const Micros now = now_micros();
    queries.each_bot([&](const projections::BotRow& bot) {
      if (bot.status == "online") heartbeats.watch(bot.id, now);
    });
    caretaker.post([this, last = last_account.load()] { finish_deletions(last); });
    caretaker.post([this] { files.remove_unknown(); });
    talks.settle_interrupted();
    talks.listen_by([this](const Incoming& message, std::function<void(std::optional<Handled>)> then) {
      plugins.hear(message, std::move(then));
    });
    plugins.on_tools_changed([this] { tools_of_plugins.refresh(); });
    plugins.start();
    work_off_mails();
    search.tick();
    ticker = caf_system.spawn<caf::detached>([this](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, kTick, tick_atom::value);
      return {
          [this, self](tick_atom) {
            tick(now_micros());
            self->delayed_send(self, kTick, tick_atom::value);
          },
          [self](passivate_atom) { self->quit(); },
      };
    });
  }

  ~Impl() {
    // First those who ask on their own account, then those who are asked.
    caf::anon_send(ticker, passivate_atom::value);
    caf::scoped_actor(caf_system)->wait_for(ticker);
    ticker = nullptr;
    ending = true;
    reset_mails.stop();
    waiting_polls.give_up_all();
    while (waiting_polls.running() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // Nobody waits for reads and passwords any more; deletions and mails that are open are taken up at the next start.
    platforms.stop();
    talks.stop();
    conversations.stop();
    extraction.stop();
    memories.stop();
    tools.stop();
    mcp.stop();
    files.stop();
    search.stop();
    models.stop();
    tool_work.stop(Worker::Queued::drop);
    custom_work.stop(Worker::Queued::drop);
    questions.stop(Worker::Queued::drop);
    hearing.stop(Worker::Queued::finish);
    plugins.stop();
    recalling.stop(Worker::Queued::drop);
    indexing.stop(Worker::Queued::drop);
    backups.stop();
    archivist.stop(Worker::Queued::drop);
    reads.stop(Worker::Queued::drop);
    passwords.stop(Worker::Queued::drop);
    file_reads.stop(Worker::Queued::drop);
    file_writes.stop(Worker::Queued::finish);
    for (auto& thread : inspections) thread->worker.stop(Worker::Queued::finish);
    mailer.stop(Worker::Queued::finish);
    caretaker.stop(Worker::Queued::finish);
    remembering.stop(Worker::Queued::finish);  // after those who wait for it
    // What was asked is still answered; the journal answers everything, so this ends.
    const auto is_awake = [](const AnyDirectory* directory) { return directory->awake() > 0; };
    while (std::any_of(directories.begin(), directories.end(), is_awake)) {
      passivate(std::numeric_limits<Micros>::max());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    caf_system.await_all_actors_done();
  }

  void passivate(Micros idle_since) {
    for (AnyDirectory* directory : directories) directory->passivate(idle_since);
  }

  bool is_administrator(AccountId id) const {
    const auto row = queries.account(id);
    return row && row->active && row->role == "admin";
  }

  /// Where a command that may take an administrator away wants to know whether another is there.
  static bool* administrator_left_by(AccountDecider::Command& command) {
    if (auto* c = std::get_if<ChangeRole>(&command)) return &c->another_administrator;
    if (auto* c = std::get_if<ChangeUser>(&command)) return &c->role.another_administrator;
    if (auto* c = std::get_if<ChangeActive>(&command)) return &c->another_administrator;
    if (auto* c = std::get_if<DeleteAccount>(&command)) return &c->another_administrator;
    return nullptr;
  }

  /// Only where there is a memory: a model that is told of tools will try them.
  void use_memory() {
    has_memory = memories.enabled();
    if (has_memory)
      tools.offer(std::string(kMemorySource), memory_tools(memories));
    else
      tools.withdraw(std::string(kMemorySource));
  }

  /// Asks and waits. Only on a worker's thread.
  static Expected<RecordPtr> wait_for(const std::function<void(RecordAnswer)>& ask) {
    auto promise = std::make_shared<std::promise<Expected<RecordPtr>>>();
    auto future = promise->get_future();
    ask([promise](Expected<RecordPtr> result) { promise->set_value(std::move(result)); });
    return future.get();
  }

  /// On the thread that has less to do.
  bool inspect_elsewhere(std::function<void()> work) {
    Inspections& freest = **std::min_element(inspections.begin(), inspections.end(),
                                             [](const auto& a, const auto& b) { return a->under_way < b->under_way; });
    ++freest.under_way;
    const bool taken = freest.worker.post([&freest, work = std::move(work)] {
      const AtEnd done([&freest] { --freest.under_way; });  // whatever the work throws
      work();
    });
    if (!taken) --freest.under_way;
    return taken;
  }

  /// One job waits at most: it takes up all that is open when it runs.
  void work_off_mails() {
    if (mails_posted.exchange(true)) return;
    const bool taken = mailer.post([this] {
      mails_posted = false;
      reset_mails.work_off();
    });
    if (!taken) mails_posted = false;
  }

  void tick(Micros now) {
    for (const auto& [bot_id, heard] : heartbeats.silent_since(now - to_micros(options.heartbeat_window))) {
      if (!heartbeats.forget_if_silent(bot_id, heard)) continue;
      bots.ask(bot_id, NoticeSilence{heard}, by_the_house(),
               [this, bot_id = bot_id, heard = heard](const auto& result) {
                 if (!result && result.error().code == Errc::overloaded) heartbeats.watch(bot_id, heard);
               });
    }
    if (reset_mails.due(now)) work_off_mails();
    conversations.tick();
    memories.tick();
    tools.tick();
    talks.tick();
    plugins.tick(now);
    files.rescan_if_due(now);
    search.tick();
    completions.give_up_forsaken();
    if (now - last_sweep <
        to_micros(std::min<std::chrono::microseconds>(options.passivate_after, defaults::kPassivationSweepInterval)))
      return;
    last_sweep = now;
    passivate(now - to_micros(options.passivate_after));
  }

  void register_account(RegisterAccount command, Cause cause, RecordAnswer answer, int namings) {
    command.id = ++last_account;
    const bool taken = passwords.post([this, command, cause, answer, namings] {
      // On a thread that may block, because the account's key must be durable before the account is.
      if (auto made = secrets.personal_keys().make(command.id); !made) return answer(tl::unexpected(made.error()));
      accounts.ask(std::to_string(command.id), command, cause,
                   [this, command, cause, answer, namings](Expected<RecordPtr> result) {
                     if (is_taken_id(result) && namings < kMaxNamings)
                       register_account(command, cause, answer, namings + 1);
                     else
                       answer(std::move(result));
                   });
    });
    if (!taken) answer(fail(Errc::overloaded, "too many registrations wait"));
  }

  void meet_contact(MeetContact command, Cause cause, RecordAnswer answer, int namings) {
    command.id = ++last_account;
    const bool taken = caretaker.post([this, command, cause, answer, namings] {
      if (auto made = secrets.personal_keys().make(command.id); !made) return answer(tl::unexpected(made.error()));
      contacts.ask(std::to_string(command.id), command, cause,
                   [this, command, cause, answer, namings](Expected<RecordPtr> result) {
                     if (is_taken_id(result) && namings < kMaxNamings)
                       meet_contact(command, cause, answer, namings + 1);
                     else
                       answer(std::move(result));
                   });
    });
    if (!taken) answer(fail(Errc::overloaded, "too many contacts wait to be met"));
  }

  void create_bot(CreateBot command, Cause cause, RecordAnswer answer, int namings) {
    command.id = random_letters(projections::kBotIdLength);
    bots.ask(command.id, command, cause, [this, command, cause, answer, namings](Expected<RecordPtr> result) {
      if (is_taken_id(result) && namings < kMaxNamings) return create_bot(command, cause, answer, namings + 1);
      if (result) follow_deletion(command.owner_id);
      answer(std::move(result));
    });
  }

  // The catalogue

  void wire_catalogue() {
    for (AnyDirectory* directory : catalogue.directories()) directories.push_back(directory);
    catalogue.guard<events::Provider>([this](const Json& fields) { return check_reachable(fields); });
    catalogue.follow<events::Provider>([this](const std::string&) { configured_providers.refresh(); });
    catalogue.guard<events::McpServer>([this](const Json& fields) { return mcp.check(fields); });
    catalogue.follow<events::McpServer>([this](const std::string& id) { mcp.refresh(id); });
    catalogue.follow<events::CustomTool>([this](const std::string&) { custom_tools.refresh(); });
    catalogue.guard<events::Platform>([this](const Json& fields) { return check_platform_reachable(fields); });
    catalogue.follow<events::Platform>([this](const std::string& id) { platforms.changed(id); });
  }

  Expected<void> check_platform_reachable(const Json& fields) const {
    const auto config = fields.find("config");
    if (options.allow_local_providers || config == fields.end() || !config->is_object()) return {};
    const auto setting = actors::platforms::near_setting(*config);
    if (setting.empty()) return {};
    return fail(Errc::invalid,
                setting + " must not be of this machine or a private network; --allow-local-providers would allow it",
                setting);
  }

  Expected<void> check_reachable(const Json& fields) const {
    const auto url = fields.find("base_url");
    if (options.allow_local_providers || url == fields.end() || !url->is_string()) return {};
    if (!is_near(url->get_ref<const std::string&>())) return {};
    return fail(Errc::invalid,
                "base_url must not be of this machine or a private network; --allow-local-providers would allow it",
                "base_url");
  }

  // Deletions, on the caretaker's thread

  /// Asks for each id, many at once, and again those that the house was too busy for.
  void insist(const std::vector<std::string>& ids,
              const std::function<void(const std::string& id, RecordAnswer answer)>& ask) {
    std::deque<std::string> left(ids.begin(), ids.end());
    while (!left.empty() && !ending) {
      std::vector<std::pair<std::string, std::future<Expected<RecordPtr>>>> asked;
      while (!left.empty() && asked.size() < defaults::kDeletionsAtOnce) {
        auto promise = std::make_shared<std::promise<Expected<RecordPtr>>>();
        asked.emplace_back(std::move(left.front()), promise->get_future());
        left.pop_front();
        ask(asked.back().first, [promise](Expected<RecordPtr> result) { promise->set_value(std::move(result)); });
      }
      const std::size_t untried = left.size();
      for (auto& [id, answer] : asked)
        if (const auto result = answer.get(); !result && result.error().code == Errc::overloaded) left.push_back(id);
      if (left.size() > untried) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void fail_waiting_commands(const std::string& bot_id, const Cause& cause) {
    insist(queries.pending_commands(bot_id), [&](const std::string& id, RecordAnswer answer) {
      commands.ask(id, FinishCommand{"failed", {{"error", "bot deleted"}}}, cause,
                   [this, id, cause, answer = std::move(answer)](Expected<RecordPtr> result) {
                     if (result || result.error().code != Errc::not_found) return answer(std::move(result));
                     // The owner's key is gone, and a reason would be sealed with it.
                     commands.ask(id, FinishCommand{"failed", nullptr}, cause, answer);
                   });
    });
  }

  /// What was made for an owner or a bot that was deleted in the same moment goes the same way.
  void follow_deletion(AccountId owner) {
    if (queries.account_exists(owner)) return;
    caretaker.post([this, owner] { delete_bots_of(owner, by_the_house()); });
  }
  void follow_deletion(const std::string& bot_id) {
    if (queries.bot(bot_id)) return;
    caretaker.post([this, bot_id] { fail_waiting_commands(bot_id, by_the_house()); });
  }

  /// Who came into a channel, or made it, while the account was deleted leaves again.
  void follow_deletion_of_members(const storage::Record& record) {
    const auto leave_if_gone = [this](AccountId account) {
      if (queries.account_exists(account)) return;
      caretaker.post([this, account] { leave_channels_of(account, by_the_house()); });
    };
    for (const auto& stored : record.events) {
      if (stored.type == events::MemberJoined::type)
        if (const auto joined = events::decode_as<events::MemberJoined>(stored)) leave_if_gone(joined->account);
      if (stored.type == events::SessionCreated::type)
        if (const auto created = events::decode_as<events::SessionCreated>(stored);
            created && created->kind == events::kChannelSession)
          leave_if_gone(created->owner);
    }
  }

  void delete_bots_of(AccountId owner, const Cause& cause) {
    const auto bot_ids = queries.bot_ids_of(owner);
    insist(bot_ids, [&](const std::string& bot_id, RecordAnswer answer) {
      bots.ask(bot_id, DeleteBot{}, cause, std::move(answer));
    });
    for (const auto& bot_id : bot_ids) {
      heartbeats.forget(bot_id);
      fail_waiting_commands(bot_id, cause);
    }
  }

  void fail_questions_of(AccountId account, const Cause& cause) {
    const projections::SessionQueries sessions_there(store);
    for (const auto& [session, number] : sessions_there.open_questions()) {
      const auto question = sessions_there.open_question(session, number);
      if (!question || question->asker != account) continue;
      insist({std::to_string(session)}, [&, number = number](const std::string& id, RecordAnswer answer) {
        sessions.ask(id, FailQuestion{number, "the account is gone"}, cause, std::move(answer));
      });
    }
  }

  void leave_channels_of(AccountId account, const Cause& cause) {
    std::vector<std::string> channels;
    for (const auto& channel : projections::SessionQueries(store).sessions_of(account, events::kChannelSession, 0,
                                                                              std::numeric_limits<std::size_t>::max()))
      channels.push_back(std::to_string(channel.id));
    insist(channels, [&](const std::string& id, RecordAnswer answer) {
      sessions.ask(id, Leave{.account = account, .erased = true}, cause, std::move(answer));
    });
  }

  /// All that was a deleted account's, and the key that makes it readable last: while there is one, the next start
  /// knows that this is not done.
  Expected<void> erase_remains(AccountId account, const Cause& cause) {
    delete_bots_of(account, cause);
    fail_questions_of(account, cause);
    leave_channels_of(account, cause);
    if (auto ok = files.delete_files_of(account, cause); !ok) return ok;
    if (auto ok = reset_mails.forget(account); !ok) return ok;
    if (ending) return fail(Errc::shutting_down, "the server is ending; the account's key goes at the next start");
    return erase_memories_and_key(account, cause);
  }

  /// The key goes whatever became of the facts, which have keys of their own.
  Expected<void> erase_memories_and_key(AccountId id, const Cause& cause) {
    auto erased = memories.erase_remains(id, cause);
    while (!erased && erased.error().code == Errc::overloaded && !ending) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      erased = memories.erase_remains(id, cause);
    }
    if (!erased && ending) return erased;  // the next start finishes what still has its key
    const auto gone = secrets.personal_keys().forget(id);
    return erased ? gone : erased;
  }

  /// On the answer of the command that deletes the account.
  RecordAnswer then_erase_remains(AccountId id, Cause cause, RecordAnswer answer) {
    return [this, id, cause = std::move(cause), answer = std::move(answer)](Expected<RecordPtr> result) {
      if (!result) return answer(std::move(result));
      const bool taken = caretaker.post([this, id, cause, answer, result] {
        if (auto erased = erase_remains(id, cause); !erased) return answer(tl::unexpected(erased.error()));
        answer(result);
      });
      if (!taken) answer(fail(Errc::overloaded, "the account is deleted; what is left of it follows later"));
    };
  }

  /// What a crash left half done: deleted accounts and forgotten facts with a key, deleted accounts in a channel, bots
  /// without an owner, commands without a bot. Accounts after `last` may have their key and be about to be registered.
  void finish_deletions(AccountId last) {
    for (AccountId id = 1; id <= last && !ending; ++id) {
      if (queries.account_exists(id) || projections::ContactQueries(store).exists(id) || memories.queries().exists(id))
        continue;
      leave_channels_of(id, by_the_house());
      if (!secrets.personal_keys().find(id)) continue;
      if (auto erased = erase_remains(id, by_the_house()); !erased) spdlog::error("{}", erased.error().message);
    }
    std::vector<AccountId> gone_owners;
    queries.each_bot([&](const projections::BotRow& bot) {
      if (!queries.account_exists(bot.owner_id)) gone_owners.push_back(bot.owner_id);
    });
    for (const AccountId owner : gone_owners) delete_bots_of(owner, by_the_house());
    for (const auto& bot_id : queries.bots_with_pending_commands())
      if (!queries.bot(bot_id)) fail_waiting_commands(bot_id, by_the_house());
  }
};

System::System(storage::Store& store, const Secrets& secrets, SystemOptions options)
    : impl_(std::make_unique<Impl>(store, secrets, std::move(options))) {}
System::~System() = default;

void System::ask_account(AccountId id, AccountDecider::Command command, Cause cause, RecordAnswer answer) {
  if (bool* another = impl_->administrator_left_by(command); another && impl_->is_administrator(id)) {
    // One at a time, or two of them could each rely on the other.
    if (impl_->administrator_leaving.exchange(true))
      return answer(fail(Errc::overloaded, "another administrator is being changed; try again"));
    *another = impl_->queries.has_other_active_administrator(id);
    answer = [this, answer = std::move(answer)](Expected<RecordPtr> result) {
      impl_->administrator_leaving = false;
      answer(std::move(result));
    };
  }
  impl_->accounts.ask(std::to_string(id), std::move(command), std::move(cause), std::move(answer));
}

Conversations& System::conversations() { return impl_->conversations; }
Completions& System::completions() { return impl_->completions; }
llm::Models& System::models() { return impl_->models; }
Files& System::files() { return impl_->files; }
Search& System::search() { return impl_->search; }
Commands& System::commands() { return impl_->bot_commands; }
Memories& System::memories() { return impl_->memories; }
Tools& System::tools() { return impl_->tools; }
Mcp& System::mcp() { return impl_->mcp; }
Talks& System::talks() { return impl_->talks; }
Groups& System::groups() { return impl_->groups; }
Platforms& System::platforms() { return impl_->platforms; }
Plugins& System::plugins() { return impl_->plugins; }
Backups& System::backups() { return impl_->backups; }
Catalogue& System::catalogue() { return impl_->catalogue; }

std::uint64_t System::account_changes() const { return impl_->accounts.changes(); }
std::uint64_t System::bot_changes() const { return impl_->bots.changes(); }

void System::ask_bot(const std::string& id, BotDecider::Command command, Cause cause, RecordAnswer answer) {
  std::string status;
  if (const auto* c = std::get_if<RegisterBot>(&command)) status = c->status;
  if (const auto* c = std::get_if<ReportBotStatus>(&command)) status = c->status;
  if (!status.empty()) {
    answer = [this, id, status, now = cause.now, answer = std::move(answer)](Expected<RecordPtr> result) {
      if (result && status == "online") impl_->heartbeats.watch(id, now);
      if (result && status != "online") impl_->heartbeats.forget(id);
      answer(std::move(result));
    };
  }
  impl_->bots.ask(id, std::move(command), std::move(cause), std::move(answer));
}

void System::ask_command(const std::string& id, CommandDecider::Command command, Cause cause, RecordAnswer answer) {
  impl_->commands.ask(id, std::move(command), std::move(cause), std::move(answer));
}

void System::register_account(RegisterAccount command, Cause cause, RecordAnswer answer) {
  // Decided once on no account at all, so that bad input and taken names are refused before a number is given out.
  if (auto events = AccountDecider::decide({}, command, cause.now); !events)
    return answer(tl::unexpected(events.error()));
  if (!is_repeat(impl_->store, cause)) {
    if (impl_->store.claim_holder(events::username_claim(command.username)))
      return answer(fail(Errc::conflict, "username is taken", "username"));
    if (impl_->store.claim_holder(events::email_claim(command.email)))
      return answer(fail(Errc::conflict, "email is taken", "email"));
  }
  impl_->register_account(std::move(command), std::move(cause), std::move(answer), 0);
}

void System::meet_contact(MeetContact command, Cause cause, RecordAnswer answer) {
  impl_->meet_contact(std::move(command), std::move(cause), std::move(answer), 0);
}

void System::forget_contact(AccountId id, Cause cause, RecordAnswer answer) {
  ask_contact(id, ForgetContact{}, std::move(cause),
              [this, id, answer = std::move(answer)](Expected<RecordPtr> result) {
                if (!result) return answer(std::move(result));
                impl_->plugins.forget(id);
                const bool taken = impl_->caretaker.post([this, id, answer, result] {
                  if (auto gone = impl_->erase_memories_and_key(id, by_the_house()); !gone)
                    return answer(tl::unexpected(gone.error()));
                  answer(result);
                });
                if (!taken) answer(fail(Errc::overloaded, "the contact is forgotten; its key goes at the next start"));
              });
}

void System::ask_contact(AccountId id, ContactDecider::Command command, Cause cause, RecordAnswer answer) {
  impl_->contacts.ask(std::to_string(id), std::move(command), std::move(cause), std::move(answer));
}

void System::create_bot(CreateBot command, Cause cause, RecordAnswer answer) {
  if (!is_repeat(impl_->store, cause) &&
      impl_->queries.bot_count(command.owner_id) >= static_cast<std::int64_t>(defaults::kMaxBotsPerAccount))
    return answer(
        fail(Errc::conflict, "an account has at most " + std::to_string(defaults::kMaxBotsPerAccount) + " bots"));
  impl_->create_bot(std::move(command), std::move(cause), std::move(answer), 0);
}

void System::queue_command(QueueCommand command, Cause cause, RecordAnswer answer) {
  if (!is_repeat(impl_->store, cause) &&
      impl_->queries.pending_count(command.bot_id) >= static_cast<std::int64_t>(defaults::kMaxPendingCommandsPerBot))
    return answer(fail(Errc::overloaded, "too many commands wait for this bot"));
  command.number = ++impl_->last_command;
  command.id = "cmd_" + std::to_string(command.number) + "_" + random_hex(6);
  const std::string id = command.id;
  const std::string bot_id = command.bot_id;
  impl_->commands.ask(id, std::move(command), std::move(cause),
                      [this, bot_id, answer = std::move(answer)](Expected<RecordPtr> result) {
                        if (result) {
                          impl_->waiting_polls.wake(bot_id);
                          impl_->follow_deletion(bot_id);
                        }
                        answer(std::move(result));
                      });
}

void System::delete_account(AccountId id, DeleteAccount command, Cause cause, RecordAnswer answer) {
  ask_account(id, std::move(command), cause, impl_->then_erase_remains(id, cause, std::move(answer)));
}

void System::erase_account(AccountId id, Cause cause, RecordAnswer answer) {
  ask_account(id, EraseAccount{}, cause, impl_->then_erase_remains(id, cause, std::move(answer)));
}

void System::delete_bot(const std::string& id, Cause cause, RecordAnswer answer) {
  ask_bot(id, DeleteBot{}, cause, [this, id, cause, answer](Expected<RecordPtr> result) {
    if (!result) return answer(std::move(result));
    impl_->heartbeats.forget(id);
    const bool taken = impl_->caretaker.post([this, id, cause, answer, result] {
      impl_->fail_waiting_commands(id, cause);
      answer(result);
    });
    if (!taken) answer(fail(Errc::overloaded, "the bot is deleted; its commands follow later"));
  });
}

void System::poll(Poll poll, std::function<void(Expected<std::vector<std::string>>)> answer) {
  // No actor for the usual poll, which finds nothing and does not wait.
  if (poll.limit == 0 ||
      (poll.wait.count() == 0 && impl_->queries.leasable_commands(poll.bot_id, poll.cause.now, 1).empty()))
    return answer(std::vector<std::string>{});
  impl_->waiting_polls.began();
  impl_->caf_system.spawn<Poller>(std::cref(impl_->store), std::ref(impl_->commands), std::ref(impl_->waiting_polls),
                                  to_micros(impl_->options.command_lease), std::move(poll), std::move(answer));
}

void System::hash_password(std::string password, std::function<void(Expected<std::string>)> answer) {
  const bool taken =
      impl_->passwords.post([password = std::move(password), answer] { answer(actors::hash_password(password)); });
  if (!taken) answer(fail(Errc::overloaded, "too many passwords wait to be hashed"));
}

void System::verify_password(std::optional<std::string> hash, std::string password,
                             std::function<void(Expected<bool>)> answer) {
  const bool taken = impl_->passwords.post([hash = std::move(hash), password = std::move(password), answer] {
    const auto nobody = hash_of_nobody();
    if (!hash && !nobody) return answer(tl::unexpected(nobody.error()));
    const bool good = actors::verify_password(hash ? *hash : *nobody, password);
    answer(hash.has_value() && good);
  });
  if (!taken) answer(fail(Errc::overloaded, "too many passwords wait to be checked"));
}

void System::request_password_reset(const std::string& email, Cause cause, RecordAnswer answer) {
  impl_->store.append(impl_->reset_mails.append_of_request(email, cause), [this, answer](Expected<RecordPtr> result) {
    if (result) impl_->work_off_mails();
    answer(std::move(result));
  });
}

void System::end_polls() { impl_->waiting_polls.give_up_all(); }

bool System::read_elsewhere(std::function<void()> work) { return impl_->reads.post(std::move(work)); }

void System::heard_from(std::string_view bot_id, Micros now) { impl_->heartbeats.heard_from(std::string(bot_id), now); }

std::optional<Micros> System::last_heard(std::string_view bot_id) const {
  return impl_->heartbeats.last_heard(std::string(bot_id));
}

SystemMetrics System::metrics() {
  SystemMetrics metrics;
  metrics.accounts_awake = impl_->accounts.awake();
  metrics.bots_awake = impl_->bots.awake();
  metrics.commands_awake = impl_->commands.awake();
  metrics.sessions_awake = impl_->sessions.awake();
  metrics.polls_waiting = impl_->waiting_polls.size();
  metrics.passwords_waiting = impl_->passwords.waiting();
  metrics.reads_waiting = impl_->reads.waiting();
  metrics.mails_sent = impl_->reset_mails.sent();
  metrics.mails_failed = impl_->reset_mails.failed();
  metrics.files_awake = impl_->file_entities.awake();
  for (const auto& thread : impl_->inspections) metrics.uploads_waiting += thread->under_way;
  metrics.completions_under_way = impl_->completions.under_way();
  metrics.questions_under_way = impl_->conversations.under_way();
  metrics.tool_calls_under_way = impl_->tools.under_way();
  metrics.tool_calls_ended = impl_->tools.ended();
  metrics.mcp_connections = impl_->mcp.connections();
  metrics.mcp_restarts = impl_->mcp.restarts();
  metrics.platforms = impl_->platforms.counts();
  metrics.search = impl_->search.metrics();
  return metrics;
}

}  // namespace troupe::actors
