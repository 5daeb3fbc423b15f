// RESTinio behind plain functions. Only its connections are used, on sockets that we accept: RESTinio's
// acceptor stops for ever at the first error, such as too many open files.
#pragma once

#include <memory>
#include <string>

#include "http/server.hpp"

namespace restinio::impl {
class connection_base_t;
}

namespace troupe::http {

class HttpConnection;

class RestinioAdapter {
 public:
  explicit RestinioAdapter(const ServerLimits& limits);
  ~RestinioAdapter();

  /// Reads requests from the connection (after a TLS handshake if it is TLS) and hands them to its
  /// application.
  void serve(std::shared_ptr<HttpConnection> connection);

 private:
  struct Settings;
  std::unique_ptr<Settings> settings_;
};

/// Writes a whole response to request number `sequence`.
void write_response(HttpConnection& connection, restinio::impl::connection_base_t& owner, unsigned sequence,
                    std::string head, std::string body, bool close);

/// Writes the next part of a response, after those before it are written; the last one counts as the whole.
void write_part(HttpConnection& connection, restinio::impl::connection_base_t& owner, unsigned sequence,
                std::string bytes, bool last, bool close);

}  // namespace troupe::http
