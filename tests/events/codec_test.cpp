#include "events/codec.hpp"

#include <gtest/gtest.h>

namespace troupe::events {

/// An event whose one field was called `name` until schema 2.
struct Renamed {
  static constexpr std::string_view type = "Renamed";
  static constexpr std::uint16_t schema = 2;
  std::string title = "untitled";
  std::optional<int> year;

  static Json upcast(std::uint16_t stored_schema, Json fields) {
    EXPECT_EQ(stored_schema, 1);
    fields["title"] = fields.at("name");
    return fields;
  }
};
TROUPE_EVENT(Renamed, title, year)

struct Other {
  static constexpr std::string_view type = "Other";
  static constexpr std::uint16_t schema = 1;
  int count = 0;
};
TROUPE_EVENT(Other, count)

namespace {

using Event = std::variant<Renamed, Other>;

EncodedEvent stored(std::string type, std::uint16_t schema, const Json& fields) {
  return {std::move(type), schema, to_cbor(fields)};
}

void expect_corrupt(const EncodedEvent& event) {
  const auto decoded = decode<Event>(event);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::corrupt);
}

TEST(EventCodec, GivesBackWhatItEncoded) {
  const auto encoded = encode(Event(Renamed{"Troupe", 2026}));
  EXPECT_EQ(encoded.type, "Renamed");
  EXPECT_EQ(encoded.schema, 2);
  const auto decoded = decode<Event>(encoded);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(std::get<Renamed>(*decoded).title, "Troupe");
  EXPECT_EQ(std::get<Renamed>(*decoded).year, 2026);
}

TEST(EventCodec, LeavesAFieldThatIsNotStoredAtItsDefault) {
  const auto decoded = decode_as<Renamed>(stored("Renamed", 2, Json::object()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->title, "untitled");
  EXPECT_EQ(decoded->year, std::nullopt);
}

TEST(EventCodec, UpcastsAnOlderSchema) {
  const auto decoded = decode<Event>(stored("Renamed", 1, {{"name", "old"}, {"year", 1999}}));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(std::get<Renamed>(*decoded).title, "old");
  EXPECT_EQ(std::get<Renamed>(*decoded).year, 1999);
}

TEST(EventCodec, DoesNotUpcastTheSchemaItWrites) {
  const auto decoded = decode_as<Renamed>(stored("Renamed", 2, {{"name", "ignored"}, {"title", "kept"}}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->title, "kept");
}

TEST(EventCodec, CallsAnOlderEventThatCannotBeUpcastCorrupt) { expect_corrupt(stored("Renamed", 1, Json::object())); }

TEST(EventCodec, CallsANewerSchemaThanItKnowsCorrupt) {
  expect_corrupt(stored("Renamed", 3, {{"title", "from the future"}}));
  expect_corrupt(stored("Other", 2, {{"count", 1}}));
}

TEST(EventCodec, CallsAnUnknownTypeCorrupt) { expect_corrupt(stored("Unknown", 1, Json::object())); }

TEST(EventCodec, CallsBytesThatAreNotItsFieldsCorrupt) {
  expect_corrupt({"Other", 1, "\xff garbage"});
  expect_corrupt(stored("Other", 1, Json::array()));
  expect_corrupt(stored("Other", 1, {{"count", "many"}}));
}

}  // namespace
}  // namespace troupe::events
