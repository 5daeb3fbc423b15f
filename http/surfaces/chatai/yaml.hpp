// YAML 1.2 (yaml.org/spec/1.2.2) to and from JSON, by yaml-cpp. Pure.
#pragma once

#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "http/route.hpp"

namespace troupe::http::chatai {

/// Every string in double quotes, so that none is taken for a number or a truth value.
std::string to_yaml(const OrderedJson& value);

/// One document. A plain scalar is what JSON's grammar makes of it (a number, true, false, null), or else a string.
/// Errors: invalid (no YAML, several documents, a key that is no scalar, nested deeper than kMaxJsonDepth, or more than
/// kMaxYamlNodes values once its aliases are followed); too_large (over kMaxImportBytes).
Expected<Json> from_yaml(std::string_view text);

}  // namespace troupe::http::chatai
