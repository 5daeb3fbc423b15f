// The bytes of a response before its body (RFC 9112, section 4).
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace troupe::http {

struct ResponseContext {
  std::string_view request_id;  ///< empty: no X-Request-Id
  std::string_view date;        ///< empty: no Date
  bool close = false;           ///< the connection ends after this response
  bool http_1_0 = false;        ///< the client must be told that the connection stays open
  bool streamed = false;        ///< the body follows in chunks, or up to the end of an HTTP/1.0 connection
};

/// False for the statuses that never have a body: 1xx, 204 and 304.
bool has_body(int status);

/// Status line and headers with the final empty line. Framing is ours: Content-Length, Transfer-Encoding and
/// Connection among the response's headers are left out, and so is any header with a line break or NUL in it.
std::string response_head(const Response& response, const ResponseContext& context);

/// One chunk of a body (RFC 9112, section 7.1). That of no bytes ends the body.
std::string chunk_of(std::string_view bytes);

/// Unique in this process and most likely beyond. 15 characters, so that it needs no allocation: six random ones for the
/// process, then a counter.
std::string next_request_id();

/// A whole answer after which the connection ends. The response has no source.
std::string last_words(const Response& response, std::string_view request_id, std::string_view date);

/// A whole answer to a request that never reached a handler. 503 says when to try again.
std::string refusal(int status, std::string_view date);

}  // namespace troupe::http
