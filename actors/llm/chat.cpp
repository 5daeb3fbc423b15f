#include "actors/llm/chat.hpp"

namespace troupe::actors::llm {
namespace {

/// Hangul Jamo, everything from CJK radicals to the last ideographs and syllables, compatibility and half-width forms,
/// the supplementary ideographic planes. By the first bytes of the UTF-8 form, which is exact enough for an estimate.
bool begins_east_asian(unsigned char first, unsigned char second) {
  if (first == 0xE1) return second >= 0x84 && second <= 0x87;
  if (first == 0xE2) return second >= 0xBA;
  if (first >= 0xE3 && first <= 0xED) return true;
  if (first == 0xEF) return second >= 0xA4;
  return first == 0xF0 && second >= 0xA0 && second <= 0xB1;
}

}  // namespace

std::int64_t estimated_tokens(std::string_view text) {
  std::int64_t east_asian = 0, other_bytes = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const auto second = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (begins_east_asian(first, static_cast<unsigned char>(second)))
      ++east_asian;
    else
      other_bytes += static_cast<std::int64_t>(length);
    i += length;
  }
  return east_asian + (other_bytes + 3) / 4;
}

Usage usage_or_estimate(const std::optional<Usage>& sent, const ChatRequest& request, std::string_view answer) {
  if (sent) return *sent;
  Usage usage{0, estimated_tokens(answer), true};
  for (const auto& message : request.messages) usage.prompt_tokens += estimated_tokens(message.content);
  return usage;
}

}  // namespace troupe::actors::llm
