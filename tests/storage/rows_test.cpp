#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/storage/store_fixture.hpp"

namespace troupe::storage {
namespace {

using namespace test;
using testing::ElementsAre;
using Kind = RowChange::Kind;
using Direction = Store::Direction;

std::string cbor(const nlohmann::json& value) {
  std::string bytes;
  nlohmann::json::to_cbor(value, bytes);
  return bytes;
}

class Rows : public StoreTest {
 protected:
  void change(std::vector<RowChange> rows) {
    Append append = append_to("bots/a");
    append.rows = std::move(rows);
    must_append(std::move(append));
  }
  static Append changing(std::vector<RowChange> rows) {
    Append append = append_to("bots/a");
    append.rows = std::move(rows);
    return append;
  }

  std::vector<std::string> keys(TableId table, std::string_view prefix, std::string_view from, Direction direction) {
    std::vector<std::string> found;
    EXPECT_TRUE(
        store->scan(table, prefix, from, direction, [&](auto key, auto) { return found.emplace_back(key), true; }));
    return found;
  }
};

TEST_F(Rows, KeepsPutRowsApartByTableUntilTheyAreErased) {
  change({{1, Kind::put, "key", "one"}, {2, Kind::put, "key", "two"}, {1, Kind::put, "", "empty key"}});
  EXPECT_EQ(store->row(1, "key"), "one");
  EXPECT_EQ(store->row(2, "key"), "two");
  EXPECT_EQ(store->row(1, ""), "empty key");
  EXPECT_EQ(store->row(3, "key"), std::nullopt);
  change({{1, Kind::erase, "key"}, {2, Kind::put, "key", ""}});
  EXPECT_EQ(store->row(1, "key"), std::nullopt);
  EXPECT_EQ(store->row(2, "key"), "");
}

TEST_F(Rows, WritesNoRowsOfARefusedAppend) {
  Append append = changing({{1, Kind::put, "key", "value"}, {1, Kind::add, "count", {}, 1}});
  append.expected_version = 7;
  EXPECT_EQ(refusal_of(append), Errc::conflict);
  EXPECT_EQ(store->row(1, "key"), std::nullopt);
  EXPECT_EQ(store->counter(1, "count"), 0);
}

TEST_F(Rows, AddsToCounters) {
  EXPECT_EQ(store->counter(1, "count"), 0);
  change({{1, Kind::add, "count", {}, 5}, {1, Kind::add, "other", {}, 1}, {1, Kind::add, "count", {}, -7}});
  EXPECT_EQ(store->counter(1, "count"), -2);
  EXPECT_EQ(store->counter(1, "other"), 1);
}

TEST_F(Rows, AddsUpWhatManyAppendsOfOneBatchAdd) {
  std::vector<Append> appends(100, changing({{1, Kind::add, "count", {}, 2}, {1, Kind::add, "count", {}, 1}}));
  append_in_one_batch(appends);
  EXPECT_EQ(store->counter(1, "count"), 300);
}

TEST_F(Rows, KeepsTheOrderOfAddsAndOtherChangesToOneKey) {
  change({{1, Kind::add, "a", {}, 5}, {1, Kind::erase, "a"}, {1, Kind::add, "a", {}, 2}});
  EXPECT_EQ(store->counter(1, "a"), 2);
  append_in_one_batch({changing({{1, Kind::add, "b", {}, 5}}), changing({{1, Kind::erase, "b"}}),
                       changing({{1, Kind::add, "b", {}, 3}})});
  EXPECT_EQ(store->counter(1, "b"), 3);
  append_in_one_batch({changing({{1, Kind::add, "c", {}, 5}}), changing({{1, Kind::put, "c", "text"}})});
  EXPECT_EQ(store->row(1, "c"), "text");
}

TEST_F(Rows, PatchesTheTopLevelFieldsOfAMap) {
  change({{1, Kind::patch, "bot", cbor({{"name", "a"}, {"tags", {1, 2}}})}});
  change({{1, Kind::patch, "bot", cbor({{"tags", {3}}})}, {1, Kind::patch, "bot", cbor({{"online", true}})}});
  EXPECT_EQ(store->row(1, "bot"), cbor({{"name", "a"}, {"tags", {3}}, {"online", true}}));
}

TEST_F(Rows, RefusesAPatchThatIsNoMap) {
  EXPECT_EQ(refusal_of(changing({{1, Kind::patch, "bot", "\xff garbage"}})), Errc::invalid);
  EXPECT_EQ(refusal_of(changing({{1, Kind::patch, "bot", cbor(nlohmann::json::array())}})), Errc::invalid);
}

TEST_F(Rows, ReportsARowThatAChangeDidNotFitAsCorruptAndStops) {
  change({{1, Kind::put, "bot", "not a map"}, {1, Kind::put, "good", "row"}});
  change({{1, Kind::patch, "bot", cbor({{"online", true}})}});
  open();  // flushed and merged by RocksDB itself, which must not mind
  EXPECT_EQ(store->row(1, "good"), "row");
  EXPECT_TRUE(store->healthy());
  const auto scanned = store->scan(1, "", "", Direction::forward, [](auto, auto) { return true; });
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, Errc::corrupt);
  EXPECT_FALSE(store->healthy());
  EXPECT_EQ(refusal_of(append_to("bots/a")), Errc::storage_failed);
}

TEST_F(Rows, TellsOnceWhenAReadFindsDamage) {
  std::vector<std::string> sentences;
  store->on_failure([&](std::string sentence) { sentences.push_back(std::move(sentence)); });
  change({{1, Kind::put, "count", "no counter"}});
  EXPECT_EQ(store->counter(1, "count"), 0);
  EXPECT_EQ(store->counter(1, "count"), 0);
  EXPECT_FALSE(store->healthy());
  store.reset();
  EXPECT_EQ(sentences.size(), 1u);
}

TEST_F(Rows, StopsWhenAReaderCannotDecodeARow) {
  store->report_corrupt_row(1);
  EXPECT_FALSE(store->healthy());
  EXPECT_EQ(refusal_of(append_to("bots/a")), Errc::storage_failed);
}

TEST_F(Rows, ScansKeysWithAPrefixInBothDirections) {
  change({{1, Kind::put, "b/1", "1"},
          {1, Kind::put, "b/2", "2"},
          {1, Kind::put, "b/20", "20"},
          {1, Kind::put, "b/3", "3"},
          {1, Kind::put, "a/9", "a"},
          {1, Kind::put, "c/0", "c"},
          {2, Kind::put, "b/4", "x"},
          {0, Kind::put, "b/0", "x"}});
  EXPECT_THAT(keys(1, "b/", "", Direction::forward), ElementsAre("b/1", "b/2", "b/20", "b/3"));
  EXPECT_THAT(keys(1, "b/", "", Direction::backward), ElementsAre("b/3", "b/20", "b/2", "b/1"));
  EXPECT_THAT(keys(1, "b/", "2", Direction::forward), ElementsAre("b/2", "b/20", "b/3"));
  EXPECT_THAT(keys(1, "b/", "2", Direction::backward), ElementsAre("b/2", "b/1"));
  EXPECT_THAT(keys(1, "b/", "29", Direction::backward), ElementsAre("b/20", "b/2", "b/1"));
  EXPECT_THAT(keys(1, "b/", "0", Direction::backward), ElementsAre());
  EXPECT_THAT(keys(1, "b/", "4", Direction::forward), ElementsAre());
  EXPECT_THAT(keys(1, "", "", Direction::forward), ElementsAre("a/9", "b/1", "b/2", "b/20", "b/3", "c/0"));
  EXPECT_THAT(keys(1, "", "", Direction::backward), ElementsAre("c/0", "b/3", "b/20", "b/2", "b/1", "a/9"));
  EXPECT_THAT(keys(3, "", "", Direction::backward), ElementsAre());
}

TEST_F(Rows, ScansBackwardWhereTheNextPrefixIsARowOrDoesNotExist) {
  change({{1, Kind::put, "a\xff", "1"}, {1, Kind::put, "b", "2"}, {255, Kind::put, "\xff\xff", "3"}});
  EXPECT_THAT(keys(1, "a", "", Direction::backward), ElementsAre("a\xff"));
  EXPECT_THAT(keys(1, "a\xff", "", Direction::backward), ElementsAre("a\xff"));
  EXPECT_THAT(keys(255, "\xff", "", Direction::backward), ElementsAre("\xff\xff"));
  EXPECT_THAT(keys(255, "", "", Direction::backward), ElementsAre("\xff\xff"));
}

TEST_F(Rows, StopsAScanWhenTheVisitorSaysSo) {
  change({{1, Kind::put, "a", "1"}, {1, Kind::put, "b", "2"}});
  int seen = 0;
  EXPECT_TRUE(store->scan(1, "", "", Direction::forward, [&](auto, auto) { return ++seen, false; }));
  EXPECT_EQ(seen, 1);
}

TEST_F(Rows, ScansRowsOfOneMoment) {
  change({{1, Kind::put, "a", "old"}, {1, Kind::put, "b", "old"}});
  std::vector<std::string> values;
  EXPECT_TRUE(store->scan(1, "", "", Direction::forward, [&](auto, auto value) {
    if (values.empty()) change({{1, Kind::put, "b", "new"}, {1, Kind::put, "c", "new"}});
    return values.emplace_back(value), true;
  }));
  EXPECT_THAT(values, ElementsAre("old", "old"));
}

TEST_F(Rows, ReadAHotCounterCheaplyWhateverItsHistory) {
  change({{1, Kind::add, "cold", {}, 1}});
  for (int batch = 0; batch < 300; ++batch) change({{1, Kind::add, "hot", {}, 1}});
  ASSERT_EQ(store->counter(1, "hot"), 300);
  const auto fastest_read = [&](std::string_view key) {
    auto fastest = std::chrono::steady_clock::duration::max();
    for (int round = 0; round < 20; ++round) {
      const auto started = std::chrono::steady_clock::now();
      for (int i = 0; i < 50; ++i) store->counter(1, key);
      fastest = std::min(fastest, std::chrono::steady_clock::now() - started);
    }
    return fastest;
  };
  EXPECT_LT(fastest_read("hot"), 8 * fastest_read("cold"));  // merging 300 changes costs far more
}

TEST_F(Rows, SurviveAReopen) {
  change({{1, Kind::put, "row", "value"}, {1, Kind::add, "count", {}, 5}, {1, Kind::patch, "map", cbor({{"a", 1}})}});
  open();
  change({{1, Kind::add, "count", {}, 5}, {1, Kind::patch, "map", cbor({{"b", 2}})}});
  open();
  EXPECT_EQ(store->row(1, "row"), "value");
  EXPECT_EQ(store->counter(1, "count"), 10);
  EXPECT_EQ(store->row(1, "map"), cbor({{"a", 1}, {"b", 2}}));
}

TEST_F(Rows, KeepTheNewestSnapshotOfAStream) {
  must_append(append_to("bots/a", 5));
  EXPECT_FALSE(store->snapshot("bots/a"));
  store->save_snapshot("bots/a", {4, 1, "older"});
  store->save_snapshot("bots/a", {5, 2, "state"});
  must_append(append_to("bots/b"));
  const auto snapshot = store->snapshot("bots/a");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->version, 5u);
  EXPECT_EQ(snapshot->schema, 2u);
  EXPECT_EQ(snapshot->state, "state");
}

