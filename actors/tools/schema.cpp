#include "actors/tools/schema.hpp"

#include <algorithm>
#include <cmath>

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

const Json* keyword(const Json& schema, const char* name) {
  const auto at = schema.find(name);
  return at == schema.end() ? nullptr : &*at;
}

bool is_of_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type == "integer")  // 2.0 is one, too
    return value.is_number_integer() ||
           (value.is_number_float() && value.get<double>() == std::trunc(value.get<double>()));
  return true;
}

tl::unexpected<Error> bad(const std::string& path, const std::string& what) {
  return fail(Errc::invalid, (path.empty() ? "the arguments" : path) + " " + what, path);
}

Expected<void> check_type(const Json& schema, const Json& value, const std::string& path) {
  const Json* type = keyword(schema, "type");
  if (!type) return {};
  std::string names;
  const Json types = type->is_array() ? *type : Json::array({*type});
  for (const Json& name : types) {
    if (!name.is_string() || is_of_type(value, name.get_ref<const std::string&>())) return {};
    names += (names.empty() ? "" : " or ") + name.get_ref<const std::string&>();
  }
  return bad(path, "must be of type " + names);
}

/// `least` and `most` are keywords; what they say is told as `must <verb> at least 2<unit>`.
Expected<void> check_range(const Json& schema, const char* least, const char* most, double size,
                           const std::string& verb, const std::string& unit, const std::string& path) {
  const Json* low = keyword(schema, least);
  const Json* high = keyword(schema, most);
  const auto must = [&](const char* how, const Json& bound) {
    return bad(path, "must " + verb + how + bound.dump() + unit);
  };
  if (low && low->is_number() && size < low->get<double>()) return must(" at least ", *low);
  if (high && high->is_number() && size > high->get<double>()) return must(" at most ", *high);
  return {};
}

class Checker {
 public:
  /// Beyond kMaxJsonDepth there is nothing to check: no JSON that is taken in nests deeper.
  Expected<void> check(const Json& schema, const Json& value, const std::string& path, std::size_t depth = 0) const {
    if (schema == false) return bad(path, "is not allowed");
    if (!schema.is_object() || depth > defaults::kMaxJsonDepth) return {};
    if (auto ok = check_type(schema, value, path); !ok) return ok;
    if (const Json* values = keyword(schema, "enum");
        values && values->is_array() && std::find(values->begin(), values->end(), value) == values->end())
      return bad(path, "must be one of " + json_text(*values));
    if (const Json* only = keyword(schema, "const"); only && *only != value)
      return bad(path, "must be " + json_text(*only));
    if (auto ok = check_combined(schema, value, path, depth); !ok) return ok;
    if (value.is_number()) return check_range(schema, "minimum", "maximum", value.get<double>(), "be", "", path);
    if (value.is_string())
      return check_range(schema, "minLength", "maxLength",
                         static_cast<double>(length_in_characters(value.get_ref<const std::string&>())), "have",
                         " characters", path);
    if (value.is_array()) return check_array(schema, value, path, depth);
    if (value.is_object()) return check_object(schema, value, path, depth);
    return {};
  }

 private:
  Expected<void> check_combined(const Json& schema, const Json& value, const std::string& path,
                                std::size_t depth) const {
    if (const Json* all = keyword(schema, "allOf"); all && all->is_array())
      for (const Json& one : *all)
        if (auto ok = check(one, value, path, depth + 1); !ok) return ok;
    for (const char* name : {"anyOf", "oneOf"}) {
      const Json* any = keyword(schema, name);
      if (!any || !any->is_array() || any->empty()) continue;
      const auto fits = [&](const Json& one) { return check(one, value, path, depth + 1).has_value(); };
      if (std::none_of(any->begin(), any->end(), fits)) return bad(path, "fits none of the forms that it may have");
    }
    return {};
  }

  Expected<void> check_array(const Json& schema, const Json& value, const std::string& path, std::size_t depth) const {
    if (auto ok =
            check_range(schema, "minItems", "maxItems", static_cast<double>(value.size()), "have", " items", path);
        !ok)
      return ok;
    const Json* items = keyword(schema, "items");
    for (std::size_t i = 0; items && i < value.size(); ++i)
      if (auto ok = check(*items, value[i], path + "[" + std::to_string(i) + "]", depth + 1); !ok) return ok;
    return {};
  }

  Expected<void> check_object(const Json& schema, const Json& value, const std::string& path, std::size_t depth) const {
    const auto below = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
    if (const Json* required = keyword(schema, "required"); required && required->is_array())
      for (const Json& name : *required)
        if (name.is_string() && !value.contains(name.get_ref<const std::string&>()))
          return bad(below(name.get_ref<const std::string&>()), "is required");
    const Json* properties = keyword(schema, "properties");
    const Json* others = keyword(schema, "additionalProperties");
    for (const auto& [name, field] : value.items()) {
      const Json* property = properties && properties->is_object() ? keyword(*properties, name.c_str()) : nullptr;
      const Json* rule = property ? property : others;
      if (!rule) continue;
      if (auto ok = check(*rule, field, below(name), depth + 1); !ok) return ok;
    }
    return {};
  }
};

}  // namespace

Expected<void> check_arguments(const Json& schema, const Json& arguments) {
  if (!arguments.is_object()) return fail(Errc::invalid, "the arguments must be a JSON object");
  return Checker().check(schema, arguments, "");
}

}  // namespace troupe::actors
