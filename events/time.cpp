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

/// Takes so many digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

/// Takes `before`, then two digits up to `max`, off the front.
std::optional<int> take_part(std::string_view& text, char before, int max) {
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(1);
  const auto number = take_digits(text, 2);
  return number && *number <= max ? number : std::nullopt;
}

/// Takes a fraction of a second off the front, when there is one.
std::optional<Micros> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  Micros fraction = 0, worth = kSecond;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    fraction += (worth /= 10) * (text[digits] - '0');
  text.remove_prefix(digits);
  return digits >= 1 && digits <= 9 ? std::optional(fraction) : std::nullopt;
}

/// What the rest of a text is ahead of UTC.
std::optional<std::chrono::minutes> offset_in(std::string_view text) {
  using std::chrono::hours, std::chrono::minutes;
  if (text == "Z") return minutes(0);
  const char sign = text.empty() ? ' ' : text.front();
  if (sign != '+' && sign != '-') return std::nullopt;
  const auto hour = take_part(text, sign, 23);
  const auto minute = hour ? take_part(text, ':', 59) : std::nullopt;
  if (!minute || !text.empty()) return std::nullopt;
  const auto ahead = hours(*hour) + minutes(*minute);
  return sign == '+' ? ahead : -ahead;
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

std::optional<Micros> parse_iso8601(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = take_digits(text, 4);
  const auto month_number = year_number ? take_part(text, '-', 12) : std::nullopt;
  const auto day_number = month_number ? take_part(text, '-', 31) : std::nullopt;
  const auto hour = day_number ? take_part(text, 'T', 23) : std::nullopt;
  const auto minute = hour ? take_part(text, ':', 59) : std::nullopt;
  const auto second = minute ? take_part(text, ':', 59) : std::nullopt;
  const auto fraction = second ? take_fraction(text) : std::nullopt;
  const auto ahead = fraction ? offset_in(text) : std::nullopt;
  if (!ahead || *year_number < 1970) return std::nullopt;
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  if (!date.ok()) return std::nullopt;
  const auto time = sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second) - *ahead;
  return to_micros(time.time_since_epoch()) + *fraction;
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
