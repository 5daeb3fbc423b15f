// A surface is one public API dialect: its routes, how it knows its callers, and how it words its errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"
#include "http/websocket.hpp"

namespace troupe::http {

/// Who a route concerns, looked up once for its authorisation.
struct Subject {
  bool exists = false;
  events::AccountId owner = 0;
};

/// All calls on the event loop's thread, except handlers of routes that say `elsewhere`.
class Surface {
 public:
  virtual ~Surface() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view title() const = 0;
  virtual const std::vector<Route>& routes() const = 0;

  /// Who is calling. `body_token` is the body's field `token` on routes that a bot may call. Errors: unauthenticated,
  /// when credentials were given and are not good; nobody when none were given.
  virtual Expected<Caller> authenticate(const Request& request, std::string_view body_token) = 0;
  virtual Subject bot(std::string_view bot_id) const = 0;

  virtual Response error(const Error& error, std::string_view request_id) const = 0;
  virtual Response no_such_path(std::string_view request_id) const = 0;
  virtual std::string_view not_authenticated_text() const = 0;
  /// A token that is good, but another bot's.
  virtual std::string_view wrong_bot_token_text() const = 0;

  /// Paths that are not routes (a protocol of its own, such as Socket.IO). True when it took the request.
  virtual bool take(Request&, Reply&) { return false; }
  virtual bool take_upgrade(Request&, std::unique_ptr<class Upgrade>&) { return false; }
};

/// The usual status of an error.
int status_of(Errc code);

}  // namespace troupe::http
