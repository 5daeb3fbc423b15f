// Requests to platforms' HTTP APIs, side by side on a thread of their own (actors/llm/http_loop.hpp); what comes of them
// is told on the platforms' loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/llm/http_loop.hpp"
#include "actors/platforms/loop.hpp"
#include "events/expected.hpp"

namespace troupe::actors::platforms {

struct HttpAnswer {
  llm::HttpHead head;
  std::string body;
};

class HttpClient {
 public:
  using Ticket = std::uint64_t;
  using Done = std::function<void(Expected<HttpAnswer>)>;

  explicit HttpClient(Loop& loop);
  ~HttpClient();

  /// Any status is an answer. Errors: timed_out, too_large (over kMaxPlatformResponseBytes), upstream_failed (no whole
  /// answer came, and another attempt may do better), forbidden (the address may not be reached, or its certificate is
  /// not good). Texts hold neither URL nor headers.
  Ticket post(llm::HttpRequest request, std::chrono::milliseconds timeout, Done done);
  /// Nothing comes of it any more. Nothing when it is done.
  void cancel(Ticket ticket);
  /// Ends the thread; what was under way comes to nothing.
  void stop();

 private:
  class Exchange;
  llm::SteadyTime turn(llm::SteadyTime now);

  Loop& loop_;
  Ticket last_ticket_ = 0;                            ///< on the platforms' loop
  std::map<Ticket, Done> waiting_;                    ///< there too
  std::map<Ticket, std::shared_ptr<Exchange>> open_;  ///< on the thread of the transfers
  llm::HttpLoop transfers_;                           ///< last: it ends before what it uses
};

}  // namespace troupe::actors::platforms
