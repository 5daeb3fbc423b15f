// Row changes on their way into a batch: encoded by the callers, gathered by whoever writes. Internal to storage/.
#pragma once

#include <unordered_map>
#include <vector>

#include "storage/database.hpp"
#include "storage/journal.hpp"
#include "storage/secrets.hpp"

namespace troupe::storage {

/// Key of a row in its column family.
std::string row_key(TableId table, std::string_view key);

/// A change as the store writes it.
struct StoredChange {
  RowChange::Kind kind = RowChange::Kind::put;
  std::string key;         ///< with the table's byte
  std::string value = {};  ///< put: the stored row; patch: the operand
  std::int64_t delta = 0;

  std::size_t bytes() const { return key.size() + value.size() + 16; }
};

/// Encodes changes, all additions to one counter as one, their personal fields sealed for `owner`. Errors: invalid (a
/// patch or a row with personal fields that is not a CBOR map), too_large.
Expected<std::vector<StoredChange>> prepare_rows(std::vector<RowChange> rows, events::AccountId owner,
                                                 const std::optional<SealingKey>& key);

/// Puts the changes of many appends into one RocksDB batch. Additions to a counter that many appends share
/// are written once: call `finish` before each batch is written.
class RowGatherer {
 public:
  RowGatherer(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* rows) : batch_(batch), rows_(rows) {}
  void add(StoredChange&& change);
  /// Answers what was added to each counter, by its key with the table's byte.
  std::unordered_map<std::string, std::int64_t> finish();

 private:
  rocksdb::WriteBatch& batch_;
  rocksdb::ColumnFamilyHandle* rows_;
  std::unordered_map<std::string, std::int64_t> additions_;
};

}  // namespace troupe::storage
