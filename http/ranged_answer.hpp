// Answers with bytes of which a client may ask for a part (RFC 9110, section 14), the same for all that is downloaded.
#pragma once

#include <functional>
#include <memory>

#include "http/download.hpp"
#include "http/route.hpp"

namespace troupe::http {

/// A response that offers parts of one version; its further headers are the caller's. `etag` is strong, with its quotes.
Response ranged_response(std::string content_type, std::string_view etag);

/// True: the client has this version already, and has been told so (304).
bool answered_not_modified(const CallPtr& call, const Response& response, std::string_view etag);

/// Called for a range that is not empty and within the size.
using BytesOf = std::function<Expected<std::shared_ptr<BodySource>>(ByteRange range)>;

/// Answers with what the call asks for of `size` bytes: all of them (200), a part (206), or its refusal (416).
void answer_range(const CallPtr& call, Response response, std::string_view etag, std::uint64_t size,
                  const BytesOf& bytes_of);

}  // namespace troupe::http
