#include "actors/session.hpp"

#include <algorithm>

#include "actors/rules.hpp"
#include "events/codec.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<SessionEvent>>;

bool is_member(const SessionState& state, AccountId account) {
  return std::binary_search(state.members.begin(), state.members.end(), account);
}

/// What is not yours to see does not exist for you.
tl::unexpected<Error> no_such_session() { return fail(Errc::not_found, "No such session", kSessionId); }
tl::unexpected<Error> no_such_message() { return fail(Errc::not_found, "No such message"); }

Expected<void> check_text(std::size_t length, std::size_t limit = defaults::kMaxMessageLength) {
  if (length == 0) return fail(Errc::invalid, "content must not be empty", "content");
  if (length > limit)
    return fail(Errc::invalid, "content must have at most " + std::to_string(limit) + " characters", "content");
  return {};
}

Expected<void> check_message(const SessionState& state, const MessageFacts& message) {
  const auto& deleted = state.recently_deleted;
  const bool gone = message.deleted || std::find(deleted.begin(), deleted.end(), message.number) != deleted.end();
  if (message.number < 1 || message.number > state.messages || gone) return no_such_message();
  return {};
}

/// What is true of a message's reactions now: as the newest of them say, and the rows where the state has none.
ReactionFacts reactions_now(const SessionState& state, std::int64_t number, AccountId account, std::string_view emoji,
                            ReactionFacts facts) {
  const auto& recent = state.recent_reactions;
  const auto of_message = [&](const RecentReaction& one) { return one.number == number; };
  const auto same = [&](const RecentReaction& one) {
    return of_message(one) && one.account == account && one.emoji == emoji;
  };
  if (const auto last = std::find_if(recent.rbegin(), recent.rend(), same); last != recent.rend())
    facts.given = last->given;
  if (const auto last = std::find_if(recent.rbegin(), recent.rend(), of_message); last != recent.rend() && last->count)
    facts.count = static_cast<std::size_t>(*last->count);
  return facts;
}

/// A public channel is seen by everyone.
bool sees(const SessionState& state, AccountId account) {
  return is_member(state, account) || (state.kind == kChannelSession && !state.is_private);
}

/// A moderator need not be in a public channel.
bool may_act(const SessionState& state, AccountId account, bool moderates) {
  return is_member(state, account) || (moderates && sees(state, account));
}

const OpenQuestion* find_question(const SessionState& state, std::int64_t number) {
  for (const auto& question : state.open_questions)
    if (question.number == number) return &question;
  return nullptr;
}

/// A channel's name is part of URLs and of what clients subscribe to.
Expected<void> check_channel_name(const std::string& name) {
  if (auto ok = check_line("name", name, defaults::kMaxChannelNameLength); !ok) return ok;
  if (name.find_first_of("/?#%") != name.npos || name.starts_with("channel_"))
    return fail(Errc::invalid, "name must not hold / ? # % nor begin with channel_", "name");
  return {};
}

Expected<void> check_channel(const std::string& name, const std::string& description) {
  if (auto ok = check_channel_name(name); !ok) return ok;
  return check_optional_line("description", description, defaults::kMaxChannelDescriptionLength);
}

Decision on(const SessionState& state, const CreateSession& c) {
  if (state.exists) return fail(Errc::conflict, "session exists already", "id");
  if (c.kind == kChannelSession)
    if (auto ok = check_channel(c.name, c.description); !ok) return tl::unexpected(ok.error());
  return {{SessionCreated{c.id, c.kind, c.owner, c.name, c.description, c.is_private, c.sealed_title}}};
}

Expected<void> check_may_join(const SessionState& state, AccountId invited_by) {
  const bool may = invited_by != 0 ? is_member(state, invited_by) : !state.is_private;
  if (state.kind != kChannelSession || !may) return no_such_session();
  if (state.members.size() >= defaults::kMaxChannelMembers) return fail(Errc::conflict, "the channel is full");
  return {};
}

