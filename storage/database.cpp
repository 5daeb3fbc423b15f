#include "storage/database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/wal_filter.h>

#include <algorithm>
#include <chrono>

#include "events/defaults.hpp"
#include "storage/coding.hpp"
#include "storage/row_value.hpp"

namespace troupe::storage {
namespace {

constexpr std::array<const char*, kFamilies> kFamilyNames = {"default", "events",      "streams", "categories",
                                                             "claims",  "idempotency", "rows",    "snapshots"};
constexpr std::size_t kMiB = std::size_t{1} << 20;

class RowMergeOperator final : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "troupe.row"; }

  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    RowMerge merge(in.existing_value ? std::optional(view(*in.existing_value)) : std::nullopt);
    for (const auto& operand : in.operand_list) merge.apply(view(operand));
    out->new_value = merge.finish();
    return true;
  }

  bool PartialMergeMulti(const rocksdb::Slice&, const std::deque<rocksdb::Slice>& operands, std::string* combined,
                         rocksdb::Logger*) const override {
    std::vector<std::string_view> views;
    for (const auto& operand : operands) views.push_back(view(operand));
    auto one = combine_operands(views);
    if (one) *combined = std::move(*one);
    return one.has_value();
  }
};

/// `name 0x00` of an index key.
class NamePrefix final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "troupe.name"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), view(key).find('\0') + 1}; }
  bool InDomain(const rocksdb::Slice& key) const override { return view(key).find('\0') != std::string_view::npos; }
};

/// Forgets idempotency keys past their window whenever a compaction passes by.
class ExpiredKeys final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiredKeys(std::function<Micros()> clock) : clock_(std::move(clock)) {}
  const char* Name() const override { return "troupe.expired_keys"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*, bool*) const override {
    const auto entry = decode_idempotency_entry(view(value));
    return entry && entry->expired(clock_());
  }

 private:
  std::function<Micros()> clock_;
};

/// Watches recovery for the first record that comes out of the write-ahead log.
class FirstRecovered final : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "troupe.first_recovered"; }

  void ColumnFamilyLogNumberMap(const std::map<uint32_t, uint64_t>&,
                                const std::map<std::string, uint32_t>& ids) override {
    const auto events = ids.find(kFamilyNames[static_cast<std::size_t>(Family::events)]);
    if (events != ids.end()) finder_.events_family = events->second;
  }

  WalProcessingOption LogRecordFound(unsigned long long, const std::string&, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch*, bool*) override {
    if (!finder_.position) (void)batch.Iterate(&finder_);
    return WalProcessingOption::kContinueProcessing;
  }

  std::optional<events::Position> position() const { return finder_.position; }

 private:
  struct Finder final : rocksdb::WriteBatch::Handler {
    std::optional<std::uint32_t> events_family;
    std::optional<events::Position> position;

    rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice&) override {
      if (family == events_family && key.size() == 8) position = read_big64(view(key));
      return {};
    }
    rocksdb::Status DeleteCF(uint32_t, const rocksdb::Slice&) override { return {}; }
    rocksdb::Status SingleDeleteCF(uint32_t, const rocksdb::Slice&) override { return {}; }
    rocksdb::Status DeleteRangeCF(uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override { return {}; }
    rocksdb::Status MergeCF(uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override { return {}; }
    void LogData(const rocksdb::Slice&) override {}
    bool Continue() override { return !position; }
  };
  Finder finder_;
};

rocksdb::DBOptions database_options(bool create) {
  rocksdb::DBOptions options;
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  // Damage in the middle of the write-ahead log refuses to open; a tail torn by the process's end is
  // accepted. What was torn off beyond the last acknowledged event is found by storage/witness.hpp.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // The recovered end of the log is compared with the witness before anything is flushed, so that a refused
  // log keeps the files it had.
  options.avoid_flush_during_recovery = true;
  options.avoid_flush_during_shutdown = true;  // the store flushes on a clean close, and only then
  // All families flush together: a lost write-ahead log then loses events along with their rows, never rows
  // alone, and the end of the events shows it.
  options.atomic_flush = true;
  // An error of the disk stops the store for good: RocksDB before 9.7 may resume with families out of step.
  options.max_bgerror_resume_count = 0;
  options.allow_concurrent_memtable_write = false;  // one writer thread: no lock-free insertion to pay for
  options.max_total_wal_size = 256 * kMiB;          // bounds the replay at start-up to about two seconds
  options.db_write_buffer_size = 192 * kMiB;        // memory of all families' memtables together
  options.max_open_files = defaults::kMaxOpenTableFiles;
  options.max_background_jobs = 2;  // a flush must not wait behind a compaction
  // Table files go to the disk in steps while they are written, or one flush of dirty pages delays the next fsync.
  options.bytes_per_sync = kMiB;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;  // the info log is for faults, and stays small
  options.max_log_file_size = kMiB;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;  // nobody reads them
  options.stats_persist_period_sec = 0;
  return options;
}

