#include "actors/platforms/text_pieces.hpp"

#include "events/defaults.hpp"

namespace troupe::actors::platforms {
namespace {

constexpr std::string_view kMore = "…";

/// Bytes of the character that begins with this one; beyond three bytes it takes two UTF-16 units.
std::size_t bytes_of(char first) {
  const auto c = static_cast<unsigned char>(first);
  return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/// How many bytes of the text have at most so many units.
std::size_t bytes_in(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto bytes = bytes_of(text[at]);
    const std::size_t taken = bytes == 4 ? 2 : 1;
    if (taken > units || at + bytes > text.size()) break;
    units -= taken;
    at += bytes;
  }
  return at;
}

std::size_t good_end(std::string_view text, std::size_t most) {
  for (const char* breaks : {"\n", " "}) {
    const auto at = text.substr(0, most).find_last_of(breaks);
    if (at != text.npos && at >= most / 2) return at + 1;
  }
  return most;
}

}  // namespace

std::vector<std::string> pieces_of(std::string_view text, std::size_t most) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto fits = bytes_in(text, most);
    if (fits == text.size()) {
      pieces.emplace_back(text);
      break;
    }
    if (pieces.size() + 1 == defaults::kMaxPiecesOfAnswer) {
      pieces.push_back(std::string(text.substr(0, bytes_in(text, most - 1))) + std::string(kMore));
      break;
    }
    const auto end = good_end(text, fits);
    if (end == 0) break;  // not UTF-8
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return pieces;
}

}  // namespace troupe::actors::platforms
