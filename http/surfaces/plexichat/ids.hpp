// How this dialect names things: a word and a number, `user_7`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/route.hpp"

namespace troupe::http::plexichat {

inline constexpr std::string_view kUser = "user_";
inline constexpr std::string_view kChannel = "channel_";
inline constexpr std::string_view kMessage = "msg_";
inline constexpr std::string_view kFile = "file_";

inline std::string id_text(std::string_view kind, std::int64_t number) {
  return std::string(kind) + std::to_string(number);
}

/// Nothing when the text is no such id.
inline std::optional<std::int64_t> id_number(std::string_view kind, std::string_view text) {
  if (!text.starts_with(kind)) return std::nullopt;
  const auto number = whole_number(text.substr(kind.size()));
  return number && *number > 0 ? std::optional<std::int64_t>(*number) : std::nullopt;
}

}  // namespace troupe::http::plexichat
