#include "storage/row_value.hpp"

#include <algorithm>

#include "events/defaults.hpp"
#include "storage/coding.hpp"

namespace troupe::storage {
namespace {

using Json = nlohmann::json;

constexpr char kRow = '=';
constexpr char kDamaged = '!';
constexpr char kAdd = '+';
constexpr char kPatch = '~';

// nlohmann's CBOR reader recurses and reserves what a length announces, so both are checked while descending,
// before any value is built.
struct ShapeCheck final : Json::json_sax_t {
  explicit ShapeCheck(std::size_t total_bytes) : most_items(total_bytes) {}
  bool enter(std::size_t items) {
    return ++depth <= defaults::kMaxRowDepth && (items == kUnknownLength || items <= most_items);
  }

  static constexpr auto kUnknownLength = static_cast<std::size_t>(-1);
  std::size_t most_items;
  std::size_t depth = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t fields) override { return enter(fields); }
  bool end_object() override { return --depth, true; }
  bool start_array(std::size_t items) override { return enter(items); }
  bool end_array() override { return --depth, true; }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }
};

void replace_fields(Json& row, Json&& patch) {
  for (auto& [name, value] : patch.items()) row[name] = std::move(value);
}

std::string encode_map(const Json& map) {
  std::string bytes;
  Json::to_cbor(map, bytes);
  return bytes;
}

std::string tagged(char tag, std::string_view content) {
  std::string bytes;
  bytes.reserve(1 + content.size());
  bytes.push_back(tag);
  bytes.append(content);
  return bytes;
}

char tag_of(std::string_view bytes) { return bytes.empty() ? '\0' : bytes[0]; }

}  // namespace

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::string encode_counter(std::int64_t value) {
  std::string row;
  put_fixed64(row, static_cast<std::uint64_t>(value));
  return row;
}

std::optional<std::int64_t> decode_counter(std::string_view row) {
  if (row.size() != 8) return std::nullopt;
  return static_cast<std::int64_t>(read_fixed(row));
}

std::string store_row(std::string_view row) { return tagged(kRow, row); }
std::string add_operand(std::int64_t delta) { return tagged(kAdd, encode_counter(delta)); }
std::string patch_operand(std::string_view map) { return tagged(kPatch, map); }

Expected<std::string_view> stored_row(std::string_view stored) {
  if (tag_of(stored) == kRow) return stored.substr(1);
  if (tag_of(stored) == kDamaged) return fail(Errc::corrupt, "a row is damaged: " + std::string(stored.substr(1)));
  return fail(Errc::corrupt, "a row has an unknown form");
}

std::optional<Json> decode_map(std::string_view bytes) {
  ShapeCheck check(bytes.size());
  if (!Json::sax_parse(bytes, &check, Json::input_format_t::cbor)) return std::nullopt;
  Json map = Json::from_cbor(bytes, /*strict=*/true, /*allow_exceptions=*/false);
  if (!map.is_object()) return std::nullopt;
  return map;
}

RowMerge::RowMerge(std::optional<std::string_view> stored) {
  if (!stored) return;
  const auto row = stored_row(*stored);
  if (!row) {
    damage(tag_of(*stored) == kDamaged ? stored->substr(1) : row.error().message);
    return;
  }
  state_ = State::unread;
  bytes_ = *row;
}

void RowMerge::damage(std::string_view reason) {
  bytes_ = reason;
  state_ = State::damaged;
}

void RowMerge::apply(std::string_view operand) {
  if (state_ == State::damaged) return;
  const std::string_view content = operand.empty() ? operand : operand.substr(1);
  if (tag_of(operand) == kAdd) {
    const auto delta = decode_counter(content);
    if (!delta) return damage("an addition is malformed");
    if (state_ == State::unread) {
      const auto counter = decode_counter(bytes_);
      if (!counter) return damage("something was added to a row that is not a counter");
      counter_ = *counter;
    } else if (state_ == State::map) {
      return damage("something was added to a row that is not a counter");
    }
    counter_ = wrapping_sum(counter_, *delta);
    state_ = State::counter;
    return;
  }
  if (tag_of(operand) != kPatch) return damage("a change has an unknown form");
  auto patch = decode_map(content);
  if (!patch) return damage("a patch is not a CBOR map");
  if (state_ == State::missing) {
    map_ = Json::object();
  } else if (state_ == State::unread) {
    auto map = decode_map(bytes_);
    if (!map) return damage("a row that is not a CBOR map was patched");
    map_ = std::move(*map);
  } else if (state_ == State::counter) {
    return damage("a counter was patched");
  }
  replace_fields(map_, std::move(*patch));
  state_ = State::map;
}

std::string RowMerge::finish() const {
  switch (state_) {
    case State::missing: break;
    case State::unread: return store_row(bytes_);
    case State::counter: return store_row(encode_counter(counter_));
    case State::map: return store_row(encode_map(map_));
    case State::damaged: return tagged(kDamaged, bytes_);
  }
  return tagged(kDamaged, "nothing was merged into a missing row");
}

std::optional<std::string> combine_operands(const std::vector<std::string_view>& operands) {
  const auto all = [&](char tag) {
    return std::all_of(operands.begin(), operands.end(), [&](auto operand) { return tag_of(operand) == tag; });
  };
  if (all(kAdd)) {
    std::int64_t sum = 0;
    for (const auto operand : operands) {
      const auto delta = decode_counter(operand.substr(1));
      if (!delta) return std::nullopt;
      sum = wrapping_sum(sum, *delta);
    }
    return add_operand(sum);
  }
  if (!all(kPatch)) return std::nullopt;
  Json merged = Json::object();
  for (const auto operand : operands) {
    auto patch = decode_map(operand.substr(1));
    if (!patch) return std::nullopt;
    replace_fields(merged, std::move(*patch));
  }
  return patch_operand(encode_map(merged));
}

}  // namespace troupe::storage
