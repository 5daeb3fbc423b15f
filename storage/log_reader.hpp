// Reading the log: records by position, by stream and by category. Internal to storage/.
#pragma once

#include "storage/database.hpp"
#include "storage/journal.hpp"
#include "storage/secrets.hpp"

namespace troupe::storage {

/// Keys and values of the index families.
std::string position_key(Position position);
std::string index_key(std::string_view name, std::uint64_t number);  ///< name 0x00 number:big64
std::string stream_entry(Position position, std::size_t event_count);

/// `<kind>/` and the keyed digest of the whole name.
std::string claim_key(const Secrets& secrets, std::string_view name);

/// Stateless and thread-safe. Every read checks what it finds against what must be there (no gap in positions
/// or versions, no index entry without its record): a difference is Errc::corrupt. Personal parts of events come
/// unsealed; those of an erased account are missing.
class LogReader {
 public:
  LogReader(const Database& database, const Secrets& secrets) : database_(database), secrets_(secrets) {}

  Expected<void> read(Position from, const RecordVisitor& visit) const;
  Expected<void> read_stream(std::string_view stream, Version from, const RecordVisitor& visit) const;
  Expected<void> read_stream_backward(std::string_view stream, Position from, const RecordVisitor& visit) const;
  Expected<void> read_category_backward(std::string_view category, Position from, const RecordVisitor& visit) const;

  /// The record whose first event has this position. Errors: corrupt when there is none.
  Expected<Record> record_at(Position position) const;
  /// What an idempotency key produced: a null record when it is new or past its window at `now`. Errors: duplicate.
  Expected<RecordPtr> find_idempotent(const IdempotencyKey& key, Micros now) const;
  /// The version of the stream's last event, 0 when there is no such stream.
  Expected<Version> last_version(std::string_view stream) const;
  /// The position of the log's last event, 0 when it is empty.
  Expected<Position> last_position() const;

 private:
  Expected<Record> record_from(std::string_view bytes) const;

  const Database& database_;
  const Secrets& secrets_;
};

}  // namespace troupe::storage
