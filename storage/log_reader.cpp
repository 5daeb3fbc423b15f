#include "storage/log_reader.hpp"

#include <algorithm>

#include "storage/coding.hpp"
#include "storage/record_codec.hpp"

namespace troupe::storage {
namespace {

/// What one key of the `streams` family says.
struct StreamEntry {
  Version version = 0;
  Position position = 0;
  std::uint64_t count = 0;

  Version last_version() const { return version + count - 1; }
};

/// The entries of one stream, in order of version.
class StreamCursor {
 public:
  StreamCursor(const Database& database, std::string_view stream) : prefix_(stream) {
    prefix_.push_back('\0');
    rocksdb::ReadOptions options;
    options.prefix_same_as_start = true;
    entries_ = database.iterate(Family::streams, options);
  }

  /// To the entry with the highest version up to `version`.
  void seek_back(Version version) { entries_->SeekForPrev(key(version)); }
  void seek(Version version) { entries_->Seek(key(version)); }
  void next() { entries_->Next(); }
  void previous() { entries_->Prev(); }

  /// Nothing past either end of the stream. Errors: corrupt.
  Expected<std::optional<StreamEntry>> entry() const {
    if (!entries_->Valid()) {
      if (!entries_->status().ok()) return tl::unexpected(to_error(entries_->status(), "reading a stream"));
      return std::nullopt;
    }
    const auto found = view(entries_->key());
    if (!found.starts_with(prefix_)) return std::nullopt;
    ByteReader value(view(entries_->value()));
    StreamEntry entry;
    entry.version = read_big64(found.substr(prefix_.size()));
    entry.position = value.varint();
    entry.count = value.varint();
    if (found.size() != prefix_.size() + 8 || !value.finished() || entry.count == 0)
      return fail(Errc::corrupt, "the index of stream " + prefix_.substr(0, prefix_.size() - 1) + " is damaged");
    return entry;
  }

 private:
  std::string key(Version version) const {
    std::string key = prefix_;
    put_big64(key, version);
    return key;
  }

  std::string prefix_;
  std::unique_ptr<rocksdb::Iterator> entries_;
};

/// Moves to the newest entry of the stream whose record starts at or before `from`. Positions grow with
/// versions, so this is a binary search: a reader who pages through a long stream pays a few seeks a page.
Expected<void> seek_position(StreamCursor& cursor, Position from) {
  cursor.seek_back(~Version{0});
  auto entry = cursor.entry();
  if (!entry) return tl::unexpected(entry.error());
  if (!*entry || (*entry)->position <= from) return {};
  Version low = 0;                   // an entry at or below it starts at or before `from`, or there is none
  Version high = (*entry)->version;  // the entry at it starts after `from`
  while (high - low > 1) {
    const Version middle = low + (high - low) / 2;
    cursor.seek_back(middle);
    entry = cursor.entry();
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry || (*entry)->position <= from) {
      low = middle;
    } else {
      high = (*entry)->version;
    }
  }
  cursor.seek_back(low);
  return {};
}

tl::unexpected<Error> gap(std::string_view where, std::uint64_t expected, std::uint64_t found) {
  return fail(Errc::corrupt, "the log has a gap in " + std::string(where) + ": expected " + std::to_string(expected) +
                                 ", found " + std::to_string(found));
}

}  // namespace

std::string position_key(Position position) {
  std::string key;
  put_big64(key, position);
  return key;
}

std::string index_key(std::string_view name, std::uint64_t number) {
  std::string key;
  key.reserve(name.size() + 9);
  key.append(name);
  key.push_back('\0');
  put_big64(key, number);
  return key;
}

std::string stream_entry(Position position, std::size_t event_count) {
  std::string value;
  put_varint(value, position);
  put_varint(value, event_count);
  return value;
}

std::string claim_key(const Secrets& secrets, std::string_view name) {
  return std::string(name.substr(0, name.find('/'))) + "/" + secrets.keyed_digest(name);
}

Expected<void> LogReader::read(Position from, const RecordVisitor& visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // a replay must not push out what the server is using
  options.readahead_size = std::size_t{2} << 20;
  const auto records = database_.iterate(Family::events, options);
  from = std::max<Position>(from, 1);
  records->SeekForPrev(position_key(from));
  if (!records->Valid() && records->status().ok()) records->SeekToFirst();
  std::optional<Position> expected;
  for (; records->Valid(); records->Next()) {
    auto record = record_from(view(records->value()));
    if (!record) return tl::unexpected(record.error());
    if (read_big64(view(records->key())) != record->position)
      return fail(Errc::corrupt, "a record stands at a position that is not its own");
    if (expected && *expected != record->position) return gap("positions", *expected, record->position);
    if (!expected && record->position > from) return gap("positions", from, record->position);
    expected = record->last_position() + 1;
    if (record->last_position() >= from && !visit(*record)) return {};
  }
  if (!records->status().ok()) return tl::unexpected(to_error(records->status(), "reading the log"));
  return {};
}

