// What this dialect says to people, in English and in Chinese: whichever the request's `Accept-Language` prefers, English
// where it says nothing. Pure.
#pragma once

#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "http/message.hpp"

namespace troupe::http::nekobot {

/// A sentence; `{}` stands for a name in it.
struct Sentence {
  std::string_view english, chinese;
};

bool prefers_chinese(const Request& request);

std::string words(const Request& request, const Sentence& sentence, std::string_view name = {});

/// The message of a refusal. One that the dialect's own servers word in Chinese is translated; any other stays English.
std::string words(const Request& request, const Error& error, const std::string& english);

}  // namespace troupe::http::nekobot
