#include "actors/session.hpp"

#include <algorithm>

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<SessionEvent>>;

bool is_member(const SessionState& state, AccountId account) {
  return std::binary_search(state.members.begin(), state.members.end(), account);
}

/// What is not yours to see does not exist for you.
tl::unexpected<Error> no_such_session() { return fail(Errc::not_found, "No such session"); }
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

Decision on(const SessionState& state, const CreateSession& c) {
  if (state.exists) return fail(Errc::conflict, "session exists already", "id");
  if (c.kind == "channel") {
    if (auto ok = check_channel_name(c.name); !ok) return tl::unexpected(ok.error());
    if (auto ok = check_optional_line("description", c.description, defaults::kMaxChannelDescriptionLength); !ok)
      return tl::unexpected(ok.error());
  }
  return {{SessionCreated{c.id, c.kind, c.owner, c.name, c.description, c.is_private, c.sealed_title}}};
}

Decision on(const SessionState& state, const Join& c) {
  if (is_member(state, c.account)) return std::vector<SessionEvent>{};
  if (state.kind != "channel" || (state.is_private && !c.invited)) return no_such_session();
  if (state.members.size() >= defaults::kMaxChannelMembers) return fail(Errc::conflict, "the channel is full");
  return {{MemberJoined{c.account}}};
}

Decision on(const SessionState& state, const Leave& c) {
  if (!is_member(state, c.account)) return std::vector<SessionEvent>{};
  if (c.account == state.owner && !c.erased) return fail(Errc::conflict, "the owner cannot leave");
  return {{MemberLeft{c.account}}};
}

Decision on(const SessionState& state, const PostMessage& c) {
  if (!is_member(state, c.author)) return no_such_session();
  const auto limit = c.question ? defaults::kMaxQuestionLength : defaults::kMaxMessageLength;
  if (auto ok = check_text(c.length, limit); !ok) return tl::unexpected(ok.error());
  if (c.content_type != "text" && c.content_type != "markdown")
    return fail(Errc::invalid, "content_type must be text or markdown", "content_type");
  if (c.mentions.size() > defaults::kMaxMentions)
    return fail(Errc::invalid, "a message mentions at most " + std::to_string(defaults::kMaxMentions) + " people",
                "mentions");
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
  std::vector<SessionEvent> events = {MessagePosted{number, "user", c.author, c.author, c.sealed_text, c.content_type,
                                                    c.mentions, c.reply_to, c.attachments, c.tokens}};
  if (const auto& q = c.question)
    events.emplace_back(
        QuestionAsked{number, c.author, q->provider, q->model, q->sealed_system_prompt, q->temperature, q->max_tokens, q->context});
  return events;
}

