// The last events of a stream, for clients that come back and say which one they saw last. Pure. One thread.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "events/defaults.hpp"
#include "events/record.hpp"

namespace troupe::http::chatai {

class RecentEvents {
 public:
  struct Event {
    events::Position id = 0;  ///< grows from one to the next
    std::string text;         ///< as it goes out
  };
  struct Missed {
    std::vector<std::string> texts;  ///< oldest first
    bool all = true;                 ///< false: older ones are not remembered any more
  };

  void add(Event event) {
    if (events_.size() == defaults::kMaxReplayedEvents) {
      forgotten_ = events_.front().id;
      events_.pop_front();
    }
    events_.push_back(std::move(event));
  }

  /// Nothing from before this process is remembered: `begin` is the log's last position when it began.
  void begin(events::Position position) { forgotten_ = position; }

  Missed after(events::Position seen) const {
    Missed missed;
    missed.all = seen >= forgotten_;
    for (const auto& event : events_)
      if (event.id > seen) missed.texts.push_back(event.text);
    return missed;
  }

 private:
  std::deque<Event> events_;
  events::Position forgotten_ = 0;
};

}  // namespace troupe::http::chatai
