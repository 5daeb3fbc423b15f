#include "storage/row_value.hpp"

#include <gtest/gtest.h>

#include "events/defaults.hpp"

namespace troupe::storage {
namespace {

using nlohmann::json;

std::string cbor(const json& value) {
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

std::string merged(std::optional<std::string> stored, const std::vector<std::string>& operands) {
  RowMerge merge(stored ? std::optional<std::string_view>(*stored) : std::nullopt);
  for (const auto& operand : operands) merge.apply(operand);
  return merge.finish();
}

bool damaged(const std::string& stored) {
  const auto row = stored_row(stored);
  return !row && row.error().code == Errc::corrupt;
}

TEST(RowMerge, AddsToAMissingAndToAnExistingCounter) {
  EXPECT_EQ(merged({}, {add_operand(5), add_operand(-7)}), store_row(encode_counter(-2)));
  EXPECT_EQ(merged(store_row(encode_counter(40)), {add_operand(2)}), store_row(encode_counter(42)));
}

TEST(RowMerge, WrapsAroundInsteadOfOverflowing) {
  EXPECT_EQ(merged(store_row(encode_counter(INT64_MAX)), {add_operand(1)}), store_row(encode_counter(INT64_MIN)));
}

TEST(RowMerge, PatchesTopLevelFieldsOnly) {
  const json row = {{"a", 1}, {"b", {{"x", 1}}}};
  const json patched = {{"a", 1}, {"b", {{"y", 2}}}, {"c", nullptr}};
  EXPECT_EQ(merged(store_row(cbor(row)), {patch_operand(cbor({{"b", {{"y", 2}}}, {"c", nullptr}}))}),
            store_row(cbor(patched)));
  EXPECT_EQ(merged({}, {patch_operand(cbor({{"a", 1}}))}), store_row(cbor({{"a", 1}})));
}

TEST(RowMerge, LeavesADamagedRowWhenAChangeDoesNotFit) {
  EXPECT_TRUE(damaged(merged(store_row("text"), {add_operand(1)})));
  EXPECT_TRUE(damaged(merged(store_row("text"), {patch_operand(cbor({{"a", 1}}))})));
  EXPECT_TRUE(damaged(merged(store_row(cbor(json::array())), {patch_operand(cbor({{"a", 1}}))})));
  EXPECT_TRUE(damaged(merged({}, {add_operand(1), patch_operand(cbor({{"a", 1}}))})));
  EXPECT_TRUE(damaged(merged({}, {patch_operand(cbor({{"a", 1}})), add_operand(1)})));
  for (const std::string garbage : {"", "+", "+123", "~", "~\xff", "?", "=x"})
    EXPECT_TRUE(damaged(merged({}, {garbage})));
}

TEST(RowMerge, KeepsADamagedRowDamaged) {
  const std::string broken = merged(store_row("text"), {add_operand(1)});
  EXPECT_EQ(merged(broken, {add_operand(1)}), broken);
  EXPECT_TRUE(damaged(merged("", {add_operand(1)})));
}

TEST(RowMerge, RefusesNestingThatCouldExhaustTheStackAndLengthsThatCouldExhaustMemory) {
  const auto nested = [](std::size_t depth) {
    return "\xa1\x61"
           "a" +
           std::string(depth - 1, '\x81') + "\x01";
  };
  EXPECT_TRUE(decode_map(nested(defaults::kMaxRowDepth)));
  EXPECT_FALSE(decode_map(nested(defaults::kMaxRowDepth + 1)));
  EXPECT_FALSE(decode_map(nested(1'000'000)));
  EXPECT_FALSE(decode_map(std::string("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 9)));
  EXPECT_FALSE(
      decode_map(std::string("\xa1\x61"
                             "a\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
                             12)));
}

TEST(CombineOperands, DoesInOneWhatTheyDoInARow) {
  const auto sum = combine_operands({add_operand(1), add_operand(2), add_operand(-9)});
  EXPECT_EQ(sum, add_operand(-6));
  const std::string first = patch_operand(cbor({{"a", 1}, {"b", 1}})), second = patch_operand(cbor({{"b", 2}}));
  const auto both = combine_operands({first, second});
  ASSERT_TRUE(both);
  const std::string row = store_row(cbor({{"z", 0}}));
  EXPECT_EQ(merged(row, {*both}), merged(row, {first, second}));
}

TEST(CombineOperands, LeavesWhatDoesNotGoTogether) {
  EXPECT_FALSE(combine_operands({add_operand(1), patch_operand(cbor({{"a", 1}}))}));
  EXPECT_FALSE(combine_operands({"~garbage", "~more"}));
  EXPECT_FALSE(combine_operands({"+1", "+2"}));
}

}  // namespace
}  // namespace troupe::storage
