// Points in time: microseconds since 1970-01-01T00:00:00Z, the only form stored in an event.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Microseconds since the Unix epoch, UTC.
using Micros = std::int64_t;

constexpr Micros to_micros(std::chrono::microseconds d) { return d.count(); }

/// The clock of the edges. Deciders never call it: time comes in with the command.
Micros now_micros();

/// ISO 8601 in UTC with milliseconds: `2026-01-31T12:34:56.789Z`.
std::string iso8601(Micros t);

/// Reads ISO 8601 as RFC 3339 narrows it down: `2026-01-31T12:34:56`, up to nine digits of a fraction (what is finer than
/// a microsecond is cut off), and `Z` or an offset such as `+01:00`, which must be there. Years from 1970 on; no leap
/// seconds. Nothing when the text is anything else.
std::optional<Micros> parse_iso8601(std::string_view text);

/// The form of HTTP dates and cookies: `Thu, 01 Jan 1970 00:00:00 GMT` (RFC 9110, section 5.6.7).
std::string http_date(Micros t);

}  // namespace troupe
