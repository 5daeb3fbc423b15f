// The JSON of the house, and how optional fields are written: absent and null read alike.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace troupe {
using Json = nlohmann::json;
}

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
