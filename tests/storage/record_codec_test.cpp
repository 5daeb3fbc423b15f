#include "storage/record_codec.hpp"

#include <gtest/gtest.h>

#include "storage/coding.hpp"
#include "storage/crc32c.hpp"

namespace troupe::storage {
namespace {

events::Record example() {
  return {41, "bots/AbCd", 7, -5, "account/7", "req-1", {{"BotCreated", 1, "\xa1\x61\x61\x01"}, {"BotNamed", 300, ""}}};
}

std::string encode(const events::Record& record, std::string_view sealed = {}) {
  const auto body = encode_body(record, sealed);
  const auto trailer = encode_trailer(body, record.position, record.version);
  return body.bytes + std::string(trailer.begin(), trailer.end());
}

std::string with_checksum(std::string bytes) {
  put_fixed32(bytes, crc32c(0, bytes));
  return bytes;
}

TEST(Crc32c, GivesTheValuesOfRfc3720) {
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(crc32c(0, "123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(crc32c(0, "1234"), "56789"), 0xE3069283u);
}

TEST(RecordCodec, ReadsBackWhatItWrote) {
  const auto decoded = decode_record(encode(example()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->record, example());
  EXPECT_EQ(decoded->sealed, "");
}

TEST(RecordCodec, KeepsThePersonalPartApart) {
  events::Record record = example();
  record.owner = 7;
  record.events[1].personal =
      "\xa1\x61n\x63"
      "Ada";
  EXPECT_EQ(encode(record).find("Ada"), std::string::npos);
  auto decoded = decode_record(encode(record, "sealed"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->sealed, "sealed");
  EXPECT_EQ(decoded->record.events[1].personal, "");
  ASSERT_TRUE(restore_personal_part(personal_part(record.events), decoded->record.events));
  EXPECT_EQ(decoded->record, record);
  EXPECT_FALSE(
      restore_personal_part("\x05"
                            "cut",
                            decoded->record.events));
  EXPECT_EQ(personal_part(example().events), "") << "nothing to seal";
}

TEST(RecordCodec, ReadsBackTheLargestNumbers) {
  events::Record record = example();
  record.position = record.version = ~0ull;
  record.time = INT64_MIN;
  record.events[0].schema = UINT16_MAX;
  const auto decoded = decode_record(encode(record));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->record, record);
}

TEST(RecordCodec, RefusesEveryTruncation) {
  const std::string bytes = encode(example());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = decode_record(std::string_view(bytes).substr(0, length));
    ASSERT_FALSE(decoded) << length;
    EXPECT_EQ(decoded.error().code, Errc::corrupt);
  }
}

TEST(RecordCodec, RefusesEverySingleFlippedBit) {
  const std::string good = encode(example());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(decode_record(bytes)) << bit;
  }
}

TEST(RecordCodec, RefusesTrailingBytesAndNoEventsUnderAGoodChecksum) {
  std::string longer = encode(example());
  longer.resize(longer.size() - 20);
  longer.push_back('x');
  put_fixed64(longer, 41);
  put_fixed64(longer, 7);
  EXPECT_FALSE(decode_record(with_checksum(longer)));
  events::Record empty = example();
  empty.events.clear();
  EXPECT_FALSE(decode_record(encode(empty)));
}

TEST(RecordCodec, RefusesAnotherFormatAndPositionZero) {
  std::string other = encode(example());
  other.resize(other.size() - 4);
  other[0] = 1;
  EXPECT_FALSE(decode_record(with_checksum(other)));
  events::Record nowhere = example();
  nowhere.position = 0;
  EXPECT_FALSE(decode_record(encode(nowhere)));
}

// Lengths and counts that the bytes do not bear out, each under a good checksum, at every place of the
// record.
TEST(RecordCodec, NeverTrustsALengthOrACount) {
  std::string body = encode_body(example()).bytes;
  for (std::size_t at = 1; at < body.size(); ++at) {
    for (const std::string& huge :
         {std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10),
          std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), std::string("\xff\xff\xff\xff\x0f", 5)}) {
      std::string bytes = body.substr(0, at) + huge + body.substr(at);
      put_fixed64(bytes, 41);
      put_fixed64(bytes, 7);
      const auto decoded = decode_record(with_checksum(bytes));
      if (decoded) {
        EXPECT_EQ(encode(decoded->record, decoded->sealed).size(), bytes.size() + 4);  // it fell inside some text
      }
    }
  }
}

}  // namespace
}  // namespace troupe::storage
