#include "http/server/tls.hpp"

#include <openssl/ssl.h>

namespace troupe::http {

namespace ssl = boost::asio::ssl;

Expected<std::shared_ptr<ssl::context>> make_tls_context(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections give their 32 KB of record buffers back.
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);

  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return fail(Errc::invalid, "cannot use the TLS certificate " + files.certificate + ": " + error.message());
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (error)
    return fail(Errc::invalid, "cannot use the TLS key " + files.key + " with the certificate " + files.certificate +
                                   ": " + error.message());
  return context;
}

}  // namespace troupe::http
