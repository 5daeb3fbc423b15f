#include "actors/plugins/lua_pattern.hpp"

namespace troupe::actors::plugins {
namespace {

bool between(unsigned char c, char first, char last) { return c >= first && c <= last; }
bool is_lower(unsigned char c) { return between(c, 'a', 'z'); }
bool is_upper(unsigned char c) { return between(c, 'A', 'Z'); }
bool is_digit(unsigned char c) { return between(c, '0', '9'); }
bool is_letter(unsigned char c) { return is_lower(c) || is_upper(c); }
bool is_graphic(unsigned char c) { return between(c, '!', '~'); }

/// `%a` and its like, as in the C locale; any other character behind a `%` is itself.
bool in_class(unsigned char name, unsigned char c) {
  bool in = false;
  switch (is_upper(name) ? name - 'A' + 'a' : name) {
    case 'a': in = is_letter(c); break;
    case 'c': in = c < 0x20 || c == 0x7f; break;
    case 'd': in = is_digit(c); break;
    case 'g': in = is_graphic(c); break;
    case 'l': in = is_lower(c); break;
    case 'p': in = is_graphic(c) && !is_letter(c) && !is_digit(c); break;
    case 's': in = c == ' ' || (c >= '\t' && c <= '\r'); break;
    case 'u': in = is_upper(c); break;
    case 'w': in = is_letter(c) || is_digit(c); break;
    case 'x': in = is_digit(c) || between(c, 'a', 'f') || between(c, 'A', 'F'); break;
    default: return name == c;
  }
  return is_upper(name) ? !in : in;
}

}  // namespace

std::optional<std::size_t> PatternMatcher::match_at(std::size_t at) {
  captures_ = 0;
  depth_ = 0;
  const std::size_t end = match(at, 0);
  if (end == kNone || failed()) return std::nullopt;
  for (std::size_t i = 0; i < captures_; ++i)
    if (capture_[i].length == kOpen) return refuse("unfinished capture"), std::nullopt;
  return end;
}

/// The rest of the pattern, from `item` on, against the text from `at` on.
std::size_t PatternMatcher::match(std::size_t at, std::size_t item) {
  if (++depth_ > kMaxDepth) return refuse("pattern too complex");
  const auto found = [&]() -> std::size_t {
    for (;;) {
      if (!spend(1)) return kNone;
      if (item == pattern_.size()) return at;
      const bool last = item + 1 == pattern_.size();
      const char next = last ? '\0' : pattern_[item + 1];
      switch (pattern_[item]) {
        case '(': return !last && next == ')' ? open_capture(at, item + 2, true) : open_capture(at, item + 1, false);
        case ')': return close_capture(at, item + 1);
        case '$':
          if (last) return at == text_.size() ? at : kNone;
          break;
        case '%':
          if (next == 'b') {
            at = balanced(at, item + 2);
            if (at == kNone) return kNone;
            item += 4;
            continue;
          }
          if (next == 'f') {
            const std::size_t set = item + 2;
            if (set >= pattern_.size() || pattern_[set] != '[') return refuse("missing '[' after '%f' in pattern");
            item = end_of_item(set);
            if (item == kNone || !at_frontier(at, set, item)) return kNone;
            continue;
          }
          if (is_digit(static_cast<unsigned char>(next))) {
            at = repeated_capture(at, next);
            if (at == kNone) return kNone;
            item += 2;
            continue;
          }
          break;
        default: break;
      }
      const std::size_t end = end_of_item(item);
      if (end == kNone) return kNone;
      switch (end < pattern_.size() ? pattern_[end] : '\0') {
        case '?':
          if (takes(item, end, at)) {
            const std::size_t with = match(at + 1, end + 1);
            if (with != kNone || failed()) return with;
          }
          item = end + 1;
          continue;
        case '*': return most_of(at, item, end);
        case '+': return takes(item, end, at) ? most_of(at + 1, item, end) : kNone;
        case '-': return least_of(at, item, end);
        default: break;
      }
      if (!takes(item, end, at)) return kNone;
      ++at;
      item = end;
    }
  }();
  --depth_;
  return found;
}

std::size_t PatternMatcher::most_of(std::size_t at, std::size_t item, std::size_t item_end) {
  std::size_t most = 0;
  while (takes(item, item_end, at + most)) ++most;
  for (std::size_t count = most + 1; count-- > 0;) {
    const std::size_t end = match(at + count, item_end + 1);
    if (end != kNone) return end;
    if (failed()) return kNone;
  }
  return kNone;
}

std::size_t PatternMatcher::least_of(std::size_t at, std::size_t item, std::size_t item_end) {
  for (;; ++at) {
    const std::size_t end = match(at, item_end + 1);
    if (end != kNone) return end;
    if (failed() || !takes(item, item_end, at)) return kNone;
  }
}

std::size_t PatternMatcher::open_capture(std::size_t at, std::size_t rest, bool is_position) {
  if (captures_ == kMaxCaptures) return refuse("too many captures");
  capture_[captures_++] = {at, is_position ? 0 : kOpen, is_position};
  const std::size_t end = match(at, rest);
  if (end == kNone) --captures_;
  return end;
}

std::size_t PatternMatcher::close_capture(std::size_t at, std::size_t rest) {
  std::size_t innermost = captures_;
  while (innermost > 0 && capture_[innermost - 1].length != kOpen) --innermost;
  if (innermost == 0) return refuse("invalid pattern capture");
  PatternCapture& closed = capture_[innermost - 1];
  closed.length = at - closed.begin;
  const std::size_t end = match(at, rest);
  if (end == kNone) closed.length = kOpen;
  return end;
}

std::size_t PatternMatcher::balanced(std::size_t at, std::size_t delimiters) {
  if (delimiters + 2 > pattern_.size()) return refuse("malformed pattern (missing arguments to '%b')");
  const char opens = pattern_[delimiters], closes = pattern_[delimiters + 1];
  if (at == text_.size() || text_[at] != opens) return kNone;
  std::size_t depth = 1;
  while (++at < text_.size() && spend(1)) {
    if (text_[at] == closes) {
      if (--depth == 0) return at + 1;
    } else if (text_[at] == opens) {
      ++depth;
    }
  }
  return kNone;
}

std::size_t PatternMatcher::repeated_capture(std::size_t at, char digit) {
  const std::size_t index = static_cast<std::size_t>(digit - '1');
  if (digit == '0' || index >= captures_ || capture_[index].length == kOpen)
    return refuse("invalid capture index in pattern");
  if (capture_[index].is_position) return kNone;  // which is no text
  const std::string_view said = text_.substr(capture_[index].begin, capture_[index].length);
  if (!spend(said.size()) || !text_.substr(at).starts_with(said)) return kNone;
  return at + said.size();
}

/// Before the first and behind the last character stands `\0`.
bool PatternMatcher::at_frontier(std::size_t at, std::size_t set, std::size_t set_end) {
  const auto before = static_cast<unsigned char>(at == 0 ? '\0' : text_[at - 1]);
  const auto behind = static_cast<unsigned char>(at == text_.size() ? '\0' : text_[at]);
  return !in_set(set, set_end, before) && in_set(set, set_end, behind);
}

/// One past a character, an escape or a set.
std::size_t PatternMatcher::end_of_item(std::size_t item) {
  const std::size_t size = pattern_.size();
  if (pattern_[item] == '%') return item + 1 < size ? item + 2 : refuse("malformed pattern (ends with '%')");
  if (pattern_[item] != '[') return item + 1;
  std::size_t at = item + 1;
  if (at < size && pattern_[at] == '^') ++at;
  // A `]` that comes first is one of the set.
  for (bool first = true;; first = false) {
    if (at >= size) return refuse("malformed pattern (missing ']')");
    if (pattern_[at] == ']' && !first) break;
    at += pattern_[at] == '%' && at + 1 < size ? 2 : 1;
  }
  return spend(at - item) ? at + 1 : kNone;
}

bool PatternMatcher::takes(std::size_t item, std::size_t item_end, std::size_t at) {
  if (at >= text_.size() || !spend(item_end - item)) return false;
  const auto c = static_cast<unsigned char>(text_[at]);
  switch (pattern_[item]) {
    case '.': return true;
    case '%': return in_class(static_cast<unsigned char>(pattern_[item + 1]), c);
    case '[': return in_set(item, item_end, c);
    default: return static_cast<unsigned char>(pattern_[item]) == c;
  }
}

bool PatternMatcher::in_set(std::size_t set, std::size_t set_end, unsigned char c) const {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(pattern_[at]); };
  const std::size_t close = set_end - 1;
  std::size_t at = set + 1;
  const bool excludes = pattern_[at] == '^';
  if (excludes) ++at;
  bool found = false;
  while (at < close && !found) {
    if (byte(at) == '%' && at + 1 < close) {
      found = in_class(byte(at + 1), c);
      at += 2;
    } else if (at + 2 < close && byte(at + 1) == '-') {
      found = byte(at) <= c && c <= byte(at + 2);
      at += 3;
    } else {
      found = byte(at) == c;
      at += 1;
    }
  }
  return found != excludes;
}

std::size_t PatternMatcher::refuse(const char* error) {
  if (!error_) error_ = error;
  return kNone;
}

bool PatternMatcher::spend(std::size_t steps) {
  steps_ -= static_cast<std::int64_t>(steps);
  return steps_ >= 0;
}

}  // namespace troupe::actors::plugins
