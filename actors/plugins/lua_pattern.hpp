// Lua's patterns (Lua 5.4 Reference Manual, section 6.4.1), matched in counted steps: the interpreter's own matcher takes
// time without end for some patterns, and nothing can interrupt it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::actors::plugins {

struct PatternCapture {
  std::size_t begin = 0;
  std::size_t length = 0;
  bool is_position = false;  ///< `()`: it stands for `begin`
};

/// One pattern on one text. Both must outlive it.
class PatternMatcher {
 public:
  static constexpr std::size_t kMaxCaptures = 32;  ///< as in Lua

  /// `pattern` without the `^` that anchors it. `steps` is counted down; a step is about one character looked at.
  PatternMatcher(std::string_view text, std::string_view pattern, std::int64_t& steps)
      : text_(text), pattern_(pattern), steps_(steps) {}

  /// Where the match that begins at `at` ends. Nothing also after an error, or when the steps have run out.
  std::optional<std::size_t> match_at(std::size_t at);

  /// Of the last match, in the order in which they open.
  std::size_t captures() const { return captures_; }
  const PatternCapture& capture(std::size_t index) const { return capture_[index]; }

  /// What is wrong with the pattern; null: nothing so far.
  const char* error() const { return error_; }
  bool out_of_steps() const { return steps_ < 0; }

 private:
  static constexpr std::size_t kNone = std::string_view::npos;
  static constexpr std::size_t kOpen = kNone - 1;  ///< length of a capture that is not closed yet
  static constexpr int kMaxDepth = 200;

  std::size_t match(std::size_t at, std::size_t item);
  std::size_t most_of(std::size_t at, std::size_t item, std::size_t item_end);
  std::size_t least_of(std::size_t at, std::size_t item, std::size_t item_end);
  std::size_t open_capture(std::size_t at, std::size_t rest, bool is_position);
  std::size_t close_capture(std::size_t at, std::size_t rest);
  std::size_t balanced(std::size_t at, std::size_t delimiters);
  std::size_t repeated_capture(std::size_t at, char digit);
  bool at_frontier(std::size_t at, std::size_t set, std::size_t set_end);
  std::size_t end_of_item(std::size_t item);
  bool takes(std::size_t item, std::size_t item_end, std::size_t at);
  bool in_set(std::size_t set, std::size_t set_end, unsigned char c) const;
  std::size_t refuse(const char* error);
  bool spend(std::size_t steps);
  bool failed() const { return error_ || steps_ < 0; }

  std::string_view text_;
  std::string_view pattern_;
  std::int64_t& steps_;
  std::array<PatternCapture, kMaxCaptures> capture_;
  std::size_t captures_ = 0;
  int depth_ = 0;
  const char* error_ = nullptr;
};

}  // namespace troupe::actors::plugins
