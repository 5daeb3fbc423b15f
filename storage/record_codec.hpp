// Records as bytes. Pure.
//
//   record  := body trailer
//   body    := format:byte(1) stream:string time:fixed64 caused_by:string correlation:string
//              count:varint event{count}                           (count >= 1)
//   event   := type:string schema:varint payload:string
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

/// Everything of `record` but its position and version.
RecordBody encode_body(const events::Record& record);

using RecordTrailer = std::array<char, 20>;
RecordTrailer encode_trailer(const RecordBody& body, events::Position position, events::Version version);

/// Errors: corrupt, for bytes that are not exactly one record.
Expected<events::Record> decode_record(std::string_view bytes);

}  // namespace troupe::storage
