// The TLS settings of a listener.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "events/expected.hpp"
#include "http/server.hpp"

namespace troupe::http {

/// TLS 1.2 and later, no renegotiation, no compression. Errors: invalid, with the file at fault in the
/// sentence.
Expected<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsFiles& files);

}  // namespace troupe::http
