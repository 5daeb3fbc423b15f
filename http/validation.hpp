// Checks a request's body and query against what its route declares. Pure.
#pragma once

#include "events/expected.hpp"
#include "http/route.hpp"

namespace troupe::http {

/// Parses a body of the route's kind: JSON, or a form where the route takes one, whose values are all strings. Errors:
/// invalid (not JSON, nested too deep, wrong kind).
Expected<Json> parse_body(const Route& route, const Request& request);

/// Required fields, types, lengths and words. Errors: invalid, with the field's name.
Expected<void> check_fields(const Route& route, const Json& body);

/// Required parameters, integers and their ranges. Errors: invalid, with the parameter's name.
Expected<void> check_query(const Route& route, std::string_view query);

}  // namespace troupe::http
