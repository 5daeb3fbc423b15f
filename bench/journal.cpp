// Durable events a second through the store, beside a bare RocksDB thread that batches the same bytes with
// the same options and does nothing else: what the journal's queue, conditions, numbering and answers cost.
//
//   bench_journal [FOLDER] [SECONDS]       FOLDER must be on the disk that matters (default:
//   ./build/bench-data)
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

#include "storage/database.hpp"
#include "storage/log_reader.hpp"
#include "storage/record_codec.hpp"
#include "storage/store.hpp"

namespace {

using namespace troupe;
using namespace troupe::storage;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPayloadBytes = 180;  // about 200 bytes an event with its type
constexpr int kStreams = 64;
constexpr int kRepeats = 3;

struct Load {
  const char* name;
  std::size_t events_per_append;
  int clients;  // appends in flight
  bool with_rows;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

std::filesystem::path fresh(const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string stream_of(int client) { return "logs/bot-" + std::to_string(client % kStreams); }

Append make_append(const Load& load, int client) {
  Append append;
  append.stream = stream_of(client);
  append.time = now_micros();
  append.caused_by = "bot/AbCdEfGh";
  append.correlation = "0123456789abcdef";
  append.events.reserve(load.events_per_append);
  for (std::size_t i = 0; i < load.events_per_append; ++i) {
    std::string payload(kPayloadBytes, static_cast<char>('a' + i % 26));
    for (std::size_t at = 0; at < payload.size(); at += 7) payload[at] = static_cast<char>(std::rand());
    append.events.push_back({"LogWritten", 1, std::move(payload)});
  }
  if (load.with_rows)
    append.rows = {{1, RowChange::Kind::add, append.stream, {}, static_cast<std::int64_t>(load.events_per_append)},
                   {2, RowChange::Kind::put, append.stream, std::string(200, 'r')}};
  return append;
}

struct Measured {
  double events_per_second = 0;
  double events_per_batch = 0;
  double median_ms = 0, p99_ms = 0;
};

/// Logical clients on one thread: each sends its next append when the last one was answered.
Measured measure_store(const Load& load, const std::filesystem::path& folder, double seconds) {
  auto opened = Store::open({.folder = fresh(folder)});
  if (!opened) die(opened.error().message);
  auto& store = **opened;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> ready;
  for (int client = 0; client < load.clients; ++client) ready.push_back(client);
  std::vector<Clock::time_point> sent(static_cast<std::size_t>(load.clients));
  std::vector<double> latencies_ms;
  int in_flight = 0;
  const Append sample = make_append(load, 0);

  const auto start = Clock::now();
  std::vector<int> sending;
  while (seconds_since(start) < seconds) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return !ready.empty(); });
      sending.swap(ready);
      in_flight += static_cast<int>(sending.size());
    }
    for (const int client : sending) {
      Append append = sample;
      append.stream = stream_of(client);
      sent[static_cast<std::size_t>(client)] = Clock::now();
      store.append(std::move(append), [&, client](const Expected<RecordPtr>& answer) {
        if (!answer) die(answer.error().message);
        const std::lock_guard lock(mutex);
        latencies_ms.push_back(1000 * seconds_since(sent[static_cast<std::size_t>(client)]));
        --in_flight;
        ready.push_back(client);
        changed.notify_one();
      });
    }
    sending.clear();
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return in_flight == 0; });
  const double took = seconds_since(start);
  lock.unlock();
  const auto metrics = store.metrics();
  std::sort(latencies_ms.begin(), latencies_ms.end());
  return {static_cast<double>(metrics.events) / took,
          static_cast<double>(metrics.events) / static_cast<double>(metrics.batches),
          latencies_ms[latencies_ms.size() / 2], latencies_ms[latencies_ms.size() * 99 / 100]};
}

