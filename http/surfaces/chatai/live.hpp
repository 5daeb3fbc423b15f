// What happens now, as a stream of server-sent events: without a name, so that `onmessage` sees them, with a `type` inside
// and the log's position as their id. On the event loop's thread.
#pragma once

#include "http/surfaces/chatai/event_streams.hpp"
#include "http/surfaces/chatai/recent_events.hpp"

namespace troupe::http::chatai {

class Live {
 public:
  explicit Live(Context& context);

  /// With `Last-Event-ID`, what was missed comes first.
  void stream(const CallPtr& call);
  void committed(const std::vector<storage::RecordPtr>& records);
  /// What the log does not have, such as a connection's state: it has no id, and who missed it has missed it.
  void tell(OrderedJson event);
  std::size_t streams() const { return streams_.count(); }
  void shut_down() { streams_.shut_down(); }

 private:
  EventStreams streams_;
  RecentEvents recent_;
  events::ToolRules rules_;  ///< as they stood before the next event
};

/// What an event of the log is to a client of this stream: nothing, one event, or several. `rules`: the switches of tools,
/// which it brings up to date. Pure.
std::vector<OrderedJson> live_views(const storage::Record& record, const events::EncodedEvent& event,
                                    events::ToolRules& rules);

}  // namespace troupe::http::chatai
