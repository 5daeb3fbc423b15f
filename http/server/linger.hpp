// The polite end of a connection: last words, half-close, and reading away what the client still sends, so
// that no reset overtakes our answer (RFC 9112, section 9.6).
#pragma once

#include <memory>
#include <string>

#include "http/server/core.hpp"
#include "http/server/stream.hpp"

namespace troupe::http {

/// Takes the stream over: nothing else may use it afterwards. Reads that are in flight are cancelled; no
/// write may be. Ends by itself after kLingerTimeout or kMaxLingerBytes, or at once when too many linger.
void linger(Core& core, std::shared_ptr<Stream> stream, std::string last_words);

}  // namespace troupe::http
