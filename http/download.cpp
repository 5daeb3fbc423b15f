#include "http/download.hpp"

#include <algorithm>

#include "events/defaults.hpp"
#include "events/utf8.hpp"
#include "http/route.hpp"

namespace troupe::http {
namespace {

bool is_attr_char(char c) {  // RFC 8187, section 3.2.1
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

std::string safe_file_name(std::string_view name) {
  const auto slash = name.find_last_of("/\\");
  if (slash != name.npos) name.remove_prefix(slash + 1);
  std::string safe;
  for (const char c : name)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f &&
        std::string_view("<>:\"|?*").find(c) == std::string_view::npos)
      safe += c;
  const auto inner = [](std::string_view text) {
    const auto first = text.find_first_not_of(". ");
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(". ") - first + 1);
  };
  const std::string_view cut = inner(first_bytes(inner(safe), defaults::kMaxFileNameLength));
  return cut.empty() ? "file" : std::string(cut);
}

std::string content_disposition(std::string_view type, std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string ascii, extended;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    // One `_` for each character that is not ASCII; a `%` would be decoded by some clients.
    if (byte < 0x80)
      ascii += c == '%' ? '_' : c;
    else if ((byte & 0xC0) != 0x80)
      ascii += '_';
    if (is_attr_char(c))
      extended += c;
    else
      extended += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  std::string header = std::string(type) + "; filename=\"" + ascii + "\"";
  if (ascii != name) header += "; filename*=UTF-8''" + extended;
  return header;
}

RangeAnswer range_of(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!equals_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return {};
  const std::string_view set = trimmed(header.substr(kUnit.size()));
  const auto dash = set.find('-');
  if (dash == set.npos || set.find(',') != set.npos) return {};
  const std::string_view first_text = trimmed(set.substr(0, dash)), last_text = trimmed(set.substr(dash + 1));
  const auto first = whole_number(first_text), last = whole_number(last_text);
  if ((!first && !first_text.empty()) || (!last && !last_text.empty()) || (!first && !last)) return {};
  if (first && last && *last < *first) return {};
  const RangeAnswer none{416, std::nullopt};
  if (size == 0) return none;
  if (!first) {  // the last so many bytes
    if (*last == 0) return none;
    const auto wanted = std::min<std::uint64_t>(static_cast<std::uint64_t>(*last), size);
    return {206, ByteRange{size - wanted, size - 1}};
  }
  const auto begin = static_cast<std::uint64_t>(*first);
  if (begin >= size) return none;
  return {206,
          ByteRange{begin, last ? std::min<std::uint64_t>(static_cast<std::uint64_t>(*last), size - 1) : size - 1}};
}

bool is_not_modified(const Request& request, std::string_view etag) {
  auto known = request.header("If-None-Match").value_or(std::string_view());
  while (!known.empty()) {
    const auto comma = std::min(known.find(','), known.size());
    std::string_view one = trimmed(known.substr(0, comma));
    known.remove_prefix(std::min(comma + 1, known.size()));
    if (one.starts_with("W/")) one.remove_prefix(2);  // a weak comparison (RFC 9110, section 13.1.2)
    if (one == "*" || one == etag) return true;
  }
  return false;
}

RangeAnswer range_of(const Request& request, std::string_view etag, std::uint64_t size) {
  const auto range = request.header("Range");
  const auto condition = request.header("If-Range");
  if (!range || (condition && trimmed(*condition) != etag)) return {};
  return range_of(*range, size);
}

}  // namespace troupe::http