Decision on(const SessionState& state, const Join& c) {
  if (is_member(state, c.account)) return std::vector<SessionEvent>{};
  if (auto ok = check_may_join(state, c.invited_by); !ok) return tl::unexpected(ok.error());
  return {{MemberJoined{c.account}}};
}

Decision on(const SessionState& state, const Leave& c) {
  const bool by_itself = c.by == 0 || c.by == c.account;
  if (!by_itself && !sees(state, c.by)) return no_such_session();
  if (!by_itself && c.by != state.owner && !c.moderates)
    return fail(Errc::forbidden, "Only the owner or a moderator may remove a member");
  if (!is_member(state, c.account)) {
    if (by_itself) return std::vector<SessionEvent>{};
    return fail(Errc::not_found, "No such member");
  }
  if (c.account == state.owner && !c.erased) return fail(Errc::conflict, "the owner cannot leave");
  return {{MemberLeft{c.account}}};
}

Decision on(const SessionState& state, const DescribeChannel& c) {
  if (state.kind != kChannelSession || !sees(state, c.by)) return no_such_session();
  if (c.by != state.owner && !c.moderates)
    return fail(Errc::forbidden, "Only the owner or a moderator may change a channel");
  const std::string name = c.name.value_or(state.name), description = c.description.value_or(state.description);
  if (auto ok = check_channel(name, description); !ok) return tl::unexpected(ok.error());
  if (name == state.name && description == state.description) return std::vector<SessionEvent>{};
  return {{ChannelDescribed{name, description, c.by}}};
}

Decision on(const SessionState& state, const ArchiveChannel& c) {
  if (state.kind != kChannelSession || (!c.administers && !sees(state, c.by))) return no_such_session();
  if (c.by != state.owner && !c.administers)
    return fail(Errc::forbidden, "Only the owner or an administrator may delete a channel");
  std::vector<SessionEvent> events;
  for (const auto& question : state.open_questions)
    events.emplace_back(QuestionFailed{question.number, question.asker, "the channel was deleted"});
  events.emplace_back(ChannelArchived{c.by, state.owner, state.members});
  return events;
}

/// Each erases the rows of what it takes back, so that one must not grow with the chat.
constexpr std::int64_t kClearedAtOnce = 10'000;

Decision on(const SessionState& state, const ClearChat& c) {
  if ((state.kind != kChatSession && state.kind != kTalkSession) || c.by != state.owner) return no_such_session();
  std::vector<SessionEvent> events;
  for (const auto& question : state.open_questions)
    events.emplace_back(QuestionFailed{question.number, question.asker, "the conversation was cleared"});
  for (const auto number : state.unsent) events.emplace_back(ReplyFailed{number, "the conversation was cleared"});
  for (std::int64_t from = state.cleared + 1; from <= state.messages; from += kClearedAtOnce)
    events.emplace_back(ChatCleared{from, std::min(from + kClearedAtOnce - 1, state.messages), c.by});
  return events;
}

Decision on(const SessionState& state, const DeleteChat& c) {
  if (state.kind != kChatSession || c.by != state.owner) return no_such_session();
  std::vector<SessionEvent> events;
  for (const auto& question : state.open_questions)
    events.emplace_back(QuestionFailed{question.number, question.asker, "the chat was deleted"});
  events.emplace_back(ChatDeleted{state.owner});
  return events;
}

