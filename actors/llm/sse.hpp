// Server-sent events out of a stream of bytes (WHATWG HTML, section 9.2.6). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/defaults.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

class SseParser {
 public:
  /// The data of the events that these bytes complete, in order; bytes may be cut anywhere. An event's name, its id and
  /// comments are passed over: no format here needs them. After an error the stream is of no use any more.
  /// Errors: too_large (a line, or the data of one event, has more than kMaxEventLineBytes).
  Expected<std::vector<std::string>> feed(std::string_view bytes);

 private:
  void end_line(std::vector<std::string>& events);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  ///< a line feed that comes now belongs to the carriage return before it
  bool first_line_ = true;
};

}  // namespace troupe::actors::llm
