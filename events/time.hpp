// Points in time: microseconds since 1970-01-01T00:00:00Z, the only form stored in an event.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe {

/// Microseconds since the Unix epoch, UTC.
using Micros = std::int64_t;

constexpr Micros to_micros(std::chrono::microseconds d) { return d.count(); }

/// The clock of the edges. Deciders never call it: time comes in with the command.
Micros now_micros();

/// ISO 8601 in UTC with milliseconds: `2026-01-31T12:34:56.789Z`.
std::string iso8601(Micros t);

/// The form of HTTP dates and cookies: `Thu, 01 Jan 1970 00:00:00 GMT` (RFC 9110, section 5.6.7).
std::string http_date(Micros t);

}  // namespace troupe
