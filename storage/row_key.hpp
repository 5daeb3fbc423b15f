// Parts of row and index keys. Numbers are 8 bytes big-endian, so that byte order is number order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::storage {

inline std::string be64(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, number >>= 8) bytes[static_cast<std::size_t>(i)] = static_cast<char>(number & 0xFF);
  return bytes;
}

/// Reads 8 bytes at `at`; missing bytes count as zero.
inline std::uint64_t read_be64(std::string_view bytes, std::size_t at = 0) {
  std::uint64_t number = 0;
  for (std::size_t i = at; i < at + 8; ++i)
    number = number << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
  return number;
}

}  // namespace troupe::storage
