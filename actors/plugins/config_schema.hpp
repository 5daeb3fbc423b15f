// What can be set of a plugin: a part of JSON Schema, enough for a form.
//
//   {"title": …, "type": "object", "properties": {"sides": {"type": "integer", "title": "…", "default": 6, "minimum": 2}}}
//
// `type` is string, integer, number, boolean, array or object. Rules: properties, required, items, enum, minimum, maximum,
// minLength, maxLength. What only describes (title, description, default, examples, $schema) is kept for who shows it. Any
// other keyword is refused, since it might be a rule. Pure.
#pragma once

#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors::plugins {

/// Errors: invalid; the message names the place.
Expected<void> check_schema(const Json& schema);

/// A configuration against a schema (null: anything goes). Errors: invalid, with the field: `config.sides`.
Expected<void> check_config(const Json& schema, const Json& config);

/// With the schema's defaults for what is not set.
Json with_defaults(const Json& schema, Json config);

}  // namespace troupe::actors::plugins