/// The same keys and values, encoded beforehand, in batches of the size the store made, from one thread.
Measured measure_bare(const Load& load, double events_per_batch, const std::filesystem::path& folder, double seconds) {
  auto opened = Database::open(fresh(folder), true, now_micros);
  if (!opened) die(opened.error().message);
  auto& database = **opened;
  const Append append = make_append(load, 0);
  const Record record{1, append.stream, 1, append.time, append.caused_by, append.correlation, append.events};
  const RecordBody body = encode_body(record);
  const std::string value = body.bytes + std::string(20, 'x');
  const auto appends =
      std::max<int>(1, static_cast<int>(events_per_batch / static_cast<double>(load.events_per_append) + 0.5));
  rocksdb::WriteOptions options;
  options.sync = true;
  rocksdb::WriteBatch batch;
  Position position = 1;
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    batch.Clear();
    for (int i = 0; i < appends; ++i) {
      batch.Put(database.handle(Family::events), position_key(position), value);
      batch.Put(database.handle(Family::streams), index_key(append.stream, position),
                stream_entry(position, load.events_per_append));
      batch.Put(database.handle(Family::categories), index_key("logs", position), "");
      for (const auto& row : append.rows) batch.Put(database.handle(Family::rows), row.key, row.value);
      position += load.events_per_append;
    }
    if (auto written = database.write(batch, options); !written) die(written.error().message);
  }
  return {static_cast<double>(position) / seconds_since(start),
          static_cast<double>(appends) * static_cast<double>(load.events_per_append)};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const Load& load, const std::filesystem::path& folder, double seconds) {
  std::vector<double> store, bare, ratio;
  Measured last;
  for (int i = 0; i < kRepeats; ++i) {  // in turns, so that a busy disk is busy for both
    last = measure_store(load, folder / "store", seconds);
    const auto beside = measure_bare(load, last.events_per_batch, folder / "bare", seconds);
    store.push_back(last.events_per_second);
    bare.push_back(beside.events_per_second);
    ratio.push_back(last.events_per_second / beside.events_per_second);
  }
  std::printf("%-44s %10.0f %10.0f %6.2f %9.0f %8.2f %8.2f\n", load.name, median(store), median(bare), median(ratio),
              last.events_per_batch, last.median_ms, last.p99_ms);
}

void measure_hot_counter(const std::filesystem::path& folder) {
  auto opened = Store::open({.folder = fresh(folder)});
  if (!opened) die(opened.error().message);
  auto& store = **opened;
  Append append{.stream = "bots/a", .events = {{"Counted", 1, ""}}, .rows = {{1, RowChange::Kind::add, "hot", {}, 1}}};
  for (int i = 1; i <= 1'000'000; ++i) {
    if (i % 2000 != 0) {
      store.append(append, [](const Expected<RecordPtr>& answer) {
        if (!answer) die(answer.error().message);
      });
    } else if (auto answer = store.append_and_wait(append); !answer) {
      die(answer.error().message);
    }
  }
  const auto start = Clock::now();
  constexpr int kReads = 100'000;
  std::int64_t value = 0;
  for (int i = 0; i < kReads; ++i) value = store.counter(1, "hot");
  std::printf("reading a counter after %lld adds: %.2f us\n", static_cast<long long>(value),
              1e6 * seconds_since(start) / kReads);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "build/bench-data";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  std::printf("%-44s %10s %10s %6s %9s %8s %8s\n", "median of 3", "events/s", "bare", "ratio", "ev/batch", "p50 ms",
              "p99 ms");
  compare({"1 event an append, 64 clients", 1, 64, false}, folder, seconds);
  compare({"1 event an append, 512 clients", 1, 512, false}, folder, seconds);
  compare({"100 events an append, 16 clients", 100, 16, false}, folder, seconds);
  compare({"100 events an append, 16 clients, with rows", 100, 16, true}, folder, seconds);
  measure_hot_counter(folder / "counter");
  std::filesystem::remove_all(folder);
  return 0;
}