Decision on(const SessionState& state, const PostMessage& c) {
  const bool joins = !is_member(state, c.author);
  if (joins)
    if (auto ok = check_may_join(state, 0); !ok) return tl::unexpected(ok.error());
  const auto limit = c.question ? defaults::kMaxQuestionLength : defaults::kMaxMessageLength;
  if (auto ok = check_text(c.length, limit); !ok) return tl::unexpected(ok.error());
  if (c.content_type != "text" && c.content_type != "markdown")
    return fail(Errc::invalid, "content_type must be text or markdown", "content_type");
  if (c.mentions.size() > defaults::kMaxMentions)
    return fail(Errc::invalid, "a message mentions at most " + std::to_string(defaults::kMaxMentions) + " people",
                "mentions");
  for (const AccountId mentioned : c.mentions)
    if (mentioned != c.author && !is_member(state, mentioned))
      return fail(Errc::invalid, "mentions must be members of the channel", "mentions");
  if (c.attachments.size() > defaults::kMaxAttachmentsPerMessage)
    return fail(Errc::invalid,
                "a message has at most " + std::to_string(defaults::kMaxAttachmentsPerMessage) + " attachments",
                "attachments");
  if (c.reply_to < 0 || c.reply_to > state.messages)
    return fail(Errc::invalid, "reply_to must be a message of this channel", "reply_to");
  if (state.messages >= kMaxMessagesPerSession) return fail(Errc::conflict, "the session is full");
  if (c.question && state.open_questions.size() >= defaults::kMaxOpenQuestions)
    return fail(Errc::overloaded, "too many questions wait for an answer in this session");
  const std::int64_t number = state.messages + 1;
  std::vector<SessionEvent> events;
  if (joins) events.emplace_back(MemberJoined{c.author});
  events.emplace_back(MessagePosted{number, "user", c.author, c.author, c.sealed_text, c.content_type, c.mentions,
                                    c.reply_to, c.attachments, c.tokens, c.thread});
  if (const auto& q = c.question)
    events.emplace_back(QuestionAsked{number, c.author, q->provider, q->model, q->sealed_system_prompt, q->temperature,
                                      q->max_tokens, q->context, q->tools});
  return events;
}

Decision on(const SessionState& state, const BeginChat& c) {
  auto events = on(state, c.session);
  if (!events) return events;
  SessionState begun = state;
  for (const auto& event : *events) SessionDecider::evolve(begun, event, 0);
  auto asked = on(begun, c.question);
  if (!asked) return asked;
  std::move(asked->begin(), asked->end(), std::back_inserter(*events));
  return events;
}

