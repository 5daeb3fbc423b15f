#include "storage/row_changes.hpp"

#include <utility>

#include "events/codec.hpp"
#include "events/defaults.hpp"
#include "storage/personal_fields.hpp"
#include "storage/row_value.hpp"

namespace troupe::storage {

std::string row_key(TableId table, std::string_view key) {
  std::string whole;
  whole.reserve(1 + key.size());
  whole.push_back(static_cast<char>(table));
  whole.append(key);
  return whole;
}

Expected<std::vector<StoredChange>> prepare_rows(std::vector<RowChange> rows, events::AccountId owner,
                                                 const std::optional<SealingKey>& key) {
  std::vector<StoredChange> changes;
  changes.reserve(rows.size());
  std::unordered_map<std::string, std::size_t> additions;  // key -> index of its last addition
  for (RowChange& row : rows) {
    if (row.key.size() > defaults::kMaxStorageKeyBytes) return fail(Errc::too_large, "a row's key is too long");
    if (!row.personal.empty()) {
      auto fields = decode_map(row.value);
      const auto personal = decode_map(row.personal);
      if (!fields || !personal) return fail(Errc::invalid, "a row with personal fields is not a CBOR map");
      seal_fields(*fields, *personal, owner, key);
      row.value = events::to_cbor(*fields);
    }
    StoredChange change{row.kind, row_key(row.table, row.key)};
    if (row.kind == RowChange::Kind::add) {
      const auto [earlier, first] = additions.try_emplace(change.key, changes.size());
      if (!first) {
        auto& sum = changes[earlier->second].delta;
        sum = wrapping_sum(sum, row.delta);
        continue;
      }
      change.delta = row.delta;
    } else {
      if (!additions.empty()) additions.erase(change.key);  // an addition after this change stays after it
      if (row.kind == RowChange::Kind::put) change.value = store_row(row.value);
      if (row.kind == RowChange::Kind::patch) {
        if (!decode_map(row.value)) return fail(Errc::invalid, "a row's patch is not a CBOR map");
        change.value = patch_operand(row.value);
      }
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

void RowGatherer::add(StoredChange&& change) {
  if (change.kind == RowChange::Kind::add) {
    auto& sum = additions_[std::move(change.key)];
    sum = wrapping_sum(sum, change.delta);
    return;
  }
  if (const auto earlier = additions_.find(change.key); earlier != additions_.end()) {
    if (change.kind == RowChange::Kind::patch) batch_.Merge(rows_, change.key, add_operand(earlier->second));
    additions_.erase(earlier);  // a put or an erase takes the place of what was added before it
  }
  switch (change.kind) {
    case RowChange::Kind::put: batch_.Put(rows_, change.key, change.value); break;
    case RowChange::Kind::erase: batch_.Delete(rows_, change.key); break;
    case RowChange::Kind::patch: batch_.Merge(rows_, change.key, change.value); break;
    case RowChange::Kind::add: break;
  }
}

std::unordered_map<std::string, std::int64_t> RowGatherer::finish() {
  for (const auto& [key, sum] : additions_) batch_.Merge(rows_, key, add_operand(sum));
  return std::exchange(additions_, {});
}

}  // namespace troupe::storage
