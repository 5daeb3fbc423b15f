// The actors of the house behind plain functions: entities, conversations and models, files, search, backups, the
// catalogue, the command queue, passwords, mail, heartbeats. CAF stays behind this header.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/account.hpp"
#include "actors/ask.hpp"
#include "actors/backups.hpp"
#include "actors/bot.hpp"
#include "actors/catalogue.hpp"
#include "actors/command.hpp"
#include "actors/completions.hpp"
#include "actors/contact.hpp"
#include "actors/conversations.hpp"
#include "actors/files.hpp"
#include "actors/groups.hpp"
#include "actors/mail.hpp"
#include "actors/mcp/mcp.hpp"
#include "actors/memories.hpp"
#include "actors/platforms/platforms.hpp"
#include "actors/plugins.hpp"
#include "actors/search.hpp"
#include "actors/secrets.hpp"
#include "actors/talks.hpp"
#include "actors/tools/tools.hpp"
#include "projections/queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

struct SystemOptions {
  std::size_t threads = defaults::kActorThreads;
  std::chrono::milliseconds passivate_after = defaults::kPassivateAfter;
  std::chrono::milliseconds command_lease = defaults::kCommandLease;
  std::chrono::milliseconds heartbeat_window = defaults::kHeartbeatWindow;
  MailOptions mail;
  FilesOptions files;
  std::size_t max_backups = defaults::kMaxBackups;
  llm::ModelsOptions models;  ///< its providers stand before the catalogue's
  /// Whether a provider or an MCP server in the catalogue may be on this machine or in a private network. Not where
  /// administrators come over a network: they would reach what listens there only.
  bool allow_local_providers = true;
  std::chrono::milliseconds platform_retry = defaults::kPlatformRetryDelay;
  /// Programs that MCP servers may be; none: no server is started, as adding one would run any program there is.
  std::vector<std::string> mcp_commands;
};

/// A bot asks for its commands.
struct Poll {
  std::string bot_id;
  std::size_t limit = 10;
  std::chrono::milliseconds wait{0};  ///< how long to hold the poll while there is nothing
  Cause cause;
  std::function<bool()> gone;  ///< true when the asker has left; may be empty
};

struct SystemMetrics {
  std::size_t accounts_awake = 0, bots_awake = 0, commands_awake = 0, sessions_awake = 0, files_awake = 0;
  std::size_t polls_waiting = 0;
  std::size_t passwords_waiting = 0, reads_waiting = 0;
  std::uint64_t mails_sent = 0, mails_failed = 0;
  std::size_t questions_under_way = 0;
  std::size_t uploads_waiting = 0;  ///< complete, and to be looked at
  SearchMetrics search;
  std::size_t completions_under_way = 0;
  std::size_t tool_calls_under_way = 0;
  std::map<std::string, std::uint64_t> tool_calls_ended;  ///< by outcome
  std::size_t mcp_connections = 0;
  std::uint64_t mcp_restarts = 0;
  std::map<std::string, PlatformCounts> platforms;  ///< by type, of the entries that there are
};

/// Thread-safe. Every answer comes once, on some thread of the house that must not be held up: hand the work on.
/// Destroy it before the store, after the last request.
class System {
 public:
  System(storage::Store& store, const Secrets& secrets, SystemOptions options);
  ~System();

  /// Count every change of an account or a bot, before it is answered: what was remembered since the same count holds.
  std::uint64_t account_changes() const;
  std::uint64_t bot_changes() const;

  // Entities

  /// A command for one entity. Errors, besides its decider's and the journal's: overloaded (too many wait for it, or too
  /// many entities are awake, or another administrator is being taken away in the same moment).
  void ask_account(AccountId id, AccountDecider::Command command, Cause cause, RecordAnswer answer);
  void ask_bot(const std::string& id, BotDecider::Command command, Cause cause, RecordAnswer answer);
  void ask_command(const std::string& id, CommandDecider::Command command, Cause cause, RecordAnswer answer);

