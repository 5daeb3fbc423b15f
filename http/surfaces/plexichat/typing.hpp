// Who is typing in which channel. Pure: time comes in. One thread.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "events/defaults.hpp"
#include "events/session.hpp"
#include "events/time.hpp"

namespace troupe::http::plexichat {

class Typing {
 public:
  /// Somebody in a channel.
  struct One {
    events::SessionId channel = 0;
    events::AccountId account = 0;
    auto operator<=>(const One&) const = default;
  };

  /// True when others are to be told: it is new. It ends kTypingLifetime after the last time that this is said. Nothing
  /// begins while kMaxTyping type.
  bool begin(const One& one, Micros now) {
    const auto known = ends_.find(one);
    if (known == ends_.end() && ends_.size() >= defaults::kMaxTyping) return false;
    ends_[one] = now + to_micros(defaults::kTypingLifetime);
    return known == ends_.end();
  }

  /// True when others are to be told.
  bool end(const One& one) { return ends_.erase(one) > 0; }

  void end_all_in(events::SessionId channel) {
    std::erase_if(ends_, [&](const auto& typing) { return typing.first.channel == channel; });
  }

  std::vector<One> of_account(events::AccountId account) const {
    return those([&](const One& one, Micros) { return one.account == account; });
  }
  std::vector<One> ended_by(Micros now) const {
    return those([&](const One&, Micros ends_at) { return ends_at <= now; });
  }

  /// When the next one ends by itself; nothing when nobody types.
  std::optional<Micros> next_end() const {
    const auto first =
        std::min_element(ends_.begin(), ends_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    return first == ends_.end() ? std::nullopt : std::optional(first->second);
  }

 private:
  template <class Holds>
  std::vector<One> those(Holds holds) const {
    std::vector<One> found;
    for (const auto& [one, ends_at] : ends_)
      if (holds(one, ends_at)) found.push_back(one);
    return found;
  }

  std::map<One, Micros> ends_;
};

}  // namespace troupe::http::plexichat
