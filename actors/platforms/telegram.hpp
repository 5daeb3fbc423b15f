// Telegram's Bot API between its JSON and the house's messages. Pure.
//
// Format: https://core.telegram.org/bots/api (Update, Message, getUpdates, sendMessage, ResponseParameters).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/platforms/http_sender.hpp"
#include "actors/talks.hpp"
#include "events/expected.hpp"

namespace troupe::actors::platforms::telegram {

/// UTF-16 code units of one message.
inline constexpr std::size_t kMaxMessageLength = 4096;

/// `<base>/bot<token>/<method>`
std::string method_url(std::string_view base_url, std::string_view token, std::string_view method);

/// Who the bot is there.
struct Bot {
  std::string id, username;
};
/// Of getMe's answer. Errors: corrupt.
Expected<Bot> bot_in(std::string_view answer);

struct Update {
  std::int64_t id = 0;
  std::optional<Incoming> message;  ///< none where it is no message to hear; without the platform
};
/// Of getUpdates' answer. Errors: corrupt.
Expected<std::vector<Update>> updates_in(std::string_view answer, const Bot& bot);

std::string updates_request(std::int64_t offset);
std::string message_request(const Outgoing& outgoing, std::string_view text, bool is_first);

/// Why a request failed, in Telegram's words, and how long it asks to wait.
struct Complaint {
  std::string why;
  std::chrono::milliseconds rest{0};
  bool is_about_the_token = false;  ///< it is unknown (401), or has not the form of one (404): that does not come right
};
Complaint complaint_in(const HttpAnswer& answer);
SendOutcome outcome_of(const HttpAnswer& answer);

}  // namespace troupe::actors::platforms::telegram