TEST_F(Rows, KeepASnapshotThatOnlyClosingWrites) {
  must_append(append_to("bots/a", 5));
  store->save_snapshot("bots/a", {5, 1, "state"});
  open();
  ASSERT_TRUE(store->snapshot("bots/a"));
  EXPECT_EQ(store->snapshot("bots/a")->state, "state");
}

TEST_F(Rows, DropASnapshotAheadOfItsStream) {
  must_append(append_to("bots/a", 5));
  store->save_snapshot("bots/a", {6, 1, "of an event that was refused"});
  must_append(append_to("bots/b"));
  must_append(append_to("bots/a"));
  EXPECT_FALSE(store->snapshot("bots/a"));
}

TEST_F(Rows, DropSnapshotsPastTheirLimits) {
  must_append(append_to("bots/a"));
  store->save_snapshot("bots/a", {1, 1, std::string(defaults::kMaxPendingSnapshotBytes + 1, 'x')});
  must_append(append_to("bots/b"));
  EXPECT_FALSE(store->snapshot("bots/a"));
  for (std::size_t i = 0; i < defaults::kMaxPendingSnapshots; ++i)
    store->save_snapshot("none/" + std::to_string(i), {});
  store->save_snapshot("bots/a", {1, 1, "one too many"});
  must_append(append_to("bots/b"));
  EXPECT_FALSE(store->snapshot("bots/a"));
  store->save_snapshot("bots/a", {1, 1, "there is room again"});
  must_append(append_to("bots/b"));
  EXPECT_TRUE(store->snapshot("bots/a"));
}

}  // namespace
}  // namespace troupe::storage
