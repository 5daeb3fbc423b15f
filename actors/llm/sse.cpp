#include "actors/llm/sse.hpp"

#include <utility>

namespace troupe::actors::llm {

Expected<std::vector<std::string>> SseParser::feed(std::string_view bytes) {
  std::vector<std::string> events;
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (line_.size() + data_.size() > defaults::kMaxEventLineBytes)
      return fail(Errc::too_large, "an event has more than " + std::to_string(defaults::kMaxEventLineBytes) + " bytes");
    if (end == bytes.npos) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(events);
  }
  return events;
}

void SseParser::end_line(std::vector<std::string>& events) {
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.empty()) {
    if (std::exchange(has_data_, false)) events.push_back(std::exchange(data_, {}));
  } else if (constexpr std::string_view kData = "data"; line == kData || line.starts_with("data:")) {
    line.remove_prefix(std::min(line.size(), kData.size() + 1));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += line;
  }
  line_.clear();
}

}  // namespace troupe::actors::llm
