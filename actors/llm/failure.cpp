#include "actors/llm/failure.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

#include "actors/foreign_words.hpp"
#include "actors/llm/foreign_json.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::llm {
namespace {

using std::chrono::milliseconds;

Again again_after(int status) {
  switch (status) {
    case 408:
    case 409:
    case 425:
    case 429: return Again::later;
    case 401:
    case 402:
    case 403: return Again::other_key;
    case 404: return Again::other_provider;
    default: return status >= 500 ? Again::later : Again::never;
  }
}

std::optional<milliseconds> delay_in(const std::string& retry_after, std::int64_t now) {
  if (retry_after.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const char* end = retry_after.data() + retry_after.size();
  const auto [stop, error] = std::from_chars(retry_after.data(), end, seconds);
  if (error != std::errc{} || stop != end) {
    const auto date = curl_getdate(retry_after.c_str(), nullptr);
    if (date < 0) return std::nullopt;
    seconds = date - now;
  }
  constexpr std::int64_t kDay = 86'400;  // far beyond what is waited for, and far from an overflow
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kDay));
}

std::string named(const std::string& kind) { return kind.empty() ? "" : " (" + kind + ")"; }

}  // namespace

std::string for_operators(const std::string& words, const Provider& provider) {
  std::string line;
  for (const char c : words) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  for (const auto& key : provider.keys) hide(line, key);
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
    if (begins && ++characters > defaults::kMaxModelErrorLength) return line.substr(0, i) + "…";
  }
  return line;
}

Failure refused(const Provider& provider, int status, std::string_view body, const std::string& retry_after,
                std::int64_t now) {
  const auto complaint = complaint_in(Json::parse(body, nullptr, false));
  return {{Errc::upstream_failed, provider.name + " answered with status " + std::to_string(status) +
                                      named(for_operators(complaint.kind, provider))},
          again_after(status),
          delay_in(retry_after, now),
          for_operators(complaint.words, provider)};
}

Failure broke(const Provider& provider, const std::string& why, Again again) {
  return {{Errc::upstream_failed, "the connection to " + provider.name + " failed: " + why}, again};
}

Failure fell_silent(const Provider& provider) {
  return {{Errc::timed_out, provider.name + " did not answer in time"}, Again::later};
}

Failure used_up(const Provider& provider) {
  return {{Errc::upstream_failed, "the quota of the model provider " + provider.name + " is used up"},
          Again::other_provider};
}

Failure unreadable(const Provider& provider, const Error& error) {
  if (error.code == Errc::upstream_failed)
    return {{Errc::upstream_failed, provider.name + " reported an error" + named(for_operators(error.field, provider))},
            Again::later,
            std::nullopt,
            for_operators(error.message, provider)};
  return {{Errc::upstream_failed, provider.name + " sent what cannot be read: " + error.message}, Again::never};
}

}  // namespace troupe::actors::llm
