// Words that come from outside and are told to operators: errors of platforms, models, servers and scripts. Pure.
#pragma once

#include <string>
#include <string_view>

#include "actors/rules.hpp"
#include "events/json.hpp"

namespace troupe::actors {

/// With U+FFFD for what is not UTF-8.
inline std::string as_utf8(std::string words) {
  if (is_utf8(words)) return words;
  return Json::parse(json_text(Json(std::move(words)))).get<std::string>();
}

/// Puts `***` wherever the secret stands in the words: who was sent it may send it back in an error. One of less than four
/// bytes is left, as it stands in every text.
inline void hide(std::string& words, std::string_view secret) {
  constexpr std::size_t kShortestSecret = 4;
  constexpr std::string_view kHidden = "***";
  if (secret.size() < kShortestSecret) return;
  for (auto at = words.find(secret); at != words.npos; at = words.find(secret, at + kHidden.size()))
    words.replace(at, secret.size(), kHidden);
}

}  // namespace troupe::actors
