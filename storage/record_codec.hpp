// Records as bytes. Pure.
//
//   record  := body trailer
//   body    := format:byte(2) stream:string time:fixed64 caused_by:string correlation:string owner:varint
//              sealed:string count:varint event{count}             (count >= 1)
//   event   := type:string schema:varint payload:string
//   sealed  := (personal:string){count} under the owner's key, or nothing when no event has a personal part
//   trailer := position:fixed64 version:fixed64 checksum:fixed32   (CRC-32C of everything before it)
//
// The words are those of storage/coding.hpp. What only the writer knows stands last: callers encode and
// checksum the body before they queue it, and the writer adds twenty bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/expected.hpp"
#include "events/record.hpp"

namespace troupe::storage {

struct RecordBody {
  std::string bytes;
  std::uint32_t checksum = 0;
};

/// The personal parts of all events, to be sealed as one; empty when none has any.
std::string personal_part(const std::vector<events::EncodedEvent>& events);

/// Everything of `record` but its position and version, and but its personal part, which comes `sealed`.
RecordBody encode_body(const events::Record& record, std::string_view sealed = {});

using RecordTrailer = std::array<char, 20>;
RecordTrailer encode_trailer(const RecordBody& body, events::Position position, events::Version version);

struct StoredRecord {
  events::Record record;  ///< without its personal part
  std::string sealed;     ///< that part
};

/// Errors: corrupt, for bytes that are not exactly one record.
Expected<StoredRecord> decode_record(std::string_view bytes);

/// Gives the events their personal parts back, from what `personal_part` made of them. Errors: corrupt.
Expected<void> restore_personal_part(std::string_view opened, std::vector<events::EncodedEvent>& events);

}  // namespace troupe::storage
