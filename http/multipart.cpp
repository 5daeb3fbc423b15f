#include "http/multipart.hpp"

#include <algorithm>

#include "actors/rules.hpp"
#include "events/defaults.hpp"
#include "http/message.hpp"
#include "http/route.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMaxBoundaryBytes = 70;  // RFC 2046, section 5.1.1
/// White space that some gateways append to a boundary (RFC 2046, section 5.1.1).
constexpr std::size_t kMaxPaddingBytes = 64;

tl::unexpected<Error> malformed(std::string what) { return fail(Errc::invalid, "Malformed form: " + what, "body"); }

/// Takes a parameter (`name=value` or `name="value"`) off the front of `rest`, which begins after a `;`. Nothing when
/// there is none or it is malformed.
std::optional<std::pair<std::string, std::string>> next_parameter(std::string_view& rest) {
  const auto equals = rest.find('=');
  if (equals == rest.npos) return std::nullopt;
  std::string name(trimmed(rest.substr(0, equals)));
  rest = rest.substr(equals + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  std::string value;
  if (!rest.starts_with('"')) {
    const auto end = std::min(rest.find(';'), rest.size());
    value = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
  } else {
    std::size_t at = 1;
    for (; at < rest.size() && rest[at] != '"'; ++at) {
      // Only these are escaped: browsers send the backslashes of a path as they are.
      const bool escape = rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\');
      if (escape) ++at;
      value += rest[at];
    }
    if (at >= rest.size()) return std::nullopt;
    rest.remove_prefix(at + 1);
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (!rest.empty() && rest.front() != ';') return std::nullopt;
  if (!rest.empty()) rest.remove_prefix(1);
  return std::pair(std::move(name), std::move(value));
}

/// `UTF-8'<language>'<percent-encoded>` (RFC 8187, section 3.2).
std::optional<std::string> extended_value(std::string_view text) {
  const auto charset_end = text.find('\'');
  const auto language_end = text.find('\'', charset_end + 1);
  if (charset_end == text.npos || language_end == text.npos) return std::nullopt;
  if (!equals_ignoring_case(text.substr(0, charset_end), "utf-8")) return std::nullopt;
  auto value = percent_decode(text.substr(language_end + 1));
  return value && actors::is_utf8(*value) ? value : std::nullopt;
}

/// Browsers and curl write a quotation mark in a name so, and nothing else of it (WHATWG HTML, section 4.10.22.8).
std::string with_its_quotes(std::string name) {
  constexpr std::string_view kQuote = "%22";
  for (auto at = name.find(kQuote); at != name.npos; at = name.find(kQuote, at + 1))
    name.replace(at, kQuote.size(), "\"");
  return name;
}

Expected<PartHead> parse_disposition(std::string_view value) {
  auto type_end = std::min(value.find(';'), value.size());
  if (!equals_ignoring_case(trimmed(value.substr(0, type_end)), "form-data"))
    return malformed("a part is no form-data");
  std::string_view rest = value.substr(std::min(type_end + 1, value.size()));
  PartHead head;
  std::optional<std::string> name, extended;
  while (!trimmed(rest).empty()) {
    auto parameter = next_parameter(rest);
    if (!parameter) return malformed("a part's Content-Disposition cannot be read");
    auto& [key, text] = *parameter;
    if (equals_ignoring_case(key, "name") && !name)
      name = std::move(text);
    else if (equals_ignoring_case(key, "filename") && !head.filename)
      head.filename = with_its_quotes(std::move(text));
    else if (equals_ignoring_case(key, "filename*") && !extended)
      extended = extended_value(text);
  }
  if (!name || name->empty()) return malformed("a part has no name");
  head.name = std::move(*name);
  if (extended) head.filename = std::move(extended);
  return head;
}

}  // namespace

Expected<std::string> boundary_of(std::string_view content_type) {
  const auto refused = [](const char* why) { return fail(Errc::invalid, why, "Content-Type"); };
  const auto type_end = std::min(content_type.find(';'), content_type.size());
  if (!equals_ignoring_case(trimmed(content_type.substr(0, type_end)), "multipart/form-data"))
    return refused("The body must be multipart/form-data");
  std::string_view rest = content_type.substr(std::min(type_end + 1, content_type.size()));
  while (!trimmed(rest).empty()) {
    const auto parameter = next_parameter(rest);
    if (!parameter) break;
    if (!equals_ignoring_case(parameter->first, "boundary")) continue;
    const std::string& boundary = parameter->second;
    const bool printable = std::all_of(boundary.begin(), boundary.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (boundary.empty() || boundary.size() > kMaxBoundaryBytes || !printable || boundary.back() == ' ')
      return refused("The boundary of multipart/form-data must have 1 to 70 printable characters");
    return boundary;
  }
  return refused("multipart/form-data needs a boundary");
}

Expected<PartHead> parse_part_head(std::string_view headers) {
  while (!headers.empty()) {
    const auto end = std::min(headers.find(kLineEnd), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + kLineEnd.size(), headers.size()));
    const auto colon = line.find(':');
    if (colon == line.npos) return malformed("a part has a header without a colon");
    if (equals_ignoring_case(trimmed(line.substr(0, colon)), "Content-Disposition"))
      return parse_disposition(line.substr(colon + 1));
  }
  return malformed("a part has no Content-Disposition");
}

// As if a line break came before the body: so the first boundary is found like all others.
MultipartParser::MultipartParser(std::string_view boundary, Listener& listener)
    : delimiter_("\r\n--" + std::string(boundary)), listener_(listener), pending_(kLineEnd) {}

Expected<void> MultipartParser::feed(std::string_view bytes) {
  pending_.append(bytes);
  for (;;) {
    const auto more = step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
  }
  pending_.erase(0, at_);
  at_ = 0;
  return {};
}

Expected<void> MultipartParser::finish() const {
  if (state_ == State::before_first) return malformed("there is no boundary");
  return state_ == State::ended ? Expected<void>{} : malformed("it is cut off");
}

Expected<bool> MultipartParser::step() {
  switch (state_) {
    case State::before_first:
    case State::data: return find_boundary();
    case State::after_boundary: return pass_boundary();
    case State::head: return read_head();
    case State::ended: at_ = pending_.size();  // an epilogue means nothing
  }
  return false;
}

/// Everything before the boundary is data, but for a tail that may turn out to be the beginning of one.
Expected<bool> MultipartParser::find_boundary() {
  const auto found = pending_.find(delimiter_, at_);
  const auto rest = pending_.size() - at_;
  const auto end = found != std::string::npos  ? found
                   : rest >= delimiter_.size() ? pending_.size() - (delimiter_.size() - 1)
                                               : at_;
  const std::string_view data = std::string_view(pending_).substr(at_, end - at_);
  if (state_ == State::data && !data.empty())
    if (auto ok = listener_.part_data(data); !ok) return tl::unexpected(ok.error());
  at_ = end;
  if (found == std::string::npos) return false;
  if (state_ == State::data)
    if (auto ok = listener_.part_ended(); !ok) return tl::unexpected(ok.error());
  at_ += delimiter_.size();
  state_ = State::after_boundary;
  return true;
}

Expected<bool> MultipartParser::pass_boundary() {
  const std::string_view rest = std::string_view(pending_).substr(at_);
  if (rest.starts_with("--")) {
    state_ = State::ended;
    return true;
  }
  const auto padding = std::min(rest.find_first_not_of(" \t"), rest.size());
  if (padding > kMaxPaddingBytes) return malformed("a boundary is followed by something else");
  const std::string_view line_end = rest.substr(padding, kLineEnd.size());
  if (!kLineEnd.starts_with(line_end) && !(padding == 0 && line_end == "-"))
    return malformed("a boundary is followed by something else");
  if (line_end != kLineEnd) return false;
  if (++parts_ > defaults::kMaxFormParts)
    return fail(Errc::too_large, "A form has at most " + std::to_string(defaults::kMaxFormParts) + " parts", "body");
  at_ += padding;  // the line break stays: a part without headers then has its empty line at once
  state_ = State::head;
  return true;
}

Expected<bool> MultipartParser::read_head() {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const auto end = pending_.find(kHeadEnd, at_);
  const auto length = (end == std::string::npos ? pending_.size() : end) - at_;
  if (length > defaults::kMaxPartHeadBytes)
    return fail(Errc::too_large,
                "The headers of a part have at most " + std::to_string(defaults::kMaxPartHeadBytes) + " bytes", "body");
  if (end == std::string::npos) return false;
  const std::string_view lines = std::string_view(pending_).substr(at_, length);
  auto head = parse_part_head(lines.substr(std::min(kLineEnd.size(), lines.size())));
  if (!head) return tl::unexpected(head.error());
  if (auto ok = listener_.part_began(std::move(*head)); !ok) return tl::unexpected(ok.error());
  at_ = end + kHeadEnd.size();
  state_ = State::data;
  return true;
}

}  // namespace troupe::http
