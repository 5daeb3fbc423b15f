// Conversations: sessions, and the model that answers in them.
//
// A question is durable before the model hears of it, and its outcome is an event as well. What a crash leaves open is
// asked once more at the next start; should that start end as well, the question has failed. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "actors/ask.hpp"
#include "actors/channel_context.hpp"
#include "actors/files.hpp"
#include "actors/llm/models.hpp"
#include "actors/memories.hpp"
#include "actors/secrets.hpp"
#include "actors/session.hpp"
#include "actors/tools/loop.hpp"
#include "projections/contact_queries.hpp"
#include "projections/queries.hpp"
#include "projections/session_queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// A question, by its session and its number there.
struct QuestionId {
  SessionId session = 0;
  std::int64_t number = 0;
  auto operator<=>(const QuestionId&) const = default;
};

/// What became of a question.
struct Outcome {
  QuestionId question;
  std::int64_t answer_number = 0;  ///< of the message that holds the answer
  Micros answered_at = 0;
  llm::ChatAnswer answer;
};

struct AskModel {
  SessionId session = 0;
  AccountId asker = 0;
  std::string text;
  std::string system_prompt;  ///< empty: the session's own
  std::string provider, model;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::optional<events::QuestionContext> context;  ///< the question stands alone; `through` is set here
  bool tools = false;          ///< the model may call those that the settings allow; as the bots' answers in talks do
  std::function<bool()> gone;  ///< true when nobody waits for the answer any more: it is given up; may be empty
};

/// What a talk is told when a question or a command of it has failed, sealed for who asked; empty when they are forgotten.
std::string sealed_apology(const Secrets& secrets, AccountId asker, std::string_view reason);

class Conversations {
 public:
  using AskSession = std::function<void(SessionId, SessionDecider::Command, Cause, RecordAnswer)>;

  Conversations(storage::Store& store, const Secrets& secrets, const Files& files, llm::Models& models, Tools& tools,
                AskSession ask_session, Elsewhere elsewhere);

  /// Nothing is asked of a model any more. What is under way has no outcome unless its answer is whole already, and is
  /// asked again at the next start.
  void stop() { ending_ = true; }

  /// Numbers the session and creates it; `title` and the rest in plain text. Errors, besides the decider's: conflict (the
  /// channel's name is taken, or its owner has kMaxChannelsPerAccount), not_found (the owner's account is gone).
  void create(CreateSession command, const std::string& title, Cause cause, RecordAnswer answer);

  /// Posts in a session. Errors: the decider's, not_found (the author's account is gone).
  void post(SessionId id, PostMessage message, const std::string& text, Cause cause, RecordAnswer answer);
  void edit(SessionId id, EditMessage message, const std::string& text, Cause cause, RecordAnswer answer);
  void ask_session(SessionId id, SessionDecider::Command command, Cause cause, RecordAnswer answer) {
    ask_session_(id, std::move(command), std::move(cause), std::move(answer));
  }
  /// Of something that has happened and must not be lost: while the session is too busy it is asked again.
  void bring(SessionId id, SessionDecider::Command outcome, RecordAnswer answer);

  /// Posts a question and lets a model answer it. `asked` comes when the question is durable, or could not be asked;
  /// `settled` after a successful `asked`, once, when the outcome is durable. Errors of `settled`: upstream_failed,
  /// timed_out, overloaded, cancelled. Errors of `asked`, besides those of `post`: not_found (the asker is not in the
  /// channel that the context names).
  void ask_model(AskModel question, Cause cause, RecordAnswer asked, std::function<void(Expected<Outcome>)> settled);

  /// Begins a chat of the asker with its first question, in a session of its own: what refuses the question leaves no
  /// chat. The record of `asked` is in the new session's stream. Errors: as of `ask_model`.
  void begin_chat(AskModel question, const std::string& title, Cause cause, RecordAnswer asked,
                  std::function<void(Expected<Outcome>)> settled);

  /// Lets a model answer a question that is durable already, unless one is at it. `settled` as of `ask_model`.
  void answer(const QuestionId& id, std::function<void(Expected<Outcome>)> settled, std::function<bool()> gone = {});

