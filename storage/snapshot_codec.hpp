// Snapshots as bytes: version:varint schema:varint owner:varint state:string. The state of an owner is sealed under
// that account's key. Pure.
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
  put_varint(bytes, static_cast<std::uint64_t>(snapshot.owner));
  put_string(bytes, snapshot.state);
  return bytes;
}

inline std::optional<Snapshot> decode_snapshot(std::string_view bytes) {
  ByteReader reader(bytes);
  Snapshot snapshot;
  snapshot.version = reader.varint();
  const auto schema = reader.varint();
  snapshot.schema = static_cast<std::uint16_t>(schema);
  snapshot.owner = static_cast<events::AccountId>(reader.varint());
  snapshot.state = reader.string();
  if (!reader.finished() || schema > UINT16_MAX) return std::nullopt;
  return snapshot;
}

}  // namespace troupe::storage
