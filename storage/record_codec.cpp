#include "storage/record_codec.hpp"

#include <algorithm>

#include "storage/coding.hpp"
#include "storage/crc32c.hpp"

namespace troupe::storage {
namespace {

constexpr char kFormat = 2;
constexpr std::size_t kTrailerBytes = std::tuple_size_v<RecordTrailer>;
constexpr std::size_t kSmallestEventBytes = 3;  // two empty strings and a one-byte schema

}  // namespace

std::string personal_part(const std::vector<events::EncodedEvent>& events) {
  std::string part;
  if (std::all_of(events.begin(), events.end(), [](const auto& event) { return event.personal.empty(); })) return part;
  std::size_t size = 0;
  for (const auto& event : events) size += 5 + event.personal.size();
  part.reserve(size);
  for (const auto& event : events) put_string(part, event.personal);
  return part;
}

Expected<void> restore_personal_part(std::string_view opened, std::vector<events::EncodedEvent>& events) {
  ByteReader reader(opened);
  for (auto& event : events) event.personal = reader.string();
  if (!reader.finished()) return fail(Errc::corrupt, "the personal part of a record is malformed");
  return {};
}

RecordBody encode_body(const events::Record& record, std::string_view sealed) {
  std::size_t size = 80 + sealed.size() + record.stream.size() + record.caused_by.size() + record.correlation.size();
  for (const auto& event : record.events) size += 16 + event.type.size() + event.payload.size();
  RecordBody body;
  std::string& out = body.bytes;
  out.reserve(size);
  out.push_back(kFormat);
  put_string(out, record.stream);
  put_fixed64(out, static_cast<std::uint64_t>(record.time));
  put_string(out, record.caused_by);
  put_string(out, record.correlation);
  put_varint(out, static_cast<std::uint64_t>(record.owner));
  put_string(out, sealed);
  put_varint(out, record.events.size());
  for (const auto& event : record.events) {
    put_string(out, event.type);
    put_varint(out, event.schema);
    put_string(out, event.payload);
  }
  body.checksum = crc32c(0, out);
  return body;
}

RecordTrailer encode_trailer(const RecordBody& body, events::Position position, events::Version version) {
  std::string bytes;
  bytes.reserve(kTrailerBytes);
  put_fixed64(bytes, position);
  put_fixed64(bytes, version);
  put_fixed32(bytes, crc32c(body.checksum, bytes));
  RecordTrailer trailer;
  std::copy(bytes.begin(), bytes.end(), trailer.begin());
  return trailer;
}

Expected<StoredRecord> decode_record(std::string_view bytes) {
  if (bytes.size() < kTrailerBytes + 1) return fail(Errc::corrupt, "a record is cut short");
  const auto checked = bytes.substr(0, bytes.size() - 4);
  if (crc32c(0, checked) != read_fixed(bytes.substr(checked.size())))
    return fail(Errc::corrupt, "the checksum of a record does not match its bytes");
  if (bytes[0] != kFormat) return fail(Errc::corrupt, "a record has an unknown format");

  ByteReader trailer(checked.substr(checked.size() - 16));
  StoredRecord stored;
  events::Record& record = stored.record;
  record.position = trailer.fixed64();
  record.version = trailer.fixed64();
  ByteReader body(checked.substr(1, checked.size() - 17));
  record.stream = body.string();
  record.time = static_cast<Micros>(body.fixed64());
  record.caused_by = body.string();
  record.correlation = body.string();
  record.owner = static_cast<events::AccountId>(body.varint());
  stored.sealed = body.string();
  const std::uint64_t count = body.varint();
  if (count == 0 || count > body.remaining() / kSmallestEventBytes)
    return fail(Errc::corrupt, "a record counts more events than it holds");
  record.events.reserve(count);
  for (std::uint64_t i = 0; i < count && body.ok(); ++i) {
    events::EncodedEvent event;
    event.type = body.string();
    const std::uint64_t schema = body.varint();
    if (schema > UINT16_MAX) return fail(Errc::corrupt, "an event has an impossible schema version");
    event.schema = static_cast<std::uint16_t>(schema);
    event.payload = body.string();
    record.events.push_back(std::move(event));
  }
  if (!body.finished() || record.position == 0 || record.version == 0)
    return fail(Errc::corrupt, "a record is malformed");
  return stored;
}

}  // namespace troupe::storage
