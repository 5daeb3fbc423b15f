#include "storage/store.hpp"

#include <unistd.h>

#include <future>

#include "storage/coding.hpp"
#include "storage/database.hpp"
#include "storage/folder_lock.hpp"
#include "storage/log_reader.hpp"
#include "storage/rebuild.hpp"
#include "storage/row_changes.hpp"
#include "storage/row_value.hpp"
#include "storage/snapshot_codec.hpp"
#include "storage/witness.hpp"
#include "storage/writer.hpp"

namespace troupe::storage {
namespace {

namespace fs = std::filesystem;

/// A folder of its own that goes away with its owner.
class ScratchFolder {
 public:
  static Expected<ScratchFolder> make() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "troupe-reader-XXXXXX").string();
    if (error || !::mkdtemp(name.data())) return fail(Errc::storage_failed, "cannot make the folder " + name);
    ScratchFolder scratch;
    scratch.path_ = name;
    return scratch;
  }
  ScratchFolder() = default;
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Paths {
  explicit Paths(const fs::path& folder)
      : log(folder / "log"), witness(folder / "acknowledged"), lock(folder / "lock") {}
  fs::path log, witness, lock;

  bool has_log() const { return fs::exists(log / "CURRENT"); }
  /// Table files or a write-ahead log without the file that names them.
  bool has_remains() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(log, error))
      if (entry.path().extension() == ".sst" || entry.path().extension() == ".log") return true;
    return false;
  }
};

tl::unexpected<Error> ends_early(Position acknowledged, Position last) {
  return fail(Errc::corrupt, "the log ends at position " + std::to_string(last) + " although events up to position " +
                                 std::to_string(acknowledged) + " were acknowledged: part of it was lost");
}

/// Refuses a log whose end is not where the witness says, or whose recovered part has a hole.
Expected<Position> check_log_end(const LogReader& log, std::optional<Position> acknowledged,
                                 const StoreOptions& options) {
  const auto last = log.last_position();
  if (!last || options.accept_log_end) return last;
  if (!acknowledged && *last > 0)
    return fail(Errc::corrupt,
                "the witness file `acknowledged` is missing, so nothing tells whether the log, which "
                "ends at position " +
                    std::to_string(*last) + ", is whole");
  if (acknowledged && *last < *acknowledged) return ends_early(*acknowledged, *last);
  return last;
}

/// RocksDB skips a zeroed stretch of its write-ahead log without a word. What came out of it must follow on,
/// record by record, from what was flushed before.
Expected<void> check_recovered(const Database& database, const LogReader& log) {
  const auto first = database.first_recovered();
  if (!first) return {};
  return log.read(*first > 1 ? *first - 1 : 1, [](const Record&) { return true; });
}

}  // namespace

struct Store::Impl {
  explicit Impl(StoreOptions given) : options(std::move(given)), mirrored(mirrored_keys(options)) {}

  StoreOptions options;
  FolderLock lock;
  Secrets secrets;
  ScratchFolder scratch;
  std::unique_ptr<Database> database;
  MirroredCounters mirrored;
  std::unique_ptr<Writer> writer;  // none when read-only

  LogReader log() const { return LogReader(*database, secrets); }

  Expected<void> open_secrets() {
    auto opened = Secrets::open(options.folder);
    if (!opened) return tl::unexpected(opened.error());
    secrets = std::move(*opened);
    return {};
  }
  Expected<void> open_for_writing();
  Expected<void> open_for_reading();

  static std::vector<std::string> mirrored_keys(const StoreOptions& options) {
    std::vector<std::string> keys;
    for (const auto& [table, key] : options.mirrored_counters) keys.push_back(row_key(table, key));
    return keys;
  }
  void load_mirrored() {
    mirrored.load([this](const std::string& key) { return counter_row(key); });
  }
  std::int64_t counter_row(const std::string& key) {
    const auto stored = get(Family::rows, key);
    if (!stored) return 0;
    const auto row = stored_row(*stored);
    if (!row) return fail_store(row.error()), 0;
    if (const auto counter = decode_counter(*row)) return *counter;
    fail_store(Error{Errc::corrupt, "a row read as a counter is none"});
    return 0;
  }

  /// Makes the store unhealthy: for reads whose result has no room for an error.
  void fail_store(const Error& error) {
    if (writer) writer->fail(error);
  }
  std::optional<std::string> get(Family family, std::string_view key) {
    auto value = database->get(family, key);
    if (value) return std::move(*value);
    fail_store(value.error());
    return std::nullopt;
  }
};

