// Channels: who may see them, and who is in them.
//
// A channel is addressed as `channel_<number>`, a public one also by its name. What an account may not see does not exist
// for it. A public channel is seen, and joined, by every account; a private one only by its members, and its members
// bring others in. Messages are read by members only.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

/// Moderators and administrators moderate public channels, and those that they are in.
bool moderates(const Caller& caller);

/// The error in this dialect's words: what the deciders of all dialects call a session is a channel here.
Error about_channels(Error error);

/// An open channel. Errors: not_found (`channel_id`).
Expected<projections::SessionRow> open_channel(const Context& context, std::string_view text);

/// One that the caller may see. Errors: not_found (`channel_id`).
Expected<projections::SessionRow> visible_channel(const Context& context, const Caller& caller, std::string_view text);

/// One that the caller is in. Errors: not_found, forbidden (`channel_id`; a public one that it has not joined).
Expected<projections::SessionRow> joined_channel(const Context& context, const Caller& caller, std::string_view text);

/// One that the caller is in, or moderates. Errors: as of `joined_channel`.
Expected<projections::SessionRow> moderated_channel(const Context& context, const Caller& caller,
                                                    std::string_view text);

class Channels {
 public:
  explicit Channels(Context& context) : context_(context) {}

  void create(const CallPtr& call);
  void list(const CallPtr& call);
  void show(const CallPtr& call);
  void change(const CallPtr& call);
  /// Its members lose it; its name is free again.
  void remove(const CallPtr& call);
  void join(const CallPtr& call);
  void leave(const CallPtr& call);
  void members(const CallPtr& call);
  void add_member(const CallPtr& call);
  void remove_member(const CallPtr& call);

 private:
  using SessionRow = projections::SessionRow;

  /// Asks the session, and answers with the channel as it is then.
  void ask(const CallPtr& call, events::SessionId channel, actors::SessionDecider::Command command);
  /// The same, with an answer of another kind.
  void ask(const CallPtr& call, events::SessionId channel, actors::SessionDecider::Command command,
           std::function<void()> done);
  void answer_with(const CallPtr& call, events::SessionId channel);

  Context& context_;
};

}  // namespace troupe::http::plexichat
