// Reading JSON that others wrote: what is missing or of another type reads as nothing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors::llm {

/// Errors: corrupt (no JSON object, or one that nests deeper than kMaxJsonDepth).
Expected<Json> parse_object(std::string_view text);

/// Of an array its first element, of an object a field; null where there is none.
const Json& first_of(const Json& array);
const Json& field_of(const Json& object, const char* name);

std::string text_in(const Json& object, const char* name);
std::optional<std::int64_t> integer_in(const Json& object, const char* name);
/// From 0 to 1e9; nothing when it is anything else.
std::optional<std::int64_t> count_in(const Json& object, const char* name);
/// Numbers of an array; empty when it is none or holds anything else.
std::vector<float> floats_in(const Json& array);

/// As the body of a request. What is no UTF-8 is replaced.
std::string body_of(const Json& value);
/// `text` as JSON, or an empty object when it is none: the arguments of a tool, which a model wrote.
Json object_or_empty(std::string_view text);
/// The base without a slash at its end, and the path behind it.
std::string url_of(std::string_view base, std::string_view path);

/// What a provider says about its failure, in any of the formats: `{"error":{"message","type","code","status"}}`.
struct Complaint {
  std::string kind;   ///< its name for it (`insufficient_quota`), when it looks like a name; no more than 64 characters
  std::string words;  ///< for people; may quote the request
};
Complaint complaint_in(const Json& body);

}  // namespace troupe::actors::llm