Expected<void> LogReader::read_stream(std::string_view stream, Version from, const RecordVisitor& visit) const {
  StreamCursor cursor(database_, stream);
  from = std::max<Version>(from, 1);
  cursor.seek_back(from);
  auto entry = cursor.entry();
  if (entry && !*entry) cursor.seek(from);
  std::optional<Version> expected;
  for (entry = cursor.entry(); entry && *entry; cursor.next(), entry = cursor.entry()) {
    const StreamEntry& at = **entry;
    if (expected && at.version != *expected) return gap("stream " + std::string(stream), *expected, at.version);
    if (!expected && at.version > from) return gap("stream " + std::string(stream), from, at.version);
    expected = at.last_version() + 1;
    if (at.last_version() < from) continue;
    const auto record = record_at(at.position);
    if (!record) return tl::unexpected(record.error());
    if (record->stream != stream || record->version != at.version || record->events.size() != at.count)
      return fail(Errc::corrupt, "the index of stream " + std::string(stream) + " names a record of another");
    if (!visit(*record)) return {};
  }
  if (!entry) return tl::unexpected(entry.error());
  return {};
}

Expected<void> LogReader::read_stream_backward(std::string_view stream, Position from,
                                               const RecordVisitor& visit) const {
  StreamCursor cursor(database_, stream);
  if (auto found = seek_position(cursor, from); !found) return found;
  auto entry = cursor.entry();
  std::optional<Version> later;
  for (; entry && *entry; cursor.previous(), entry = cursor.entry()) {
    if (later && (*entry)->last_version() + 1 != *later)
      return gap("stream " + std::string(stream), *later - 1, (*entry)->last_version());
    later = (*entry)->version;
    const auto record = record_at((*entry)->position);
    if (!record) return tl::unexpected(record.error());
    if (record->stream != stream || record->version != (*entry)->version)
      return fail(Errc::corrupt, "the index of stream " + std::string(stream) + " names a record of another");
    if (!visit(*record)) return {};
  }
  if (!entry) return tl::unexpected(entry.error());
  if (later && *later != 1) return gap("stream " + std::string(stream), 1, *later);
  return {};
}

Expected<void> LogReader::read_category_backward(std::string_view category, Position from,
                                                 const RecordVisitor& visit) const {
  const auto entries = database_.iterate(Family::categories);
  const std::string last = index_key(category, from);
  const auto prefix = std::string_view(last).substr(0, category.size() + 1);
  for (entries->SeekForPrev(last); entries->Valid(); entries->Prev()) {
    const auto key = view(entries->key());
    if (!key.starts_with(prefix)) break;
    const auto record = record_at(read_big64(key.substr(prefix.size())));
    if (!record) return tl::unexpected(record.error());
    if (record->category() != category)
      return fail(Errc::corrupt, "the index of category " + std::string(category) + " names a record of another");
    if (!visit(*record)) return {};
  }
  if (!entries->status().ok()) return tl::unexpected(to_error(entries->status(), "reading a category"));
  return {};
}

Expected<Record> LogReader::record_at(Position position) const {
  const auto bytes = database_.get(Family::events, position_key(position));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return fail(Errc::corrupt, "the record at position " + std::to_string(position) + " is missing");
  auto record = record_from(**bytes);
  if (record && record->position != position)
    return fail(Errc::corrupt, "a record stands at a position that is not its own");
  return record;
}

Expected<RecordPtr> LogReader::find_idempotent(const IdempotencyKey& key, Micros now) const {
  const auto bytes = database_.get(Family::idempotency, key.key);
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return RecordPtr();
  const auto entry = decode_idempotency_entry(**bytes);
  if (!entry) return fail(Errc::corrupt, "an idempotency entry is damaged");
  if (entry->expired(now)) return RecordPtr();
  if (entry->fingerprint != key.fingerprint)
    return fail(Errc::duplicate, "the idempotency key was used for another request");
  auto record = record_at(entry->position);
  if (!record) return tl::unexpected(record.error());
  return std::make_shared<const Record>(std::move(*record));
}

Expected<Version> LogReader::last_version(std::string_view stream) const {
  StreamCursor cursor(database_, stream);
  cursor.seek_back(~Version{0});
  const auto entry = cursor.entry();
  if (!entry) return tl::unexpected(entry.error());
  return *entry ? (*entry)->last_version() : 0;
}

Expected<Position> LogReader::last_position() const {
  const auto records = database_.iterate(Family::events);
  records->SeekToLast();
  if (!records->Valid()) {
    if (!records->status().ok()) return tl::unexpected(to_error(records->status(), "reading the log's end"));
    return 0;
  }
  const auto record = decode_record(view(records->value()));
  if (!record) return tl::unexpected(record.error());
  return record->record.last_position();
}

Expected<Record> LogReader::record_from(std::string_view bytes) const {
  auto stored = decode_record(bytes);
  if (!stored) return tl::unexpected(stored.error());
  Record& record = stored->record;
  if (stored->sealed.empty()) return std::move(record);
  const auto key = secrets_.personal_key(record.owner);
  record.erased = !key;
  if (!key) return std::move(record);
  const auto opened = key->open(stored->sealed);
  if (!opened) return tl::unexpected(opened.error());
  if (auto ok = restore_personal_part(*opened, record.events); !ok) return tl::unexpected(ok.error());
  return std::move(record);
}

}  // namespace troupe::storage
