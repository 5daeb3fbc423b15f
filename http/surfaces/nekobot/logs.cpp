#include "http/surfaces/nekobot/logs.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::http::nekobot {
namespace {

constexpr std::string_view kLevels[] = {"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

bool equal_letters(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), equal_letters) != text.end();
}

}  // namespace

OrderedJson log_view(const LogLine& line) {
  return {{"id", line.number},
          {"timestamp", iso8601(line.time)},
          {"level", line.level},
          {"message", line.text},
          {"logger_name", "troupe"}};
}

void Logs::list(const CallPtr& call) {
  const auto level = call->query_text("level").value_or("");
  const auto keyword = call->query_text("keyword").value_or("");
  const bool known = level.empty() || std::any_of(std::begin(kLevels), std::end(kLevels), [&](std::string_view one) {
                       return equals_ignoring_case(one, level);
                     });
  if (!known)
    return call->refuse({Errc::invalid, "level must be TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL", "level"});
  std::vector<OrderedJson> items;
  if (context_.options.log)
    for (const auto& line : context_.options.log->lines())
      if ((level.empty() || equals_ignoring_case(line.level, level)) && contains_ignoring_case(line.text, keyword))
        items.push_back(log_view(line));
  succeed_with_page(call, std::move(items), under("logs"), Order::descending);
}

}  // namespace troupe::http::nekobot
