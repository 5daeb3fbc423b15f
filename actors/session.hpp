// The decider of sessions: who is in a conversation, what is said there, and which questions wait for the model. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "actors/pipeline.hpp"
#include "events/session.hpp"

namespace troupe::actors {

using events::AccountId;
using events::SessionId;

/// A question that has no answer yet.
struct OpenQuestion {
  std::int64_t number = 0;
  AccountId asker = 0;
  bool asked_again = false;
  AccountId group = 0;  ///< as of QuestionAsked
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(OpenQuestion, number, asker, asked_again, group)

/// A reaction that was given or taken back.
struct RecentReaction {
  std::int64_t number = 0;  ///< of the message
  AccountId account = 0;
  std::string emoji;
  bool given = false;
  std::optional<std::int64_t> count;  ///< of the message's reactions from then on; nothing: an old event did not say
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RecentReaction, number, account, emoji, given, count)

/// A command of a talk that has no outcome yet.
struct OpenCommand {
  std::int64_t number = 0;
  AccountId caller = 0;
  std::string name, plugin;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(OpenCommand, number, caller, name, plugin)

struct SessionState {
  bool exists = false;
  std::string kind;
  AccountId owner = 0;
  std::string name, description;  ///< of a channel
  bool is_private = false;
  bool archived = false;
  std::vector<AccountId> members;  ///< sorted
  std::int64_t messages = 0;       ///< number of the last one
  std::vector<OpenQuestion> open_questions;
  /// The newest tombstones. Older ones are in the rows that a command's MessageFacts come from: those lag behind the
  /// state by what is on its way to the journal, which is less than this holds.
  std::vector<std::int64_t> recently_deleted;
  std::vector<RecentReaction> recent_reactions;  ///< the same of ReactionFacts, oldest first
  // Of a talk
  std::vector<OpenCommand> open_commands;
  std::vector<std::int64_t> unsent;  ///< answers that the platform has not taken yet, oldest first
  std::int64_t cleared = 0;          ///< of a chat: messages up to this number were taken back
  std::vector<Micros> heard;         ///< when the last messages went to a command or a model, for the rate
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SessionState, exists, kind, owner, name, description, is_private,
                                                archived, members, messages, open_questions, recently_deleted,
                                                recent_reactions, open_commands, unsent, cleared, heard)

/// Field of not_found where a session is not there, or not yours to see.
inline constexpr const char* kSessionId = "session_id";

// Texts come sealed. `length` is what the text had in characters before: a limit is a rule, so it is checked here.

/// Errors: conflict (`id`; from the journal `channel` or `assistant`), invalid (`name`, `description`).
struct CreateSession {
  SessionId id = 0;
  std::string kind;
  AccountId owner = 0;
  std::string name, description;
  bool is_private = false;
  std::string sealed_title;
};

// Channels. `moderates`: the role of who asks says so; it reaches public channels, and private ones as a member.

/// Errors: not_found, conflict (kMaxChannelMembers).
struct Join {
  AccountId account = 0;
  AccountId invited_by = 0;  ///< a member; 0: comes by itself, which only a public channel takes
};
/// Errors: not_found, forbidden, conflict (the owner stays).
struct Leave {
  AccountId account = 0;
  AccountId by = 0;  ///< who sends the member away: the owner or a moderator; 0: it goes by itself
  bool moderates = false;
  bool erased = false;  ///< the account is gone: an owner goes as well, and the channel has none from then on
};
/// What is missing stays as it is. Errors: not_found, forbidden, invalid, conflict (`channel`, from the journal).
struct DescribeChannel {
  AccountId by = 0;
  bool moderates = false;
  std::optional<std::string> name, description;
};
/// Errors: not_found, forbidden.
struct ArchiveChannel {
  AccountId by = 0;
  bool administers = false;  ///< an administrator: any channel
};

// Chats, by their owner

/// Of a talk as well, in the name of its contact. Takes back all that was said; open questions have failed, and answers
/// that the platform has not taken are not sent. Errors: not_found.
struct ClearChat {
  AccountId by = 0;
};
/// A chat; only its owner may. Questions under way have failed then. Errors: not_found.
struct DeleteChat {
  AccountId by = 0;
};

// Messages

/// What a question asks of the model.
struct Question {
  std::string provider, model, sealed_system_prompt;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::optional<events::QuestionContext> context;
  bool tools = false;  ///< the model may call tools
};

/// To a public channel it makes the author a member. Errors: not_found, invalid, conflict (full), overloaded.
struct PostMessage {
  AccountId author = 0;
  std::string sealed_text;
  std::size_t length = 0;
  std::string content_type = "text";
  std::vector<AccountId> mentions;
  std::int64_t reply_to = 0;
  std::vector<std::string> attachments;
  std::int64_t tokens = 0;
  std::optional<Question> question = {};
  std::int64_t thread = 0;  ///< the thread of the message replied to, or that message itself
};

/// Both, or neither: a question that is refused leaves no session. Errors: as of the two.
struct BeginChat {
  CreateSession session;
  PostMessage question;
};

/// What the rows know of a message; it never changes, but for `deleted`.
struct MessageFacts {
  std::int64_t number = 0;
  AccountId author = 0;
  bool deleted = false;
};

/// By its author, or who moderates. Errors: not_found, forbidden, invalid.
struct EditMessage {
  MessageFacts message;
  AccountId by = 0;
  bool moderates = false;
  std::string sealed_text;
  std::size_t length = 0;
};
/// By its author, or who moderates. Errors: not_found, forbidden.
struct DeleteMessage {
  MessageFacts message;
  AccountId by = 0;
  bool moderates = false;
};
/// What the rows know of a message's reactions. The state knows better of those that are on their way to the journal.
struct ReactionFacts {
  bool given = false;     ///< this one, by this account
  std::size_t count = 0;  ///< of all
};
/// Nothing follows when it was given. Errors: not_found, invalid, conflict (kMaxReactionsPerMessage).
struct React {
  MessageFacts message;
  AccountId account = 0;
  std::string emoji;
  ReactionFacts reactions = {};
};
/// Errors: not_found (also when it was not given).
struct Unreact {
  MessageFacts message;
  AccountId account = 0;
  std::string emoji;
  ReactionFacts reactions = {};
};

// Talks

/// A message from a platform, and what the pipeline says of it; the rate is judged here. Errors: not_found, conflict (the
/// session is full), overloaded (too many questions, commands or replies are open).
struct Hear {
  AccountId author = 0;  ///< a contact
  std::string sealed_text;
  std::string foreign_id;
  std::int64_t tokens = 0;
  std::int64_t prefix_bytes = 0;
  Verdict verdict;
  events::RateRules rate;
  std::string command, plugin;       ///< of a verdict that says `command`
  std::optional<Question> question;  ///< of a verdict that says `model`
  AccountId group = 0;               ///< in a group: its contact
  std::string sealed_notice;         ///< of a verdict that says `usage`: what is told; empty: nothing is
  AccountId limited = 0;             ///< whom it limits; 0: the whole group
};
/// Errors: conflict (it has an outcome already).
struct AnswerCommand {
  std::int64_t number = 0;
  std::string sealed_text;  ///< empty: it has nothing to say
  Micros took = 0;
  bool secret = false;
};
struct FailCommand {
  std::int64_t number = 0;
  std::string reason;
  std::string sealed_apology = {};  ///< what the talk is told; empty, or no room for it: nothing
};
/// The bot says something unasked. Errors: conflict (the session is full), too_fast (kMaxUnsentOfTalk wait already).
struct Announce {
  AccountId key_of = 0;  ///< whose key seals the text: that of the one it is for
  std::string sealed_text;
  std::string plugin;
};
/// What became of a reply. Nothing follows when that is known.
struct ReportReply {
  std::int64_t number = 0;
  bool sent = false;
  std::string foreign_id;  ///< of one that was sent
  std::string reason;      ///< of one that was not
  bool take_back = false;  ///< its text is nobody's any more
};

/// A restart found the question open. A second time it has failed; nothing follows when it has an outcome.
inline constexpr std::string_view kEndedTwice = "the server ended twice before the model had answered";
struct AskAgain {
  std::int64_t number = 0;
  std::string sealed_apology = {};  ///< as of FailCommand, with kEndedTwice as the reason
};
/// Errors: conflict (it has an outcome already). In a session that is full the question has failed.
struct AnswerQuestion {
  std::int64_t number = 0;
  std::string sealed_text;
  std::string provider, model;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  bool estimated = false;
  Micros took = 0;
  std::string finish_reason = "stop";
};
/// Errors: conflict (it has an outcome already).
struct FailQuestion {
  std::int64_t number = 0;
  std::string reason;
  std::string sealed_apology = {};  ///< as of FailCommand
};

struct SessionDecider {
  using State = SessionState;
  using Event = events::SessionEvent;
  using Command = std::variant<CreateSession, Join, Leave, DescribeChannel, ArchiveChannel, PostMessage, EditMessage,
                               DeleteMessage, React, Unreact, AskAgain, AnswerQuestion, FailQuestion, BeginChat, Hear,
                               AnswerCommand, FailCommand, ReportReply, DeleteChat, ClearChat, Announce>;
  static constexpr std::string_view category = events::kSessions;
  static constexpr std::uint16_t snapshot_schema = 2;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// A public channel holds the claim `channel/<name>` until it is archived, an assistant's session `assistant/<owner>`,
  /// a talk `talk/<name>`, a chat with a name `chat/<owner>/<name>` until it is over.
  static std::vector<Claim> claims(const State& before, const Event& event);
  /// Nobody: several people write here, so each text is sealed by itself, under its author's key.
  static AccountId owner(const State&) { return 0; }
};

/// The message that a PostMessage made; nothing when the record holds none.
std::optional<events::MessagePosted> message_in(const events::Record& record);

}  // namespace troupe::actors
