// Messages in channels, and reactions to them.
//
// A message is `msg_<number>`. Messages of a channel are numbered without gaps in the order of the log, and a deleted one
// stays as a tombstone: so a cursor, which is a message's id, never skips or repeats one, whatever is written meanwhile.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

/// A message that is well-formed and may be posted.
struct Draft {
  events::SessionId channel = 0;
  actors::PostMessage message;
  std::string text;
};

class Messages {
 public:
  explicit Messages(Context& context) : context_(context) {}

  void list(const CallPtr& call);
  void post(const CallPtr& call);
  void show(const CallPtr& call);
  void edit(const CallPtr& call);
  void remove(const CallPtr& call);
  void reactions(const CallPtr& call);
  void react(const CallPtr& call);
  void unreact(const CallPtr& call);

  /// The fields of a new message, over HTTP and on the socket.
  static const std::vector<Field>& fields();
  /// Of fields that have their types. Errors: not_found (`channel_id`), invalid.
  Expected<Draft> draft(const Json& fields, const Caller& caller) const;

 private:
  struct Found {
    projections::SessionRow channel;
    projections::MessageRow message;
  };
  /// Errors: not_found (`message_id`), forbidden. Who moderates need not be in the channel.
  Expected<Found> find(const CallPtr& call, bool moderating) const;
  /// The number of the message that a cursor names; nothing when there is none. Errors: invalid.
  Expected<std::optional<std::int64_t>> cursor(const CallPtr& call, const char* name,
                                               const projections::SessionRow& channel) const;
  /// What it replies to, and the thread that it thereby belongs to. Errors: invalid.
  Expected<void> set_reply(Draft& draft, const std::string& reply_to) const;
  actors::ReactionFacts reaction_facts(const Found& found, events::AccountId account, std::string_view emoji) const;
  /// Answers with the message as it is when the command is done.
  actors::RecordAnswer then_answer(const CallPtr& call, events::SessionId channel, std::int64_t number) const;
  void answer_with(const CallPtr& call, events::SessionId channel, std::int64_t number) const;

  Context& context_;
};

}  // namespace troupe::http::plexichat
