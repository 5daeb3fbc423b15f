// Errors in this dialect's words: an upper-case code, and a text in English or Chinese. Pure.
#pragma once

#include <string>
#include <string_view>

#include "events/expected.hpp"

namespace troupe::http::chatai {

/// An error with a code of this dialect's own, such as PRESET_NOT_FOUND.
inline Error coded(Errc code, const char* own, std::string message) { return {code, std::move(message), own}; }

/// The dialect's own code where the error has one; else the usual one for what happened.
std::string code_of(const Error& error);

/// True for a field that is one of the dialect's codes.
bool is_code(std::string_view field);

/// Whether the preferred language of an `Accept-Language` (RFC 9110, section 12.5.4) is Chinese.
bool prefers_chinese(std::string_view accept_language);

/// Where there is no translation, what kind of error it is in Chinese, before the English text.
std::string in_chinese(const Error& error, const std::string& english);

}  // namespace troupe::http::chatai
