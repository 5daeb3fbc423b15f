// The writer: a bounded queue of appends and the one thread that commits them in groups. Internal to storage/.
//
// Life of an append: the caller's thread validates, seals and encodes it (`prepare`) and queues it; the writer's
// thread takes all that waits up to one batch, checks the conditions of each in order, numbers its events,
// writes ONE RocksDB batch with one sync, and answers. It never waits for more to come: while one batch is on
// its way to the disk the next one gathers by itself.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "storage/database.hpp"
#include "storage/histogram.hpp"
#include "storage/log_reader.hpp"
#include "storage/mirrored_counters.hpp"
#include "storage/record_codec.hpp"
#include "storage/row_changes.hpp"
#include "storage/secrets.hpp"
#include "storage/store.hpp"
#include "storage/stream_heads.hpp"
#include "storage/witness.hpp"

namespace troupe::storage {

/// Thread-safe but for `follow` and `on_failure`, which come before the first append.
class Writer {
 public:
  struct Limits {
    std::size_t queued_appends;
    std::size_t queued_bytes;
    std::size_t batch_events;
  };

  Writer(Database& database, const Secrets& secrets, Witness witness, Position last_position, Limits limits,
         std::function<Micros()> clock, MirroredCounters& mirrored);
  ~Writer();

  void append(Append append, Journal::Answer answer);
  void save_snapshot(std::string stream, Snapshot snapshot);
  void follow(std::function<void(const std::vector<RecordPtr>&)> follower);
  void on_failure(std::function<void(std::string)> on_failure);

  /// Makes the store unhealthy; what waits is answered storage_failed. The first call counts.
  void fail(const Error& error);
  bool healthy() const { return healthy_.load(std::memory_order_acquire); }

  Position last_position() const { return last_position_.load(std::memory_order_acquire); }
  bool has_appended() const { return has_appended_.load(std::memory_order_acquire); }
  StoreMetrics metrics() const;

  /// Refuses new appends, answers those waiting, ends the thread, and brings everything into table files and
  /// the witness to the disk.
  void close();

 private:
  using Clock = std::chrono::steady_clock;

  /// An append as it waits: everything that needs no number is encoded.
  struct Request {
    std::shared_ptr<Record> record;
    RecordBody body;
    std::optional<Version> expected_version;
    std::vector<Claim> claims;
    std::optional<IdempotencyKey> idempotency;
    std::vector<StoredChange> rows;
    Journal::Answer answer;
    Clock::time_point arrived;
    std::size_t bytes = 0;
  };

  struct WaitingSnapshot {
    Version version = 0;
    std::string encoded;
  };

  /// A batch in the making: what it will write, and what its appends may see of each other.
  struct Batch;
  using Outcome = Expected<RecordPtr>;

  Expected<Request> prepare(Append append) const;
  std::optional<Error> enqueue(Request& request);

  void run();
  std::vector<Request> take();
  std::optional<std::string> failure() const;
  void announce_failure(const std::string& why);
  void commit(std::vector<Request>& requests);
  Outcome admit(Request& request, Batch& batch);
  std::optional<Outcome> earlier_answer(const Request& request, Batch& batch);
  Expected<Version> head(const std::string& stream);
  Expected<std::string> claim_holder(const std::string& name, const Batch& batch) const;
  void add_record(Request& request, Batch& batch);
  void add_snapshots(Batch& batch);
  Expected<void> write(Batch& batch);

  Database& database_;
  const Secrets& secrets_;
  LogReader reader_;
  Witness witness_;
  const Limits limits_;
  const std::function<Micros()> clock_;
  MirroredCounters& mirrored_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Request> queue_;
  std::size_t queued_bytes_ = 0;
  std::unordered_map<std::string, WaitingSnapshot> snapshots_;
  std::size_t snapshot_bytes_ = 0;
  std::optional<std::string> failure_;
  bool failure_announced_ = false;
  bool closing_ = false;

  std::atomic<bool> healthy_{true};
  std::atomic<bool> has_appended_{false};
  std::atomic<Position> last_position_;

  // Only the writer's thread from here on, but for the counters and histograms, which anyone may read.
  StreamHeads heads_;
  rocksdb::WriteBatch write_batch_;
  std::vector<std::function<void(const std::vector<RecordPtr>&)>> followers_;
  std::function<void(std::string)> on_failure_;
  std::atomic<std::uint64_t> batches_{0}, appends_{0}, events_{0}, refused_{0};
  Histogram<std::size(kAppendLatencyBoundsSeconds)> latency_{kAppendLatencyBoundsSeconds};
  Histogram<std::size(kBatchSizeBounds)> batch_sizes_{kBatchSizeBounds};

  std::thread thread_;  // last: everything above is there when it starts
};

}  // namespace troupe::storage
