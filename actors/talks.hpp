// Talks: what people say to the bots of the house on platforms, and the way of each message: it is heard (durable, with what
// the pipeline says of it), answered by a command or a model, and the answer is sent. Thread-safe.
//
// Each step is an event of the talk's session. What a crash leaves open: a question is asked once more (conversations.hpp),
// a command has failed, and an answer that the platform may not have got is sent again.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/ask.hpp"
#include "actors/commands.hpp"
#include "actors/contact.hpp"
#include "actors/conversations.hpp"
#include "actors/groups.hpp"
#include "actors/pipeline.hpp"
#include "actors/secrets.hpp"
#include "projections/contact_queries.hpp"
#include "projections/session_queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// A message as a platform brings it.
struct Incoming {
  Speaker speaker;
  std::string message_id;  ///< the platform's; a message that comes twice is heard once. Empty: it has none
  std::string text;
  bool to_the_bot = false;          ///< it names the bot, or answers it
  std::string command_prefix = {};  ///< of this platform; empty: that of the settings
};

/// An answer on its way to a platform.
struct Outgoing {
  std::string platform;  ///< the id of its entry in the catalogue
  bool in_group = false;
  std::string to;        ///< the user or the group
  std::string text;      ///< decorated
  std::string reply_to;  ///< the platform's id of the message that it answers; empty: none
};

/// What the platform calls the sent message, or empty. Errors: overloaded (it is tried again), others (it has failed).
using SendAnswer = std::function<void(Expected<std::string>)>;
using Sender = std::function<void(Outgoing, SendAnswer)>;

/// A message that a plugin takes care of.
struct Handled {
  std::string plugin;
  std::string reply;  ///< empty: nothing is said
};
/// Is told every message that the lists and the safety rules let through, before a command or a model is; nothing: nobody
/// has handled it.
using Listener = std::function<void(const Incoming&, std::function<void(std::optional<Handled>)>)>;

/// A text of the bot's own, which answers nothing.
struct Announcement {
  std::string platform;  ///< the id of its entry in the catalogue
  bool in_group = false;
  std::string to;  ///< the user or the group
  std::string text;
  std::string plugin;  ///< that says it
};

/// What the log calls the command of a message that a plugin handled.
inline constexpr std::string_view kHandledByPlugin = "on_message";

class Talks {
 public:
  struct House {
    storage::Store& store;
    const Secrets& secrets;
    Conversations& conversations;
    Commands& commands;
    Groups& groups;
    std::function<void(MeetContact, Cause, RecordAnswer)> meet_contact;
    Elsewhere elsewhere;  ///< one piece after the other
  };

  explicit Talks(House house);

  /// Before the first message.
  void send_by(Sender sender) { sender_ = std::move(sender); }

  /// Before the first message.
  void listen_by(Listener listener) { listener_ = std::move(listener); }

  /// Hands a text that answers nothing to its platform, once: nothing is kept of it. Errors: overloaded (no platform
  /// is connected), the platform's.
  void say(Outgoing text, SendAnswer answer);

  /// Says it in the talk with the user or the group, which is made where there is none. `said` comes when it is durable;
  /// it is sent as an answer is: when the platform can, within kReplyPatience, also after a restart. Errors: not_found
  /// (`platform`), conflict (the talk is full), too_fast (kMaxUnsentOfTalk wait there), overloaded, the journal's.
  void announce(Announcement text, std::function<void(Expected<void>)> said);

  /// `heard` comes when the message is durable, or could not be heard; empty: nobody asks. Errors: invalid (`text`),
  /// overloaded, the journal's.
  void hear(Incoming message, std::function<void(Expected<void>)> heard = {});

  /// Whether it was: a message with an id is heard once.
  bool has_heard(const Incoming& message) const;

  /// Fails the commands that the last run left open. Once, before the first message.
  void settle_interrupted();

  /// Sends what waits to be sent; every second or so.
  void tick();

  void stop() { ending_ = true; }

 private:
  struct Heard {
    Incoming message;
    std::function<void(Expected<void>)> answer;
  };
  /// Where a message belongs, as far as that is there yet.
  struct Place {
    std::optional<AccountId> author;  ///< who says it
    std::optional<AccountId> owner;   ///< of the talk: the group, or the author
    std::string name;                 ///< of the talk, once both are there
    std::optional<SessionId> session;
  };
  /// A message as the settings at the moment take it.
  struct Judged {
    Hear hear;
    std::optional<CommandCall> call;  ///< of one that has the form of a command
  };
  /// A talk while its contacts and its session are made: messages wait for that in their order.
  using Opening = std::vector<Heard>;

  Place place_of(const Speaker& speaker, const events::BotSettings& settings) const;
  void open(std::string key, Speaker speaker, int attempts);
  void opened(const std::string& key, const std::optional<Error>& error);
  void meet(const Speaker& speaker, bool group, RecordAnswer then);
  void take(const Heard& heard, const Place& place, const events::BotSettings& settings);
  Expected<Judged> judged(const Incoming& message, AccountId author, const events::BotSettings& settings);
  void post(const Heard& heard, SessionId session, Judged judged, Cause cause, std::optional<Handled> handled);
  void follow(const events::Record& record, SessionId session, const std::optional<CommandCall>& call,
              const std::optional<Handled>& handled);
  void run_command(SessionId session, const events::CommandCalled& called, const std::optional<CommandCall>& call,
                   const std::optional<Handled>& handled);
  Expected<Question> question_of(AccountId author, const events::BotSettings& settings) const;
  void announce(Announcement text, std::function<void(Expected<void>)> said, int attempts);
  void send(SessionId session, std::int64_t number);
  void report(SessionId session, ReportReply outcome);

  House house_;
  projections::SessionQueries sessions_;
  projections::ContactQueries contacts_;
  Sender sender_;
  Listener listener_;
  std::mutex mutex_;
  std::map<std::string, Opening> opening_;
  std::set<std::string> being_heard_;                     ///< idempotency keys of messages that are not durable yet
  std::set<std::pair<SessionId, std::int64_t>> running_;  ///< commands
  std::set<std::pair<SessionId, std::int64_t>> sending_;  ///< answers
  std::pair<SessionId, std::int64_t> last_unsent_;        ///< where the last tick ended: the next one goes on behind it
  std::atomic<bool> ending_{false};
};

}  // namespace troupe::actors
