// Numbers and strings as bytes: the vocabulary of every format in storage/. Pure.
//
//   fixed32, fixed64   little-endian
//   big64              big-endian, so that byte order is numeric order
//   varint             seven bits a byte, lowest first, the high bit set on all but the last
//   string             varint length, then the bytes
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::storage {

inline void put_fixed(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
inline void put_fixed32(std::string& out, std::uint32_t value) { put_fixed(out, value, 4); }
inline void put_fixed64(std::string& out, std::uint64_t value) { put_fixed(out, value, 8); }

inline void put_big64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
inline std::string big64(std::uint64_t value) {
  std::string bytes;
  put_big64(bytes, value);
  return bytes;
}

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

inline void put_string(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

inline std::uint64_t read_fixed(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

/// Reads eight bytes at the front; fewer read as a smaller number.
inline std::uint64_t read_big64(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(0, 8)) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

/// Takes values off the front of bytes that may be anything. After the first one that is not there in full,
/// `ok()` is false and every later value is zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }

  std::string_view bytes(std::size_t count) {
    if (!ok_ || count > rest_.size()) return ok_ = false, std::string_view{};
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint8_t byte() {
    const auto taken = bytes(1);
    return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
  }
  std::uint64_t fixed64() { return read_fixed(bytes(8)); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (!ok_) return 0;
      if (shift == 63 && next > 1) break;  // would not fit 64 bits
      value |= std::uint64_t{next & 0x7Fu} << shift;
      if (next < 0x80) return value;
    }
    return ok_ = false, 0;
  }
  std::string_view string() {
    const std::uint64_t length = varint();
    if (length > rest_.size()) ok_ = false;
    return ok_ ? bytes(static_cast<std::size_t>(length)) : std::string_view{};
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace troupe::storage
