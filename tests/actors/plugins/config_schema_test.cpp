#include "actors/plugins/config_schema.hpp"

#include <gtest/gtest.h>

namespace troupe::actors::plugins {
namespace {

Json schema() {
  return Json::parse(R"({"title": "All", "type": "object", "required": ["name"], "properties": {
    "name": {"type": "string", "minLength": 2, "maxLength": 4},
    "sides": {"type": "integer", "default": 6, "minimum": 2, "maximum": 100},
    "rate": {"type": "number", "default": 0.5},
    "mode": {"type": "string", "enum": ["a", "b"]},
    "on": {"type": "boolean"},
    "words": {"type": "array", "items": {"type": "string"}},
    "box": {"type": "object", "properties": {"depth": {"type": "integer", "default": 1}}}}})");
}

std::string field_of(const Json& config) {
  const auto checked = check_config(schema(), config);
  return checked ? "" : checked.error().field;
}

TEST(ConfigSchema, TakesWhatFits) {
  EXPECT_TRUE(check_schema(schema()));
  EXPECT_EQ(field_of({{"name", "dice"}}), "");
  EXPECT_EQ(field_of({{"name", "äöü"},
                      {"sides", 2},
                      {"rate", 1},
                      {"mode", "b"},
                      {"on", true},
                      {"words", {"x"}},
                      {"box", {{"depth", 3}}}}),
            "");
}

TEST(ConfigSchema, NamesTheFieldThatDoesNotFit) {
  EXPECT_EQ(field_of(Json::object()), "config.name");
  EXPECT_EQ(field_of(Json::array()), "config");
  EXPECT_EQ(field_of({{"name", "x"}}), "config.name");
  EXPECT_EQ(field_of({{"name", "xxxxx"}}), "config.name");
  EXPECT_EQ(field_of({{"name", 5}}), "config.name");
  EXPECT_EQ(field_of({{"name", "ok"}, {"other", 1}}), "config.other");
  EXPECT_EQ(field_of({{"name", "ok"}, {"sides", 1}}), "config.sides");
  EXPECT_EQ(field_of({{"name", "ok"}, {"sides", 101}}), "config.sides");
  EXPECT_EQ(field_of({{"name", "ok"}, {"sides", 2.5}}), "config.sides");
  EXPECT_EQ(field_of({{"name", "ok"}, {"mode", "c"}}), "config.mode");
  EXPECT_EQ(field_of({{"name", "ok"}, {"on", "yes"}}), "config.on");
  EXPECT_EQ(field_of({{"name", "ok"}, {"words", {"a", 1}}}), "config.words.1");
  EXPECT_EQ(field_of({{"name", "ok"}, {"box", {{"depth", "x"}}}}), "config.box.depth");
  EXPECT_EQ(field_of({{"name", std::string(70'000, 'x')}}), "config");
}

TEST(ConfigSchema, IsForPluginsWithoutOneAnything) {
  EXPECT_TRUE(check_config(nullptr, {{"what", "ever"}}));
  EXPECT_FALSE(check_config(nullptr, 5));
}

TEST(ConfigSchema, FillsInDefaults) {
  const Json filled = with_defaults(schema(), {{"name", "x"}, {"rate", 2}, {"box", Json::object()}});
  EXPECT_EQ(filled, Json({{"name", "x"}, {"rate", 2}, {"sides", 6}, {"box", {{"depth", 1}}}}));
}

TEST(ConfigSchema, RefusesRulesThatItDoesNotKnow) {
  const auto refused = [](const char* property) {
    const auto checked = check_schema({{"type", "object"}, {"properties", {{"x", Json::parse(property)}}}});
    return checked ? "" : checked.error().field;
  };
  EXPECT_EQ(refused(R"({"type": "string", "pattern": "a+"})"), "schema.x.pattern");
  EXPECT_EQ(refused(R"({"type": "string", "default": 5})"), "schema.x.default");
  EXPECT_EQ(refused(R"({"type": "integer", "minimum": "2"})"), "schema.x.minimum");
  EXPECT_EQ(refused(R"({"type": "string", "maxLength": -1})"), "schema.x.maxLength");
  EXPECT_EQ(refused(R"({"type": "string", "enum": []})"), "schema.x.enum");
  EXPECT_EQ(refused(R"({"type": "string", "enum": [1]})"), "schema.x.enum");
  EXPECT_EQ(refused(R"({"type": "object", "required": ["y"]})"), "schema.x.required");
  EXPECT_EQ(refused(R"({"type": "array", "items": {"type": "what"}})"), "schema.x.items.type");
  EXPECT_EQ(refused(R"({"title": "no type"})"), "schema.x.type");
  EXPECT_EQ(refused("5"), "schema.x");
}

}  // namespace
}  // namespace troupe::actors::plugins
