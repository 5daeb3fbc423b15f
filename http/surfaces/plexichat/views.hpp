// Channels, messages and reactions as this dialect shows them.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

OrderedJson channel_view(const Context& context, const projections::SessionRow& row, bool is_member);
OrderedJson member_view(const Context& context, const projections::SessionRow& channel,
                        const projections::Member& member);

/// As the rows have it. A text whose key was thrown away is empty.
OrderedJson message_view(const Context& context, events::SessionId channel, const projections::MessageRow& row);
/// One that was just posted: nobody can have reacted to it.
OrderedJson message_view(const Context& context, events::SessionId channel, const events::MessagePosted& message,
                         Micros posted_at);

/// Names up to kMaxReactorsShown people.
OrderedJson reaction_view(const projections::Reaction& reaction);
OrderedJson reactions_view(const Context& context, events::SessionId channel, std::int64_t number);

std::string channel_id(events::SessionId channel);
std::string message_id(events::SessionId channel, std::int64_t number);
std::string user_id(events::AccountId account);

}  // namespace troupe::http::plexichat
