// Socket.IO packets as Engine.IO messages. Pure functions.
// Format: the Socket.IO protocol, revision 5 (github.com/socketio/socket.io,
// docs/socket.io-protocol/v5-current.md):
//
//   packet = type [attachments "-"] [namespace ","] [acknowledgement id] [JSON]
//
// The namespace `/` is left out. Each byte string in the JSON is replaced, depth first, by
// {"_placeholder":true,"num":k}, and follows as binary message k.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "http/socketio/engineio_codec.hpp"

namespace troupe::socketio {

/// Keeps the order of keys. Byte strings are its `binary` values.
using Json = nlohmann::ordered_json;

enum class PacketType : char {
  connect = '0',
  disconnect = '1',
  event = '2',
  ack = '3',
  connect_error = '4',
  binary_event = '5',
  binary_ack = '6',
};

/// A packet that came in, before its attachments.
struct Packet {
  PacketType type = PacketType::event;
  std::size_t attachments = 0;  ///< that will follow
  std::string nsp = "/";
  std::optional<std::uint64_t> id;
  Json data;  ///< null when the packet has none

  bool has_attachments() const { return type == PacketType::binary_event || type == PacketType::binary_ack; }
};

/// Reads one packet (without the Engine.IO type) and checks that its data fit its type.
/// Errors: invalid (breaks the protocol), too_large (past a limit).
Expected<Packet> decode_packet(std::string_view text, std::size_t max_attachments = defaults::kMaxAttachments);

/// Puts attachments in the place of their placeholders. Error: invalid (a placeholder names none, or one that
/// stands elsewhere already: a repeated one would multiply memory).
Expected<void> fill_placeholders(Json& data, std::vector<std::string> attachments);

/// JSON that is text already, valid and without byte strings; the text must outlive the call it is passed to.
struct RenderedJson {
  std::string_view text;
};

/// One argument of an event or an acknowledgement.
class Argument {
 public:
  Argument(RenderedJson rendered) : value_(rendered) {}
  template <class T>
  requires(!std::is_same_v<std::decay_t<T>, Argument> && std::is_constructible_v<Json, T&&>) Argument(T&& value)
      : value_(Json(std::forward<T>(value))) {}

  const std::variant<RenderedJson, Json>& value() const { return value_; }

 private:
  std::variant<RenderedJson, Json> value_;
};

/// A packet ready to send: the text, then its attachments.
using Frames = std::vector<EngineFrame>;

/// `offset`, when not empty, is appended as the last argument (connection-state recovery).
Frames encode_event(std::string_view nsp, std::optional<std::uint64_t> id, std::string_view name,
                    const std::vector<Argument>& arguments, std::string_view offset = {});
Frames encode_ack(std::string_view nsp, std::uint64_t id, const std::vector<Argument>& arguments);
/// CONNECT, DISCONNECT and CONNECT_ERROR; null data are left out.
Frames encode_control(PacketType type, std::string_view nsp, const Json& data = nullptr);

}  // namespace troupe::socketio
