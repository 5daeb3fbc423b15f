#include "actors/llm/sse.hpp"

#include <optional>
#include <utility>

namespace troupe::actors::llm {

namespace {

/// The value of a field when the line is one of this name (section 9.2.6: one space after the colon is none of it).
std::optional<std::string_view> field(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  if (line.empty()) return line;
  if (!line.starts_with(':')) return std::nullopt;
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

}  // namespace

Expected<std::vector<SseEvent>> SseParser::events(std::string_view bytes) {
  std::vector<SseEvent> events;
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (line_.size() + data_.size() > max_event_bytes_)
      return fail(Errc::too_large, "an event has more than " + std::to_string(max_event_bytes_) + " bytes");
    if (end == bytes.npos) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(events);
  }
  return events;
}

Expected<std::vector<std::string>> SseParser::feed(std::string_view bytes) {
  auto complete = events(bytes);
  if (!complete) return tl::unexpected(complete.error());
  std::vector<std::string> data;
  for (auto& event : *complete) data.push_back(std::move(event.data));
  return data;
}

void SseParser::end_line(std::vector<SseEvent>& events) {
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.empty()) {
    if (std::exchange(has_data_, false)) events.push_back({std::move(name_), std::exchange(data_, {}), id_});
    name_.clear();
  } else if (const auto data = field(line, "data")) {
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += *data;
  } else if (const auto name = field(line, "event")) {
    name_ = *name;
  } else if (const auto id = field(line, "id"); id && id->find('\0') == id->npos) {
    id_ = *id;
  }
  line_.clear();
}

}  // namespace troupe::actors::llm
