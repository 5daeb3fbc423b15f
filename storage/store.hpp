// The embedded store: a data folder with one RocksDB in it, which is the journal, the projection rows and the
// snapshots. RocksDB types do not leave storage/.
#pragma once

#include <filesystem>
#include <map>

#include "events/defaults.hpp"
#include "storage/journal.hpp"
#include "storage/secrets.hpp"

namespace troupe::storage {

/// The state of an entity after `version` events of its stream, so that waking reads only what came later.
struct Snapshot {
  Version version = 0;
  std::uint16_t schema = 1;     ///< of the state's encoding: another schema means "ignore this snapshot"
  std::string state;            ///< CBOR
  events::AccountId owner = 0;  ///< whose the state is: kept sealed under that account's key
};

/// What `Store::metrics` reports; totals since start-up unless said otherwise.
struct StoreMetrics {
  std::uint64_t batches = 0;  ///< groups committed, one fsync each
  std::uint64_t appends = 0;
  std::uint64_t events = 0;
  std::uint64_t refused = 0;      ///< appends that failed a condition
  std::uint64_t queue_depth = 0;  ///< appends waiting now
  std::uint64_t queue_bytes = 0;
  std::vector<std::uint64_t> append_latency_buckets;  ///< cumulative counts: kAppendLatencyBoundsSeconds, then all
  double append_latency_sum_seconds = 0;
  std::uint64_t cache_bytes = 0, cache_capacity_bytes = 0;  ///< the cache of table blocks, now
  std::uint64_t cache_hits = 0, cache_misses = 0;           ///< look-ups in it
  std::vector<std::uint64_t> batch_size_buckets;            ///< cumulative counts: kBatchSizeBounds (events), then all
};

inline constexpr double kAppendLatencyBoundsSeconds[] = {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01,
                                                         0.02,   0.05,   0.1,   0.5,   2.0};
inline constexpr double kBatchSizeBounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

struct StoreOptions {
  std::filesystem::path folder;
  bool read_only = false;  ///< for exports beside a running server: takes no lock, refuses appends
  std::size_t max_queued_appends = defaults::kMaxQueuedAppends;
  std::size_t max_queued_bytes = defaults::kMaxQueuedAppendBytes;
  std::size_t max_batch_events = defaults::kMaxBatchEvents;
  /// Counters kept in memory as well, for reading without a look-up. Rows that are only ever added to.
  std::vector<std::pair<TableId, std::string>> mirrored_counters = {};
  /// Takes the log as it ends although the witness says that more was acknowledged, or is missing. For an
  /// operator who knows what was lost.
  bool accept_log_end = false;
  std::function<Micros()> clock = now_micros;  ///< ages idempotency keys, and nothing else
};

/// The folder holds `log/` (RocksDB), `acknowledged` (how far the log was acknowledged: storage/witness.hpp), `lock`,
/// and the keys (storage/secrets.hpp).
///
/// What is personal in events, rows and snapshots is sealed under its owner's key before it is queued, and opened when
/// it is read: nothing above this knows of it. Plain, it is in no file. When the key is thrown away, events come without
/// their personal fields, rows too, and snapshots not at all.
///
/// Bytes that do not decode are never taken for absent. Reads that can say so answer corrupt; those whose
/// result has no room for an error (`row`, `counter`, `claim_holder`, `snapshot`, `projection_versions`)
/// answer nothing and make the store unhealthy, and so does `scan`, whose answer is easily dropped.
class Store final : public Journal {
 public:
  /// Opens or creates the folder. Errors: conflict (another process holds it; the sentence names its pid),
  /// corrupt (the log is damaged, or ends before the last acknowledged event: nothing is repaired silently),
  /// storage_failed (cannot create or open), not_found (read_only, and there is no log; or the accounts' keys are
  /// missing), invalid (the folder's key is missing or wrong).
  static Expected<std::unique_ptr<Store>> open(StoreOptions options);

  /// Stops taking appends, answers those waiting, flushes and closes.
  ~Store() override;

  void append(Append append, Answer answer) override;
  Expected<void> read(Position from, const RecordVisitor& visit) const override;
  Expected<void> read_stream(std::string_view stream, Version from, const RecordVisitor& visit) const override;
  Expected<void> read_stream_backward(std::string_view stream, Position from,
                                      const RecordVisitor& visit) const override;
  Expected<void> read_category_backward(std::string_view category, Position from,
                                        const RecordVisitor& visit) const override;
  std::optional<std::string> claim_holder(std::string_view name) const override;
  Expected<RecordPtr> find_idempotent(const IdempotencyKey& key) const override;
  Position last_position() const override;
  void follow(std::function<void(const std::vector<RecordPtr>&)> follower) override;

  /// Appends and waits for the answer. For start-up, the command line and tests: never call it from an actor
  /// or the event loop.
  Expected<RecordPtr> append_and_wait(Append append);

  // Rows

  /// Personal fields are sealed in it: `open_fields` (storage/personal_fields.hpp) opens them.
  std::optional<std::string> row(TableId table, std::string_view key) const;

  /// The counter's value, 0 when it has no row.
  std::int64_t counter(TableId table, std::string_view key) const;

  enum class Direction : std::uint8_t { forward, backward };

  /// Visits rows whose key starts with `prefix`, in key order (or its reverse), beginning at `prefix + from`
  /// when `from` is not empty (inclusive). Return false to stop. All rows come from one moment.
  Expected<void> scan(TableId table, std::string_view prefix, std::string_view from, Direction direction,
                      const std::function<bool(std::string_view key, std::string_view value)>& visit) const;

  /// For who knows what a row must look like: one that does not makes the store unhealthy.
  void report_corrupt_row(TableId table) const;

  const Secrets& secrets() const;

  // Snapshots

  std::optional<Snapshot> snapshot(std::string_view stream) const;

  /// Written with a later batch, without a sync of its own: a snapshot is a cache, losing one loses nothing.
  /// Give it only states whose events were acknowledged: one that is ahead of its stream is dropped.
  void save_snapshot(std::string stream, Snapshot snapshot);

  // Projection versions

  /// The version each projection's rows were built with, by projection name.
  std::map<std::string, std::uint32_t> projection_versions() const;

  /// Drops every row, replays the log through `rows_of`, then stores `versions`: interrupted, it starts anew at
  /// the next call. Only before the first append. `progress(done, total)` gets positions.
  Expected<void> rebuild(const std::function<Expected<std::vector<RowChange>>(const Record&)>& rows_of,
                         const std::map<std::string, std::uint32_t>& versions,
                         const std::function<void(Position, Position)>& progress);

  // Operations

  const std::filesystem::path& folder() const;

  /// Makes `folder`, an empty one on the same file system, a data folder with the log as of one moment: every event
  /// acknowledged before the call is in it, and appends go on meanwhile. All of it is read back and its checksums
  /// verified, so this blocks for a flush and a read of the whole log. Answers the last position in it.
  /// Errors: invalid (read-only), corrupt, storage_failed.
  Expected<Position> checkpoint(const std::filesystem::path& folder) const;

  StoreMetrics metrics() const;

  /// False once a write or a sync has failed or a read has found damage: nothing more is accepted and the process
  /// should stop.
  bool healthy() const;

  /// `on_failure(sentence)` is called once, on the writer's thread, when the store becomes unhealthy.
  /// Register it before the first append.
  void on_failure(std::function<void(std::string)> on_failure);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::storage
