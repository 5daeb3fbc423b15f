// What happens now, as a stream of server-sent events: without a name, so that `onmessage` sees them, with a `type` inside
// and the log's position as their id. On the event loop's thread.
#pragma once

#include <list>

#include "http/surfaces/chatai/context.hpp"
#include "http/surfaces/chatai/recent_events.hpp"

namespace troupe::http::chatai {

class Live {
 public:
  explicit Live(Context& context);

  /// With `Last-Event-ID`, what was missed comes first.
  void stream(const CallPtr& call);
  void committed(const std::vector<storage::RecordPtr>& records);
  std::size_t streams() const { return clients_.size(); }
  void shut_down();

 private:
  struct Client {
    Caller caller;
    BodyStream body;
  };

  void beat();
  void send(const std::string& text);

  Context& context_;
  RecentEvents recent_;
  std::list<Client> clients_;
  std::unique_ptr<EventLoop::Timer> heartbeat_;
};

/// What an event of the log is to a client of this stream; null where it is nothing to it.
OrderedJson live_view(const storage::Record& record, const events::EncodedEvent& event);

}  // namespace troupe::http::chatai