struct TableShape {
  std::size_t block_bytes = 4096;
  bool point_lookups = false;  // a Bloom filter over whole keys
  bool name_prefixes = false;  // a Bloom filter over `name 0x00`
};

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, TableShape shape) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = shape.block_bytes;
  table.cache_index_and_filter_blocks = true;  // else their memory grows with the log, without limit
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.whole_key_filtering = shape.point_lookups;
  if (shape.point_lookups || shape.name_prefixes) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = 64 * kMiB;
  options.compression = rocksdb::kLZ4Compression;
  // The bottom level holds nine tenths of the bytes and is read least.
  options.bottommost_compression = rocksdb::kZSTD;
  if (shape.name_prefixes) {
    options.prefix_extractor = std::make_shared<NamePrefix>();
    options.memtable_prefix_bloom_size_ratio = 0.05;  // the first append to a new stream then seeks nowhere
  }
  return options;
}

std::shared_ptr<rocksdb::Cache> new_block_cache() { return rocksdb::NewLRUCache(128 * kMiB); }

std::vector<rocksdb::ColumnFamilyDescriptor> families(const std::shared_ptr<rocksdb::Cache>& cache,
                                                      const rocksdb::CompactionFilter* expired_keys) {
  const auto options_of = [&](Family family) {
    switch (family) {
      // Whole records of many events: larger blocks compress better, and they are read in runs.
      case Family::events: return family_options(cache, {.block_bytes = 16384});
      // A stream that does not exist yet is looked up at its first append: the filter spares that seek.
      case Family::streams: return family_options(cache, {.name_prefixes = true});
      case Family::claims:
      case Family::snapshots: return family_options(cache, {.point_lookups = true});
      case Family::idempotency: {
        auto options = family_options(cache, {.point_lookups = true});
        options.compaction_filter = expired_keys;
        options.periodic_compaction_seconds =  // else old keys lie in the bottom level for a month
            std::chrono::duration_cast<std::chrono::seconds>(defaults::kIdempotencyWindow).count();
        return options;
      }
      case Family::rows: {
        auto options = family_options(cache, {.point_lookups = true});
        options.merge_operator = std::make_shared<RowMergeOperator>();
        options.max_successive_merges = defaults::kMaxMergeOperands;
        return options;
      }
      case Family::meta:
      case Family::categories: break;
    }
    return family_options(cache, {});
  };
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < kFamilies; ++i)
    descriptors.emplace_back(kFamilyNames[i], options_of(static_cast<Family>(i)));
  return descriptors;
}

// What is not there or does not fit together in an existing log is damage, whatever RocksDB calls it.
Error open_error(const rocksdb::Status& status) {
  Error error = to_error(status, "opening the log");
  if (status.IsNotFound() || status.IsPathNotFound() || status.IsInvalidArgument()) error.code = Errc::corrupt;
  return error;
}

}  // namespace

bool IdempotencyEntry::expired(Micros now) const {
  return now - used_at > to_micros(std::chrono::duration_cast<std::chrono::microseconds>(defaults::kIdempotencyWindow));
}

std::string encode_idempotency_entry(const IdempotencyEntry& entry) {
  std::string bytes;
  put_string(bytes, entry.fingerprint);
  put_fixed64(bytes, entry.position);
  put_fixed64(bytes, static_cast<std::uint64_t>(entry.used_at));
  return bytes;
}

std::optional<IdempotencyEntry> decode_idempotency_entry(std::string_view bytes) {
  ByteReader reader(bytes);
  IdempotencyEntry entry;
  entry.fingerprint = reader.string();
  entry.position = reader.fixed64();
  entry.used_at = static_cast<Micros>(reader.fixed64());
  if (!reader.finished()) return std::nullopt;
  return entry;
}

