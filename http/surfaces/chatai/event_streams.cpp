#include "http/surfaces/chatai/event_streams.hpp"

#include <algorithm>

namespace troupe::http::chatai {

void EventStreams::open(const CallPtr& call, const std::vector<std::string>& first) {
  const auto account = call->caller.account;
  const auto own = std::count_if(clients_.begin(), clients_.end(),
                                 [&](const Client& client) { return client.caller.account == account; });
  if (clients_.size() >= defaults::kMaxEventStreams ||
      own >= static_cast<std::ptrdiff_t>(defaults::kMaxEventStreamsPerAccount))
    return call->refuse({Errc::too_fast, "Too many streams are open"});
  clients_.push_back({call->caller, call->answer_events({{"X-Accel-Buffering", "no"}})});
  for (const auto& text : first) clients_.back().body.write(text);
  if (!heartbeat_) heartbeat_ = context_.services.loop.after(defaults::kEventHeartbeat, [this] { beat(); });
}

/// Also lets go of those who have left, or whose login has ended.
void EventStreams::beat() {
  std::erase_if(clients_, [this](const Client& client) {
    return client.body.gone() || !context_.credentials.still_good(client.caller);
  });
  send(event_text({{"type", "heartbeat"}, {"time", milliseconds(now_micros())}}));
  heartbeat_ = clients_.empty() ? nullptr : context_.services.loop.after(defaults::kEventHeartbeat, [this] { beat(); });
}

void EventStreams::send(const std::string& text) {
  std::erase_if(clients_, [&](Client& client) { return !client.body.write(text); });
}

void EventStreams::shut_down() {
  heartbeat_.reset();
  for (auto& client : clients_) client.body.end();
  clients_.clear();
}

}  // namespace troupe::http::chatai
