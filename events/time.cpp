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
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string iso8601(Micros t) {
  const std::tm p = utc(t);
  const auto millis = static_cast<int>(((t % kSecond) + kSecond) % kSecond / 1000);
  char text[48];
  const int n = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", p.tm_year + 1900,
                              p.tm_mon + 1, p.tm_mday, p.tm_hour, p.tm_min, p.tm_sec, millis);
  return {text, static_cast<std::size_t>(n)};
}

std::optional<Micros> parse_iso8601(std::string_view text) {
  if (text.size() < 20 || text.size() > 27 || text.back() != 'Z') return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t count) -> int {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const bool shaped =
      text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
  std::tm p{};
  p.tm_year = digits(0, 4) - 1900;
  p.tm_mon = digits(5, 2) - 1;
  p.tm_mday = digits(8, 2);
  p.tm_hour = digits(11, 2);
  p.tm_min = digits(14, 2);
  p.tm_sec = digits(17, 2);
  if (!shaped || p.tm_year < -1900 || p.tm_mon < 0 || p.tm_mon > 11 || p.tm_mday < 1 || p.tm_mday > 31 ||
      p.tm_hour < 0 || p.tm_hour > 23 || p.tm_min < 0 || p.tm_min > 59 || p.tm_sec < 0 || p.tm_sec > 59)
    return std::nullopt;
  Micros fraction = 0;
  if (text.size() > 20) {
    const std::size_t count = text.size() - 21;
    const int value = text[19] == '.' && count > 0 ? digits(20, count) : -1;
    if (value < 0) return std::nullopt;
    fraction = value;
    for (std::size_t i = count; i < 6; ++i) fraction *= 10;
  }
  const int day = p.tm_mday;
  const std::time_t seconds = timegm(&p);
  if (p.tm_mday != day) return std::nullopt;  // 31 February and the like
  return static_cast<Micros>(seconds) * kSecond + fraction;
}

std::string http_date(Micros t) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm p = utc(t);
  char text[64];
  const int n = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[p.tm_wday],
                              p.tm_mday, kMonths[p.tm_mon], p.tm_year + 1900, p.tm_hour, p.tm_min, p.tm_sec);
  return {text, static_cast<std::size_t>(n)};
}

}  // namespace troupe
