// The pure parts of sending a file: its name, a range of it, and whether the client has it already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace troupe::http {

/// A name that is safe in any folder and any header: no path, none of `<>:"/\|?*`, no control characters, no dots or
/// spaces at its ends, at most kMaxFileNameLength bytes of UTF-8; `file` when nothing is left.
std::string safe_file_name(std::string_view name);

/// A Content-Disposition with that file name, also for clients that know ASCII only (RFC 6266, RFC 8187). `name` is safe.
std::string content_disposition(std::string_view type, std::string_view name);

/// Bytes `first` to `last` of a file, both included.
struct ByteRange {
  std::uint64_t first = 0, last = 0;
  std::uint64_t size() const { return last - first + 1; }
};

/// How much of a file a request asks for (RFC 9110, section 14).
struct RangeAnswer {
  int status = 200;  ///< 200: all of it; 206: `range`; 416: nothing of it
  std::optional<ByteRange> range;
};

/// `header` is the Range header. All of the file is answered for several ranges, for other units and for what is no
/// range. An empty file has no range.
RangeAnswer range_of(std::string_view header, std::uint64_t size);

/// Whether the client has just this one already (If-None-Match): 304. `etag` is strong, with its quotes.
bool is_not_modified(const Request& request, std::string_view etag);

/// The range that a request asks for, unless its If-Range names another version.
RangeAnswer range_of(const Request& request, std::string_view etag, std::uint64_t size);

}  // namespace troupe::http
