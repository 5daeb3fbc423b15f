// Talking with a model, and the conversations that come of it. They are the caller's own chat sessions: `userId` and
// `groupId` of a request name one of them, the same ones always the same.
#pragma once

#include <map>
#include <mutex>

#include "http/surfaces/chatai/presets.hpp"

namespace troupe::http::chatai {

/// Whom a conversation is with, as the caller counts people and groups. Both may be empty.
struct Partner {
  std::string user, group;
};

/// `user:<id>`, `group:<id>`, `group:<id>:user:<id>`, and back. A text that is none of them (the title of a chat that began
/// elsewhere) is nobody's.
std::string text_of(const Partner& partner);
std::optional<Partner> partner_in(std::string_view text);

class Chat {
 public:
  Chat(Context& context, const Presets& presets) : context_(context), presets_(presets) {}

  /// One answer, or a stream of them where the body says `stream`.
  void chat(const CallPtr& call);
  void stream(const CallPtr& call);
  void history(const CallPtr& call);
  void clear_history(const CallPtr& call);

  void conversations(const CallPtr& call);
  void conversation(const CallPtr& call);
  void messages(const CallPtr& call);
  void clear(const CallPtr& call);
  void remove(const CallPtr& call);
  void remove_all(const CallPtr& call);

  /// A piece of an answer, on the models' thread.
  void delta(const actors::QuestionId& question, std::string_view text);

 private:
  class Streamed;

  /// The partner that the body or the query names. Errors: invalid.
  Expected<Partner> partner_of(const CallPtr& call, bool in_query) const;
  /// What names the conversation in the house; it tells nothing of whom it is with.
  std::string name_of(const Partner& partner) const;
  Expected<actors::AskModel> question_of(const CallPtr& call) const;
  /// The conversation, begun when it is not there yet; `next` on the loop's thread.
  void with_conversation(const CallPtr& call, const Partner& partner, std::function<void(events::SessionId)> next);
  std::optional<events::SessionId> conversation_with(const CallPtr& call, const Partner& partner) const {
    return context_.sessions.chat_named(call->caller.account, name_of(partner));
  }
  void ask(const CallPtr& call, bool streamed);
  std::optional<projections::SessionRow> conversation_or_refused(const CallPtr& call) const;
  OrderedJson view(const projections::SessionRow& row) const;
  /// The last `limit` messages, oldest first.
  OrderedJson message_list(const projections::SessionRow& row, std::size_t limit, bool iso_times) const;
  void end(events::SessionId id, events::AccountId owner, const actors::Cause& cause, actors::RecordAnswer answer);
  void end_all(const CallPtr& call, std::size_t ended);

  Context& context_;
  const Presets& presets_;
  std::mutex mutex_;
  std::map<actors::QuestionId, std::shared_ptr<Streamed>> streams_;  ///< under the mutex
};

}  // namespace troupe::http::chatai
