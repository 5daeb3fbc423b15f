// The RocksDB behind the store: its column families, its options, and how it opens. Internal to storage/.
#pragma once

#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "events/record.hpp"

namespace troupe::storage {

/// Column families; words as in storage/coding.hpp.
enum class Family : std::uint8_t {
  meta,         ///< "projection/" name -> version:fixed32   (RocksDB's own `default` family)
  events,       ///< position:big64 of a record's first event -> record (storage/record_codec.hpp)
  streams,      ///< stream 0x00 version:big64 of a record's first event -> position:varint count:varint
  categories,   ///< category 0x00 position:big64 -> nothing
  claims,       ///< claim_key(name) -> stream
  idempotency,  ///< key -> fingerprint:string position:fixed64 used_at:fixed64
  rows,         ///< table:byte key -> stored row (storage/row_value.hpp)
  snapshots,    ///< stream -> snapshot (storage/snapshot_codec.hpp)
};
inline constexpr std::size_t kFamilies = 8;

/// What an idempotency key stands for in its column family.
struct IdempotencyEntry {
  std::string fingerprint;
  events::Position position = 0;
  Micros used_at = 0;

  bool expired(Micros now) const;
};
std::string encode_idempotency_entry(const IdempotencyEntry& entry);
std::optional<IdempotencyEntry> decode_idempotency_entry(std::string_view bytes);

Error to_error(const rocksdb::Status& status, std::string_view doing);
inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

/// An open RocksDB. Thread-safe for reads; one thread writes.
class Database {
 public:
  /// Errors: corrupt, storage_failed. Makes what is missing only with `create`: an existing log that lost its
  /// files must not turn into an empty one.
  static Expected<std::unique_ptr<Database>> open(const std::filesystem::path& folder, bool create,
                                                  std::function<Micros()> clock);
  /// A reader beside the process that writes; sees what was written until now. `scratch` holds its own info log.
  static Expected<std::unique_ptr<Database>> open_secondary(const std::filesystem::path& folder,
                                                            const std::filesystem::path& scratch);
  /// A log that no process writes, such as a checkpoint. Changes nothing in its folder.
  static Expected<std::unique_ptr<Database>> open_read_only(const std::filesystem::path& folder);
  ~Database();

  Expected<std::optional<std::string>> get(Family family, std::string_view key) const;
  std::unique_ptr<rocksdb::Iterator> iterate(Family family, const rocksdb::ReadOptions& options = {}) const;
  Expected<void> write(rocksdb::WriteBatch& batch, const rocksdb::WriteOptions& options);
  /// Moves everything from memory and the write-ahead log into table files.
  Expected<void> flush();
  /// Makes `folder`, which must not exist yet, a log of its own as of one moment, by hard links. Every write that
  /// returned before the call is in it; others may go on meanwhile.
  Expected<void> checkpoint(const std::filesystem::path& folder) const;
  /// Reads every block of every table file. Errors: corrupt.
  Expected<void> verify_checksums() const;
  /// Secondary only: reads what was written since.
  Expected<void> catch_up();

  struct BlockCache {
    std::uint64_t bytes = 0, capacity_bytes = 0;  ///< now
    std::uint64_t hits = 0, misses = 0;           ///< since it opened
  };
  /// Hits and misses are counted by the database that writes only.
  BlockCache block_cache() const;

  rocksdb::ColumnFamilyHandle* handle(Family family) const { return handles_[static_cast<std::size_t>(family)]; }
  rocksdb::DB& db() const { return *db_; }

  /// Position of the first record that came out of the write-ahead log when this opened: what precedes it was
  /// flushed by an earlier run. Nothing when the log was empty.
  std::optional<events::Position> first_recovered() const { return first_recovered_; }

 private:
  Database() = default;

  std::unique_ptr<rocksdb::CompactionFilter> expired_keys_;  // outlives db_
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> handles_{};
  std::optional<events::Position> first_recovered_;
};

}  // namespace troupe::storage
