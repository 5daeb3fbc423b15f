// OneBot v11 between its JSON and the house's messages. Pure.
//
// Format: https://github.com/botuniverse/onebot-11 (events, message segments and CQ codes, actions).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "actors/talks.hpp"
#include "events/expected.hpp"

namespace troupe::actors::platforms::onebot {

/// A message that somebody else sent.
struct Message {
  std::string self_id;     ///< the account that got it
  std::string message_id;  ///< empty: it has none
  Speaker speaker;         ///< without the platform
  std::string text;        ///< segments rendered; without what only says that it is to the bot
  std::string answers;     ///< the message that it answers; empty: none
  bool names_the_bot = false;
};
struct Heartbeat {
  std::string self_id;
  std::chrono::milliseconds interval{0};  ///< 0: it does not say
};
/// Something that happened besides messages: `notice.group_increase`, `request.friend`, `meta_event.lifecycle`.
struct Happening {
  std::string self_id;
  std::string kind;
};
/// To an action.
struct Response {
  std::string echo;
  bool is_ok = false;
  std::string message_id;  ///< of a sent message
  std::string why;         ///< of a refusal, in the client's words
};
using Frame = std::variant<Message, Heartbeat, Happening, Response>;

/// Errors: corrupt.
Expected<Frame> parse(std::string_view json);

/// `send_group_msg` or `send_private_msg`. What it answers is quoted in a group. `answers`: the platform's id for that.
std::string send_action(const Outgoing& outgoing, std::string_view answers, std::string_view echo);

// Ids of messages are of one account, and it must be the one that answers: both make the house's id of a message

std::string foreign_id(std::string_view self_id, std::string_view message_id);
struct ForeignId {
  std::string self_id, message_id;
};
/// Both empty when it is none.
ForeignId parse_foreign_id(std::string_view id);

}  // namespace troupe::actors::platforms::onebot
