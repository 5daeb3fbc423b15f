#include <gmock/gmock.h>

#include "tests/storage/store_fixture.hpp"

namespace troupe::storage {
namespace {

using namespace test;
using Kind = RowChange::Kind;

class Rebuild : public StoreTest {
 protected:
  void SetUp() override {
    open();
    for (int i = 0; i < 50; ++i) {
      Append append = append_to("bots/" + std::to_string(i % 5), 2);
      append.rows = {{1, Kind::put, "stale/" + std::to_string(i), "row"},
                     {1, Kind::add, "count", {}, 1000},
                     {2, Kind::put, "of another table", "row"}};
      must_append(std::move(append));
    }
    open();
  }

  static Expected<std::vector<RowChange>> rows_of(const Record& record) {
    return std::vector<RowChange>{{1, Kind::add, "count", {}, static_cast<std::int64_t>(record.events.size())},
                                  {1, Kind::put, "seen/" + record.stream, std::to_string(record.position)}};
  }

  Expected<void> rebuild() { return store->rebuild(rows_of, {{"bots", 2}}, {}); }

  void expect_rebuilt() {
    EXPECT_EQ(store->counter(1, "count"), 100);
    EXPECT_EQ(store->row(1, "seen/bots/4"), "99");
    EXPECT_EQ(store->row(1, "stale/7"), std::nullopt);
    EXPECT_EQ(store->row(2, "of another table"), std::nullopt);
    EXPECT_EQ(store->projection_versions(), (std::map<std::string, std::uint32_t>{{"bots", 2}}));
  }
};

TEST_F(Rebuild, ReplacesTheRowsOfAllTablesAndStoresTheVersions) {
  EXPECT_TRUE(store->projection_versions().empty());
  ASSERT_TRUE(rebuild());
  expect_rebuilt();
  open();
  expect_rebuilt();
}

TEST_F(Rebuild, GivesTheSameRowsHoweverOften) {
  ASSERT_TRUE(rebuild());
  ASSERT_TRUE(rebuild());
  expect_rebuilt();
}

TEST_F(Rebuild, CountsOnceHoweverManyChunksItWrites) {
  const std::string large(defaults::kRebuildChunkBytes / 10, 'x');
  const auto with_large_rows = [&](const Record& record) -> Expected<std::vector<RowChange>> {
    auto rows = *rows_of(record);
    rows.push_back({1, Kind::put, "large/" + std::to_string(record.position), large});
    return rows;
  };
  ASSERT_TRUE(store->rebuild(with_large_rows, {{"bots", 2}}, {}));
  expect_rebuilt();
}

TEST_F(Rebuild, AMirroredCounterShowsWhatItsRowShows) {
  store.reset();
  StoreOptions mirrored{folder.path()};
  mirrored.mirrored_counters = {{1, "count"}};
  store = std::move(*Store::open(mirrored));
  EXPECT_EQ(store->counter(1, "count"), 50'000);
  Append more = append_to("bots/0");
  more.rows = {{1, Kind::add, "count", {}, 5}};
  must_append(std::move(more));
  EXPECT_EQ(store->counter(1, "count"), 50'005);
  store.reset();
  store = std::move(*Store::open(mirrored));
  EXPECT_EQ(store->counter(1, "count"), 50'005);
}

TEST_F(Rebuild, StartsAnewAfterAnInterruption) {
  ASSERT_TRUE(rebuild());
  int seen = 0;
  const auto interrupted = store->rebuild(
      [&](const Record& record) -> Expected<std::vector<RowChange>> {
        if (++seen > 20) return fail(Errc::corrupt, "an event does not decode");
        return rows_of(record);
      },
      {{"bots", 2}}, {});
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().message, "an event does not decode");
  open();
  EXPECT_TRUE(store->projection_versions().empty());  // so that start-up sees that it must rebuild
  ASSERT_TRUE(rebuild());
  expect_rebuilt();
}

TEST_F(Rebuild, WritesInChunksAndReportsProgress) {
  std::vector<std::pair<Position, Position>> progress;
  const std::string large(defaults::kRebuildChunkBytes / 10, 'x');
  ASSERT_TRUE(store->rebuild(
      [&](const Record& record) -> Expected<std::vector<RowChange>> {
        return std::vector<RowChange>{{3, Kind::put, std::to_string(record.position), large}};
      },
      {{"large", 1}}, [&](Position done, Position total) { progress.emplace_back(done, total); }));
  EXPECT_GE(progress.size(), 5u);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.back(), std::make_pair(Position{100}, Position{100}));
  open();
  EXPECT_EQ(store->row(3, "1"), large);
  EXPECT_EQ(store->row(3, "99"), large);
}

TEST_F(Rebuild, KeepsItsRowsWhenTheProcessGoesOnToAppend) {
  ASSERT_TRUE(rebuild());
  Append append = append_to("bots/0");
  append.rows = {{1, Kind::add, "count", {}, 1}};
  must_append(append);
  open();
  EXPECT_EQ(store->counter(1, "count"), 101);
}

TEST_F(Rebuild, DropsTheFirstRowAndTheLast) {
  const std::string longest(defaults::kMaxStorageKeyBytes, '\xff');
  Append append = append_to("bots/0");
  append.rows = {{0, Kind::put, "", "row"}, {255, Kind::put, longest, "row"}};
  must_append(append);
  open();
  ASSERT_TRUE(store->rebuild([](const Record&) { return std::vector<RowChange>{}; }, {}, {}));
  EXPECT_EQ(store->row(0, ""), std::nullopt);
  EXPECT_EQ(store->row(255, longest), std::nullopt);
}

TEST_F(Rebuild, IsRefusedAfterTheFirstAppend) {
  must_append(append_to("bots/a"));
  const auto refused = rebuild();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
}

}  // namespace
}  // namespace troupe::storage
