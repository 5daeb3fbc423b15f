// The last lines of the process's own log, for those who watch it from outside. Thread-safe.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "events/defaults.hpp"
#include "events/time.hpp"

namespace troupe::http {

struct LogLine {
  std::uint64_t number = 0;  ///< from 1, without gaps
  Micros time = 0;
  std::string level;  ///< TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL
  std::string text;   ///< at most kMaxLogLineBytes
};

/// A sink of the default logger. When it is full the oldest line goes.
class LogRing final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogRing(std::size_t capacity = defaults::kMaxRememberedLogLines) : capacity_(capacity) {}

  /// Those with a number above `after`, oldest first.
  std::vector<LogLine> lines(std::uint64_t after = 0);
  std::uint64_t last_number();

  /// Called after each line, on the thread that wrote it. It must not log. None: nobody listens.
  void on_line(std::function<void()> listener);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  const std::size_t capacity_;
  std::deque<LogLine> lines_;
  std::uint64_t last_ = 0;
  std::function<void()> listener_;
};

}  // namespace troupe::http
