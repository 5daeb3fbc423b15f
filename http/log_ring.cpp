#include "http/log_ring.hpp"

#include <chrono>

namespace troupe::http {
namespace {

const char* name_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace: return "TRACE";
    case spdlog::level::debug: return "DEBUG";
    case spdlog::level::warn: return "WARNING";
    case spdlog::level::err: return "ERROR";
    case spdlog::level::critical: return "CRITICAL";
    default: return "INFO";
  }
}

}  // namespace

std::vector<LogLine> LogRing::lines(std::uint64_t after) {
  const std::lock_guard lock(mutex_);
  std::vector<LogLine> found;
  for (const auto& line : lines_)
    if (line.number > after) found.push_back(line);
  return found;
}

std::uint64_t LogRing::last_number() {
  const std::lock_guard lock(mutex_);
  return last_;
}

void LogRing::on_line(std::function<void()> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

void LogRing::sink_it_(const spdlog::details::log_msg& message) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(message.time.time_since_epoch());
  std::string text(message.payload.begin(), message.payload.end());
  if (text.size() > defaults::kMaxLogLineBytes) text.resize(defaults::kMaxLogLineBytes);
  if (lines_.size() == capacity_) lines_.pop_front();
  lines_.push_back({++last_, since_epoch.count(), name_of(message.level), std::move(text)});
  if (listener_) listener_();
}

}  // namespace troupe::http
