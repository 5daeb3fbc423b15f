// Server-sent events out of a stream of bytes (WHATWG HTML, section 9.2.6). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

struct SseEvent {
  std::string name;  ///< empty: it says none, which means `message`
  std::string data;
  std::string id;  ///< the newest of the stream, also from an event before
};

class SseParser {
 public:
  explicit SseParser(std::size_t max_event_bytes = defaults::kMaxEventLineBytes) : max_event_bytes_(max_event_bytes) {}

  /// The events that these bytes complete, in order; bytes may be cut anywhere. Comments and what a stream says about
  /// reconnecting are passed over. After an error the stream is of no use any more.
  /// Errors: too_large (a line, or the data of one event, has more bytes than it may).
  Expected<std::vector<SseEvent>> events(std::string_view bytes);

  /// The same for formats that need nothing but the data.
  Expected<std::vector<std::string>> feed(std::string_view bytes);

 private:
  void end_line(std::vector<SseEvent>& events);

  std::size_t max_event_bytes_;

  std::string line_;
  std::string data_;
  std::string name_, id_;
  bool has_data_ = false;
  bool after_return_ = false;  ///< a line feed that comes now belongs to the carriage return before it
  bool first_line_ = true;
};

}  // namespace troupe::actors::llm
