// Checks arguments against a JSON Schema, as far as schemas of tools' arguments go. Pure.
//
// Understood (JSON Schema 2020-12): type, enum, const, properties, required, additionalProperties, items, allOf, anyOf, oneOf,
// minimum, maximum, minLength, maxLength, minItems, maxItems. Other keywords are passed over: a tool checks its arguments
// itself, so that this only needs to tell a model early what it got wrong.
#pragma once

#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors {

/// Errors: invalid; `field` is the path of the offender (`place.city`, `days[2]`), empty for the arguments themselves.
Expected<void> check_arguments(const Json& schema, const Json& arguments);

}  // namespace troupe::actors