Error to_error(const rocksdb::Status& status, std::string_view doing) {
  return Error{status.IsCorruption() ? Errc::corrupt : Errc::storage_failed,
               std::string(doing) + ": " + status.ToString()};
}

Expected<std::unique_ptr<Database>> Database::open(const std::filesystem::path& folder, bool create,
                                                   std::function<Micros()> clock) {
  std::unique_ptr<Database> database(new Database);
  database->expired_keys_ = std::make_unique<ExpiredKeys>(std::move(clock));
  FirstRecovered first_recovered;
  auto options = database_options(create);
  options.wal_filter = &first_recovered;
  database->cache_ = new_block_cache();
  database->statistics_ = options.statistics = rocksdb::CreateDBStatistics();
  options.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);  // counters cost next to nothing
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::Open(options, folder.string(),
                                        families(database->cache_, database->expired_keys_.get()), &handles, &db);
  if (!status.ok()) return tl::unexpected(open_error(status));
  database->db_.reset(db);
  std::copy(handles.begin(), handles.end(), database->handles_.begin());
  database->first_recovered_ = first_recovered.position();
  return database;
}

Expected<std::unique_ptr<Database>> Database::open_secondary(const std::filesystem::path& folder,
                                                             const std::filesystem::path& scratch) {
  std::unique_ptr<Database> database(new Database);
  auto options = database_options(false);
  options.max_open_files = -1;  // files the writer deletes must stay readable here
  database->cache_ = new_block_cache();
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::OpenAsSecondary(options, folder.string(), scratch.string(),
                                                   families(database->cache_, nullptr), &handles, &db);
  if (!status.ok()) return tl::unexpected(open_error(status));
  database->db_.reset(db);
  std::copy(handles.begin(), handles.end(), database->handles_.begin());
  return database;
}

Expected<std::unique_ptr<Database>> Database::open_read_only(const std::filesystem::path& folder) {
  std::unique_ptr<Database> database(new Database);
  database->cache_ = new_block_cache();
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::OpenForReadOnly(database_options(false), folder.string(),
                                                   families(database->cache_, nullptr), &handles, &db);
  if (!status.ok()) return tl::unexpected(open_error(status));
  database->db_.reset(db);
  std::copy(handles.begin(), handles.end(), database->handles_.begin());
  return database;
}

Database::~Database() {
  if (!db_) return;
  for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  db_->Close();
}

Database::BlockCache Database::block_cache() const {
  BlockCache use{cache_->GetUsage(), cache_->GetCapacity()};
  if (!statistics_) return use;
  use.hits = statistics_->getTickerCount(rocksdb::BLOCK_CACHE_HIT);
  use.misses = statistics_->getTickerCount(rocksdb::BLOCK_CACHE_MISS);
  return use;
}

Expected<std::optional<std::string>> Database::get(Family family, std::string_view key) const {
  std::string value;
  const auto status = db_->Get({}, handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return tl::unexpected(to_error(status, "reading"));
  return std::optional(std::move(value));
}

std::unique_ptr<rocksdb::Iterator> Database::iterate(Family family, const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, handle(family)));
}

Expected<void> Database::write(rocksdb::WriteBatch& batch, const rocksdb::WriteOptions& options) {
  const auto status = db_->Write(options, &batch);
  if (!status.ok()) return tl::unexpected(Error{Errc::storage_failed, "writing: " + status.ToString()});
  return {};
}

Expected<void> Database::flush() {
  const auto status = db_->Flush({}, {handles_.begin(), handles_.end()});
  if (!status.ok()) return tl::unexpected(Error{Errc::storage_failed, "flushing: " + status.ToString()});
  return {};
}

Expected<void> Database::checkpoint(const std::filesystem::path& folder) const {
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // 0: flushes first. RocksDB before 9.4 may link a write-ahead log that is not wholly on the disk yet; what is
  // acknowledged is then in table files already.
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder.string(), 0);
  if (!status.ok()) return tl::unexpected(to_error(status, "making a checkpoint"));
  return {};
}

Expected<void> Database::verify_checksums() const {
  const auto status = db_->VerifyChecksum();
  if (!status.ok()) return tl::unexpected(to_error(status, "verifying the log"));
  return {};
}

Expected<void> Database::catch_up() {
  const auto status = db_->TryCatchUpWithPrimary();
  if (!status.ok()) return tl::unexpected(to_error(status, "catching up"));
  return {};
}

}  // namespace troupe::storage
