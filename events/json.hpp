// The JSON of the house, and how optional fields are written: absent and null read alike.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace troupe {
using Json = nlohmann::json;

/// As text, with U+FFFD for what is not UTF-8: somebody sent it so, or a model broke a character in two between pieces.
template <class AnyJson>
std::string json_text(const AnyJson& json) {
  return json.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

}  // namespace troupe

namespace nlohmann {
template <class T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& j, const std::optional<T>& value) {
    if (value)
      j = *value;
    else
      j = nullptr;
  }
  static void from_json(const json& j, std::optional<T>& value) {
    if (j.is_null())
      value.reset();
    else
      value = j.template get<T>();
  }
};
}  // namespace nlohmann
