// Appends whose every byte follows from a stream number and a count, so that whoever finds their records
// later can tell what must be in them and in every row, claim and index beside them.
#pragma once

#include <nlohmann/json.hpp>

#include "storage/record_codec.hpp"
#include "storage/store.hpp"

namespace troupe::storage::test {

inline constexpr TableId kCounters = 1;
inline constexpr TableId kLatest = 2;
inline constexpr TableId kMaps = 3;

inline std::string stream_name(unsigned stream) { return "load/" + std::to_string(stream); }
inline std::string claim_name(unsigned stream, unsigned n) {
  return "name/" + std::to_string(stream) + "/" + std::to_string(n);
}
inline std::string idempotency_key(unsigned stream, unsigned n) {
  return "POST /load/" + std::to_string(stream) + "/" + std::to_string(n);
}

inline nlohmann::json patch_of(unsigned n) { return {{"n", n}, {"field" + std::to_string(n % 5), n}}; }

inline std::string cbor(const nlohmann::json& value) {
  std::string bytes;
  nlohmann::json::to_cbor(value, bytes);
  return bytes;
}

/// The n-th append to a stream; n counts from 1.
inline Append nth_append(unsigned stream, unsigned n) {
  std::uint32_t noise = stream * 2654435761u + n * 40503u + 1;
  const auto next = [&noise] { return noise = noise * 1664525u + 1013904223u; };
  Append append;
  append.stream = stream_name(stream);
  append.time = n;
  append.caused_by = "system";
  append.correlation = std::to_string(stream) + " " + std::to_string(n);
  const unsigned events = 1 + (next() >> 16) % 8;
  for (unsigned i = 0; i < events; ++i) {
    std::string payload((next() >> 16) % 700, '\0');
    for (char& byte : payload) byte = static_cast<char>(next() >> 24);
    append.events.push_back({"LoadHappened", static_cast<std::uint16_t>(1 + i % 3), std::move(payload)});
  }
  append.claims.push_back({Claim::Kind::take, claim_name(stream, n)});
  if (n > 1) append.claims.push_back({Claim::Kind::release, claim_name(stream, n - 1)});
  append.idempotency = IdempotencyKey{idempotency_key(stream, n), "fingerprint"};
  append.rows = {
      {kCounters, RowChange::Kind::add, "total", {}, static_cast<std::int64_t>(events)},
      {kCounters, RowChange::Kind::add, stream_name(stream), {}, 1},
      {kLatest, RowChange::Kind::put, stream_name(stream), std::to_string(n)},
      {kLatest, RowChange::Kind::put, claim_name(stream, n), "held"},
      {kMaps, RowChange::Kind::patch, stream_name(stream), cbor(patch_of(n))},
  };
  if (n > 1) append.rows.push_back({kLatest, RowChange::Kind::erase, claim_name(stream, n - 1)});
  return append;
}

/// Says what a record holds, but for where it stands.
inline std::uint32_t digest(const Record& record) { return encode_body(record).checksum; }

inline std::uint32_t digest_of_nth(unsigned stream, unsigned n) {
  Append append = nth_append(stream, n);
  return digest(
      Record{0, append.stream, 0, append.time, append.caused_by, append.correlation, std::move(append.events)});
}

}  // namespace troupe::storage::test
