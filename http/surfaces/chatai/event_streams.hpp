// Clients that listen to server-sent events: how many there may be, that they are still there, and still may listen. On the
// event loop's thread.
#pragma once

#include <list>

#include "http/surfaces/chatai/context.hpp"

namespace troupe::http::chatai {

class EventStreams {
 public:
  explicit EventStreams(Context& context) : context_(context) {}

  /// Answers the call with a stream that begins with `first`, or refuses it.
  void open(const CallPtr& call, const std::vector<std::string>& first);
  /// To everyone: whole events, as they go out.
  void send(const std::string& text);
  std::size_t count() const { return clients_.size(); }
  void shut_down();

 private:
  struct Client {
    Caller caller;
    BodyStream body;
  };

  void beat();

  Context& context_;
  std::list<Client> clients_;
  std::unique_ptr<EventLoop::Timer> heartbeat_;
};

/// An event without a name, so that `onmessage` sees it.
inline std::string event_text(const OrderedJson& data) { return server_sent_event(json_text(data)); }

}  // namespace troupe::http::chatai
