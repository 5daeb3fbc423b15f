#include "storage/crc32c.hpp"

#include <array>
#include <cstring>

namespace troupe::storage {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // 0x1EDC6F41, bits reversed

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

std::uint32_t extend_portable(std::uint32_t state, std::string_view bytes) {
  for (const char byte : bytes) state = (state >> 8) ^ kTable[(state ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t extend_sse42(std::uint32_t state, std::string_view bytes) {
  std::uint64_t wide = state;
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    wide = __builtin_ia32_crc32di(wide, word);
    bytes.remove_prefix(8);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const char byte : bytes) narrow = __builtin_ia32_crc32qi(narrow, static_cast<std::uint8_t>(byte));
  return narrow;
}
#endif

}  // namespace

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2");
  if (fast) return ~extend_sse42(~crc, bytes);
#endif
  return ~extend_portable(~crc, bytes);
}

}  // namespace troupe::storage
