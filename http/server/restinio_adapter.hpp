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

struct ResponsePart {
  bool last = true;    ///< the response is complete with it
  bool close = false;  ///< the connection ends after the response
};

/// Writes a response to request number `sequence`, or a part of it; the parts after the first have no head.
void write_response(HttpConnection& connection, restinio::impl::connection_base_t& owner, unsigned sequence,
                    std::string head, std::string body, ResponsePart part);

}  // namespace troupe::http
