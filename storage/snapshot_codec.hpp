// Snapshots as bytes: version:varint schema:varint state:string. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/coding.hpp"
#include "storage/store.hpp"

namespace troupe::storage {

inline std::string encode_snapshot(const Snapshot& snapshot) {
  std::string bytes;
  bytes.reserve(24 + snapshot.state.size());
  put_varint(bytes, snapshot.version);
  put_varint(bytes, snapshot.schema);
  put_string(bytes, snapshot.state);
  return bytes;
}

inline std::optional<Snapshot> decode_snapshot(std::string_view bytes) {
  ByteReader reader(bytes);
  Snapshot snapshot;
  snapshot.version = reader.varint();
  const auto schema = reader.varint();
  snapshot.schema = static_cast<std::uint16_t>(schema);
  snapshot.state = reader.string();
  if (!reader.finished() || schema > UINT16_MAX) return std::nullopt;
  return snapshot;
}

}  // namespace troupe::storage
