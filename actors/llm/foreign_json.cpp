#include "actors/llm/foreign_json.hpp"

#include <algorithm>

#include "events/defaults.hpp"
#include "events/json_depth.hpp"

namespace troupe::actors::llm {
namespace {

const Json kNothing;
/// Of tokens: what a provider says beyond it is no count, and its sums would overflow.
constexpr double kMostCounted = 1e9;

bool is_name(const std::string& text) {
  constexpr std::size_t kLongestName = 64;
  return !text.empty() && text.size() <= kLongestName && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

Expected<Json> parse_object(std::string_view text) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return fail(Errc::corrupt, "JSON is nested too deep");
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_object()) return fail(Errc::corrupt, "not a JSON object");
  return value;
}

const Json& first_of(const Json& array) { return array.is_array() && !array.empty() ? array.front() : kNothing; }

const Json& field_of(const Json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return at == object.end() ? kNothing : *at;
}

std::string text_in(const Json& object, const char* name) {
  const Json& value = field_of(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::int64_t> integer_in(const Json& object, const char* name) {
  const Json& value = field_of(object, name);
  return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

std::optional<std::int64_t> count_in(const Json& object, const char* name) {
  const Json& value = field_of(object, name);
  const bool believable = value.is_number_integer() && value.get<double>() >= 0 && value.get<double>() <= kMostCounted;
  return believable ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

std::vector<float> floats_in(const Json& array) {
  std::vector<float> numbers;
  if (!array.is_array()) return numbers;
  numbers.reserve(array.size());
  for (const auto& value : array) {
    if (!value.is_number()) return {};
    numbers.push_back(value.get<float>());
  }
  return numbers;
}

std::string body_of(const Json& value) { return json_text(value); }

Json object_or_empty(std::string_view text) { return parse_object(text).value_or(Json::object()); }

std::string url_of(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + std::string(path);
}

Complaint complaint_in(const Json& body) {
  const Json& error = field_of(body.is_array() ? first_of(body) : body, "error");
  if (error.is_string()) return {{}, error.get<std::string>()};
  Complaint complaint{{}, text_in(error, "message")};
  for (const char* name : {"code", "status", "type"})
    if (auto kind = text_in(error, name); complaint.kind.empty() && is_name(kind)) complaint.kind = std::move(kind);
  return complaint;
}

}  // namespace troupe::actors::llm
