#include "http/validation.hpp"

#include <algorithm>
#include <charconv>

#include "actors/rules.hpp"
#include "events/defaults.hpp"
#include "events/json_depth.hpp"

namespace troupe::http {
namespace {

const char* article_and_name(Field::Type type) {
  switch (type) {
    case Field::Type::string: return "a string";
    case Field::Type::integer: return "an integer";
    case Field::Type::number: return "a number";
    case Field::Type::boolean: return "true or false";
    case Field::Type::object: return "an object";
    case Field::Type::array: return "an array";
    case Field::Type::any: return "a value";
  }
  return "";
}

bool has_type(const Json& value, Field::Type type) {
  switch (type) {
    case Field::Type::string: return value.is_string();
    case Field::Type::integer: return value.is_number_integer();
    case Field::Type::number: return value.is_number();
    case Field::Type::boolean: return value.is_boolean();
    case Field::Type::object: return value.is_object();
    case Field::Type::array: return value.is_array();
    case Field::Type::any: return true;
  }
  return false;
}

Expected<void> check_string(const Field& field, const std::string& value) {
  const auto length = actors::length_in_characters(trimmed(value));
  if (length < field.min_length)
    return fail(Errc::invalid,
                !field.too_short.empty()
                    ? field.too_short
                    : field.name + " must have at least " + std::to_string(field.min_length) + " characters",
                field.name);
  if (field.max_length != 0 && length > field.max_length)
    return fail(Errc::invalid, field.name + " must have at most " + std::to_string(field.max_length) + " characters",
                field.name);
  if (!field.values.empty() && std::find(field.values.begin(), field.values.end(), value) == field.values.end()) {
    std::string words;
    for (const auto& word : field.values) words += (words.empty() ? "" : " or ") + word;
    return fail(Errc::invalid, field.name + " must be " + words, field.name);
  }
  return {};
}

/// As people write it: 2, or 0.5.
std::string plain(double number) {
  std::string text = Json(number).dump();
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

Expected<void> check_number(const Field& field, double value) {
  const bool fits = (!field.min || value >= *field.min) && (!field.max || value <= *field.max);
  if (fits) return {};
  return fail(Errc::invalid,
              field.name + " must be from " + plain(field.min.value_or(0)) + " to " + plain(field.max.value_or(0)),
              field.name);
}

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

bool is_form(const Request& request) {
  const auto type = request.header("Content-Type");
  if (!type || !equals_ignoring_case(trimmed(type->substr(0, type->find(';'))), kForm)) return false;
  return !trimmed(request.body).starts_with('{');  // curl calls everything a form that it is not told about
}

Expected<Json> parse_form(const Route& route, std::string_view text) {
  Json body = Json::object();
  for (const Field& field : route.fields)
    if (auto value = query_parameter(text, field.name)) body[field.name] = std::move(*value);
  return body;
}

bool is_missing(const Json& body, const Field& field) {
  const auto it = body.find(field.name);
  if (it == body.end() || it->is_null()) return true;
  return it->is_string() && trimmed(it->get_ref<const std::string&>()).empty();
}

}  // namespace

Expected<Json> parse_body(const Route& route, const Request& request) {
  const std::string_view text = request.body;
  if (route.body == BodyKind::none || route.body == BodyKind::upload) return Json::object();
  if (route.takes_forms && is_form(request)) return parse_form(route, text);
  if (trimmed(text).empty()) {
    if (route.body == BodyKind::object) return Json::object();
    return fail(Errc::invalid, route.invalid_body);
  }
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth))
    return fail(Errc::invalid, "JSON is nested deeper than " + std::to_string(defaults::kMaxJsonDepth) + " levels");
  Json body = Json::parse(text, nullptr, false);
  const bool fits = body.is_object() || (body.is_array() && route.body == BodyKind::object_or_array);
  if (!fits) return fail(Errc::invalid, body.is_discarded() ? route.invalid_body : "The body must be a JSON object");
  return body;
}

Expected<void> check_fields(const Route& route, const Json& body) {
  for (const Field& field : route.fields) {
    const auto it = body.find(field.name);
    if (it == body.end()) continue;
    // Null counts as missing, except where a field is one of a few words: there it is more likely a mistake.
    const bool missing = it->is_null() && field.values.empty();
    if (!missing && !has_type(*it, field.type))
      return fail(Errc::invalid, field.name + " must be " + article_and_name(field.type), field.name);
  }
  for (const Field& field : route.fields)
    if (field.required && is_missing(body, field))
      return fail(Errc::invalid, route.missing.empty() ? field.name + " is required" : route.missing, field.name);
  for (const Field& field : route.fields) {
    const auto it = body.find(field.name);
    if (it == body.end()) continue;
    if (it->is_number())
      if (auto ok = check_number(field, it->get<double>()); !ok) return ok;
    if (it->is_string())
      if (auto ok = check_string(field, it->get_ref<const std::string&>()); !ok) return ok;
  }
  return {};
}

Expected<void> check_query(const Route& route, std::string_view query) {
  for (std::string_view rest = query; !rest.empty();) {
    const auto part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (!percent_decode(part, true))
      return fail(Errc::invalid, "the query is not percent-encoded text", std::string(part.substr(0, part.find('='))));
  }
  for (const Parameter& parameter : route.query) {
    const auto text = query_parameter(query, parameter.name);
    if (!text) {
      if (parameter.required) return fail(Errc::invalid, parameter.name + " is required", parameter.name);
      continue;
    }
    if (!parameter.integer) continue;
    long long value = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end || value < parameter.min || value > parameter.max)
      return fail(Errc::invalid,
                  parameter.name + " must be an integer from " + std::to_string(parameter.min) + " to " +
                      std::to_string(parameter.max),
                  parameter.name);
  }
  return {};
}

}  // namespace troupe::http
