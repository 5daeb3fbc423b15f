// What bots report in quantity. Streams `logs/<bot>` and `messages/<bot>`, which no entity replays. All of it is
// personal data of the bot's owner.
#pragma once

#include "events/codec.hpp"

namespace troupe::events {

/// Categories of the streams here.
inline constexpr std::string_view kLogs = "logs";
inline constexpr std::string_view kMessages = "messages";

struct LogReported {
  static constexpr std::string_view type = "LogReported";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"level", "message", "metadata"};
  std::string level;  ///< the entry's own `type`: info, error, warning, …
  std::string message;
  Json metadata = Json::object();
};
TROUPE_EVENT(LogReported, level, message, metadata)

struct MessageReported {
  static constexpr std::string_view type = "MessageReported";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"message",   "author_id",   "author_name",
                                                  "thread_id", "thread_type", "metadata"};
  std::string message;
  std::optional<std::string> author_id;
  std::optional<std::string> author_name;
  std::optional<std::string> thread_id;
  std::string thread_type = "GROUP";
  Json metadata = Json::object();
};
TROUPE_EVENT(MessageReported, message, author_id, author_name, thread_id, thread_type, metadata)

using FeedEvent = std::variant<LogReported, MessageReported>;

}  // namespace troupe::events
