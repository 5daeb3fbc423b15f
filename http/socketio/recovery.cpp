#include "http/socketio/recovery.hpp"

#include <algorithm>

namespace troupe::socketio {
namespace {

std::size_t bytes_of(const Frames& frames) {
  std::size_t bytes = 0;
  for (const auto& frame : frames) bytes += frame.frame->size();
  return bytes;
}

bool was_for(const std::vector<std::string>& rooms, const LostSocket& socket) {
  return rooms.empty() || std::any_of(rooms.begin(), rooms.end(), [&](const std::string& room) {
           return room == socket.id || socket.rooms.contains(room);
         });
}

}  // namespace

void RecoveryLog::record(std::string_view nsp, std::vector<std::string> rooms, Frames frames) {
  std::size_t bytes = sizeof(Event) + nsp.size() + bytes_of(frames);
  for (const auto& room : rooms) bytes += sizeof room + room.size();
  events_.push_back({std::string(nsp), std::move(rooms), std::move(frames), bytes});
  ++newest_;
  bytes_ += bytes;
  while (events_.size() > options_.max_events || bytes_ > options_.max_bytes) {
    bytes_ -= events_.front().bytes;
    events_.pop_front();
  }
}

void RecoveryLog::keep(const std::string& pid, LostSocket socket) {
  if (options_.max_sockets == 0) return;
  if (lost_.size() >= options_.max_sockets) forget(lost_order_.front());
  const auto place = lost_order_.insert(lost_order_.end(), pid);
  auto expiry = loop_.after(options_.window, [this, pid] { forget(std::string(pid)); });
  lost_.insert_or_assign(pid, Lost{std::move(socket), place, std::move(expiry)});
}

void RecoveryLog::forget(const std::string& pid) {
  const auto found = lost_.find(pid);
  if (found == lost_.end()) return;
  lost_order_.erase(found->second.place);
  lost_.erase(found);
}

std::optional<LostSocket> RecoveryLog::take(const std::string& pid, std::string_view nsp) {
  const auto found = lost_.find(pid);
  if (found == lost_.end() || found->second.socket.nsp != nsp) return std::nullopt;
  auto socket = std::move(found->second.socket);
  forget(pid);
  return socket;
}

std::optional<std::vector<Frames>> RecoveryLog::missed(const LostSocket& socket, std::uint64_t offset,
                                                       std::size_t max_packets, std::size_t max_bytes) const {
  const std::uint64_t oldest = newest_ - events_.size() + 1;
  if (offset > newest_ || offset + 1 < oldest) return std::nullopt;
  std::vector<Frames> found;
  std::size_t packets = 0;
  std::size_t bytes = 0;
  for (std::size_t i = offset + 1 - oldest; i < events_.size(); ++i) {
    const auto& event = events_[i];
    if (event.nsp != socket.nsp || !was_for(event.rooms, socket)) continue;
    packets += event.frames.size();
    bytes += bytes_of(event.frames);
    if (packets > max_packets || bytes > max_bytes) return std::nullopt;
    found.push_back(event.frames);
  }
  return found;
}

}  // namespace troupe::socketio
