// How projection rows and their changes look in the store, and how changes meet rows. Pure.
//
//   stored  := '=' row | '!' reason          a row, or one that a change did not fit
//   operand := '+' delta:fixed64             added to a counter: a row of eight bytes, fixed64
//            | '~' map                       CBOR map (RFC 8949) whose fields replace those of the row, itself a map
//
// A change that does not fit its row leaves a '!' row instead of an error: an error inside a merge would stop
// RocksDB's compaction and with it the store, while a '!' row is refused when it is read and healed by the next put.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"

namespace troupe::storage {

/// The sum of counters: it wraps around at 64 bits.
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b);

std::string encode_counter(std::int64_t value);

/// Nothing when `row` is not a counter.
std::optional<std::int64_t> decode_counter(std::string_view row);

std::string store_row(std::string_view row);
std::string add_operand(std::int64_t delta);
std::string patch_operand(std::string_view map);

/// The row within stored bytes. Errors: corrupt.
Expected<std::string_view> stored_row(std::string_view stored);

/// Reads a CBOR map; nothing when it is anything else or nested deeper than defaults::kMaxRowDepth.
std::optional<nlohmann::json> decode_map(std::string_view bytes);

/// Applies operands, oldest first, to a stored row.
class RowMerge {
 public:
  explicit RowMerge(std::optional<std::string_view> stored);
  void apply(std::string_view operand);
  std::string finish() const;  ///< the new stored bytes

 private:
  void damage(std::string_view reason);

  enum class State : std::uint8_t { missing, unread, counter, map, damaged } state_ = State::missing;
  std::string bytes_;  ///< the row while `unread`, the reason when `damaged`
  std::int64_t counter_ = 0;
  nlohmann::json map_;
};

/// One operand that does what all of `operands` do, oldest first; nothing when there is none.
std::optional<std::string> combine_operands(const std::vector<std::string_view>& operands);

}  // namespace troupe::storage