  /// Numbers the account and registers it. A refused registration uses no number up, unless another took the name in the
  /// same moment. Errors, besides the decider's: conflict (username or e-mail is taken).
  void register_account(RegisterAccount command, Cause cause, RecordAnswer answer);

  /// Numbers the contact and remembers it. Errors, besides the decider's: conflict (`contact`: it is known already),
  /// overloaded.
  void meet_contact(MeetContact command, Cause cause, RecordAnswer answer);
  /// Forgets the contact, with all that is remembered of it, and throws its key away: what it said is unreadable from then
  /// on. Answers when that is durable.
  void forget_contact(AccountId id, Cause cause, RecordAnswer answer);
  void ask_contact(AccountId id, ContactDecider::Command command, Cause cause, RecordAnswer answer);

  /// Names the bot and creates it. Errors, besides the decider's: conflict (the owner has kMaxBotsPerAccount).
  void create_bot(CreateBot command, Cause cause, RecordAnswer answer);

  /// Names the command and queues it. Errors, besides the decider's: overloaded (kMaxPendingCommandsPerBot wait).
  void queue_command(QueueCommand command, Cause cause, RecordAnswer answer);

  /// Ends the account, its logins and API keys; then its bots and their waiting commands, its open questions, its
  /// memberships of channels, its files and its mails in the outbox; and throws its key away, which makes what is personal of
  /// it unreadable. Answers when all of it is durable. What a crash interrupts is finished at the next start. A channel
  /// that it owned stays, without an owner. Errors, besides the decider's: overloaded (the account is deleted, but
  /// kMaxQueuedDeletions wait: the rest goes at the next start), storage_failed, shutting_down (the same).
  void delete_account(AccountId id, DeleteAccount command, Cause cause, RecordAnswer answer);
  void erase_account(AccountId id, Cause cause, RecordAnswer answer);

  /// Ends the bot and fails its waiting commands; errors as of `delete_account`.
  void delete_bot(const std::string& id, Cause cause, RecordAnswer answer);

  // Sessions, and the models that answer in them

  Conversations& conversations();
  Completions& completions();
  llm::Models& models();
  Search& search();

  /// Commands of bots, what is said to them on platforms, and those platforms, which are not connected before they are
  /// started.
  Commands& commands();
  Talks& talks();
  Groups& groups();
  Platforms& platforms();

  /// What bots remember of people and groups.
  Memories& memories();

  /// What models may call, and the servers that some of it comes from.
  Tools& tools();
  Mcp& mcp();
  Plugins& plugins();

  // Files

  Files& files();

  // Backups

  Backups& backups();

  Catalogue& catalogue();

  // The command queue

  /// Leases up to `limit` commands to the asker, oldest first; answers their ids. Errors: overloaded.
  void poll(Poll poll, std::function<void(Expected<std::vector<std::string>>)> answer);

  /// Answers every poll that waits, and lets none wait from now on: the server is ending.
  void end_polls();

  // Effects

  /// Errors: overloaded (kMaxQueuedPasswords wait).
  void hash_password(std::string password, std::function<void(Expected<std::string>)> answer);

  /// Checks a password against a hash, or against nobody's when there is none: both take as long.
  void verify_password(std::optional<std::string> hash, std::string password,
                       std::function<void(Expected<bool>)> answer);

  /// Asks for a reset mail. Durable when answered; whether the e-mail is known is found out later. Errors: the journal's.
  void request_password_reset(const std::string& email, Cause cause, RecordAnswer answer);

  /// Runs a long read away from the event loop. False when kMaxQueuedReads wait.
  bool read_elsewhere(std::function<void()> work);

  // Heartbeats

  /// An authenticated call of the bot arrived.
  void heard_from(std::string_view bot_id, Micros now);

  /// When the bot was last heard from, if it is being watched (it says it is online).
  std::optional<Micros> last_heard(std::string_view bot_id) const;

  SystemMetrics metrics();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors
