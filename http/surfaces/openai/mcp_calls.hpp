// The house's tools for clients of the Model Context Protocol: calls that are under way, each until it has ended, its client
// has left, or says that it waits no more. On the event loop's thread.
//
// A session's id only tells clients of one account apart, whose requests have the same numbers: it opens nothing, and every
// one is taken.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "actors/mcp/serving.hpp"
#include "http/services.hpp"

namespace troupe::http {

class McpCalls {
 public:
  explicit McpCalls(const Services& services) : services_(services), serving_(TROUPE_VERSION) {}

  /// One message of a client.
  void serve(const CallPtr& call);

 private:
  struct Open {
    CallPtr call;
    actors::Tools::CallId id;
    std::string request;  ///< whose, and which
  };

  void begin(const CallPtr& call, const actors::McpServing::Call& asked);
  void cancel(const std::string& request);
  /// Takes back the calls of clients that have left.
  void look();

  const Services services_;
  const actors::McpServing serving_;
  std::list<Open> open_;
  std::unique_ptr<EventLoop::Timer> timer_;
};

}  // namespace troupe::http
