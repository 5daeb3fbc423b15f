#include "actors/tools/schema.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

Json schema(const char* text) { return Json::parse(text); }

/// The field at fault; `ok` when there is none.
std::string fault(const Json& rule, const char* arguments) {
  const auto ok = check_arguments(rule, Json::parse(arguments));
  if (ok) return "ok";
  EXPECT_EQ(ok.error().code, Errc::invalid);
  EXPECT_FALSE(ok.error().message.empty());
  return ok.error().field;
}

const Json kTrip = schema(R"({
  "type": "object",
  "properties": {
    "place": {"type": "object", "properties": {"city": {"type": "string", "minLength": 2}}, "required": ["city"]},
    "days": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 31}, "maxItems": 3},
    "unit": {"enum": ["km", "mi"]},
    "pace": {"type": ["number", "null"]},
    "by": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["train"]}]}
  },
  "required": ["place"],
  "additionalProperties": false
})");

TEST(Schema, TakesArgumentsThatFit) {
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome","extra":1},"days":[1,31],"unit":"km","pace":null,"by":"foot"})"),
            "ok");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"days":[2.0],"pace":4.5,"by":{"train":true}})"), "ok");
  EXPECT_EQ(fault(Json::object(), R"({"anything":1})"), "ok");
}

TEST(Schema, NamesTheFieldThatDoesNotFit) {
  EXPECT_EQ(fault(kTrip, "{}"), "place");
  EXPECT_EQ(fault(kTrip, R"({"place":{}})"), "place.city");
  EXPECT_EQ(fault(kTrip, R"({"place":"Rome"})"), "place");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"X"}})"), "place.city");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"days":[1,32]})"), "days[1]");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"days":[1.5]})"), "days[0]");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"days":[1,2,3,4]})"), "days");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"unit":"ly"})"), "unit");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"pace":"slow"})"), "pace");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"by":{"plane":true}})"), "by");
  EXPECT_EQ(fault(kTrip, R"({"place":{"city":"Rome"},"weather":"fine"})"), "weather");
}

TEST(Schema, TakesNothingButAnObject) { EXPECT_EQ(fault(Json::object(), "[1]"), ""); }

TEST(Schema, LooksNoDeeperThanJsonMayBe) {
  Json rule = {{"type", "integer"}};
  Json value = "no integer";
  for (int depth = 0; depth < 200; ++depth) {
    rule = {{"items", std::move(rule)}};
    value = Json::array({std::move(value)});
  }
  EXPECT_TRUE(check_arguments({{"properties", {{"deep", rule}}}}, {{"deep", value}}));
}

TEST(Schema, IsNotMisledByKeywordsOfTheWrongType) {
  EXPECT_EQ(fault(schema(R"({"type":7,"required":"x","properties":[],"items":3,"enum":"a","anyOf":{},"minimum":"1"})"),
                  R"({"a":[1],"b":2})"),
            "ok");
}

}  // namespace
}  // namespace troupe::actors
