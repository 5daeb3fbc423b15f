#include "http/websocket.hpp"

namespace troupe::http {
namespace {

// RFC 6455, section 5.2: FIN and opcode, then the length in 7, 7+16 or 7+64 bits, most significant byte
// first.
SharedFrame make_frame(std::uint8_t opcode, std::string_view payload) {
  constexpr std::uint8_t kFin = 0x80;
  constexpr std::size_t kMaxHeaderBytes = 10;
  std::string frame;
  frame.reserve(kMaxHeaderBytes + payload.size());
  frame += static_cast<char>(kFin | opcode);
  int length_bytes = 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else {
    length_bytes = payload.size() <= 0xFFFF ? 2 : 8;
    frame += static_cast<char>(length_bytes == 2 ? 126 : 127);
  }
  while (length_bytes-- > 0) frame += static_cast<char>(std::uint64_t{payload.size()} >> (8 * length_bytes));
  frame += payload;
  return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace

SharedFrame make_text_frame(std::string_view text) { return make_frame(0x1, text); }

SharedFrame make_binary_frame(std::string_view bytes) { return make_frame(0x2, bytes); }

}  // namespace troupe::http
