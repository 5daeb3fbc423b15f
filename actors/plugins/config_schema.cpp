#include "actors/plugins/config_schema.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::plugins {
namespace {

constexpr std::string_view kTypes[] = {"string", "integer", "number", "boolean", "array", "object"};
constexpr std::string_view kKeywords[] = {"type",    "title",      "description", "default",  "examples",
                                          "$schema", "properties", "required",    "items",    "enum",
                                          "minimum", "maximum",    "minLength",   "maxLength"};

bool is_one_of(const auto& value, const auto& all) {
  return std::find(std::begin(all), std::end(all), value) != std::end(all);
}

tl::unexpected<Error> bad(const std::string& at, const std::string& what) {
  return fail(Errc::invalid, at + " " + what, at);
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  return value.is_object();
}

Expected<void> check_rules(const Json& schema, const std::string& at) {
  for (const char* limit : {"minimum", "maximum"})
    if (schema.contains(limit) && !schema[limit].is_number()) return bad(at + "." + limit, "must be a number");
  for (const char* limit : {"minLength", "maxLength"})
    if (schema.contains(limit) && !schema[limit].is_number_unsigned())
      return bad(at + "." + limit, "must be a whole number, not below 0");
  for (const char* text : {"title", "description"})
    if (schema.contains(text) && !schema[text].is_string()) return bad(at + "." + text, "must be text");
  if (schema.contains("enum") && (!schema["enum"].is_array() || schema["enum"].empty()))
    return bad(at + ".enum", "must be a list with at least one value");
  if (schema.contains("required")) {
    if (!schema["required"].is_array()) return bad(at + ".required", "must be a list of names");
    for (const auto& name : schema["required"])
      if (!name.is_string() || !schema.value("properties", Json::object()).contains(name.get<std::string>()))
        return bad(at + ".required", "must name properties");
  }
  return {};
}

Expected<void> check_value(const Json& schema, const Json& value, const std::string& at);

/// Depth: the text was checked before it was parsed.
Expected<void> check_schema_at(const Json& schema, const std::string& at) {
  if (!schema.is_object()) return bad(at, "must be an object");
  for (const auto& [keyword, _] : schema.items())
    if (!is_one_of(keyword, kKeywords)) return bad(at + "." + keyword, "is not supported");
  const auto type = schema.find("type");
  if (type == schema.end() || !type->is_string() || !is_one_of(type->get_ref<const std::string&>(), kTypes))
    return bad(at + ".type", "must be string, integer, number, boolean, array or object");
  if (schema.contains("properties")) {
    if (!schema["properties"].is_object()) return bad(at + ".properties", "must be an object");
    for (const auto& [name, property] : schema["properties"].items())
      if (auto ok = check_schema_at(property, at + "." + name); !ok) return ok;
  }
  if (schema.contains("items"))
    if (auto ok = check_schema_at(schema["items"], at + ".items"); !ok) return ok;
  if (auto ok = check_rules(schema, at); !ok) return ok;
  if (schema.contains("enum"))
    for (const auto& value : schema["enum"])
      if (!has_type(value, type->get_ref<const std::string&>()))
        return bad(at + ".enum", "has a value of another type");
  if (schema.contains("default"))
    if (auto ok = check_value(schema, schema["default"], at + ".default"); !ok) return ok;
  return {};
}

Expected<void> check_fields(const Json& schema, const Json& value, const std::string& at) {
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, field] : value.items()) {
    const auto property = properties.find(name);
    if (property == properties.end()) return bad(at + "." + name, "is nothing that can be set");
    if (auto ok = check_value(*property, field, at + "." + name); !ok) return ok;
  }
  for (const auto& name : schema.value("required", Json::array())) {
    const auto& required = name.get_ref<const std::string&>();
    if (!value.contains(required) && !properties[required].contains("default"))
      return bad(at + "." + required, "is required");
  }
  return {};
}

Expected<void> check_value(const Json& schema, const Json& value, const std::string& at) {
  const auto& type = schema["type"].get_ref<const std::string&>();
  if (!has_type(value, type)) return bad(at, "must be of type " + type);
  if (schema.contains("enum") && !is_one_of(value, schema["enum"]))
    return bad(at, "must be one of " + json_text(schema["enum"]));
  if (value.is_number()) {
    if (schema.contains("minimum") && value < schema["minimum"])
      return bad(at, "must be at least " + json_text(schema["minimum"]));
    if (schema.contains("maximum") && value > schema["maximum"])
      return bad(at, "must be at most " + json_text(schema["maximum"]));
  }
  if (value.is_string()) {
    const auto length = length_in_characters(value.get_ref<const std::string&>());
    if (schema.contains("minLength") && length < schema["minLength"].get<std::size_t>())
      return bad(at, "must have at least " + json_text(schema["minLength"]) + " characters");
    if (schema.contains("maxLength") && length > schema["maxLength"].get<std::size_t>())
      return bad(at, "must have at most " + json_text(schema["maxLength"]) + " characters");
  }
  if (value.is_array() && schema.contains("items"))
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto ok = check_value(schema["items"], value[i], at + "." + std::to_string(i)); !ok) return ok;
  if (value.is_object() && schema.contains("properties")) return check_fields(schema, value, at);
  return {};
}

}  // namespace

Expected<void> check_schema(const Json& schema) {
  if (auto ok = check_schema_at(schema, "schema"); !ok) return ok;
  if (schema["type"] != "object") return bad("schema.type", "must be object");
  return {};
}

Expected<void> check_config(const Json& schema, const Json& config) {
  if (!config.is_object()) return bad("config", "must be an object");
  if (auto ok = check_json_size("config", config, defaults::kMaxEntryConfigBytes); !ok) return ok;
  if (schema.is_null()) return {};
  return check_value(schema, config, "config");
}

Json with_defaults(const Json& schema, Json config) {
  if (schema.is_null() || !schema.contains("properties") || !config.is_object()) return config;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (!config.contains(name) && property.contains("default")) config[name] = property["default"];
    if (config.contains(name)) config[name] = with_defaults(property, std::move(config[name]));
  }
  return config;
}

}  // namespace troupe::actors::plugins
