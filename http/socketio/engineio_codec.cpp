#include "http/socketio/engineio_codec.hpp"

#include <sodium.h>

namespace troupe::socketio {
namespace {

constexpr char kSeparator = '\x1e';
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

Expected<EnginePacket> decode_base64(std::string_view text) {
  EnginePacket packet{.binary = true, .data = std::string(text.size() / 4 * 3, '\0')};
  std::size_t size = 0;
  auto* bytes = reinterpret_cast<unsigned char*>(packet.data.data());
  if (sodium_base642bin(bytes, packet.data.size(), text.data(), text.size(), nullptr, &size, nullptr, kBase64) != 0)
    return fail(Errc::invalid, "broken base64 in a binary packet");
  packet.data.resize(size);
  return packet;
}

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t at = out.size();
  out.resize(at + sodium_base64_encoded_len(bytes.size(), kBase64));
  sodium_bin2base64(out.data() + at, out.size() - at, reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kBase64);
  out.pop_back();  // libsodium ends with a NUL
}

}  // namespace

std::string_view EngineFrame::payload() const {
  // RFC 6455, section 5.2: two bytes, and 2 or 8 more when the length says so.
  const auto length = static_cast<unsigned char>((*frame)[1]);
  const std::size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
  return std::string_view(*frame).substr(header);
}

EngineFrame text_packet(std::string_view packet) { return {http::make_text_frame(packet), false}; }

EngineFrame binary_packet(std::string_view bytes) { return {http::make_binary_frame(bytes), true}; }

Expected<EnginePacket> decode_engine_packet(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '6') return fail(Errc::invalid, "unknown packet type");
  return EnginePacket{static_cast<EngineType>(text[0]), false, std::string(text.substr(1))};
}

Expected<std::vector<EnginePacket>> decode_engine_payload(std::string_view body, std::size_t max_packets) {
  std::vector<EnginePacket> packets;
  for (bool more = true; more;) {
    const auto end = body.find(kSeparator);
    const auto text = body.substr(0, end);
    more = end != std::string_view::npos;
    if (more) body.remove_prefix(end + 1);
    if (packets.size() == max_packets) return fail(Errc::too_large, "too many packets in one payload");
    auto packet = text.starts_with('b') ? decode_base64(text.substr(1)) : decode_engine_packet(text);
    if (!packet) return tl::unexpected(std::move(packet.error()));
    packets.push_back(std::move(*packet));
  }
  return packets;
}

std::string encode_engine_payload(const std::deque<EngineFrame>& packets) {
  std::string body;
  for (const auto& packet : packets) {
    if (!body.empty()) body += kSeparator;
    if (packet.binary) {
      body += 'b';
      append_base64(body, packet.payload());
    } else {
      body += packet.payload();
    }
  }
  return body;
}

}  // namespace troupe::socketio