Expected<void> Store::Impl::open_for_writing() {
  const Paths paths(options.folder);
  std::error_code error;
  fs::create_directories(paths.log, error);
  if (error) return fail(Errc::storage_failed, "cannot create " + paths.log.string() + ": " + error.message());
  auto taken = FolderLock::take(paths.lock);
  if (!taken) return tl::unexpected(taken.error());
  lock = std::move(*taken);
  if (auto opened = open_secrets(); !opened) return opened;

  auto acknowledged = Witness::read(paths.witness);
  if (!acknowledged && !options.accept_log_end) return tl::unexpected(acknowledged.error());
  const bool witnessed = acknowledged && acknowledged->has_value();
  if (!paths.has_log() && (witnessed || paths.has_remains()))
    return fail(Errc::corrupt, "the log in " + paths.log.string() + " lost its files" +
                                   (witnessed ? " although events up to position " + std::to_string(**acknowledged) +
                                                    " were acknowledged"
                                              : ""));
  auto opened = Database::open(paths.log, /*create=*/!witnessed, options.clock);
  if (!opened) return tl::unexpected(opened.error());
  database = std::move(*opened);

  const auto last = check_log_end(log(), witnessed ? *acknowledged : std::nullopt, options);
  if (!last) return tl::unexpected(last.error());
  if (auto whole = check_recovered(*database, log()); !whole) return whole;
  if (auto flushed = database->flush(); !flushed) return flushed;
  auto witness = Witness::create(paths.witness, *last);
  if (!witness) return tl::unexpected(witness.error());
  const Writer::Limits limits{options.max_queued_appends, options.max_queued_bytes, options.max_batch_events};
  writer = std::make_unique<Writer>(*database, secrets, std::move(*witness), *last, limits, options.clock, mirrored);
  load_mirrored();
  return {};
}

Expected<void> Store::Impl::open_for_reading() {
  const Paths paths(options.folder);
  if (!paths.has_log()) return fail(Errc::not_found, "there is no log in " + options.folder.string());
  if (auto opened = open_secrets(); !opened) return opened;
  auto made = ScratchFolder::make();
  if (!made) return tl::unexpected(made.error());
  scratch = std::move(*made);
  const auto acknowledged = Witness::read(paths.witness);  // before opening: the log only grows after this
  if (!acknowledged && !options.accept_log_end) return tl::unexpected(acknowledged.error());
  auto opened = Database::open_secondary(paths.log, scratch.path());
  if (!opened) return tl::unexpected(opened.error());
  database = std::move(*opened);
  // The writer may have moved its log into table files between our looking at the one and at the other.
  if (auto caught_up = database->catch_up(); !caught_up) return caught_up;
  const auto last = check_log_end(log(), acknowledged ? *acknowledged : std::nullopt, options);
  if (!last) return tl::unexpected(last.error());
  return {};
}

