#include "http/log_ring.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

namespace troupe::http {
namespace {

TEST(LogRing, KeepsTheLastLinesWithTheirNumbers) {
  const auto ring = std::make_shared<LogRing>(3);
  spdlog::logger log("test", ring);
  for (const char* text : {"one", "two", "three", "four"}) log.warn(text);
  const auto lines = ring->lines();
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[0].text, "two");
  EXPECT_EQ(lines[0].number, 2);
  EXPECT_EQ(lines[2].text, "four");
  EXPECT_EQ(lines[2].level, "WARNING");
  ASSERT_EQ(ring->lines(3).size(), 1);
  EXPECT_EQ(ring->lines(3)[0].text, "four");
  EXPECT_EQ(ring->last_number(), 4);
}

TEST(LogRing, CutsLongLines) {
  const auto ring = std::make_shared<LogRing>();
  spdlog::logger log("test", ring);
  log.error(std::string(defaults::kMaxLogLineBytes + 1, 'x'));
  EXPECT_EQ(ring->lines()[0].text.size(), defaults::kMaxLogLineBytes);
}

TEST(LogRing, TellsItsListenerOfEachLine) {
  const auto ring = std::make_shared<LogRing>();
  spdlog::logger log("test", ring);
  int told = 0;
  ring->on_line([&] { ++told; });
  log.info("one");
  log.info("two");
  ring->on_line({});
  log.info("three");
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace troupe::http
