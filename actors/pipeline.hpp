// What becomes of a message from a platform: the rules, in their order, until one stops it or it is to be answered.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "events/settings.hpp"
#include "events/time.hpp"

namespace troupe::actors {

/// A message as the rules see it. Ids are the platform's.
struct HeardMessage {
  bool in_group = false;
  std::string user;
  std::string group;  ///< of a group message
  std::string text;
  bool to_the_bot = false;  ///< it names the bot, or answers it
};

/// A message that begins with a command's prefix: `/weather Oslo tomorrow`.
struct SpokenCommand {
  std::string name;       ///< `weather`, as it was written
  std::string arguments;  ///< `Oslo tomorrow`, without white space around it
};
/// Nothing when the text is no command. One that begins with `#`, and not with a prefix, has that in its name.
std::optional<SpokenCommand> command_in(const events::BotSettings& settings, std::string_view text);

enum class Step : std::uint8_t { lists, safety, rate, wake, conversation, usage, command, model };
std::string_view name_of(Step step);

struct Verdict {
  /// Where the message came to. `command` and `model`: it is answered there; any other step stopped it.
  Step step = Step::model;
  std::string reason;  ///< why it stopped, or what woke the model: private, at, prefix, keyword or random
  std::string text;    ///< what the model is told: without the prefix that woke it
};

/// By every rule but the rate's, which counts what is about to be answered. `is_command`: it is one that the house knows.
/// `dice`: from 0 up to 1, by chance.
Verdict judge(const events::BotSettings& settings, const HeardMessage& message, bool is_command, double dice);

/// `recent`: when the conversation's last messages were answered.
bool too_fast(const events::RateRules& rate, std::span<const Micros> recent, Micros now);
std::string reason_of(const events::RateRules& rate);

/// Whether the settings name this person as an administrator of the bots: `<id of the platform>:<user>`, or
/// `<type of the platform>:<user>`. The latter counts for no webhook, whose sender says who speaks.
bool is_administrator(const events::BotSettings& settings, std::string_view platform, std::string_view platform_type,
                      std::string_view user);

/// A reply as it is sent.
std::string decorated(const events::BotSettings& settings, std::string_view reply);

/// `group_<group>` or `private_<user>`: how settings name a conversation.
std::string conversation_name(const HeardMessage& message);

}  // namespace troupe::actors