  /// Makes a group's question to a model what that group has set: who answers, and in whose manner. Before the first
  /// question.
  void tailor_by(std::function<void(AccountId group, llm::ChatRequest& request)> tailor) {
    tailor_ = std::move(tailor);
  }

  /// Called with each piece of an answer, on a thread that must not be held up. Before the first question.
  void on_delta(std::function<void(const QuestionId&, std::string_view)> observer) {
    observers_.push_back(std::move(observer));
  }

  /// What is known that fits a question, asked for before a talk's question is put to a model; `then` gets it once, on any
  /// thread, or nothing. Before the first question.
  void recall_by(std::function<void(Recall, std::function<void(std::string known)>)> recall) {
    recall_ = std::move(recall);
  }

  /// The session in which the account asks questions that stand alone; made when it is not there yet. Errors: as of
  /// `create`.
  void find_assistant(AccountId account, Cause cause, std::function<void(Expected<SessionId>)> answer);

  /// Takes up the questions that the last run left open. Once, when there are models and observers, and only in a
  /// process that stays: each question has this one second chance.
  void take_up_open_questions();

  /// Gives up answers that nobody waits for, and offers again what the house was too busy for. Every second or so.
  void tick();

  std::size_t under_way() const;

 private:
  struct UnderWay {
    llm::Models::Ticket ticket = 0;
    std::shared_ptr<ToolLoop> loop;  ///< in place of the ticket, where the model may call tools
    std::function<bool()> gone;
    std::function<void(Expected<Outcome>)> settled;
  };

  Expected<PostMessage> message_of(const AskModel& asked) const;
  void post_question(SessionId session, SessionDecider::Command question, std::function<bool()> gone, Cause cause,
                     RecordAnswer on_asked, std::function<void(Expected<Outcome>)> settled);
  void take_up(const QuestionId& id);
  bool note_under_way(const QuestionId& id, std::function<void(Expected<Outcome>)> settled, std::function<bool()> gone);
  void put_to_model(const QuestionId& id);
  void ask_now(const QuestionId& id);
  void ask_knowing(const QuestionId& id, const projections::QuestionRow& question, llm::ChatRequest request);
  Expected<llm::ChatRequest> request_for(const QuestionId& id, const projections::QuestionRow& question) const;
  Expected<llm::ChatRequest> standing_alone(const QuestionId& id, const projections::QuestionRow& question) const;
  std::string told_in_talk(const projections::MessageRow& row, const std::string& text,
                           const projections::SessionRow& talk) const;
  std::string told_of(const events::QuestionContext& context, AccountId asker, Micros asked_at) const;
  ContextFile told_of_file(const FileId& id, AccountId asker, std::size_t room) const;
  ToolContext tool_context(const QuestionId& id, AccountId asker, const events::BotSettings& settings) const;
  void ask_with_tools(const QuestionId& id, AccountId asker, llm::ChatRequest request);
  void model_answered(const QuestionId& id, AccountId asker, Expected<llm::ChatAnswer> answer);
  void settle(const QuestionId& id, SessionDecider::Command outcome, std::function<void(Expected<Outcome>)> settled,
              Expected<Outcome> told);
  std::optional<UnderWay> take(const QuestionId& id);
  bool after_a_while(std::function<void()> work);

  const storage::Store& store_;
  const Secrets& secrets_;
  projections::SessionQueries queries_;
  projections::ContactQueries contacts_;
  const Files& files_;
  projections::Queries accounts_;
  llm::Models& models_;
  Tools& tools_;
  AskSession ask_session_;
  Elsewhere elsewhere_;
  std::atomic<SessionId> last_session_;
  std::vector<std::function<void(const QuestionId&, std::string_view)>> observers_;
  std::function<void(AccountId group, llm::ChatRequest& request)> tailor_;
  std::function<void(Recall, std::function<void(std::string)>)> recall_;
  mutable std::mutex mutex_;
  std::map<QuestionId, UnderWay> under_way_;
  std::vector<std::function<void()>> postponed_;
  std::atomic<bool> ending_{false};
};

}  // namespace troupe::actors
