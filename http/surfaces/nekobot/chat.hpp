// Chats with a model: each is a session of the caller's, or of the guest's.
#pragma once

#include "http/surfaces/nekobot/context.hpp"
#include "http/surfaces/nekobot/guest.hpp"
#include "http/surfaces/nekobot/streams.hpp"

namespace troupe::http::nekobot {

/// What a request says of the model that is to answer, under any of the names that clients have for it. Errors: invalid.
struct Wanted {
  std::string provider, model;
};
Expected<Wanted> wanted_model(const Context& context, const Call& call);

/// The number in `session_id`, a text or a number. Nothing when it is none.
std::optional<events::SessionId> session_number(const Json& id);

/// A chat of that account. Errors: not_found.
Expected<projections::SessionRow> chat_of(const Context& context, events::AccountId account,
                                          std::optional<events::SessionId> id);

/// Lets the default personality speak in a session that has no system prompt yet.
void apply_default_personality(const Context& context, actors::AskModel& question,
                               const projections::SessionRow& session);

class Chat {
 public:
  Chat(Context& context, Guest& guest, Streams& streams) : context_(context), guest_(guest), streams_(streams) {}

  void new_session(const CallPtr& call);
  void sessions(const CallPtr& call);
  void get_session(const CallPtr& call);
  void delete_session(const CallPtr& call);
  void send(const CallPtr& call);

 private:
  std::string creator(events::AccountId account) const;
  OrderedJson view(const projections::SessionRow& row, const std::string& creator) const;

  Context& context_;
  Guest& guest_;
  Streams& streams_;
};

}  // namespace troupe::http::nekobot