Decision on(const SessionState& state, const EditMessage& c) {
  if (!may_act(state, c.by, c.moderates)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  if (c.by != c.message.author && !c.moderates)
    return fail(Errc::forbidden, "Only the author or a moderator may edit a message");
  if (auto ok = check_text(c.length); !ok) return tl::unexpected(ok.error());
  return {{MessageEdited{c.message.number, c.by, c.sealed_text, c.message.author}}};
}

Decision on(const SessionState& state, const DeleteMessage& c) {
  if (!may_act(state, c.by, c.moderates)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  if (c.by != c.message.author && !c.moderates)
    return fail(Errc::forbidden, "Only the author or a moderator may delete a message");
  return {{MessageDeleted{c.message.number, c.by}}};
}

Decision on(const SessionState& state, const React& c) {
  if (!is_member(state, c.account)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_line("emoji", c.emoji, defaults::kMaxEmojiLength); !ok) return tl::unexpected(ok.error());
  const auto reactions = reactions_now(state, c.message.number, c.account, c.emoji, c.reactions);
  if (reactions.given) return std::vector<SessionEvent>{};
  if (reactions.count >= defaults::kMaxReactionsPerMessage)
    return fail(Errc::conflict,
                "a message has at most " + std::to_string(defaults::kMaxReactionsPerMessage) + " reactions");
  return {{ReactionAdded{c.message.number, c.account, c.emoji, static_cast<std::int64_t>(reactions.count) + 1}}};
}

Decision on(const SessionState& state, const Unreact& c) {
  if (!is_member(state, c.account)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  const auto reactions = reactions_now(state, c.message.number, c.account, c.emoji, c.reactions);
  if (!reactions.given) return fail(Errc::not_found, "No such reaction");
  const auto others = std::max<std::int64_t>(static_cast<std::int64_t>(reactions.count) - 1, 0);
  return {{ReactionRemoved{c.message.number, c.account, c.emoji, others}}};
}

/// The message that follows, as an answer to the one of this number, or to none.
MessagePosted reply_to(const SessionState& state, std::int64_t number, AccountId key_of, std::string sealed_text) {
  MessagePosted reply;
  reply.number = state.messages + 1;
  reply.role = "assistant";
  reply.key_of = key_of;
  reply.sealed_text = std::move(sealed_text);
  reply.reply_to = number;
  return reply;
}

/// That something failed, in the talk where it was asked for.
template <class Failed>
std::vector<SessionEvent> failed(const SessionState& state, Failed event, AccountId key_of,
                                 const std::string& sealed_apology) {
  if (sealed_apology.empty() || state.kind != kTalkSession || state.messages >= kMaxMessagesPerSession) return {event};
  const auto apology = reply_to(state, event.number, key_of, sealed_apology);
  event.answer_number = apology.number;
  return {apology, event};
}

Decision on(const SessionState& state, const AskAgain& c) {
  const auto* question = find_question(state, c.number);
  if (!question) return std::vector<SessionEvent>{};
  if (question->asked_again)
    return failed(state, QuestionFailed{c.number, question->asker, std::string(kEndedTwice)}, question->asker,
                  c.sealed_apology);
  return {{QuestionAskedAgain{c.number}}};
}

/// A question has one outcome: whoever comes second is told so and changes nothing.
Decision on(const SessionState& state, const AnswerQuestion& c) {
  const auto* question = find_question(state, c.number);
  if (!question) return fail(Errc::conflict, "the question is not open");
  if (state.messages >= kMaxMessagesPerSession)
    return {{QuestionFailed{c.number, question->asker, "the session is full"}}};
  auto answer = reply_to(state, c.number, question->asker, c.sealed_text);
  answer.tokens = c.completion_tokens;
  return {{answer, QuestionAnswered{c.number, answer.number, question->asker, c.provider, c.model, c.prompt_tokens,
                                    c.completion_tokens, c.estimated, c.took, c.finish_reason,
                                    state.kind == kTalkSession, question->group}}};
}

Decision on(const SessionState& state, const FailQuestion& c) {
  const auto* question = find_question(state, c.number);
  if (!question) return fail(Errc::conflict, "the question is not open");
  return failed(state, QuestionFailed{c.number, question->asker, c.reason}, question->asker, c.sealed_apology);
}

// Talks

const OpenCommand* find_command(const SessionState& state, std::int64_t number) {
  for (const auto& command : state.open_commands)
    if (command.number == number) return &command;
  return nullptr;
}

Decision on(const SessionState& state, const Hear& c, Micros now) {
  if (state.kind != kTalkSession) return no_such_session();
  // The answer needs a place, too.
  if (state.messages + 1 >= kMaxMessagesPerSession) return fail(Errc::conflict, "the session is full");
  const std::int64_t number = state.messages + 1;
  MessagePosted message{number, "user", c.author, c.author, c.sealed_text};
  message.tokens = c.tokens;
  message.foreign_id = c.foreign_id;
  message.prefix_bytes = c.prefix_bytes;
  message.group = c.group;
  const auto stopped = [&](std::string_view step, const std::string& reason) -> Decision {
    return {{message, MessageStopped{number, std::string(step), reason}}};
  };
  const bool answered = c.verdict.step == Step::command || c.verdict.step == Step::model;
  if (c.verdict.step == Step::usage && !c.sealed_notice.empty() && state.unsent.size() < defaults::kMaxUnsentReplies) {
    auto notice = reply_to(state, number, c.author, c.sealed_notice);
    notice.number = number + 1;
    return {{message, notice,
             MessageStopped{number, std::string(name_of(Step::usage)), c.verdict.reason, notice.number, c.group,
                            c.limited}}};
  }
  if (!answered) return stopped(name_of(c.verdict.step), c.verdict.reason);
  if (too_fast(c.rate, state.heard, now)) return stopped(name_of(Step::rate), reason_of(c.rate));
  if (state.open_questions.size() >= defaults::kMaxOpenQuestions ||
      state.open_commands.size() >= defaults::kMaxOpenQuestions || state.unsent.size() >= defaults::kMaxUnsentReplies)
    return stopped(name_of(Step::rate), "too many messages of this conversation wait for an answer");
  if (c.verdict.step == Step::command) return {{message, CommandCalled{number, c.author, c.command, c.plugin}}};
  const Question question = c.question.value_or(Question{});
  return {
      {message, QuestionAsked{number, c.author, question.provider, question.model, question.sealed_system_prompt,
                              question.temperature, question.max_tokens, question.context, question.tools, c.group}}};
}

Decision on(const SessionState& state, const AnswerCommand& c) {
  const auto* command = find_command(state, c.number);
  if (!command) return fail(Errc::conflict, "the command is not open");
  if (c.sealed_text.empty()) return {{CommandAnswered{c.number, 0, command->name, command->plugin, c.took}}};
  const auto reply = reply_to(state, c.number, command->caller, c.sealed_text);
  return {{reply, CommandAnswered{c.number, reply.number, command->name, command->plugin, c.took, c.secret}}};
}

Decision on(const SessionState& state, const FailCommand& c) {
  const auto* command = find_command(state, c.number);
  if (!command) return fail(Errc::conflict, "the command is not open");
  return failed(state, CommandFailed{c.number, command->name, command->plugin, c.reason}, command->caller,
                c.sealed_apology);
}

Decision on(const SessionState& state, const Announce& c) {
  if (state.kind != kTalkSession) return no_such_session();
  if (state.messages >= kMaxMessagesPerSession) return fail(Errc::conflict, "the session is full");
  if (state.unsent.size() >= defaults::kMaxUnsentOfTalk)
    return fail(Errc::too_fast, "too much waits to be sent there already");
  const auto said = reply_to(state, 0, c.key_of, c.sealed_text);
  return {{said, MessageAnnounced{said.number, c.plugin}}};
}

Decision on(const SessionState& state, const ReportReply& c) {
  if (std::find(state.unsent.begin(), state.unsent.end(), c.number) == state.unsent.end())
    return std::vector<SessionEvent>{};
  std::vector<SessionEvent> events;
  if (c.sent)
    events.push_back(ReplySent{c.number, c.foreign_id});
  else
    events.push_back(ReplyFailed{c.number, c.reason});
  if (c.take_back) events.push_back(MessageDeleted{c.number});
  return events;
}

void remember_heard(SessionState& state, Micros time) {
  state.heard.push_back(time);
  if (state.heard.size() > static_cast<std::size_t>(defaults::kMaxMessagesOfRateRule))
    state.heard.erase(state.heard.begin());
}

void close_command(SessionState& state, std::int64_t number) {
  std::erase_if(state.open_commands, [&](const OpenCommand& command) { return command.number == number; });
}

void close_question(SessionState& state, std::int64_t number) {
  std::erase_if(state.open_questions, [&](const OpenQuestion& question) { return question.number == number; });
}

/// Keeps as many as may be on their way to the journal.
template <class T>
void remember(std::vector<T>& newest, T one) {
  newest.push_back(std::move(one));
  if (newest.size() > defaults::kMaxEntityQueue) newest.erase(newest.begin());
}

void add_member(SessionState& state, AccountId account) {
  const auto at = std::lower_bound(state.members.begin(), state.members.end(), account);
  if (at == state.members.end() || *at != account) state.members.insert(at, account);
}

}  // namespace

Decision SessionDecider::decide(const State& state, const Command& command, Micros now) {
  const bool begins = std::holds_alternative<CreateSession>(command) || std::holds_alternative<BeginChat>(command);
  if ((!state.exists || state.archived) && !begins) return no_such_session();
  return std::visit(
      [&](const auto& c) -> Decision {
        if constexpr (std::is_same_v<std::decay_t<decltype(c)>, Hear>)
          return on(state, c, now);
        else
          return on(state, c);
      },
      command);
}

void SessionDecider::evolve(State& state, const Event& event, Micros time) {
  std::visit(Overloaded{
                 [&](const SessionCreated& e) {
                   state.exists = true;
                   state.kind = e.kind;
                   state.owner = e.owner;
                   state.name = e.name;
                   state.description = e.description;
                   state.is_private = e.is_private;
                   add_member(state, e.owner);
                 },
                 [&](const MemberJoined& e) { add_member(state, e.account); },
                 [&](const MemberLeft& e) { std::erase(state.members, e.account); },
                 [&](const MessagePosted& e) { state.messages = e.number; },
                 [](const MessageEdited&) {},
                 [&](const MessageDeleted& e) { remember(state.recently_deleted, e.number); },
                 [&](const ReactionAdded& e) {
                   remember(state.recent_reactions, {e.number, e.account, e.emoji, true, e.count});
                 },
                 [&](const ReactionRemoved& e) {
                   remember(state.recent_reactions, {e.number, e.account, e.emoji, false, e.count});
                 },
                 [&](const QuestionAsked& e) {
                   state.open_questions.push_back({e.number, e.asker, false, e.group});
                   if (state.kind == kTalkSession) remember_heard(state, time);
                 },
                 [&](const QuestionAskedAgain& e) {
                   for (auto& question : state.open_questions)
                     if (question.number == e.number) question.asked_again = true;
                 },
                 [&](const QuestionAnswered& e) {
                   close_question(state, e.number);
                   if (e.to_send) state.unsent.push_back(e.answer_number);
                 },
                 [&](const QuestionFailed& e) {
                   close_question(state, e.number);
                   if (e.answer_number != 0) state.unsent.push_back(e.answer_number);
                 },
                 [&](const ChannelDescribed& e) {
                   state.name = e.name;
                   state.description = e.description;
                 },
                 [&](const MessageStopped& e) {
                   if (e.answer_number != 0) state.unsent.push_back(e.answer_number);
                 },
                 [&](const CommandCalled& e) {
                   state.open_commands.push_back({e.number, e.caller, e.name, e.plugin});
                   remember_heard(state, time);
                 },
                 [&](const CommandAnswered& e) {
                   close_command(state, e.number);
                   if (e.answer_number != 0) state.unsent.push_back(e.answer_number);
                 },
                 [&](const CommandFailed& e) {
                   close_command(state, e.number);
                   if (e.answer_number != 0) state.unsent.push_back(e.answer_number);
                 },
                 [&](const MessageAnnounced& e) { state.unsent.push_back(e.number); },
                 [&](const ReplySent& e) { std::erase(state.unsent, e.number); },
                 [&](const ReplyFailed& e) { std::erase(state.unsent, e.number); },
                 [&](const ChatCleared& e) { state.cleared = e.through; },
                 [&](const ChannelArchived&) {
                   state.archived = true;
                   state.members.clear();
                 },
                 [&](const ChatDeleted&) {
                   state.archived = true;
                   state.members.clear();
                 },
             },
             event);
}

std::vector<Claim> SessionDecider::claims(const State& before, const Event& event) {
  if (const auto* created = std::get_if<SessionCreated>(&event)) {
    if (created->kind == kAssistantSession) return {take(assistant_claim(created->owner))};
    if (created->kind == kTalkSession) return {take(talk_claim(created->name))};
    if (created->kind == kChatSession && !created->name.empty())
      return {take(chat_claim(created->owner, created->name))};
    if (created->kind != kChannelSession || created->is_private) return {};
    return {take(channel_claim(created->name))};
  }
  if (std::holds_alternative<ChatDeleted>(event) && !before.name.empty())
    return {release(chat_claim(before.owner, before.name))};
  if (before.is_private) return {};
  const auto* described = std::get_if<ChannelDescribed>(&event);
  if (described && described->name != before.name)
    return {release(channel_claim(before.name)), take(channel_claim(described->name))};
  if (std::holds_alternative<ChannelArchived>(event)) return {release(channel_claim(before.name))};
  return {};
}

std::optional<MessagePosted> message_in(const events::Record& record) {
  for (const auto& stored : record.events) {
    if (stored.type != MessagePosted::type) continue;
    if (auto message = events::decode_as<MessagePosted>(stored)) return std::move(*message);
  }
  return std::nullopt;
}

}  // namespace troupe::actors
