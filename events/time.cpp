#include "events/time.hpp"

#include <cstdio>
#include <ctime>

namespace troupe {
namespace {

constexpr Micros kSecond = 1'000'000;

std::tm utc(Micros t) {
  Micros seconds = t / kSecond;
  if (t % kSecond < 0) --seconds;
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return parts;
}

}  // namespace

Micros now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string iso8601(Micros t) {
  const std::tm p = utc(t);
  const auto millis = static_cast<int>(((t % kSecond) + kSecond) % kSecond / 1000);
  char text[48];
  const int n = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", p.tm_year + 1900, p.tm_mon + 1,
                              p.tm_mday, p.tm_hour, p.tm_min, p.tm_sec, millis);
  return {text, static_cast<std::size_t>(n)};
}

std::string http_date(Micros t) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm p = utc(t);
  char text[64];
  const int n = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[p.tm_wday], p.tm_mday,
                              kMonths[p.tm_mon], p.tm_year + 1900, p.tm_hour, p.tm_min, p.tm_sec);
  return {text, static_cast<std::size_t>(n)};
}

}  // namespace troupe