Decision on(const SessionState& state, const EditMessage& c) {
  if (!c.moderates && !is_member(state, c.by)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  if (c.by != c.message.author && !c.moderates)
    return fail(Errc::forbidden, "Only the author or a moderator may edit a message");
  if (auto ok = check_text(c.length); !ok) return tl::unexpected(ok.error());
  return {{MessageEdited{c.message.number, c.by, c.sealed_text}}};
}

Decision on(const SessionState& state, const DeleteMessage& c) {
  if (!c.moderates && !is_member(state, c.by)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  if (c.by != c.message.author && !c.moderates)
    return fail(Errc::forbidden, "Only the author or a moderator may delete a message");
  return {{MessageDeleted{c.message.number, c.by}}};
}

Decision on(const SessionState& state, const React& c) {
  if (!is_member(state, c.account)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_line("emoji", c.emoji, defaults::kMaxEmojiLength); !ok) return tl::unexpected(ok.error());
  return {{ReactionAdded{c.message.number, c.account, c.emoji}}};
}

Decision on(const SessionState& state, const Unreact& c) {
  if (!is_member(state, c.account)) return no_such_session();
  if (auto ok = check_message(state, c.message); !ok) return tl::unexpected(ok.error());
  return {{ReactionRemoved{c.message.number, c.account, c.emoji}}};
}

Decision on(const SessionState& state, const AskAgain& c) {
  const auto* question = find_question(state, c.number);
  if (!question) return std::vector<SessionEvent>{};
  if (question->asked_again)
    return {{QuestionFailed{c.number, question->asker, "the server ended twice before the model had answered"}}};
  return {{QuestionAskedAgain{c.number}}};
}

/// A question has one outcome: whoever comes second is told so and changes nothing.
Decision on(const SessionState& state, const AnswerQuestion& c) {
  const auto* question = find_question(state, c.number);
  if (!question) return fail(Errc::conflict, "the question is not open");
  if (state.messages >= kMaxMessagesPerSession)
    return {{QuestionFailed{c.number, question->asker, "the session is full"}}};
  const std::int64_t number = state.messages + 1;
  MessagePosted answer;
  answer.number = number;
  answer.role = "assistant";
  answer.key_of = question->asker;
  answer.sealed_text = c.sealed_text;
  answer.reply_to = c.number;
  answer.tokens = c.completion_tokens;
  return {{answer, QuestionAnswered{c.number, number, question->asker, c.provider, c.model, c.prompt_tokens,
                                    c.completion_tokens, c.estimated, c.took, c.finish_reason}}};
}

Decision on(const SessionState& state, const FailQuestion& c) {
  const auto* question = find_question(state, c.number);
  if (!question) return fail(Errc::conflict, "the question is not open");
  return {{QuestionFailed{c.number, question->asker, c.reason}}};
}

void close_question(SessionState& state, std::int64_t number) {
  std::erase_if(state.open_questions, [&](const OpenQuestion& question) { return question.number == number; });
}

void add_member(SessionState& state, AccountId account) {
  const auto at = std::lower_bound(state.members.begin(), state.members.end(), account);
  if (at == state.members.end() || *at != account) state.members.insert(at, account);
}

}  // namespace

Decision SessionDecider::decide(const State& state, const Command& command, Micros) {
  if (!state.exists && !std::holds_alternative<CreateSession>(command)) return no_such_session();
  return std::visit([&](const auto& c) { return on(state, c); }, command);
}

void SessionDecider::evolve(State& state, const Event& event, Micros) {
  std::visit(Overloaded{
                 [&](const SessionCreated& e) {
                   state.exists = true;
                   state.kind = e.kind;
                   state.owner = e.owner;
                   state.is_private = e.is_private;
                   add_member(state, e.owner);
                 },
                 [&](const MemberJoined& e) { add_member(state, e.account); },
                 [&](const MemberLeft& e) { std::erase(state.members, e.account); },
                 [&](const MessagePosted& e) { state.messages = e.number; },
                 [](const MessageEdited&) {},
                 [&](const MessageDeleted& e) {
                   state.recently_deleted.push_back(e.number);
                   if (state.recently_deleted.size() > defaults::kMaxEntityQueue)
                     state.recently_deleted.erase(state.recently_deleted.begin());
                 },
                 [](const ReactionAdded&) {},
                 [](const ReactionRemoved&) {},
                 [&](const QuestionAsked& e) {
                   state.open_questions.push_back({e.number, e.asker, false});
                 },
                 [&](const QuestionAskedAgain& e) {
                   for (auto& question : state.open_questions)
                     if (question.number == e.number) question.asked_again = true;
                 },
                 [&](const QuestionAnswered& e) { close_question(state, e.number); },
                 [&](const QuestionFailed& e) { close_question(state, e.number); },
             },
             event);
}

std::vector<Claim> SessionDecider::claims(const State&, const Event& event) {
  const auto* created = std::get_if<SessionCreated>(&event);
  if (!created) return {};
  if (created->kind == "channel") return {take(events::channel_claim(created->name))};
  if (created->kind == "assistant") return {take(events::assistant_claim(created->owner))};
  return {};
}

}  // namespace troupe::actors
