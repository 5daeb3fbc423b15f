#include "storage/rebuild.hpp"

#include <rocksdb/convenience.h>

#include "events/defaults.hpp"
#include "storage/coding.hpp"
#include "storage/row_changes.hpp"

namespace troupe::storage {
namespace {

std::string version_key(const std::string& projection) { return std::string(kVersionPrefix) + projection; }

rocksdb::WriteOptions synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

// Rows of a rebuild need no write-ahead log: until the versions are stored, a crash starts it anew.
rocksdb::WriteOptions unlogged() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

Expected<void> forget_versions(Database& database, const Rebuild& rebuild) {
  rocksdb::WriteBatch batch;
  for (const auto& [projection, version] : rebuild.versions)
    batch.Delete(database.handle(Family::meta), version_key(projection));
  return database.write(batch, synced());
}

Expected<void> store_versions(Database& database, const Rebuild& rebuild) {
  rocksdb::WriteBatch batch;
  for (const auto& [projection, version] : rebuild.versions) {
    std::string value;
    put_fixed32(value, version);
    batch.Put(database.handle(Family::meta), version_key(projection), value);
  }
  return database.write(batch, synced());
}

Expected<void> drop_rows(Database& database) {
  auto* rows = database.handle(Family::rows);
  auto status = rocksdb::DeleteFilesInRange(&database.db(), rows, nullptr, nullptr);
  if (!status.ok()) return tl::unexpected(to_error(status, "dropping the rows"));
  rocksdb::WriteBatch batch;
  const std::string past_the_longest_key(defaults::kMaxStorageKeyBytes + 2, '\xff');
  batch.DeleteRange(rows, "", past_the_longest_key);
  if (auto written = database.write(batch, unlogged()); !written) return written;
  // The range's tombstone would slow down every read of the new rows: compact it away while there are none.
  status = database.db().CompactRange({}, rows, nullptr, nullptr);
  if (!status.ok()) return tl::unexpected(to_error(status, "dropping the rows"));
  return {};
}

Expected<void> replay(Database& database, const Secrets& secrets, const Rebuild& rebuild) {
  const LogReader log(database, secrets);
  const auto total = log.last_position();
  if (!total) return tl::unexpected(total.error());
  rocksdb::WriteBatch batch;
  RowGatherer rows(batch, database.handle(Family::rows));
  std::size_t gathered_bytes = 0;
  Expected<void> outcome;
  const auto write_chunk = [&](Position done) {
    rows.finish();
    outcome = database.write(batch, unlogged());
    batch.Clear();
    gathered_bytes = 0;
    if (outcome && rebuild.progress) rebuild.progress(done, *total);
    return outcome.has_value();
  };
  const auto read = log.read(1, [&](const Record& record) {
    auto changes = rebuild.rows_of(record);
    const auto key = record.owner == 0 ? std::nullopt : secrets.personal_key(record.owner);
    auto prepared =
        changes ? prepare_rows(std::move(*changes), record.owner, key) : tl::unexpected(std::move(changes.error()));
    if (!prepared) {
      outcome = tl::unexpected(std::move(prepared.error()));
      return false;
    }
    for (auto& change : *prepared) {
      gathered_bytes += change.bytes();
      rows.add(std::move(change));
    }
    return gathered_bytes < defaults::kRebuildChunkBytes || write_chunk(record.last_position());
  });
  if (!read) return read;
  if (outcome) write_chunk(*total);
  return outcome;
}

}  // namespace

Expected<void> rebuild_rows(Database& database, const Secrets& secrets, const Rebuild& rebuild) {
  if (auto forgotten = forget_versions(database, rebuild); !forgotten) return forgotten;
  if (auto dropped = drop_rows(database); !dropped) return dropped;
  if (auto replayed = replay(database, secrets, rebuild); !replayed) return replayed;
  if (auto flushed = database.flush(); !flushed) return flushed;
  return store_versions(database, rebuild);
}

}  // namespace troupe::storage