Expected<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  const auto opened = impl->options.read_only ? impl->open_for_reading() : impl->open_for_writing();
  if (!opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

// Journal

void Store::append(Append append, Answer answer) {
  if (!impl_->writer) return answer(fail(Errc::invalid, "the store was opened for reading only"));
  impl_->writer->append(std::move(append), std::move(answer));
}

Expected<RecordPtr> Store::append_and_wait(Append append) {
  std::promise<Expected<RecordPtr>> answered;
  this->append(std::move(append), [&](Expected<RecordPtr> answer) { answered.set_value(std::move(answer)); });
  return answered.get_future().get();
}

Expected<void> Store::read(Position from, const RecordVisitor& visit) const { return impl_->log().read(from, visit); }

Expected<void> Store::read_stream(std::string_view stream, Version from, const RecordVisitor& visit) const {
  return impl_->log().read_stream(stream, from, visit);
}

Expected<void> Store::read_stream_backward(std::string_view stream, Position from, const RecordVisitor& visit) const {
  return impl_->log().read_stream_backward(stream, from, visit);
}

Expected<void> Store::read_category_backward(std::string_view category, Position from,
                                             const RecordVisitor& visit) const {
  return impl_->log().read_category_backward(category, from, visit);
}

std::optional<std::string> Store::claim_holder(std::string_view name) const {
  return impl_->get(Family::claims, claim_key(impl_->secrets, name));
}

Expected<RecordPtr> Store::find_idempotent(const IdempotencyKey& key) const {
  return impl_->log().find_idempotent(key, impl_->options.clock());
}

Position Store::last_position() const {
  if (impl_->writer) return impl_->writer->last_position();
  return impl_->log().last_position().value_or(0);
}

void Store::follow(std::function<void(const std::vector<RecordPtr>&)> follower) {
  if (impl_->writer) impl_->writer->follow(std::move(follower));
}

// Rows

std::optional<std::string> Store::row(TableId table, std::string_view key) const {
  const auto stored = impl_->get(Family::rows, row_key(table, key));
  if (!stored) return std::nullopt;
  const auto row = stored_row(*stored);
  if (row) return std::string(*row);
  impl_->fail_store(row.error());
  return std::nullopt;
}

std::int64_t Store::counter(TableId table, std::string_view key) const {
  const std::string whole = row_key(table, key);
  const auto* mirrored = impl_->mirrored.find(whole);
  return mirrored ? mirrored->load() : impl_->counter_row(whole);
}

Expected<void> Store::scan(TableId table, std::string_view prefix, std::string_view from, Direction direction,
                           const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  const std::string whole_prefix = row_key(table, prefix);
  const bool forward = direction == Direction::forward;
  const auto rows = impl_->database->iterate(Family::rows);
  if (forward || !from.empty()) {
    const std::string start = whole_prefix + std::string(from);
    if (forward)
      rows->Seek(start);
    else
      rows->SeekForPrev(start);
  } else {
    std::string after = whole_prefix;  // the first key past all that start with the prefix
    while (!after.empty() && after.back() == '\xff') after.pop_back();
    if (after.empty()) {
      rows->SeekToLast();
    } else {
      ++after.back();
      rows->SeekForPrev(after);
      if (rows->Valid() && view(rows->key()) == after) rows->Prev();
    }
  }
  for (; rows->Valid() && view(rows->key()).starts_with(whole_prefix); forward ? rows->Next() : rows->Prev()) {
    const auto row = stored_row(view(rows->value()));
    if (!row) {
      impl_->fail_store(row.error());
      return tl::unexpected(row.error());
    }
    if (!visit(view(rows->key()).substr(1), *row)) return {};
  }
  if (rows->status().ok()) return {};
  const Error error = to_error(rows->status(), "reading rows");
  impl_->fail_store(error);
  return tl::unexpected(error);
}

void Store::report_corrupt_row(TableId table) const {
  impl_->fail_store(Error{Errc::corrupt, "a row of table " + std::to_string(table) + " does not decode"});
}

const Secrets& Store::secrets() const { return impl_->secrets; }

// Snapshots

std::optional<Snapshot> Store::snapshot(std::string_view stream) const {
  const auto bytes = impl_->get(Family::snapshots, stream);
  if (!bytes) return std::nullopt;
  auto snapshot = decode_snapshot(*bytes);
  if (snapshot && snapshot->owner != 0) {
    const auto key = impl_->secrets.personal_key(snapshot->owner);
    if (!key) return std::nullopt;
    auto opened = key->open(snapshot->state);
    if (opened)
      snapshot->state = std::move(*opened);
    else
      snapshot.reset();
  }
  if (!snapshot) impl_->fail_store(Error{Errc::corrupt, "a snapshot is damaged"});
  return snapshot;
}

void Store::save_snapshot(std::string stream, Snapshot snapshot) {
  if (impl_->writer) impl_->writer->save_snapshot(std::move(stream), std::move(snapshot));
}

// Projection versions

std::map<std::string, std::uint32_t> Store::projection_versions() const {
  std::map<std::string, std::uint32_t> versions;
  const auto entries = impl_->database->iterate(Family::meta);
  for (entries->Seek(slice(kVersionPrefix)); entries->Valid(); entries->Next()) {
    const auto key = view(entries->key());
    if (!key.starts_with(kVersionPrefix)) break;
    versions[std::string(key.substr(kVersionPrefix.size()))] =
        static_cast<std::uint32_t>(read_fixed(view(entries->value()).substr(0, 4)));
  }
  if (!entries->status().ok()) impl_->fail_store(to_error(entries->status(), "reading projection versions"));
  return versions;
}

Expected<void> Store::rebuild(const std::function<Expected<std::vector<RowChange>>(const Record&)>& rows_of,
                              const std::map<std::string, std::uint32_t>& versions,
                              const std::function<void(Position, Position)>& progress) {
  if (!impl_->writer) return fail(Errc::invalid, "the store was opened for reading only");
  if (impl_->writer->has_appended()) return fail(Errc::invalid, "rows are rebuilt only before the first append");
  auto rebuilt = rebuild_rows(*impl_->database, impl_->secrets, {rows_of, versions, progress});
  impl_->load_mirrored();
  return rebuilt;
}

// Operations

const fs::path& Store::folder() const { return impl_->options.folder; }

Expected<Position> Store::checkpoint(const fs::path& folder) const {
  if (!impl_->writer) return fail(Errc::invalid, "the store was opened for reading only");
  const Position acknowledged = last_position();
  const Paths paths(folder);
  if (auto made = impl_->database->checkpoint(paths.log); !made) return tl::unexpected(made.error());
  // What was written since may be in it too: only its own end says where it ends.
  const auto copy = Database::open_read_only(paths.log);
  if (!copy) return tl::unexpected(copy.error());
  if (auto whole = (*copy)->verify_checksums(); !whole) return tl::unexpected(whole.error());
  const auto last = LogReader(**copy, impl_->secrets).last_position();
  if (!last) return tl::unexpected(last.error());
  if (*last < acknowledged) return ends_early(acknowledged, *last);
  if (auto witness = Witness::create(paths.witness, *last); !witness) return tl::unexpected(witness.error());
  return *last;
}

StoreMetrics Store::metrics() const {
  StoreMetrics metrics = impl_->writer ? impl_->writer->metrics() : StoreMetrics{};
  const auto cache = impl_->database->block_cache();
  metrics.cache_bytes = cache.bytes;
  metrics.cache_capacity_bytes = cache.capacity_bytes;
  metrics.cache_hits = cache.hits;
  metrics.cache_misses = cache.misses;
  return metrics;
}

bool Store::healthy() const { return !impl_->writer || impl_->writer->healthy(); }

void Store::on_failure(std::function<void(std::string)> on_failure) {
  if (impl_->writer) impl_->writer->on_failure(std::move(on_failure));
}

}  // namespace troupe::storage
