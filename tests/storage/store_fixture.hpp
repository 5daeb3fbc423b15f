// A store in a folder of its own, and short ways to append to it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "storage/store.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::storage::test {

inline std::vector<events::EncodedEvent> some_events(std::size_t count, const std::string& payload = "\xa0") {
  return std::vector<events::EncodedEvent>(count, {"Happened", 1, payload});
}

inline Append append_to(std::string stream, std::size_t events = 1) {
  Append append;
  append.stream = std::move(stream);
  append.events = some_events(events);
  return append;
}

/// Holds the writer's thread inside an answer until it is opened, so that appends gather behind it.
class Gate {
 public:
  Journal::Answer answer() {
    return [this](const Expected<RecordPtr>&) {
      std::unique_lock lock(mutex_);
      waiting_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
    };
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waiting_ = false, open_ = false;
};

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void open(StoreOptions options = {}) {
    store.reset();
    options.folder = folder.path();
    auto opened = Store::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }

  Record must_append(Append append) {
    const auto answer = store->append_and_wait(std::move(append));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? **answer : Record{};
  }
  Errc refusal_of(Append append) {
    const auto answer = store->append_and_wait(std::move(append));
    EXPECT_FALSE(answer);
    return answer ? Errc{} : answer.error().code;
  }

  /// Commits appends together in one batch and returns their answers in the order they came.
  std::vector<Expected<RecordPtr>> append_in_one_batch(std::vector<Append> appends) {
    std::vector<Expected<RecordPtr>> answers;
    Gate gate;
    store->append(append_to("gates/1"), gate.answer());
    gate.wait_until_reached();
    for (auto& append : appends)
      store->append(std::move(append), [&](Expected<RecordPtr> answer) { answers.push_back(std::move(answer)); });
    const auto batches = store->metrics().batches;
    gate.open();
    Append barrier;
    barrier.stream = "gates/1";
    EXPECT_TRUE(store->append_and_wait(std::move(barrier)));
    EXPECT_LE(store->metrics().batches, batches + 1);
    return answers;
  }

  std::vector<Record> records(Position from = 1) {
    std::vector<Record> found;
    const auto read = store->read(from, [&](const Record& record) { return found.push_back(record), true; });
    EXPECT_TRUE(read);
    return found;
  }

  TempFolder folder;
  std::unique_ptr<Store> store;
};

}  // namespace troupe::storage::test
