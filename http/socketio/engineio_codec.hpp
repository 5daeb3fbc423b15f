// Engine.IO 4 packets and polling payloads, as text. Pure functions.
// Format: the Engine.IO protocol, revision 4 (github.com/socketio/socket.io,
// docs/engine.io-protocol/v4-current.md):
//
//   packet  = one digit (the type), then its data
//   payload = packets joined by the byte 0x1E
//   binary message: the bytes alone in a binary WebSocket frame; `b` and their base64 in a payload
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "http/websocket.hpp"

namespace troupe::socketio {

enum class EngineType : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6',
};

/// A packet that came in.
struct EnginePacket {
  EngineType type = EngineType::message;
  bool binary = false;  ///< of messages only
  std::string data;     ///< without the type

  bool operator==(const EnginePacket&) const = default;
};

/// A packet that goes out: encoded and framed once, for any number of clients on either transport.
struct EngineFrame {
  http::SharedFrame frame;
  bool binary = false;

  /// What the frame carries: the text packet with its type, or the bytes.
  std::string_view payload() const;
};

/// Frames a packet that is text already: its type, then its data.
EngineFrame text_packet(std::string_view packet);
EngineFrame binary_packet(std::string_view bytes);

/// Reads one text packet. Error: invalid (empty, or no known type).
Expected<EnginePacket> decode_engine_packet(std::string_view text);

/// Reads the body of a POST. Errors: invalid (a packet is), too_large (more than `max_packets`).
Expected<std::vector<EnginePacket>> decode_engine_payload(std::string_view body,
                                                          std::size_t max_packets = defaults::kMaxQueuedPackets);

/// The body of an answer to a GET.
std::string encode_engine_payload(const std::deque<EngineFrame>& packets);

}  // namespace troupe::socketio
