// What can happen to a session: a conversation with a model, a channel of people, or a talk on a platform. Stream `session/<number>`.
//
// What people wrote stands here only as sealed text: XChaCha20-Poly1305 under the key of one account (`key_of`), in
// url-safe base64 (storage/personal_keys.hpp). When that key is thrown away, the text is gone from the log as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/account.hpp"

namespace troupe::events {

/// Sessions are numbered from 1.
using SessionId = std::int64_t;

/// Messages are numbered from 1 in their session, without gaps, in the order of the log. A message's id is both
/// numbers in one, and no larger than what JavaScript holds exactly (2^53).
using MessageId = std::int64_t;
inline constexpr int kMessageNumberBits = 26;
inline constexpr std::int64_t kMaxMessagesPerSession = (std::int64_t{1} << kMessageNumberBits) - 1;
inline constexpr SessionId kMaxSessionId = (std::int64_t{1} << (53 - kMessageNumberBits)) - 1;
constexpr MessageId message_id(SessionId session, std::int64_t number) {
  return (session << kMessageNumberBits) | number;
}
constexpr SessionId session_of(MessageId id) { return id >> kMessageNumberBits; }
constexpr std::int64_t number_of(MessageId id) { return id & kMaxMessagesPerSession; }

/// Category of the streams here.
inline constexpr std::string_view kSessions = "session";

/// Kinds of sessions: one person and a model; people; one person's questions to a model, each of which stands alone;
/// what contacts say to a bot on a platform, and what it answers.
inline constexpr std::string_view kChatSession = "chat";
inline constexpr std::string_view kChannelSession = "channel";
inline constexpr std::string_view kAssistantSession = "assistant";
inline constexpr std::string_view kTalkSession = "talk";

/// Names of public channels are unique. A private one claims none: that a name is taken would tell of it.
inline std::string channel_claim(std::string_view name) { return "channel/" + std::string(name); }

/// An account has one session of the kind `assistant`.
inline std::string assistant_claim(AccountId account) { return "assistant/" + std::to_string(account); }

/// A chat that has a name is found by it: an account has one of each. The name says nothing by itself (a keyed digest).
inline std::string chat_claim(AccountId owner, std::string_view name) {
  return "chat/" + std::to_string(owner) + "/" + std::string(name);
}

/// A talk's name is the number of its person or group, or `<group>/<person>` where each has one of their own.
inline std::string talk_claim(std::string_view name) { return "talk/" + std::string(name); }

struct SessionCreated {
  static constexpr std::string_view type = "SessionCreated";
  static constexpr std::uint16_t schema = 1;
  SessionId id = 0;
  std::string kind;          ///< one of those above
  AccountId owner = 0;       ///< a member from the start; of a talk, the contact
  std::string name;          ///< of a channel or a talk; of a chat that is found by it
  std::string description;   ///< of a channel
  bool is_private = false;   ///< a channel that nobody joins unasked
  std::string sealed_title;  ///< of a chat, under the owner's key
};
TROUPE_EVENT(SessionCreated, id, kind, owner, name, description, is_private, sealed_title)

/// What a channel is called and what it is for, as a whole.
struct ChannelDescribed {
  static constexpr std::string_view type = "ChannelDescribed";
  static constexpr std::uint16_t schema = 1;
  std::string name;
  std::string description;
  AccountId by = 0;
};
TROUPE_EVENT(ChannelDescribed, name, description, by)

/// The channel is closed for good, and nobody is in it any more. Its messages stay in the log.
struct ChannelArchived {
  static constexpr std::string_view type = "ChannelArchived";
  static constexpr std::uint16_t schema = 1;
  AccountId by = 0;
  AccountId owner = 0;
  std::vector<AccountId> members;  ///< who was in it
};
TROUPE_EVENT(ChannelArchived, by, owner, members)

/// Messages of a chat were taken back by its owner: those of the numbers from `from` to `through`.
struct ChatCleared {
  static constexpr std::string_view type = "ChatCleared";
  static constexpr std::uint16_t schema = 1;
  std::int64_t from = 1;
  std::int64_t through = 0;
  AccountId by = 0;
};
TROUPE_EVENT(ChatCleared, from, through, by)

/// The chat is closed for good: its owner does not see it any more. Its messages stay in the log.
struct ChatDeleted {
  static constexpr std::string_view type = "ChatDeleted";
  static constexpr std::uint16_t schema = 1;
  AccountId owner = 0;
};
TROUPE_EVENT(ChatDeleted, owner)

struct MemberJoined {
  static constexpr std::string_view type = "MemberJoined";
  static constexpr std::uint16_t schema = 1;
  AccountId account = 0;
};
TROUPE_EVENT(MemberJoined, account)

struct MemberLeft {
  static constexpr std::string_view type = "MemberLeft";
  static constexpr std::uint16_t schema = 1;
  AccountId account = 0;
};
TROUPE_EVENT(MemberLeft, account)

struct MessagePosted {
  static constexpr std::string_view type = "MessagePosted";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  std::string role = "user";  ///< user or assistant
  AccountId author = 0;       ///< 0: the model
  AccountId key_of = 0;       ///< whose key seals the text: the author's, or the asker's for an answer
  std::string sealed_text;
  std::string content_type = "text";
  std::vector<AccountId> mentions;
  std::int64_t reply_to = 0;  ///< number of a message in this session; 0: none. An answer replies to its question.
  std::vector<std::string> attachments;  ///< file ids
  std::int64_t tokens = 0;
  std::int64_t thread = 0;        ///< number of the message that the chain of replies began with; 0: replies to none
  std::string foreign_id;         ///< of a talk: what the platform calls it
  std::int64_t prefix_bytes = 0;  ///< of a talk: so much of the text only woke the bot, and no model is told it
  AccountId group = 0;            ///< of a person in a group of a platform: the group's contact
};
TROUPE_EVENT(MessagePosted, number, role, author, key_of, sealed_text, content_type, mentions, reply_to, attachments,
             tokens, thread, foreign_id, prefix_bytes, group)

struct MessageEdited {
  static constexpr std::string_view type = "MessageEdited";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  AccountId by = 0;
  std::string sealed_text;
  AccountId key_of = 0;  ///< whose key seals the text: the message's author's
};
TROUPE_EVENT(MessageEdited, number, by, sealed_text, key_of)

/// The message stays as a tombstone: its number, its author, its times.
struct MessageDeleted {
  static constexpr std::string_view type = "MessageDeleted";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  AccountId by = 0;
};
TROUPE_EVENT(MessageDeleted, number, by)

struct ReactionAdded {
  static constexpr std::string_view type = "ReactionAdded";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  AccountId account = 0;
  std::string emoji;
  std::optional<std::int64_t> count;  ///< reactions of the message with this one; missing in old events
};
TROUPE_EVENT(ReactionAdded, number, account, emoji, count)

struct ReactionRemoved {
  static constexpr std::string_view type = "ReactionRemoved";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  AccountId account = 0;
  std::string emoji;
  std::optional<std::int64_t> count;  ///< reactions of the message without this one; missing in old events
};
TROUPE_EVENT(ReactionRemoved, number, account, emoji, count)

/// What the model is told before a question that stands alone, in place of what was said in the session before it: a
/// channel's messages. It names them and does not copy them: they are their authors' to edit, to delete and to have
/// erased.
struct QuestionContext {
  SessionId channel = 0;     ///< 0: nothing is told
  Micros since = 0;          ///< 0: from the beginning
  std::int64_t through = 0;  ///< number of the channel's last message when the question was asked
  bool files = false;        ///< with what is known of the files
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(QuestionContext, channel, since, through, files)

/// The message just posted is a question to the model. Open until it is answered or failed.
struct QuestionAsked {
  static constexpr std::string_view type = "QuestionAsked";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;  ///< of the message
  AccountId asker = 0;
  std::string provider;              ///< empty: any
  std::string model;                 ///< empty: the provider's own
  std::string sealed_system_prompt;  ///< under the asker's key; empty: none
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::optional<QuestionContext> context;
  bool tools = false;   ///< the model may call tools for it
  AccountId group = 0;  ///< of a talk in a group: its contact
};
TROUPE_EVENT(QuestionAsked, number, asker, provider, model, sealed_system_prompt, temperature, max_tokens, context,
             tools, group)

/// A restart found the question open. It is asked once more, and not again after that.
struct QuestionAskedAgain {
  static constexpr std::string_view type = "QuestionAskedAgain";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
};
TROUPE_EVENT(QuestionAskedAgain, number)

/// Comes with the MessagePosted that holds the answer.
struct QuestionAnswered {
  static constexpr std::string_view type = "QuestionAnswered";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;         ///< of the question
  std::int64_t answer_number = 0;  ///< of the answer
  AccountId asker = 0;
  std::string provider;
  std::string model;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  bool estimated = false;  ///< the provider sent no usage
  Micros took = 0;
  std::string finish_reason = "stop";  ///< stop, length, tool_calls or content_filter
  bool to_send = false;                ///< of a talk: the platform has not got the answer yet
  AccountId group = 0;                 ///< as of QuestionAsked
};
TROUPE_EVENT(QuestionAnswered, number, answer_number, asker, provider, model, prompt_tokens, completion_tokens,
             estimated, took, finish_reason, to_send, group)

struct QuestionFailed {
  static constexpr std::string_view type = "QuestionFailed";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  AccountId asker = 0;
  std::string reason;              ///< for people; no text of theirs, no secret
  std::int64_t answer_number = 0;  ///< in a talk: the MessagePosted with it that says so; 0: nothing is said
};
TROUPE_EVENT(QuestionFailed, number, asker, reason, answer_number)

// Talks. A message is followed by a MessageStopped, a CommandCalled or a QuestionAsked in the same record.

struct MessageStopped {
  static constexpr std::string_view type = "MessageStopped";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  std::string step;                ///< of the pipeline: lists, safety, rate, wake, conversation or usage
  std::string reason;              ///< for people
  std::int64_t answer_number = 0;  ///< of the message that tells so, which comes with it; 0: nothing is told
  AccountId group = 0;             ///< of a limit that is told: the group that has it
  AccountId limited = 0;           ///< whom it limits; 0: the whole group
};
TROUPE_EVENT(MessageStopped, number, step, reason, answer_number, group, limited)

/// Open until it is answered or failed.
struct CommandCalled {
  static constexpr std::string_view type = "CommandCalled";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;  ///< of the message
  AccountId caller = 0;
  std::string name;    ///< as the bot knows it
  std::string plugin;  ///< that has it; empty: the house itself
};
TROUPE_EVENT(CommandCalled, number, caller, name, plugin)

/// Comes with the MessagePosted that holds the answer, if there is one.
struct CommandAnswered {
  static constexpr std::string_view type = "CommandAnswered";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  std::int64_t answer_number = 0;  ///< 0: it had nothing to say
  std::string name;
  std::string plugin;
  Micros took = 0;
  bool secret = false;  ///< the answer is for the one who asked alone
};
TROUPE_EVENT(CommandAnswered, number, answer_number, name, plugin, took, secret)

struct CommandFailed {
  static constexpr std::string_view type = "CommandFailed";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  std::string name;
  std::string plugin;
  std::string reason;              ///< for people; no text of theirs, no secret
  std::int64_t answer_number = 0;  ///< of the MessagePosted with it that says so; 0: nothing is said
};
TROUPE_EVENT(CommandFailed, number, name, plugin, reason, answer_number)

/// Comes with the MessagePosted that holds a text which answers nothing. The platform is to be given it, as an answer.
struct MessageAnnounced {
  static constexpr std::string_view type = "MessageAnnounced";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  std::string plugin;  ///< that says it
};
TROUPE_EVENT(MessageAnnounced, number, plugin)

/// The platform took an answer.
struct ReplySent {
  static constexpr std::string_view type = "ReplySent";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;  ///< of the answer
  std::string foreign_id;   ///< what the platform calls it; empty: it did not say
};
TROUPE_EVENT(ReplySent, number, foreign_id)

struct ReplyFailed {
  static constexpr std::string_view type = "ReplyFailed";
  static constexpr std::uint16_t schema = 1;
  std::int64_t number = 0;
  std::string reason;
};
TROUPE_EVENT(ReplyFailed, number, reason)

using SessionEvent =
    std::variant<SessionCreated, MemberJoined, MemberLeft, MessagePosted, MessageEdited, MessageDeleted, ReactionAdded,
                 ReactionRemoved, QuestionAsked, QuestionAskedAgain, QuestionAnswered, QuestionFailed, ChannelDescribed,
                 ChannelArchived, MessageStopped, CommandCalled, CommandAnswered, CommandFailed, ReplySent, ReplyFailed,
                 ChatDeleted, ChatCleared, MessageAnnounced>;

}  // namespace troupe::events
