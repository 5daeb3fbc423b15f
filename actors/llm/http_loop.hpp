// HTTP requests side by side on one thread of their own (libcurl's multi interface); connections are used again.
//
// Redirects are not followed, and only http and https are spoken. A proxy is used for https when the environment names
// one (`https_proxy`, `no_proxy`); plain http is how models in the same house are served, and goes to them directly. No
// connection is made to an address that the request may not reach (actors/address_guard.hpp). Other descriptors can be
// waited for beside them, so that what speaks to a process and to a server alike needs no second thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/llm/routes.hpp"
#include "actors/llm/wire.hpp"

namespace troupe::actors::llm {

/// What the head of a response says, as far as it matters here.
struct HttpHead {
  int status = 0;
  std::string retry_after;
  std::vector<std::pair<std::string, std::string>> headers;  ///< those that the request names, in their order there

  /// By its name as the request has it; empty when the response has none.
  std::string_view header(std::string_view name) const {
    for (const auto& [known, value] : headers)
      if (known == name) return value;
    return {};
  }
};

/// How a transfer ended.
struct HttpEnd {
  bool is_whole = false;        ///< the response came to its end
  bool can_come_right = false;  ///< of one that did not: another attempt may do better
  std::string why;              ///< of one that did not: curl's words, which hold neither URL nor headers
};

/// Takes a response, on the loop's thread.
class HttpListener {
 public:
  virtual ~HttpListener() = default;
  /// The head is there: once, before the first bytes, which may be long in coming.
  virtual void began(const HttpHead&) {}
  /// Of the body. False ends the transfer here.
  virtual bool bytes(int status, std::string_view bytes) = 0;
  /// Comes once, unless the transfer was aborted. May start another.
  virtual void ended(const HttpHead& head, const HttpEnd& end) = 0;
};

class HttpLoop {
 public:
  using TransferId = std::uint64_t;
  /// Called on the loop's thread after everything that happens; answers when it wants to be called at the latest.
  using Turn = std::function<SteadyTime(SteadyTime now)>;

  HttpLoop(std::chrono::milliseconds connect_timeout, Turn turn);
  ~HttpLoop();

  /// Runs `work` on the loop's thread, which begins with the first. Thread-safe. False after `stop`.
  bool post(std::function<void()> work);

  /// Runs what was posted, then `last`, aborts every transfer and ends the thread. Thread-safe; once.
  void stop(std::function<void()> last);

  // On the loop's thread, and not from within `began` and `bytes`

  TransferId start(const HttpRequest& request, std::shared_ptr<HttpListener> listener);
  /// Closes the connection, unless others use it too (HTTP/2). Nothing for a transfer that has ended.
  void abort(TransferId transfer);

  /// Calls `ready` with the events, POLLIN and POLLOUT, whenever the descriptor has some of `events`; its end and its
  /// errors count as POLLIN. In place of what was said of the descriptor before, until `unwatch`, which comes before the
  /// descriptor is closed.
  void watch(int descriptor, short events, std::function<void(short events)> ready);
  void unwatch(int descriptor);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors::llm
